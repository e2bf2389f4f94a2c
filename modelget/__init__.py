"""Modelget: apt-get for ComfyUI models."""

__version__ = "0.1.0"
