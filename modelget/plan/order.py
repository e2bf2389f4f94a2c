"""What is needed first had better be here first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..types import Download, Plan

_USE = (
    frozenset({"text_encoders", "clip", "clip_vision"}),
    frozenset({"checkpoints", "diffusion_models", "unet"}),
    frozenset({"loras", "controlnet", "style_models", "model_patches"}),
    frozenset({"vae", "vae_approx"}),
    frozenset({"upscale_models", "latent_upscale_models", "frame_interpolation"}),
)
"""Model folders by the moment at which a graph needs them: prompt, sampling, decoding, and what follows."""


def in_order_of_use(plans: Iterable[Plan]) -> list[Download]:
    """Return what must be placed, each place once, in the order in which a graph needs it.

    The line carries the same bytes in any order, so what is used first had better be here first.
    """
    places = {download.destination: download for plan in plans for download in plan.downloads}
    ordered = sorted(places.values(), key=lambda download: _use(download.label.partition("/")[0]))
    return [replace(download, rank=rank) for rank, download in enumerate(ordered)]


def _use(folder: str) -> int:
    return next((use for use, folders in enumerate(_USE) if folder in folders), len(_USE))
