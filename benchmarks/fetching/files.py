"""Files to serve, and folders to put them and their copies in."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20
GIB = 2**30
NAME = "big.onnx"
_MEMORY = Path("/dev/shm")
_SPARE = 2 * GIB


@dataclass(frozen=True)
class Served:
    """A file that a server offers."""

    path: Path
    size: int
    sha256: str


@contextmanager
def work_folder(need: int, *, in_memory: bool = True) -> Iterator[Path]:
    """A new folder with room for ``need`` bytes: in memory where there is enough of it, else on the disk."""
    place = _MEMORY if in_memory and _has_room(need) else None
    with tempfile.TemporaryDirectory(prefix="modelget-bench-", dir=place) as folder:
        yield Path(folder)


def kind_of(folder: Path) -> str:
    """Say in words what the folder lies on."""
    return "tmpfs" if _MEMORY in folder.parents else "the disk"


def make(folder: Path, size: int, name: str = NAME) -> Served:
    """Write a file of whole mebibytes, each different; another name gives other bytes."""
    digest, block = hashlib.sha256(), hashlib.shake_128(name.encode()).digest(MIB - 8)
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        for number in range(size // MIB):
            piece = number.to_bytes(8, "big") + block
            file.write(piece)
            digest.update(piece)
    return Served(path, size, digest.hexdigest())


def same_bytes(one: Path, other: Path) -> bool:
    """Compare two files byte by byte."""
    if not other.is_file() or one.stat().st_size != other.stat().st_size:
        return False
    here, there = bytearray(MIB), bytearray(MIB)
    with one.open("rb", buffering=0) as first, other.open("rb", buffering=0) as second:
        while count := first.readinto(here):
            if second.readinto(there) != count or here != there:
                return False
    return True


def _has_room(need: int) -> bool:
    if not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < need + _SPARE:
        return False
    facts = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(facts["MemAvailable"].split()[0]) * 1024 >= need + _SPARE
