"""Detectron2's zoo and Segment Anything: ``/detectron2/…/model_final_<first 6 digits of the md5>.pkl``."""

from __future__ import annotations

import re

from .content import Content
from .messages import s3_error
from .zoo import Place


def _with_digits(path: str, content: Content) -> str:
    stem, dot, suffix = path.rpartition(".")
    return f"{stem}_{content.md5[:6]}{dot}{suffix}"


DETECTRON2 = Place(
    name="detectron2",
    home="https://dl.fbaipublicfiles.com",
    files=re.compile(r"/(?:detectron2|segment_anything)/(?:[\w.-]+/)*[\w.-]+\.(?:pkl|pth|pt)"),
    digits=re.compile(r"_[0-9a-f]{6}(?=\.)"),
    with_digits=_with_digits,
    missing=s3_error(403, "AccessDenied", "Access Denied"),
)
