"""Data: the loaders of widely used node packs, as ``loader_nodes.CORE``; a position is None where versions differ."""

from __future__ import annotations

ANY = "*"
"""Instead of an input's name: whatever model the node names, in any input, lies in that folder."""

Rows = dict[str, dict[str, tuple["int | None", str]]]


def _all_in(folder: str, *node_types: str) -> Rows:
    return {node_type: {ANY: (None, folder)} for node_type in node_types}


COMMUNITY: Rows = {
    # city96/ComfyUI-GGUF (nodes.py): the lists unet_gguf and clip_gguf cover diffusion_models and text_encoders.
    **_all_in("diffusion_models", "UnetLoaderGGUF", "UnetLoaderGGUFAdvanced"),
    **_all_in("text_encoders", "CLIPLoaderGGUF", "DualCLIPLoaderGGUF"),
    **_all_in("text_encoders", "TripleCLIPLoaderGGUF", "QuadrupleCLIPLoaderGGUF"),
    # rgthree/rgthree-comfy (py/power_lora_loader.py, py/lora_stack.py).
    **_all_in("loras", "Power Lora Loader (rgthree)", "Lora Loader Stack (rgthree)"),
    # pythongosssss/ComfyUI-Custom-Scripts (py/better_combos.py).
    **_all_in("loras", "LoraLoader|pysssss"),
    **_all_in("checkpoints", "CheckpointLoader|pysssss"),
    # kijai/ComfyUI-KJNodes (nodes/model_optimization_nodes.py).
    **_all_in("diffusion_models", "DiffusionModelLoaderKJ", "DiffusionModelSelector"),
    **_all_in("checkpoints", "CheckpointLoaderKJ"),
    **_all_in("vae", "VAELoaderKJ"),
    # kijai/ComfyUI-WanVideoWrapper (nodes_model_loading.py).
    **_all_in(
        "diffusion_models", "WanVideoModelLoader", "WanVideoVACEModelSelect", "WanVideoExtraModelSelect"
    ),
    **_all_in("diffusion_models", "MultiTalkModelLoader", "FantasyTalkingModelLoader"),
    **_all_in("vae", "WanVideoVAELoader"),
    **_all_in("vae_approx", "WanVideoTinyVAELoader"),
    **_all_in("text_encoders", "LoadWanVideoT5TextEncoder", "WanVideoTextEncodeCached"),
    **_all_in("clip_vision", "LoadWanVideoClipTextEncoder"),
    **_all_in("loras", "WanVideoLoraSelect", "WanVideoLoraSelectMulti"),
    # kijai/ComfyUI-HunyuanVideoWrapper (nodes.py).
    **_all_in("diffusion_models", "HyVideoModelLoader"),
    **_all_in("vae", "HyVideoVAELoader"),
    **_all_in("loras", "HyVideoLoraSelect"),
    # nunchaku-tech/ComfyUI-nunchaku (nodes/models, nodes/lora).
    **_all_in("diffusion_models", "NunchakuFluxDiTLoader", "NunchakuQwenImageDiTLoader"),
    **_all_in("text_encoders", "NunchakuTextEncoderLoader", "NunchakuTextEncoderLoaderV2"),
    **_all_in("loras", "NunchakuFluxLoraLoader"),
    # ltdrdata/ComfyUI-Impact-Pack, -Impact-Subpack and -Inspire-Pack; detector names carry bbox/ or segm/ themselves.
    **_all_in("sams", "SAMLoader"),
    **_all_in("ultralytics", "UltralyticsDetectorProvider"),
    **_all_in("onnx", "ONNXDetectorProvider"),
    **_all_in("loras", "LoraLoaderBlockWeight //Inspire"),
    **_all_in("checkpoints", "CheckpointLoaderSimpleShared //Inspire"),
    # cubiq/ComfyUI_IPAdapter_plus, ComfyUI_InstantID, PuLID_ComfyUI; balazik/ComfyUI-PuLID-Flux.
    **_all_in("ipadapter", "IPAdapterModelLoader"),
    **_all_in("instantid", "InstantIDModelLoader"),
    **_all_in("pulid", "PulidModelLoader", "PulidFluxModelLoader"),
    # Kosinkadink/ComfyUI-AnimateDiff-Evolved and ComfyUI-Advanced-ControlNet.
    **_all_in("animatediff_models", "ADE_LoadAnimateDiffModel", "ADE_AnimateDiffLoaderGen1"),
    **_all_in("animatediff_models", "ADE_AnimateDiffLoaderWithContext"),
    **_all_in("animatediff_motion_lora", "ADE_AnimateDiffLoRALoader"),
    **_all_in(
        "controlnet",
        "ControlNetLoaderAdvanced",
        "DiffControlNetLoaderAdvanced",
        "ACN_SparseCtrlLoaderAdvanced",
    ),
    # jags111/efficiency-nodes-comfyui (efficiency_nodes.py).
    "Efficient Loader": {"ckpt_name": (0, "checkpoints"), "vae_name": (1, "vae"), "lora_name": (3, "loras")},
    "Eff. Loader SDXL": {
        "base_ckpt_name": (0, "checkpoints"),
        "refiner_ckpt_name": (2, "checkpoints"),
        "vae_name": (None, "vae"),
    },
    **_all_in("loras", "LoRA Stacker"),
    # yolain/ComfyUI-Easy-Use (py/nodes/loaders.py).
    "easy a1111Loader": {"ckpt_name": (0, "checkpoints"), "vae_name": (1, "vae"), "lora_name": (3, "loras")},
    "easy comfyLoader": {"ckpt_name": (0, "checkpoints"), "vae_name": (1, "vae"), "lora_name": (3, "loras")},
    "easy fullLoader": {"ckpt_name": (0, "checkpoints"), "vae_name": (2, "vae"), "lora_name": (4, "loras")},
    # Suzie1/ComfyUI_Comfyroll_CustomNodes.
    **_all_in("loras", "CR LoRA Stack", "CR Load LoRA"),
    **_all_in("controlnet", "CR Multi-ControlNet Stack"),
    **_all_in("upscale_models", "CR Upscale Image"),
    # kijai/ComfyUI-SUPIR (nodes.py, nodes_v2.py).
    **_all_in("checkpoints", "SUPIR_Upscale", "SUPIR_model_loader", "SUPIR_model_loader_v2"),
    # Gourieff/ComfyUI-ReActor (nodes.py).
    "ReActorFaceSwap": {
        "swap_model": (1, "insightface"),
        "face_restore_model": (3, "facerestore_models"),
    },
    **_all_in("facerestore_models", "ReActorRestoreFace", "FaceRestoreModelLoader"),
    # Acly/comfyui-inpaint-nodes, comfyanonymous/ComfyUI_bitsandbytes_NF4, Lightricks/ComfyUI-LTXVideo.
    **_all_in("inpaint", "INPAINT_LoadFooocusInpaint", "INPAINT_LoadInpaintModel"),
    **_all_in("checkpoints", "CheckpointLoaderNF4"),
    **_all_in("diffusion_models", "UNETLoaderNF4", "MelBandRoFormerModelLoader"),
    **_all_in("loras", "LTXICLoRALoaderModelOnly"),
    "LTXVGemmaCLIPModelLoader": {"gemma_path": (0, "text_encoders"), "ltxv_path": (1, "checkpoints")},
}
