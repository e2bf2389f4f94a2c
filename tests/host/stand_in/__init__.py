"""A stand-in for ComfyUI: a real server with fake insides, in front of which packs and ComfyUI's page work."""

from .host import PACK, StandIn

__all__ = ["PACK", "StandIn"]
