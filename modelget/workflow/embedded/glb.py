"""Binary glTF: ``asset.extras`` of its JSON chunk, where ComfyUI's SaveGLB writes prompt and workflow."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..document import decode_text
from ..untyped import as_dict
from .span import Span, Tag, decoded


def kind(head: bytes) -> str | None:
    """Recognise the magic number."""
    return "GLB model" if head.startswith(b"glTF") else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the extras of the asset."""
    if data.read(16, 4) == b"JSON":
        root = decode_text(decoded(data.part(20, data.little(12, 4)).all()))
        extras = as_dict(as_dict(as_dict(root).get("asset")).get("extras"))
        for key, value in extras.items():
            yield Tag(key, value if isinstance(value, str) else json.dumps(value))
