"""Cut the tensors of a file out of the slabs that hold their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .dtypes import torch_shape, torch_types
from .layout import Layout


class Cutter:
    """Knows the types and shapes of all tensors before the first byte is read, and cuts them when all are there."""

    def __init__(self, file_name: str, layout: Layout) -> None:
        """Prepare.

        Raises:
            LoadFailed: torch cannot express one of them.
        """
        self._places = layout.places
        self._types = torch_types(file_name, (place.tensor for place in layout.places))
        self._shapes = [torch_shape(file_name, place.tensor) for place in layout.places]

    def cut(self, slabs: Sequence[Any]) -> dict[str, Any]:
        """Return tensors that share the memory of the slabs, which are torch's of bytes."""
        import torch

        found = {}
        for place, shape in zip(self._places, self._shapes, strict=True):
            tensor, slab = place.tensor, slabs[place.slab]
            kind = self._types[tensor.dtype]
            if tensor.size:
                stretch = slab[place.start : place.start + tensor.size]
                # torch takes no element from an odd place, which only a file has that lies where it lies.
                aligned = stretch if place.start % kind.itemsize == 0 else stretch.clone()
                weights = aligned.view(kind).view(shape)
            else:
                weights = torch.empty(shape, dtype=kind, device=slab.device)
            found[tensor.name] = weights
        return found
