"""Fingerprints of bytes, whole and in part."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGEST_LENGTHS = {
    "sha256": 64,
    "blake3": 64,
    "git-sha1": 40,
    "md5": 32,
    "autov3": 12,
    "shorthash": 12,
    "autov2": 10,
    "autov1": 8,
    "crc32": 8,
}
_PREFIX_LENGTHS = {"sha256-prefix": range(8, 64), "md5-prefix": range(6, 33)}
"""Fewer digits are met by chance too often to say anything."""

_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Digest:
    """A fingerprint of a file's bytes, lower-cased; raises ValueError when it is not one.

    ``git-sha1`` is Git's blob id (SHA-1 over a header with the size, then the bytes), which the Hub
    publishes for files outside LFS. ``autov2`` is the first 10 digits of the sha256,
    ``autov3`` the first 12 of the sha256 over a safetensors file's tensors alone, whatever its header says.
    ``shorthash`` is what WebUIs write for a LoRA: its AutoV3, or the first 12 digits of its sha256; they do
    not say which. ``autov1`` is 8 digits over 64 KiB of the file, which many different files share. ``md5`` is
    what some storages publish: it shows accidents, and whoever wants to can make two files with the same.
    """

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "algorithm", self.algorithm.lower())
        object.__setattr__(self, "hex", self.hex.lower())
        if not self._has_right_length or not _HEX.fullmatch(self.hex):
            raise ValueError(f"not a {self.algorithm} digest: {self.hex[:80]!r}")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    def in_terms_of(self, other: Digest) -> Digest | None:
        """Return this digest as the algorithm of the other one; None when only the bytes could tell."""
        if self.algorithm == other.algorithm and not self.is_prefix:
            return self
        if _full(self.algorithm) == _full(other.algorithm) and len(self.hex) >= len(other.hex):
            return Digest(other.algorithm, self.hex[: len(other.hex)])
        if other.algorithm == "shorthash" and self.algorithm in ("sha256", "autov3"):
            # A sha256 that begins otherwise says nothing: the short hash may be an AutoV3.
            return other if self.hex.startswith(other.hex) else None
        return None

    @property
    def spellings(self) -> tuple[Digest, ...]:
        """The ways to write it: some write the bytes of a crc32 backwards, as Civitai's scanner does."""
        if self.algorithm != "crc32":
            return (self,)
        return (self, Digest("crc32", bytes.fromhex(self.hex)[::-1].hex()))

    @property
    def is_prefix(self) -> bool:
        """Tell whether these are the first digits of a longer digest, as many as a file name holds."""
        return self.algorithm in _PREFIX_LENGTHS

    @property
    def is_unique(self) -> bool:
        """Tell whether it stands for the bytes of one file: not for those of whoever wants to meet a few digits."""
        return self.algorithm not in ("autov1", "md5") and not self.is_prefix

    @property
    def can_contradict(self) -> bool:
        """Tell whether a file without it is another one: short forms lead to a file, and say no more."""
        return self.algorithm not in ("autov1", "shorthash")

    @property
    def _has_right_length(self) -> bool:
        lengths = _PREFIX_LENGTHS.get(self.algorithm)
        return len(self.hex) in lengths if lengths else len(self.hex) == _DIGEST_LENGTHS.get(self.algorithm)


def _full(algorithm: str) -> str:
    """Name the digest whose first digits these are; what is no such thing is its own."""
    return {"sha256-prefix": "sha256", "autov2": "sha256", "md5-prefix": "md5"}.get(algorithm, algorithm)
