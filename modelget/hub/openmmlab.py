"""OpenMMLab: ``/<project>/…/<config>_<date>-<first 8 digits of the sha256>.pth`` in Aliyun's storage."""

from __future__ import annotations

import re

from .content import Content
from .messages import s3_error
from .zoo import Place


def _with_digits(path: str, content: Content) -> str:
    stem, dot, suffix = path.rpartition(".")
    return f"{stem}-{content.sha256[:8]}{dot}{suffix}"


OPENMMLAB = Place(
    name="openmmlab",
    home="https://download.openmmlab.com",
    files=re.compile(r"/mm[a-z0-9]+/(?:[\w.-]+/)*[\w.-]+\.(?:pth|onnx)"),
    digits=re.compile(r"(?<=[0-9]{6})-[0-9a-f]{8}(?=\.)"),
    with_digits=_with_digits,
    missing=s3_error(404, "NoSuchKey", "The specified key does not exist."),
)
