"""Packs for image models: quantised loaders, ControlNets, adapters, faces, inpainting, upscaling, training."""

from __future__ import annotations

from .rows import Rows, all_in, in_order

IMAGES: Rows = {
    # city96/ComfyUI-GGUF: nodes.py
    **all_in("diffusion_models", "UnetLoaderGGUF", "UnetLoaderGGUFAdvanced"),
    **all_in("text_encoders", "CLIPLoaderGGUF", "DualCLIPLoaderGGUF"),
    **all_in("text_encoders", "TripleCLIPLoaderGGUF", "QuadrupleCLIPLoaderGGUF"),
    # calcuis/gguf: pig.py
    **all_in("diffusion_models", "LoaderGGUF", "LoaderGGUFAdvanced"),
    **all_in("text_encoders", "ClipLoaderGGUF", "DualClipLoaderGGUF"),
    **all_in("text_encoders", "TripleClipLoaderGGUF", "QuadrupleClipLoaderGGUF"),
    # comfyanonymous/ComfyUI_bitsandbytes_NF4: __init__.py
    **all_in("checkpoints", "CheckpointLoaderNF4"),
    # nunchaku-tech/ComfyUI-nunchaku: nodes/models, nodes/lora
    **all_in("diffusion_models", "NunchakuFluxDiTLoader", "NunchakuQwenImageDiTLoader"),
    **all_in("text_encoders", "NunchakuTextEncoderLoader", "NunchakuTextEncoderLoaderV2"),
    **all_in("loras", "NunchakuFluxLoraLoader", "NunchakuFluxLoraStack"),
    "NunchakuPuLIDLoaderV2": in_order(pulid_file="pulid", eva_clip_file="text_encoders"),
    # pollockjj/ComfyUI-MultiGPU: checkpoint_multigpu.py, nodes.py; its other loaders carry the original's name
    **all_in("checkpoints", "CheckpointLoaderAdvancedMultiGPU", "CheckpointLoaderAdvancedDisTorch2MultiGPU"),
    **all_in("diffusion_models", "UNetLoaderLP"),
    # chengzeyi/Comfy-WaveSpeed: misc_nodes.py, velocator_nodes.py
    **all_in("diffusion_models", "EnhancedLoadDiffusionModel", "VelocatorLoadAndQuantizeDiffusionModel"),
    **all_in("text_encoders", "VelocatorLoadAndQuantizeClip"),
    # ClownsharkBatwing/RES4LYF: loaders.py; model_name: of checkpoints or of diffusion_models
    "FluxLoader": {
        "model_name": (0, None),
        "clip_name1": (2, "text_encoders"),
        "clip_name2_opt": (3, "text_encoders"),
        "vae_name": (4, "vae"),
        "clip_vision_name": (5, "clip_vision"),
        "style_model_name": (6, "style_models"),
    },
    "SD35Loader": {
        "model_name": (0, None),
        "clip_name1": (2, "text_encoders"),
        "clip_name2_opt": (3, "text_encoders"),
        "clip_name3_opt": (4, "text_encoders"),
        "vae_name": (5, "vae"),
    },
    "ClownModelLoader": {
        "model_name": (0, None),
        **{f"clip_name{n}_opt": (n + 1, "text_encoders") for n in (1, 2, 3, 4)},
        "vae_name": (7, "vae"),
    },
    # ClownsharkBatwing/UltraCascade: nodes.py
    **all_in("diffusion_models", "UltraCascade_Loader"),
    **all_in("clip_vision", "UltraCascade_ClipVision"),
    # city96/ComfyUI_ExtraModels: PixArt, DiT, HunYuanDiT, MiaoBi, Sana, T5 and VAE, nodes.py in each
    **all_in("checkpoints", "PixArtCheckpointLoader", "PixArtCheckpointLoaderSimple", "DitCheckpointLoader"),
    **all_in("checkpoints", "HYDiTCheckpointLoader", "SanaCheckpointLoader"),
    "HYDiTTextEncoderLoader": {"clip_name": (None, "text_encoders"), "mt5_name": (None, "t5")},
    **all_in("text_encoders", "MiaoBiCLIPLoader"),
    **all_in("t5", "T5v11Loader"),
    **all_in("vae", "ExtraVAELoader"),
    **all_in("loras", "PixArtLoraLoader"),
    # MinusZoneAI/ComfyUI-Kolors-MZ: __init__.py, mz_kolors_legacy.py
    **all_in("LLM", "MZ_ChatGLM3Loader"),
    **all_in("checkpoints", "MZ_KolorsCheckpointLoaderSimple"),
    **all_in("diffusion_models", "MZ_KolorsUNETLoader", "MZ_KolorsUNETLoaderV2"),
    **all_in("controlnet", "MZ_KolorsControlNetLoader"),
    **all_in("clip_vision", "MZ_KolorsCLIPVisionLoader"),
    **all_in("ipadapter", "MZ_IPAdapterModelLoaderKolors"),
    # gokayfem/ComfyUI_VLM_nodes: nodes/llavaloader.py, nodes/suggest.py
    **all_in("LLavacheckpoints", "LLava Loader Simple", "LlavaClipLoader", "LLMLoader"),
    **all_in("LLavacheckpoints", "LLMOptionalMemoryFreeSimple", "LLMOptionalMemoryFreeAdvanced"),
    **all_in("LLavacheckpoints", "LLavaOptionalMemoryFreeSimple", "LLavaOptionalMemoryFreeAdvanced"),
    # Kosinkadink/ComfyUI-Advanced-ControlNet: adv_control/nodes_main.py, nodes_deprecated.py and one file for each kind
    **all_in("controlnet", "ACN_ControlNetLoaderAdvanced", "ACN_DiffControlNetLoaderAdvanced"),
    **all_in("controlnet", "ControlNetLoaderAdvanced", "DiffControlNetLoaderAdvanced", "ACN_CtrLoRALoader"),
    **all_in("controlnet", "ACN_SparseCtrlLoaderAdvanced", "ACN_SparseCtrlMergedLoaderAdvanced"),
    **all_in("controlnet", "ACN_ControlNet++LoaderAdvanced", "ACN_ControlNet++LoaderSingle"),
    **all_in("model_patches", "ACN_AnimaLLLiteLoaderAdvanced"),
    # filliptm/ComfyUI_Fill-Nodes: nodes/wip/FL_ZImageControlNetPatch.py
    **all_in("model_patches", "FL_ZImageControlNetPatch"),
    # XLabs-AI/x-flux-comfyui: nodes.py
    **all_in("xlabs_loras", "FluxLoraLoader"),
    **all_in("xlabs_controlnets", "LoadFluxControlNet"),
    "LoadFluxIPAdapter": in_order(ipadatper="xlabs_ipadapters", clip_vision="clip_vision"),
    # cubiq/ComfyUI_IPAdapter_plus: IPAdapterPlus.py; Shakker-Labs/ComfyUI-IPAdapter-Flux: ipadapter_flux*.py
    **all_in("ipadapter", "IPAdapterModelLoader"),
    **all_in("ipadapter-flux", "IPAdapterFluxLoader", "IPAdapterFluxLoaderAdvanced"),
    # cubiq/ComfyUI_InstantID: InstantID.py; cubiq/PuLID_ComfyUI: pulid.py
    **all_in("instantid", "InstantIDModelLoader"),
    **all_in("pulid", "PulidModelLoader"),
    # balazik/ComfyUI-PuLID-Flux, sipie800/ComfyUI-PuLID-Flux-Enhanced, lldacing/ComfyUI_PuLID_Flux_ll: pulidflux.py
    **all_in("pulid", "PulidFluxModelLoader"),
    # shiimizu/ComfyUI-PhotoMaker-Plus: photomaker.py; TencentQQGYLab/ComfyUI-ELLA: ella.py
    **all_in("photomaker", "PhotoMakerLoaderPlus"),
    **all_in("ella", "ELLALoader"),
    # kijai/ComfyUI-IC-Light: nodes.py; kijai/ComfyUI-LBMWrapper: nodes.py; kijai/ComfyUI-Lotus: nodes.py
    **all_in("diffusion_models", "LoadAndApplyICLightUnet", "LoadLBMModel", "LoadLotusModel"),
    # Gourieff/ComfyUI-ReActor: nodes.py; mav-rik/facerestore_cf: __init__.py; melMass/comfy_mtb: nodes/faceswap.py
    "ReActorFaceSwap": {"swap_model": (1, "insightface"), "face_restore_model": (3, "facerestore_models")},
    "ReActorFaceSwapOpt": {"swap_model": (1, "insightface"), "face_restore_model": (3, "facerestore_models")},
    **all_in("facerestore_models", "ReActorRestoreFace", "ReActorRestoreFaceAdvanced", "ReActorFaceBoost"),
    "ReActorMaskHelper": {"bbox_model_name": (0, "ultralytics"), "sam_model_name": (5, "sams")},
    **all_in("facerestore_models", "FaceRestoreModelLoader"),
    **all_in("insightface", "Load Face Swap Model (mtb)"),
    # Acly/comfyui-inpaint-nodes: nodes.py; nullquant/ComfyUI-BrushNet: brushnet_nodes.py
    **all_in("inpaint", "INPAINT_LoadFooocusInpaint", "INPAINT_LoadInpaintModel", "BrushNetLoader"),
    "PowerPaintCLIPLoader": in_order(base="text_encoders", powerpaint="inpaint"),
    # 1038lab/ComfyUI-RMBG: py/AILab_YoloV8.py; Nourepide/ComfyUI-Allor: modules/ImageSegmentation.py
    **all_in("ultralytics", "AILab_YoloV8Adv"),
    **all_in("onnx", "ImageSegmentationCustom", "ImageSegmentationCustomAdvanced"),
    # kijai/ComfyUI-SUPIR: nodes.py, nodes_v2.py; kijai/ComfyUI-CCSR: nodes.py
    **all_in("checkpoints", "SUPIR_Upscale", "SUPIR_model_loader", "SUPIR_model_loader_v2"),
    **all_in("checkpoints", "SUPIR_model_loader_v2_clip", "CCSR_Model_Select"),
    # GreenLandisaLie/AuraSR-ComfyUI: nodes.py; ShmuelRonen/ComfyUI-VideoUpscale_WithModel: video_upscale_model.py
    **all_in("aura-sr", "AuraSR.AuraSRUpscaler"),
    **all_in("upscale_models", "Video_Upscale_With_Model"),
    # kijai/ComfyUI-FluxTrainer: nodes.py, nodes_sd3.py, nodes_sdxl.py
    "FluxTrainModelSelect": in_order(
        transformer="diffusion_models", vae="vae", clip_l="text_encoders", t5="text_encoders"
    ),
    "SD3ModelSelect": in_order(
        transformer="checkpoints", clip_l="text_encoders", clip_g="text_encoders", t5="text_encoders"
    ),
    **all_in("checkpoints", "SDXLModelSelect"),
    **all_in("loras", "FluxKohyaInferenceSampler"),
    # kijai/ComfyUI-FluxTrainer: nodes.py; judian17/ComfyUI-Extract_Flux_Lora: extract_lora_node.py
    **all_in("diffusion_models", "ExtractFluxLoRA"),
    # LarryJane491/Lora-Training-in-Comfy: train.py
    **all_in("checkpoints", "Lora Training in ComfyUI", "Lora Training in Comfy (Advanced)"),
    # kijai/ComfyUI-Hunyuan3DWrapper: nodes.py
    **all_in("diffusion_models", "Hy3DModelLoader", "Hy3D_2_1SimpleMeshGen"),
    **all_in("vae", "Hy3DVAELoader"),
}
