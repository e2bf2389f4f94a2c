"""One verified 256 MiB file: ours against what a user would pick instead, from the same server in the same run.

``line`` gives each connection 50 MB/s and delays each connection and request by 30 ms; ``loopback`` has no limit.
Wall time as a ratio to ours, start of the program included for every client. Medians of 5 interleaved rounds.
Clients that are not installed are left out.
"""

from __future__ import annotations

import hashlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 256 * 2**20
ROUNDS = 5

_OURS = """
import sys
from pathlib import Path
from threading import Event
from modelget.fetch import fetch
from modelget.hosts import HostPolicy, origin_of
from modelget.http import Http
from modelget.progress import Silent
from modelget.types import Candidate, Digest, Download, Evidence
url, target, size, sha256 = sys.argv[1:]
http = Http(HostPolicy.of((), (origin_of(url),)))
wanted = Candidate("bench", url, url, "m", Evidence.DECLARED_URL, int(size), Digest("sha256", sha256))
place = Path(target)
fetch(Download(wanted, place, place.parent / ".staging", "bench"), http, Silent(), Event())
"""
_REQUESTS = """
import hashlib, requests, sys
url, target, size, sha256 = sys.argv[1:]
digest = hashlib.sha256()
with requests.get(url, stream=True) as reply, open(target, "wb") as file:
    for chunk in reply.iter_content(2**20):
        file.write(chunk)
        digest.update(chunk)
assert digest.hexdigest() == sha256
"""
_HASH = "import hashlib, sys; assert hashlib.file_digest(open(sys.argv[1], 'rb'), 'sha256').hexdigest() == sys.argv[2]"


def run() -> str:
    with tempfile.TemporaryDirectory() as folder:
        served, target = Path(folder) / "served.onnx", Path(folder) / "m.onnx"
        digest = _make(served)
        rows = [
            f"| {name} | " + " | ".join(_measure(served, target, digest, name, *line)) + " |"
            for name, line in {"line": ("50e6", "0.03"), "loopback": ()}.items()
        ]
    head = " | ".join(_clients("URL", Path("m"), "…"))
    return f"| | {head} |\n|---|" + "---|" * len(_clients("", Path(), "")) + "\n" + "\n".join(rows)


def _clients(url: str, target: Path, digest: str) -> dict[str, list[list[str]]]:
    words = [url, str(target), str(SIZE), digest]
    clients = {"modelget": [[sys.executable, "-c", _OURS, *words]]}
    clients["requests, hash inline"] = [[sys.executable, "-c", _REQUESTS, *words]]
    if curl := shutil.which("curl"):
        check = [sys.executable, "-c", _HASH, str(target), digest]
        clients["curl, then hash"] = [[curl, "-s", "-o", str(target), url], check]
    if aria2 := shutil.which("aria2c"):
        options = ["-q", "-x16", "-s16", "-k1M", "--file-allocation=none", f"--checksum=sha-256={digest}"]
        place = ["-d", str(target.parent), "-o", target.name]
        clients["aria2c -x16 --checksum"] = [[aria2, *options, *place, url]]
    return clients


def _measure(served: Path, target: Path, digest: str, name: str, *line: str) -> list[str]:
    times: dict[str, list[float]] = {}
    with _server(served, *line) as url:
        for _ in range(ROUNDS):
            for client, commands in _clients(url, target, digest).items():
                start = time.perf_counter()
                for command in commands:
                    subprocess.run(command, check=True)
                times.setdefault(client, []).append(time.perf_counter() - start)
                target.unlink()
    ours = statistics.median(times["modelget"])
    return [f"{statistics.median(values) / ours:.2f}" for values in times.values()]


@contextmanager
def _server(served: Path, *line: str) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.line_server", str(served), *line]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


def _make(path: Path) -> str:
    digest, block = hashlib.sha256(), hashlib.shake_128(b"benchmark").digest(2**20)
    with path.open("wb") as file:
        for number in range(SIZE // 2**20):
            piece = number.to_bytes(8, "big") + block[8:]
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()
