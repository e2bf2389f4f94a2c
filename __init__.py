"""Modelget in ComfyUI: what ComfyUI looks for when it loads this folder from custom_nodes/."""

from .adapters.attach import attach
from .nodes import comfy_entrypoint

__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]

WEB_DIRECTORY = "./web"

attach()
