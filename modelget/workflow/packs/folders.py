"""Inputs that take a folder of files rather than one file: pipelines of diffusers, language and vision models.

Each row was read in the pack's own source. Nothing else says that a value without a model's suffix is a model, so an
input belongs here only if it takes folders and nothing but folders.
"""

from __future__ import annotations

from .rows import Rows, in_order

FOLDERS: Rows = {
    # ComfyUI: nodes.py; the folders below "diffusers" that hold a model_index.json
    "DiffusersLoader": in_order(model_path="diffusers"),
    # kijai/ComfyUI-Florence2: nodes.py; the folders in "LLM". The others fetch the repository that they name
    "Florence2ModelLoader": in_order(model="LLM"),
    "DownloadAndLoadFlorence2Model": in_order(model="LLM"),
    "DownloadAndLoadFlorence2Lora": in_order(model="LLM"),
}
