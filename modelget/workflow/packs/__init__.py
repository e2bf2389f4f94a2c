"""Data: the loaders of community node packs; each row was read in the pack's own source, which its comment names.

A folder is the name that the pack gives to ``folder_paths``. What ComfyUI-GGUF registers as ``unet_gguf`` and
``clip_gguf`` are the .gguf files of ``diffusion_models`` and ``text_encoders``; detectors of ``ultralytics_bbox``
and ``ultralytics_segm`` carry ``bbox/`` or ``segm/`` in their names, below ``ultralytics``.
"""

from __future__ import annotations

from .folders import FOLDERS
from .images import IMAGES
from .own import OWN, OWN_WIDGETS
from .rows import ANY, Row, Rows
from .suites import SUITES
from .videos import VIDEOS

__all__ = ["ANY", "COMMUNITY", "FOLDERS", "OWN", "OWN_WIDGETS", "Row", "Rows"]

COMMUNITY: Rows = {**SUITES, **IMAGES, **VIDEOS}
