"""Packs of everything: loaders, stacks and samplers around the models that ComfyUI itself knows."""

from __future__ import annotations

from .rows import Row, Rows, all_in, in_order

_TTN_SAMPLER: Row = {"lora_name": (0, "loras"), "upscale_model_name": (3, "upscale_models")}

SUITES: Rows = {
    # rgthree/rgthree-comfy: py/power_lora_loader.py, py/lora_stack.py, py/power_prompt.py, py/sdxl_power_prompt_postive.py
    **all_in("loras", "Power Lora Loader (rgthree)", "Lora Loader Stack (rgthree)"),
    "Power Prompt (rgthree)": {"insert_lora": (None, "loras"), "insert_embedding": (None, "embeddings")},
    "SDXL Power Prompt - Positive (rgthree)": {
        "insert_lora": (None, "loras"),
        "insert_embedding": (None, "embeddings"),
    },
    # pythongosssss/ComfyUI-Custom-Scripts: py/better_combos.py
    **all_in("loras", "LoraLoader|pysssss"),
    **all_in("checkpoints", "CheckpointLoader|pysssss"),
    # kijai/ComfyUI-KJNodes: nodes/model_optimization_nodes.py, nodes/lora_nodes.py, nodes/ltxv_nodes.py, nodes/nodes.py
    **all_in("checkpoints", "CheckpointLoaderKJ"),
    **all_in("diffusion_models", "DiffusionModelLoaderKJ", "DiffusionModelSelector"),
    **all_in("vae", "VAELoaderKJ"),
    **all_in("vae_approx", "ModelPreviewOverrideKJ"),
    **all_in("loras", "LoraReduceRankKJ", "LTX2LoraLoaderAdvanced", "DiTBlockLoraLoader"),
    "GGUFLoaderKJ": {"model_name": (0, "diffusion_models"), "extra_model_name": (1, None)},
    # ltdrdata/ComfyUI-Impact-Pack: modules/impact/impact_pack.py, legacy_nodes.py, mmdet_nodes.py
    **all_in("sams", "SAMLoader"),
    **all_in("onnx", "ONNXDetectorProvider"),
    **all_in("mmdets", "MMDetLoader", "MMDetDetectorProvider"),
    # ltdrdata/ComfyUI-Impact-Pack: impact_pack.py and pipe.py, the combo "Select to add LoRA"
    **all_in("loras", "ImpactWildcardEncode", "ToDetailerPipe", "ToDetailerPipeSDXL"),
    **all_in("loras", "BasicPipeToDetailerPipe", "BasicPipeToDetailerPipeSDXL"),
    **all_in("loras", "EditDetailerPipe", "EditDetailerPipeSDXL"),
    # ltdrdata/ComfyUI-Impact-Subpack: modules/subpack_nodes.py
    **all_in("ultralytics", "UltralyticsDetectorProvider"),
    # ltdrdata/ComfyUI-Inspire-Pack: inspire/backend_support.py, lora_block_weight.py, prompt_support.py
    **all_in("checkpoints", "CheckpointLoaderSimpleShared //Inspire"),
    **all_in("checkpoints", "StableCascade_CheckpointLoader //Inspire"),
    **all_in("diffusion_models", "LoadDiffusionModelShared //Inspire"),
    **all_in("text_encoders", "LoadTextEncoderShared //Inspire"),
    **all_in("loras", "LoraLoaderBlockWeight //Inspire", "XY Input: Lora Block Weight //Inspire"),
    **all_in("loras", "MakeLBW //Inspire", "LoraBlockInfo //Inspire", "WildcardEncode //Inspire"),
    **all_in("lbw_models", "LoadLBW //Inspire"),
    "MakeBasicPipe //Inspire": {"ckpt_name": (0, "checkpoints"), "Select to add LoRA": (None, "loras")},
    # yolain/ComfyUI-Easy-Use: py/nodes/loaders.py
    "easy fullLoader": in_order(
        ckpt_name="checkpoints", config_name="configs", vae_name="vae", clip_skip=None, lora_name="loras"
    ),
    "easy a1111Loader": in_order(ckpt_name="checkpoints", vae_name="vae", clip_skip=None, lora_name="loras"),
    "easy comfyLoader": in_order(ckpt_name="checkpoints", vae_name="vae", clip_skip=None, lora_name="loras"),
    "easy hunyuanDiTLoader": in_order(ckpt_name="checkpoints", vae_name="vae", lora_name="loras"),
    "easy fluxLoader": in_order(ckpt_name="checkpoints", vae_name="vae", lora_name="loras"),
    "easy zero123Loader": in_order(ckpt_name="checkpoints", vae_name="vae"),
    "easy sv3dLoader": in_order(ckpt_name="checkpoints", vae_name="vae"),
    "easy svdLoader": in_order(ckpt_name="checkpoints", vae_name="vae", clip_name="text_encoders"),
    "easy kolorsLoader": in_order(
        unet_name="diffusion_models", vae_name="vae", chatglm3_name="llm", lora_name="loras"
    ),
    "easy pixArtLoader": {
        "ckpt_name": (0, "checkpoints"),
        "vae_name": (2, "vae"),
        "clip_name": (None, "text_encoders"),
        "t5_name": (None, "t5"),
        "lora_name": (None, "loras"),
    },
    "easy mochiLoader": in_order(ckpt_name="checkpoints", vae_name="vae"),
    "easy cascadeLoader": {
        "stage_c": (0, None),
        "stage_b": (1, None),
        "stage_a": (2, "vae"),
        "clip_name": (3, "text_encoders"),
        "lora_name": (4, "loras"),
    },
    **all_in("loras", "easy loraStack", "easy loraSwitcher", "easy loraNames", "easy XYInputs: Lora"),
    **all_in("controlnet", "easy controlnetStack", "easy controlnetLoader", "easy controlnetLoaderADV"),
    **all_in("controlnet", "easy controlnetLoader++", "easy LLLiteLoader", "easy controlnetNames"),
    **all_in("controlnet", "easy XYInputs: ControlNet"),
    **all_in("checkpoints", "easy ckptNames"),
    # yolain/ComfyUI-Easy-Use: py/nodes/adapter.py, fix.py, preSampling.py
    "easy instantIDApply": {"instantid_file": (0, "instantid"), "control_net_name": (2, "controlnet")},
    "easy instantIDApplyADV": {"instantid_file": (0, "instantid"), "control_net_name": (2, "controlnet")},
    **all_in("pulid", "easy pulIDApply", "easy pulIDApplyADV"),
    **all_in("upscale_models", "easy hiresFix"),
    **all_in("ultralytics", "easy ultralyticsDetectorPipe"),
    **all_in("sams", "easy samLoaderPipe"),
    **all_in("vae", "easy preSamplingCascade", "easy fullCascadeKSampler"),
    # yolain/ComfyUI-Easy-Use: py/nodes/inpaint.py
    **all_in("inpaint", "easy applyBrushNet", "easy applyPowerPaint"),
    # jags111/efficiency-nodes-comfyui: efficiency_nodes.py
    "Efficient Loader": in_order(ckpt_name="checkpoints", vae_name="vae", clip_skip=None, lora_name="loras"),
    "Eff. Loader SDXL": {
        "base_ckpt_name": (0, "checkpoints"),
        "refiner_ckpt_name": (2, "checkpoints"),
        "vae_name": (6, "vae"),
    },
    **all_in("loras", "LoRA Stacker", "XY Input: LoRA", "XY Input: LoRA Plot"),
    **all_in("vae", "XY Input: VAE"),
    **all_in("controlnet", "Tiled Upscaler Script"),
    "HighRes-Fix Script": {
        "hires_ckpt_name": (1, "checkpoints"),
        "pixel_upscaler": (3, "upscale_models"),
        "control_net_name": (None, "controlnet"),
    },
    # Suzie1/ComfyUI_Comfyroll_CustomNodes: nodes/nodes_lora.py, nodes_core.py, nodes_model_merge.py
    **all_in("loras", "CR LoRA Stack", "CR Load LoRA", "CR Random LoRA Stack", "CR Random Weight LoRA"),
    **all_in("checkpoints", "CR Select Model", "CR Model Merge Stack"),
    # Suzie1/ComfyUI_Comfyroll_CustomNodes: nodes_controlnet.py, nodes_upscale.py, nodes_animation_*.py
    **all_in("controlnet", "CR Multi-ControlNet Stack"),
    **all_in("upscale_models", "CR Upscale Image", "CR Multi Upscale Stack"),
    **all_in("checkpoints", "CR Model List", "CR Load Scheduled Models"),
    **all_in("loras", "CR LoRA List", "CR Load Scheduled LoRAs"),
    # jakechai/ComfyUI-JakeUpgrade: nodes/jake_node_lora.py, jake_node_controlnet.py, jake_node_deprecated.py
    **all_in("loras", "CR LoRA Stack JK", "CR LoRA Stack Model Only JK", "CR Load LoRA JK"),
    "CR ControlNet Loader JK": in_order(control_net_name="controlnet"),
    **all_in("controlnet", "CR Multi-ControlNet Stack JK"),
    **all_in("checkpoints", "Ckpt Loader JK"),
    **all_in("vae", "Vae Loader JK"),
    **all_in("upscale_models", "Upscale Model Loader JK", "Upscale Model Parameters JK"),
    **all_in("embeddings", "Embedding Picker JK", "Embedding Picker Multi JK"),
    # WASasquatch/was-node-suite-comfyui: WAS_Node_Suite.py
    "Checkpoint Loader": in_order(config_name="configs", ckpt_name="checkpoints"),
    **all_in("checkpoints", "Checkpoint Loader (Simple)", "unCLIP Checkpoint Loader"),
    **all_in("loras", "Lora Loader", "Load Lora"),
    **all_in("upscale_models", "Upscale Model Loader"),
    # TinyTerra/ComfyUI_tinyterraNodes: ttNpy/tinyterraNodes.py
    "ttN tinyLoader": {
        "ckpt_name": (0, "checkpoints"),
        "config_name": (1, "configs"),
        "vae_name": (5, "vae"),
    },
    "ttN pipeLoader_v2": in_order(ckpt_name="checkpoints", config_name="configs", vae_name="vae"),
    "ttN pipeLoaderSDXL_v2": {
        "ckpt_name": (0, "checkpoints"),
        "config_name": (1, "configs"),
        "vae_name": (2, "vae"),
        "refiner_ckpt_name": (5, "checkpoints"),
        "refiner_config_name": (6, "configs"),
    },
    "ttN KSampler_v2": _TTN_SAMPLER,
    "ttN pipeKSampler_v2": _TTN_SAMPLER,
    "ttN pipeKSamplerAdvanced_v2": _TTN_SAMPLER,
    "ttN pipeKSamplerSDXL_v2": _TTN_SAMPLER,
    **all_in("loras", "ttN pipeLoraStack"),
    **all_in("upscale_models", "ttN hiresfixScale"),
    # TinyTerra/ComfyUI_tinyterraNodes: ttNpy/ttNlegacyNodes.py
    "ttN pipeLoader": {
        "ckpt_name": (0, "checkpoints"),
        "config_name": (1, "configs"),
        "vae_name": (2, "vae"),
        "lora1_name": (4, "loras"),
        "lora2_name": (7, "loras"),
        "lora3_name": (10, "loras"),
    },
    "ttN pipeLoaderSDXL": {
        "ckpt_name": (0, "checkpoints"),
        "vae_name": (1, "vae"),
        "lora1_name": (2, "loras"),
        "lora2_name": (5, "loras"),
        "refiner_ckpt_name": (8, "checkpoints"),
        "refiner_vae_name": (9, "vae"),
        "refiner_lora1_name": (10, "loras"),
        "refiner_lora2_name": (13, "loras"),
    },
    **all_in("loras", "ttN pipeKSampler", "ttN pipeKSamplerAdvanced"),
    # bash-j/mikey_nodes: mikey_nodes.py
    **all_in(
        "upscale_models", "Mikey Sampler", "Mikey Sampler Base Only", "Mikey Sampler Base Only Advanced"
    ),
    **all_in("upscale_models", "Mikey Sampler Tiled", "Mikey Sampler Tiled Base Only"),
    **all_in("upscale_models", "MikeySamplerTiledAdvanced", "MikeySamplerTiledAdvancedBaseOnly"),
    **all_in("checkpoints", "Checkpoint Loader Simple Mikey"),
    # SeargeDP/SeargeSDXL: modules/ui_model_selector.py, ui_loras.py, ui_upscale_models.py, ui_controlnet_models.py
    "SeargeModelSelector": in_order(
        base_checkpoint="checkpoints", refiner_checkpoint="checkpoints", vae_checkpoint="vae"
    ),
    **all_in("loras", "SeargeLoras"),
    **all_in("upscale_models", "SeargeUpscaleModels"),
    "SeargeControlnetModels": in_order(
        clip_vision="clip_vision",
        canny_checkpoint="controlnet",
        depth_checkpoint="controlnet",
        recolor_checkpoint="controlnet",
        sketch_checkpoint="controlnet",
        custom_checkpoint="controlnet",
    ),
    # SeargeDP/SeargeSDXL: modules/_legacy.py
    "SeargeInput4": in_order(
        base_model="checkpoints",
        refiner_model="checkpoints",
        vae_model="vae",
        main_upscale_model="upscale_models",
        support_upscale_model="upscale_models",
        lora_model="loras",
    ),
    # receyuki/comfyui-prompt-reader-node: nodes.py
    "SDParameterGenerator": in_order(
        ckpt_name="checkpoints", vae_name="vae", model_version=None, config_name="configs"
    ),
    "SDPromptSaver": {"model_name": (2, "checkpoints"), "vae_name": (3, "vae")},
    **all_in("loras", "SDLoraLoader", "SDLoraSelector"),
    # willmiao/ComfyUI-Lora-Manager: py/nodes/checkpoint_loader.py, unet_loader.py
    **all_in("checkpoints", "Checkpoint Loader (LoraManager)"),
    **all_in("diffusion_models", "Unet Loader (LoraManager)"),
    # idrirap/ComfyUI-Lora-Auto-Trigger-Words: nodes_autotrigger.py, nodes_utils.py; jitcoder/lora-info: lora_info.py
    **all_in("loras", "LoraLoaderVanilla", "LoraLoaderStackedVanilla", "LoraTagsOnly", "LoraListNames"),
    **all_in("loras", "LoraLoaderAdvanced", "LoraLoaderStackedAdvanced", "LoraInfo"),
    # alexopus/ComfyUI-Image-Saver: nodes_loaders.py; giriss/comfy-image-saver: nodes.py
    **all_in("checkpoints", "Checkpoint Loader with Name (Image Saver)", "Checkpoint Selector"),
    **all_in("checkpoints", "Save Image w/Metadata"),
    **all_in("diffusion_models", "UNet loader with Name (Image Saver)"),
    # sipherxyz/comfyui-art-venture: modules/controlnet, inpaint, interrogate, isnet, ip_adapter_nodes.py, utility_nodes.py
    **all_in("controlnet", "AV_ControlNetLoader", "AV_ControlNetEfficientStacker"),
    **all_in("controlnet", "AV_ControlNetEfficientLoader", "AV_ControlNetEfficientLoaderAdvanced"),
    **all_in("lama", "LoadLaMaModel"),
    **all_in("sams", "AV_SAMLoader"),
    **all_in("blip", "BLIPLoader"),
    **all_in("isnet", "ISNetLoader"),
    **all_in("checkpoints", "CheckpointNameSelector"),
    "AV_IPAdapter": {"ip_adapter_name": (None, "ipadapter"), "clip_name": (None, "clip_vision")},
    "AV_IPAdapterPipe": {"ip_adapter_name": (None, "ipadapter"), "clip_name": (None, "clip_vision")},
    # cubiq/ComfyUI_essentials: sampling.py
    **all_in("loras", "LorasForFluxParams+"),
}
