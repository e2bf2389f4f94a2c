"""Modelget in ComfyUI: what ComfyUI looks for when it loads this folder from custom_nodes/."""

from .nodes import comfy_entrypoint

__all__ = ["comfy_entrypoint"]
