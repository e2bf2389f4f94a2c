"""Where each tensor of a file goes: slabs of memory that tensors share, and the blocks of the file that fill them.

A slab is given back when the last of its tensors is gone, so that a host which takes tensors one by one needs less than
twice the memory. Tensors start at multiples of 256 bytes, whatever the file does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..verify import TensorEntry

SLAB = 256 * 2**20
_ALIGNMENT = 256
_MOST_PIECES = 512
"""Pieces that one system call takes anywhere: half of what Linux does."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one tensor is: bytes ``start`` up to ``start + size`` of a slab."""

    tensor: TensorEntry
    slab: int
    start: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that lie together both in the file and in a slab."""

    slab: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the file that is read at once, and where its bytes go, in file order."""

    offset: int
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """Bytes to read."""
        return sum(piece.size for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Layout:
    """All of one file."""

    slabs: tuple[int, ...]
    """Bytes of each."""
    places: tuple[Place, ...]

    def blocks(self, size: int) -> Iterator[Block]:
        """Cut the file's tensors into blocks of at most ``size`` bytes, in file order."""
        pieces: list[Piece] = []
        offset, room = 0, size
        for place in self.places:
            done = 0
            while done < place.tensor.size:
                if not pieces:
                    offset, room = place.tensor.start + done, size
                count = min(room, place.tensor.size - done)
                pieces.append(Piece(place.slab, place.start + done, count))
                done, room = done + count, room - count
                if not room or len(pieces) == _MOST_PIECES:
                    yield Block(offset, tuple(pieces))
                    pieces = []
        if pieces:
            yield Block(offset, tuple(pieces))


def lay_out(tensors: Sequence[TensorEntry], slab_size: int = SLAB) -> Layout:
    """Give each tensor, in file order, its place; one that is larger than a slab gets one of its own."""
    slabs, places = [0], []
    for tensor in tensors:
        if slabs[-1] and slabs[-1] + tensor.size > slab_size:
            slabs.append(0)
        places.append(Place(tensor, len(slabs) - 1, slabs[-1]))
        slabs[-1] += -(-tensor.size // _ALIGNMENT) * _ALIGNMENT
    return Layout(tuple(slabs), tuple(places))
