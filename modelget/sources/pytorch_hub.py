"""PyTorch Hub: the weights on download.pytorch.org, whose names hold the beginning of their sha256.

``torch.hub`` checks ``-<digits>.`` in a name against the sha256 (HASH_REGEX in torch/hub.py), and takes any
number of digits for such; only 8 and more on this host are taken so here.
"""

from __future__ import annotations

import re

from ..settings import Settings
from ..types import Digest
from .shared.zoo import Promise, Zoo, path_at

HOME = "https://download.pytorch.org"
_BUCKET = "s3.amazonaws.com", "/pytorch"
"""Its older address; the files are the same, and a host that serves everybody's files is not contacted."""

_DIGITS = re.compile(r"-(?!(?:19|20)[0-9]{6}\.)([0-9a-f]{8,64})\.")  # eight digits may be a date


def source(settings: Settings) -> Zoo:
    """Make the source."""
    endpoint = settings.endpoints.get("pytorch_hub", HOME)
    return Zoo("pytorch_hub", "PyTorch Hub", HOME, endpoint, path_of, promise_of)


def path_of(text: str) -> str | None:
    """Read a link to a file, at its present or its older address."""
    host, folder = _BUCKET
    older = path_at(text, (host,))
    if older is not None:
        return older.removeprefix(folder) if older.startswith(f"{folder}/") else None
    return path_at(text, ("download.pytorch.org",))


def promise_of(path: str) -> Promise:
    """Return the beginning of the sha256 that the file must have, as far as its name holds it."""
    found = _DIGITS.search(path.rpartition("/")[2])
    if found is None:
        return Promise()
    return Promise(Digest("sha256" if len(found[1]) == 64 else "sha256-prefix", found[1]))
