"""OpenMMLab: the weights on download.openmmlab.com, whose names mostly hold the beginning of their sha256.

Its tool names a file ``…_<date>-<8 digits>.pth`` by the file's sha256 (tools/model_converters/publish_model.py), but
other files were named by the digest of something else, and OpenMMLab's own downloader gave checking up for them
(https://github.com/open-mmlab/mim, ``mim/commands/download.py``). So a mismatch is told, and the file is kept.
"""

from __future__ import annotations

import re
from functools import partial

from ..settings import Settings
from ..types import Digest
from .shared.zoo import Promise, Zoo, path_at

HOME = "https://download.openmmlab.com"
_DATED = re.compile(r"[-_](?:19|20)[0-9]{6}(?:_[0-9]{4,6})?-([0-9a-f]{8})\.")

path_of = partial(path_at, hosts=("download.openmmlab.com",))


def source(settings: Settings) -> Zoo:
    """Make the source."""
    endpoint = settings.endpoints.get("openmmlab", HOME)
    return Zoo("openmmlab", "OpenMMLab", HOME, endpoint, path_of, promise_of)


def promise_of(path: str) -> Promise:
    """Return what the name claims of the sha256."""
    found = _DATED.search(path.rpartition("/")[2])
    return Promise(claimed=Digest("sha256-prefix", found[1]) if found else None)
