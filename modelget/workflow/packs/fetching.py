"""Nodes that fetch their models by themselves when they run: nothing is missing when those files are."""

from __future__ import annotations

_PREFIX = "DownloadAndLoad"
"""kijai's packs name every node so that downloads: CogVideoX, DepthAnythingV2, Florence2, GIMM-VFI, SAM2 and others."""

_TYPES = frozenset(
    {
        # Fannovel16/comfyui_controlnet_aux: node_wrappers/dwpose.py, depth_anything.py, depth_anything_v2.py, unimatch.py
        "AnimalPosePreprocessor",
        "DWPreprocessor",
        "DepthAnythingPreprocessor",
        "DepthAnythingV2Preprocessor",
        "Unimatch_OptFlowPreprocessor",
        "Zoe_DepthAnythingPreprocessor",
        # ltdrdata/ComfyUI-Inspire-Pack: inspire/segs_support.py; it calls comfyui_controlnet_aux
        "DWPreprocessor_Provider_for_SEGS //Inspire",
        # Fannovel16/ComfyUI-Frame-Interpolation: vfi_models/*/__init__.py
        "AMT VFI",
        "ATM VFI",
        "CAIN VFI",
        "FILM VFI",
        "FLAVR VFI",
        "GMFSS Fortuna VFI",
        "IFRNet VFI",
        "IFUnet VFI",
        "M2M VFI",
        "MOMO VFI",
        "RIFE VFI",
        "STMFNet VFI",
        "Sepconv VFI",
        # numz/ComfyUI-SeedVR2_VideoUpscaler: src/interfaces/video_upscaler.py, src/utils/downloads.py
        "SeedVR2LoadDiTModel",
        "SeedVR2LoadVAEModel",
        # neverbiasu/ComfyUI-SAM2: node.py; chflame163/ComfyUI_LayerStyle_Advance: py/sam_2_ultra.py
        "SAM2ModelLoader (segment anything2)",
        "LayerMask: SAM2Ultra",
        "LayerMask: SAM2VideoUltra",
        # yuvraj108c/ComfyUI-Video-Depth-Anything: node.py; yuvraj108c/ComfyUI-FLOAT: nodes.py
        "LoadVideoDepthAnythingModel",
        "LoadFloatModels",
    }
)


def fetches_by_itself(node_type: str) -> bool:
    """Tell whether the node's pack downloads what the node names."""
    return node_type in _TYPES or node_type.startswith(_PREFIX)
