"""What else is published about a file's bytes, and whether it holds: read once more, in one pass for all."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..types import Digest
from .digests import Hasher

_BUFFER = 4 * 2**20
_AUTOV1 = slice(0x100000, 0x110000)
_ANY_AUTOV3 = Digest("autov3", "0" * 12)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The sha256 of the bytes, and the other digests by what the bytes say to them."""

    sha256: Digest
    agreeing: tuple[Digest, ...]
    differing: tuple[Digest, ...]
    """Nothing is in either that cannot be computed here, as a blake3 without the package of that name."""

    def __str__(self) -> str:
        said = [("agreeing", self.agreeing), ("differing", self.differing)]
        words = [f"{what}: {_names(digests)}" for what, digests in said if digests]
        return ", ".join(words) or "nothing that could be compared"


def agreement(path: Path, published: Iterable[Digest], advance: Callable[[int], None]) -> Agreement:
    """Compare a file with digests of any algorithm, telling ``advance`` the number of bytes read so far."""
    published = tuple(published)
    size = path.stat().st_size
    hasher, crc32, blake3 = Hasher(_ANY_AUTOV3, size), 0, _blake3()
    autov1 = b""
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BUFFER):
            hasher.update(block)
            crc32 = zlib.crc32(block, crc32)
            if blake3 is not None:
                blake3.update(block)
            autov1 += block[max(0, _AUTOV1.start - done) : max(0, _AUTOV1.stop - done)]
            done += len(block)
            advance(done)
    computed = [hasher.sha256, Digest("crc32", f"{crc32:08x}")]
    computed += [Digest("autov1", hashlib.sha256(autov1).hexdigest()[:8])] if size >= 2 * 2**20 else []
    computed += [Digest("blake3", blake3.hexdigest())] if blake3 is not None else []
    tensors = hasher.as_algorithm_of(_ANY_AUTOV3)
    computed += [tensors] if tensors and _has_header(path, size) else []
    verdicts = [(digest, _holds(digest, computed)) for digest in published]
    return Agreement(
        hasher.sha256,
        tuple(digest for digest, holds in verdicts if holds),
        tuple(digest for digest, holds in verdicts if holds is False),
    )


def _holds(published: Digest, computed: list[Digest]) -> bool | None:
    """Compare a digest with those that were computed; None when none of them can tell."""
    told = [
        one.in_terms_of(spelt) == spelt
        for spelt in published.spellings
        for one in computed
        if _tells(one, spelt)
    ]
    return any(told) if told else None


def _tells(computed: Digest, published: Digest) -> bool:
    return computed.in_terms_of(published) is not None


def _has_header(path: Path, size: int) -> bool:
    """Tell whether a file begins as safetensors do; of others nobody's AutoV3 means anything."""
    with path.open("rb") as file:
        return 8 + int.from_bytes(file.read(8), "little") < size


def _blake3() -> Any:
    """Return a hasher where somebody installed the package; it is none of ours."""
    try:
        from blake3 import blake3
    except ImportError:
        return None
    return blake3()


def _names(digests: tuple[Digest, ...]) -> str:
    return " ".join(dict.fromkeys(digest.algorithm.upper() for digest in digests))
