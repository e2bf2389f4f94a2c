"""Detectron2's zoo and Segment Anything on dl.fbaipublicfiles.com: names with the beginning of their md5.

Detectron2 says so in its MODEL_ZOO.md (``model_final_<6 digits>.pkl``), and the published md5 sums of
``sam_vit_[bhl]_<6 digits>.pth`` begin so. Nothing is known about the digits in other names on this host.
"""

from __future__ import annotations

import re

from ..settings import Settings
from ..types import Digest
from .shared.zoo import Promise, Zoo, checked_path, path_at

HOME = "https://dl.fbaipublicfiles.com"
_ALIAS = "detectron2://"
_DIGITS = re.compile(
    r"/(?:detectron2/.+/model_final|segment_anything/sam_vit_[bhl])_([0-9a-f]{6})\.(?:pkl|pth)"
)


def source(settings: Settings) -> Zoo:
    """Make the source."""
    endpoint = settings.endpoints.get("detectron2", HOME)
    return Zoo("detectron2", "Detectron2, Segment Anything", HOME, endpoint, path_of, promise_of)


def path_of(text: str) -> str | None:
    """Read a link to a file, or Detectron2's own short form of it."""
    if text.startswith(_ALIAS):
        return checked_path(f"/detectron2/{text.removeprefix(_ALIAS)}")
    return path_at(text, ("dl.fbaipublicfiles.com",))


def promise_of(path: str) -> Promise:
    """Return the beginning of the md5 that the file must have, as far as its name holds it."""
    found = _DIGITS.fullmatch(path)
    return Promise(Digest("md5-prefix", found[1]) if found else None)
