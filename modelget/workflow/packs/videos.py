"""Packs for video and sound models."""

from __future__ import annotations

from .rows import Rows, all_in, in_order

VIDEOS: Rows = {
    # kijai/ComfyUI-WanVideoWrapper: nodes_model_loading.py
    **all_in(
        "diffusion_models", "WanVideoModelLoader", "WanVideoVACEModelSelect", "WanVideoExtraModelSelect"
    ),
    **all_in("vae", "WanVideoVAELoader"),
    **all_in("vae_approx", "WanVideoTinyVAELoader"),
    **all_in("text_encoders", "LoadWanVideoT5TextEncoder", "WanVideoTextEncodeCached"),
    **all_in("clip_vision", "LoadWanVideoClipTextEncoder"),
    **all_in("loras", "WanVideoLoraSelect", "WanVideoLoraSelectMulti"),
    # kijai/ComfyUI-WanVideoWrapper: multitalk, fantasytalking, fantasyportrait, controlnet, uni3c, lynx, MTV, FlashVSR
    **all_in("diffusion_models", "MultiTalkModelLoader", "FantasyTalkingModelLoader"),
    **all_in("diffusion_models", "FantasyPortraitModelLoader", "LoadLynxResampler"),
    **all_in("vae", "LoadVQVAE", "WanVideoFlashVSRDecoderLoader"),
    **all_in("controlnet", "WanVideoControlnetLoader", "WanVideoUni3C_ControlnetLoader"),
    **all_in("wav2vec2", "Wav2VecModelLoader"),
    # kijai/ComfyUI-WanAnimatePreprocess: nodes.py
    **all_in("detection", "OnnxDetectionModelLoader"),
    # kijai/ComfyUI-HunyuanVideoWrapper: nodes.py
    **all_in("diffusion_models", "HyVideoModelLoader"),
    **all_in("vae", "HyVideoVAELoader"),
    **all_in("loras", "HyVideoLoraSelect"),
    # facok/ComfyUI-HunyuanVideoMultiLora: lora_loader.py; PixelFunAI/ComfyUI_PixelFun: nodes.py
    **all_in("loras", "HunyuanVideoLoraLoader", "HunyuanLoadAndEditLoraBlocks", "HunyuanLoadFromBlockCache"),
    # kijai/ComfyUI-FramePackWrapper: nodes.py
    **all_in("diffusion_models", "LoadFramePackModel"),
    **all_in("loras", "FramePackLoraSelect"),
    # kijai/ComfyUI-CogVideoXWrapper: model_loading.py
    **all_in("diffusion_models", "CogVideoXModelLoader"),
    **all_in("vae", "CogVideoXVAELoader"),
    **all_in("cogvideox_loras", "CogVideoLoraSelect"),
    **all_in("loras", "CogVideoLoraSelectComfy"),
    # kijai/ComfyUI-MochiWrapper: nodes.py
    **all_in("diffusion_models", "MochiModelLoader"),
    **all_in("vae", "MochiVAELoader", "MochiVAEEncoderLoader"),
    # kijai/ComfyUI-DynamiCrafterWrapper: nodes.py
    **all_in("checkpoints", "DynamiCrafterModelLoader"),
    **all_in("controlnet", "DynamiCrafterCNLoader"),
    # Lightricks/ComfyUI-LTXVideo: low_vram_loaders.py, gemma_encoder.py, gemma_api_conditioning.py, iclora.py, q8_nodes.py
    **all_in("checkpoints", "LowVRAMCheckpointLoader", "LowVRAMAudioVAELoader", "GemmaAPITextEncode"),
    **all_in("latent_upscale_models", "LowVRAMLatentUpscaleModelLoader"),
    **all_in("loras", "LTXICLoRALoaderModelOnly", "LTXVQ8LoraModelLoader"),
    "LTXVGemmaCLIPModelLoader": in_order(gemma_path="text_encoders", ltxv_path="checkpoints"),
    # Kosinkadink/ComfyUI-AnimateDiff-Evolved: animatediff/nodes_gen1.py, nodes_gen2.py, nodes_deprecated.py
    **all_in("animatediff_models", "ADE_AnimateDiffLoaderGen1", "ADE_LoadAnimateDiffModel"),
    **all_in("animatediff_models", "ADE_AnimateDiffLoaderWithContext", "AnimateDiffLoaderV1"),
    **all_in("animatediff_models", "ADE_AnimateDiffLoaderV1Advanced"),
    # Kosinkadink/ComfyUI-AnimateDiff-Evolved: nodes_pia.py, nodes_animatelcmi2v.py, nodes_cameractrl.py, nodes_lora.py
    **all_in("animatediff_models", "ADE_InjectPIAIntoAnimateDiffModel", "ADE_LoadAnimateLCMI2VModel"),
    **all_in("animatediff_models", "ADE_InjectI2VIntoAnimateDiffModel"),
    **all_in("animatediff_models", "ADE_LoadAnimateDiffModelWithCameraCtrl"),
    **all_in("animatediff_motion_lora", "ADE_AnimateDiffLoRALoader"),
    # Kosinkadink/ComfyUI-AnimateDiff-Evolved: nodes_conditioning.py, nodes_extras.py
    **all_in("checkpoints", "CheckpointLoaderSimpleWithNoiseSelect"),
    **all_in("checkpoints", "ADE_RegisterModelAsLoraHook", "ADE_RegisterModelAsLoraHookModelOnly"),
    **all_in("loras", "ADE_RegisterLoraHook", "ADE_RegisterLoraHookModelOnly"),
    # ArtVentureX/comfyui-animatediff: animatediff/nodes.py, model_utils.py
    **all_in("AnimateDiff", "AnimateDiffModuleLoader"),
    **all_in("AnimateDiffLora", "AnimateDiffLoraLoader"),
    # kijai/ComfyUI-ADMotionDirector: nodes.py
    **all_in("checkpoints", "ADMD_CheckpointLoader"),
    "ADMD_AdditionalModelSelect": in_order(
        motion_module="animatediff_models", use_adapter_lora=None, optional_adapter_lora="loras"
    ),
    # kijai/ComfyUI-MMAudio: nodes.py; kijai/ComfyUI-MelBandRoFormer: nodes.py
    **all_in("mmaudio", "MMAudioModelLoader", "MMAudioFeatureUtilsLoader", "MMAudioVoCoderLoader"),
    **all_in("diffusion_models", "MelBandRoFormerModelLoader"),
}
