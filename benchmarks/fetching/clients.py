"""The clients that are compared: one function each, which returns the commands of one run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from .files import Served
from .servers import ROOT

CONNECTIONS = 16
_PROGRAMS = Path(__file__).with_name("programs")
_PROXIES = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}


@dataclass(frozen=True)
class Job:
    """What one client has to fetch, and from where."""

    origin: str
    file: Served
    authority: Path | None = None
    """Who signed the server's certificate."""
    small: Served | None = None
    """Another file, for a client that has to warm up."""

    @property
    def url(self) -> str:
        return f"{self.origin}/{self.file.path.name}"

    def words(self, target: Path) -> list[str]:
        """The arguments that our own programs take."""
        return [self.url, str(target), str(self.file.size), self.file.sha256]

    def environment(self, target: Path) -> dict[str, str]:
        """What a client's process finds around it: no proxy, no settings of this user."""
        kept = {name: value for name, value in os.environ.items() if name.lower() not in _PROXIES}
        kept |= {"PYTHONPATH": str(ROOT), "HF_ENDPOINT": self.origin, "HF_HOME": str(target.parent / ".hf")}
        kept |= {f"HF_HUB_DISABLE_{name}": "1" for name in ("XET", "TELEMETRY", "PROGRESS_BARS")}
        if self.authority:
            kept["REQUESTS_CA_BUNDLE"] = str(self.authority)
        return kept


@dataclass(frozen=True)
class Client:
    """A way to fetch a file."""

    name: str
    needs: str
    """The program or the Python package without which it cannot run."""
    commands: Callable[[Job, Path], list[list[str]]]
    times_itself: bool = False
    """Its process prints the seconds and the processor seconds that count."""

    @property
    def is_here(self) -> bool:
        return shutil.which(self.needs) is not None or find_spec(self.needs) is not None


def _python(program: str, *words: str) -> list[str]:
    return [sys.executable, str(_PROGRAMS / f"{program}.py"), *words]


def _modelget(job: Job, target: Path) -> list[list[str]]:
    return [_python("ours", *job.words(target), str(CONNECTIONS))]


def _modelget_running(job: Job, target: Path) -> list[list[str]]:
    small = Job(job.origin, job.small)
    words = [*job.words(target), str(CONNECTIONS), *small.words(target.with_name("small.onnx"))]
    return [_python("running", *words)]


def _aria2c(job: Job, target: Path) -> list[list[str]]:
    options = ["--no-conf", "-q", f"-x{CONNECTIONS}", f"-s{CONNECTIONS}", "-k1M", "--file-allocation=none"]
    options += [f"--ca-certificate={job.authority}"] if job.authority else []
    return [["aria2c", *options, "-d", str(target.parent), "-o", target.name, job.url]]


def _aria2c_checksum(job: Job, target: Path) -> list[list[str]]:
    ((*command, url),) = _aria2c(job, target)
    return [[*command, f"--checksum=sha-256={job.file.sha256}", url]]


def _aria2c_again(job: Job, target: Path) -> list[list[str]]:
    ((*command, url),) = _aria2c_checksum(job, target)
    return [[*command, "-c", url]]


def _curl(job: Job, target: Path) -> list[list[str]]:
    options = ["--cacert", str(job.authority)] if job.authority else []
    return [["curl", "-q", "-sS", "-f", *options, "-o", str(target), job.url]]


def _curl_then_hash(job: Job, target: Path) -> list[list[str]]:
    return [*_curl(job, target), _python("hash_of", str(target), job.file.sha256)]


def _curl_again(job: Job, target: Path) -> list[list[str]]:
    ((*command, url),) = _curl(job, target)
    return [[*command, "-C", "-", url]]


def _requests(job: Job, target: Path) -> list[list[str]]:
    return [_python("with_requests", *job.words(target))]


def _hub(job: Job, target: Path) -> list[list[str]]:
    return [_python("with_hub", str(target), job.file.sha256)]


def _splice(job: Job, target: Path) -> list[list[str]]:
    return [_python("splice_copy", *job.words(target))]


MODELGET = Client("modelget", "modelget", _modelget)
RUNNING = Client("modelget, in a running process", "modelget", _modelget_running, times_itself=True)
ARIA2C = Client("aria2c -x16, unverified", "aria2c", _aria2c)
ARIA2C_CHECKSUM = Client("aria2c -x16 --checksum", "aria2c", _aria2c_checksum)
ARIA2C_AGAIN = Client("aria2c -x16 --checksum -c", "aria2c", _aria2c_again)
CURL = Client("curl, unverified", "curl", _curl)
CURL_THEN_HASH = Client("curl, then hash", "curl", _curl_then_hash)
CURL_AGAIN = Client("curl -C -, unverified", "curl", _curl_again)
REQUESTS = Client("requests, hash inline", "requests", _requests)
HUB = Client("hf_hub_download, then hash", "huggingface_hub", _hub)
SPLICE = Client("splice, unverified", "sys", _splice)


def many_files(connections: int, words: list[str]) -> list[str]:
    """Return the command that fetches several files in one process; ``words`` are those of all its jobs."""
    return _python("many_files", str(connections), *words)


def versions() -> str:
    """Name the peers with their versions, and those that are absent."""
    tools = {"aria2c": "--version", "curl": "--version", "nginx": "-v", "openssl": "version"}
    found = [_tool_version(name, option) for name, option in tools.items()]
    return ", ".join([*found, *(_package_version(name) for name in ("requests", "huggingface_hub"))])


def _tool_version(name: str, option: str) -> str:
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if path is None:
        return f"{name} absent"
    told = subprocess.run([path, option], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    number = next(word for word in told.replace("/", " ").split() if word[0].isdigit())
    return f"{name} {number}"


def _package_version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} absent"
