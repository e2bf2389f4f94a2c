"""The bytes of every file on the hub: they follow from its path, and are made while they are read."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from threading import Lock

from .tensors import safetensors_start

BLOCK = 2**20
"""The unit of generation; each block starts with its own number, so no two of a file are equal."""
STAMP = b"%016d"

TEXT_SUFFIXES = frozenset({"", ".cfg", ".json", ".md", ".py", ".txt", ".yaml", ".yml"})

_SIZE = re.compile(r"(\d+)([KMG])iB")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}
_MAGIC = {
    ".gguf": b"GGUF" + (3).to_bytes(4, "little") + (0).to_bytes(8, "little") + (0).to_bytes(8, "little"),
    ".bin": b"PK\x03\x04",
    ".ckpt": b"PK\x03\x04",
    ".pkl": b"\x80\x04",
    ".pt": b"PK\x03\x04",
    ".pth": b"PK\x03\x04",
}


def size_of(path: str) -> int:
    """Return the size that the name states (``x-24MiB.safetensors``), else a small one."""
    name = PurePosixPath(path).name
    if stated := _SIZE.search(name):
        return int(stated[1]) * _UNITS[stated[2]]
    number = int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big")
    return 200 + number % 1000 if is_text(path) else (64 + number % 257) * 2**10


def is_text(path: str) -> bool:
    """Tell whether the name promises a small text rather than weights."""
    return PurePosixPath(path).suffix.lower() in TEXT_SUFFIXES


class Content:
    """The bytes of one file, never held whole."""

    def __init__(
        self, size: int, start: bytes, block: Callable[[], bytes], flipped: int | None = None
    ) -> None:
        self.size = size
        self._start = start[:size]
        self._block = block
        self._flipped = flipped
        self._digests: dict[tuple[str, int], str] = {}
        self._crc32: int | None = None
        self._lock = Lock()

    @property
    def sha256(self) -> str:
        """The published digest: that of the right bytes, also for a corrupt file."""
        return self._digest("sha256", b"")

    @property
    def git_sha1(self) -> str:
        """Git's blob id of the right bytes."""
        return self._digest("sha1", b"blob %d\0" % self.size)

    @property
    def md5(self) -> str:
        """The md5 of the right bytes."""
        return self._digest("md5", b"")

    @property
    def tensors_sha256(self) -> str:
        """The sha256 of what follows a safetensors header, of the right bytes."""
        lead = b"".join(map(bytes, self._right_chunks(0, min(8, self.size))))
        return self._digest("sha256", b"", 8 + int.from_bytes(lead, "little"))

    @property
    def autov1(self) -> str:
        """The first 8 digits over 64 KiB from 1 MiB on, as Civitai has them; empty for files below 2 MiB."""
        if self.size < 2 * 2**20:
            return ""
        part = b"".join(map(bytes, self._right_chunks(0x100000, 0x110000)))
        return hashlib.sha256(part).hexdigest()[:8]

    @property
    def crc32(self) -> int:
        """The crc32 of the right bytes."""
        with self._lock:
            if self._crc32 is None:
                self._crc32 = 0
                for chunk in self._right_chunks(0, self.size):
                    self._crc32 = zlib.crc32(chunk, self._crc32)
            return self._crc32

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """Return ``length`` bytes from ``offset``, as they are sent."""
        stop = self.size if length is None else min(offset + length, self.size)
        return b"".join(bytes(chunk) for chunk in self.chunks(offset, stop))

    def chunks(self, start: int, stop: int) -> Iterator[memoryview]:
        """Yield the bytes as they are sent; each view holds only until the next one."""
        at = start
        for chunk in self._right_chunks(start, stop):
            view = chunk
            if self._flipped is not None and at <= self._flipped < at + len(chunk):
                copy = bytearray(chunk)
                copy[self._flipped - at] ^= 1
                view = memoryview(copy)
            yield view
            at += len(chunk)

    def _right_chunks(self, start: int, stop: int) -> Iterator[memoryview]:
        lead = len(self._start)
        if start < min(lead, stop):
            yield memoryview(self._start)[start:stop]
        at, end = max(start, lead) - lead, stop - lead
        if at >= end:
            return
        block = bytearray(self._block())
        view = memoryview(block)
        while at < end:
            number, skip = divmod(at, BLOCK)
            block[: len(STAMP % 0)] = STAMP % number
            taken = min(BLOCK - skip, end - at)
            yield view[skip : skip + taken]
            at += taken

    def _digest(self, algorithm: str, lead: bytes, start: int = 0) -> str:
        key = (algorithm, start)
        with self._lock:
            if key not in self._digests:
                running = hashlib.new(algorithm, lead, usedforsecurity=False)
                for chunk in self._right_chunks(min(start, self.size), self.size):
                    running.update(chunk)
                self._digests[key] = running.hexdigest()
            return self._digests[key]


def pointer_of(content: Content) -> bytes:
    """Return the text that Git holds in place of an LFS file."""
    lines = (
        "version https://git-lfs.github.com/spec/v1",
        f"oid sha256:{content.sha256}",
        f"size {content.size}",
    )
    return "".join(f"{line}\n" for line in lines).encode()


class Contents:
    """All files by path; the same path gives the same bytes in every process."""

    def __init__(
        self, files: Mapping[str, bytes | int | str] | None = None, corrupt: frozenset[str] = frozenset()
    ) -> None:
        self._files = files or {}
        self._corrupt = corrupt
        self._known: dict[str, Content] = {}
        self._lock = Lock()
        self._block = lru_cache(maxsize=32)(_block)

    def of(self, path: str) -> Content:
        """Return the content of a path; asking twice gives the same object, with its digests."""
        with self._lock:
            if path not in self._known:
                self._known[path] = self._make(path)
            return self._known[path]

    def add(self, path: str, body: bytes) -> None:
        """Let a path have these bytes from now on, unless it has some already."""
        with self._lock:
            self._known.setdefault(path, Content(len(body), body, lambda: b""))

    def _make(self, path: str) -> Content:
        seed = path
        while isinstance(given := self._files.get(seed), str):
            seed = given
        if isinstance(given, bytes):
            size, start = len(given), given
        else:
            size = size_of(seed) if given is None else given
            start = _start(seed, size)
        return Content(size, start, lambda: self._block(seed), size // 2 if path in self._corrupt else None)


def _start(path: str, size: int) -> bytes:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in {".safetensors", ".sft"}:
        return safetensors_start(path, size)
    if suffix == ".json":
        return json.dumps({"made_from": hashlib.sha256(path.encode()).hexdigest()[:16]}).encode().ljust(size)
    if is_text(path):
        line = f"# {path}\n".encode()
        return line * (size // len(line) + 1)
    return _MAGIC.get(suffix, b"")


def _block(seed: str) -> bytes:
    """Return bytes that are finite numbers when read as little-endian 16 or 32 bit floats."""
    block = bytearray(hashlib.shake_128(seed.encode()).digest(BLOCK))
    without_top_exponent_bit = bytes(byte & 0xBF for byte in range(256))
    block[1::2] = block[1::2].translate(without_top_exponent_bit)
    return bytes(block)
