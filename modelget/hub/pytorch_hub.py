"""PyTorch Hub: ``/models/<name>-<first 8 digits of the sha256>.pth``."""

from __future__ import annotations

import re

from .content import Content
from .messages import s3_error
from .zoo import Place


def _with_digits(path: str, content: Content) -> str:
    stem, dot, suffix = path.partition(".")
    return f"{stem}-{content.sha256[:8]}{dot}{suffix}"


PYTORCH_HUB = Place(
    name="pytorch_hub",
    home="https://download.pytorch.org",
    files=re.compile(r"/models/(?:[\w-]+/)*[\w.-]+\.(?:pth|pt|tar)"),
    digits=re.compile(r"-[0-9a-f]{8,64}(?=\.)"),
    with_digits=_with_digits,
    missing=s3_error(403, "AccessDenied", "Access Denied"),
)
