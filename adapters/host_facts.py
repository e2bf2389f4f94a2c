"""What this ComfyUI says about itself that matters for loading.

Its insides change from version to version: what cannot be asked counts as unknown, which always leads to CPU tensors.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import comfy.model_management
import comfy.utils

from ..modelget.load import HostFacts

_logger = logging.getLogger("modelget")
_BUILT_ON_DEVICE = "diffusion_models"
"""The one folder whose models a host with --highvram builds where they run; the others are built on the CPU."""

T = TypeVar("T")


def host_facts(folder: str) -> HostFacts:
    """Return what is known about this ComfyUI, for models of one folder."""
    cuda = _told(lambda: device().type == "cuda", default=False)
    return HostFacts(
        cuda=cuda,
        dynamic_vram=has_dynamic_vram(),
        high_vram=folder == _BUILT_ON_DEVICE and _told(_keeps_models_on_device, default=False),
        free_vram=_told(lambda: int(comfy.model_management.get_free_memory(device())), default=None)
        if cuda
        else None,
        no_mmap=_told(lambda: bool(comfy.utils.DISABLE_MMAP), default=False),
    )


def device() -> Any:
    """Return the device on which models run."""
    return comfy.model_management.get_torch_device()


def has_dynamic_vram() -> bool:
    """Tell whether weights stay in their files until ComfyUI itself moves them to the device."""

    def asked() -> bool:
        import comfy.memory_management

        return bool(comfy.memory_management.aimdo_enabled)

    return _told(asked, default=False)


def _keeps_models_on_device() -> bool:
    return str(comfy.model_management.vram_state.name) == "HIGH_VRAM"


def _told(ask: Callable[[], T], default: T) -> T:
    try:
        return ask()
    except Exception as error:  # an older or a newer ComfyUI
        _logger.debug("Modelget: this ComfyUI does not say: %s", error)
        return default
