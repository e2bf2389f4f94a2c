"""What places state about the use of their files, read into ``Terms``."""

from __future__ import annotations

from .civitai_flags import civitai_terms
from .hub_card import hub_terms

__all__ = ["civitai_terms", "hub_terms"]
