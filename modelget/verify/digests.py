"""Digests of files, computed in one pass while the bytes go by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ..errors import DigestMismatch
from ..types import Digest

COMPUTED_ALGORITHMS = frozenset(
    {"sha256", "sha256-prefix", "autov2", "autov3", "git-sha1", "md5", "md5-prefix"}
)
"""What a fetch can check by itself; of other digests only a source can say what they belong to."""

_BUFFER = 4 * 2**20


class Hasher:
    """The sha256 of a stream, and in the same pass the one other digest that a source published."""

    def __init__(self, also: Digest | None = None, size: int | None = None) -> None:
        """Start; ``size`` is the whole stream's length in bytes, which a ``git-sha1`` needs first."""
        self._sha256 = hashlib.sha256()
        self._git = None
        if also is not None and also.algorithm == "git-sha1" and size is not None:
            # Git's own identity of a file, an index key and not a protection.
            self._git = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
        self._md5 = None
        if also is not None and also.algorithm in ("md5", "md5-prefix"):
            # What a storage publishes, or a zoo writes into its file names, against accidents.
            self._md5 = hashlib.md5(usedforsecurity=False)
        self._tensors = _TensorHasher() if also is not None and also.algorithm == "autov3" else None

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._sha256.update(data)
        if self._git is not None:
            self._git.update(data)
        if self._md5 is not None:
            self._md5.update(data)
        if self._tensors is not None:
            self._tensors.update(memoryview(data))

    @property
    def sha256(self) -> Digest:
        """The sha256 of all bytes so far."""
        return Digest("sha256", self._sha256.hexdigest())

    def proves(self, wanted: Digest | None) -> bool:
        """Tell whether bytes of any origin are the right ones if this hasher finds that they have ``wanted``.

        Not so by an autov3, which leaves the header out, nor by an md5 or a few digits, which others can meet.
        """
        return (
            wanted is not None
            and wanted.algorithm != "autov3"
            and wanted.is_unique
            and self.as_algorithm_of(wanted) is not None
        )

    def as_algorithm_of(self, wanted: Digest) -> Digest | None:
        """Return the digest comparable with ``wanted``, or None when this hasher cannot compute it."""
        if wanted.algorithm == "sha256":
            return self.sha256
        if wanted.algorithm in ("autov2", "sha256-prefix"):
            return self.sha256.in_terms_of(wanted)
        if wanted.algorithm in ("md5", "md5-prefix") and self._md5 is not None:
            return Digest(wanted.algorithm, self._md5.hexdigest()[: len(wanted.hex)])
        if wanted.algorithm == "git-sha1" and self._git is not None:
            return Digest("git-sha1", self._git.hexdigest())
        if wanted.algorithm == "autov3" and self._tensors is not None:
            return Digest("autov3", self._tensors.hexdigest()[:12])
        return None


class _TensorHasher:
    """The sha256 of a safetensors file's tensors: of all that follows its header."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._start = b""
        self._skip: int | None = None

    def update(self, data: memoryview) -> None:
        """Take the next bytes of the file."""
        if self._skip is None:
            missing = 8 - len(self._start)
            self._start += bytes(data[:missing])
            data = data[missing:]
            if len(self._start) < 8:
                return
            self._skip = int.from_bytes(self._start, "little")
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        self._sha256.update(data[skipped:])

    def hexdigest(self) -> str:
        """Return the digest of what came so far."""
        return self._sha256.hexdigest()


def check_digest(name: str, wanted: Digest | None, hasher: Hasher) -> bool:
    """Compare what arrived with what was promised; return False when nothing comparable was promised.

    Raises:
        DigestMismatch: the bytes are others, with both digests.
    """
    got = hasher.as_algorithm_of(wanted) if wanted else None
    if wanted is None or got is None:
        return False
    if got != wanted:
        raise DigestMismatch(name, wanted, got)
    return True


def digest_file(
    path: Path, also: Digest | None = None, advance: Callable[[int], None] | None = None
) -> Hasher:
    """Hash a whole file, telling ``advance`` the number of bytes read so far."""
    hasher = Hasher(also, path.stat().st_size)
    buffer = bytearray(_BUFFER)
    view = memoryview(buffer)
    done = 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            hasher.update(view[:count])
            done += count
            if advance:
                advance(done)
    return hasher
