"""Which policy suits a host, and a file."""

from __future__ import annotations

from .facts import GIB, HostFacts, Policy

_SPARE = GIB
"""Bytes that stay free on the device, for what else the host does."""


def policy_for(facts: HostFacts, size: int) -> Policy:
    """Choose how to load ``size`` bytes.

    Device tensors only go to a host that keeps them there. Elsewhere they would be copied back, or hide from a host
    with dynamic VRAM that it holds them, and that it has LoRAs to apply. While such a host builds its model, the
    weights are there twice.
    """
    if facts.dynamic_vram:
        return Policy.LAZY
    if facts.cuda and (facts.high_vram or facts.takes_device_tensors) and _fits_twice(size, facts.free_vram):
        return Policy.DEVICE
    # Memory of its own is no faster than pages that were read ahead, and cannot be given back without swapping.
    return Policy.MEMORY if facts.no_mmap else Policy.LAZY


def _fits_twice(size: int, free: int | None) -> bool:
    return free is not None and 2 * size + _SPARE <= free
