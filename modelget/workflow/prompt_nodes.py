"""Data: nodes whose text is a prompt, and what besides ``embedding:NAME`` they read in it."""

from __future__ import annotations

PROMPTS = frozenset(
    {
        "CLIPTextEncode",
        "CLIPTextEncodeControlnet",
        "CLIPTextEncodeFlux",
        "CLIPTextEncodeHiDream",
        "CLIPTextEncodeHunyuanDiT",
        "CLIPTextEncodeKandinsky5",
        "CLIPTextEncodeLumina2",
        "CLIPTextEncodePixArtAlpha",
        "CLIPTextEncodeSD3",
        "CLIPTextEncodeSDXL",
        "CLIPTextEncodeSDXLRefiner",
        "PhotoMakerEncode",
        "TextEncodeAceStepAudio",
        "TextEncodeAceStepAudio1.5",
        "TextEncodeBooguEdit",
        "TextEncodeHunyuanVideo_ImageToVideo",
        "TextEncodeJoyImageEdit",
        "TextEncodeMageFlowEdit",
        "TextEncodeQwenImageEdit",
        "TextEncodeQwenImageEditPlus",
        "TextEncodeZImageOmni",
    }
)
"""Core nodes that hold a prompt and nothing else: no value of theirs is a choice of a model."""

ENCODES_BY_ITSELF = frozenset({"Efficient Loader", "Eff. Loader SDXL"})
"""They encode prompts with the CLIP they load (jags111/efficiency-nodes-comfyui); other encoders are given one."""

READS_LORA_TAGS = frozenset(
    {
        # rgthree/rgthree-comfy (py/power_prompt.py, py/sdxl_power_prompt_postive.py; the "Simple" ones do not).
        "Power Prompt (rgthree)",
        "SDXL Power Prompt - Positive (rgthree)",
        # willmiao/ComfyUI-Lora-Manager (py/nodes/lora_loader.py, py/nodes/wanvideo_lora_select_from_text.py).
        "LoRA Text Loader (LoraManager)",
        "WanVideo Lora Select From Text (LoraManager)",
        # ltdrdata/ComfyUI-Impact-Pack (modules/impact/wildcards.py, process_with_loras, and who calls it).
        "ImpactWildcardEncode",
        "FaceDetailer",
        "FaceDetailerPipe",
        "DetailerForEach",
        "DetailerForEachDebug",
        "DetailerForEachPipe",
        "DetailerForEachDebugPipe",
        "ToDetailerPipe",
        "ToDetailerPipeSDXL",
        "BasicPipeToDetailerPipe",
        "BasicPipeToDetailerPipeSDXL",
        "EditDetailerPipe",
        "EditDetailerPipeSDXL",
        # ltdrdata/ComfyUI-Inspire-Pack (inspire/prompt_support.py, inspire/regional_nodes.py).
        "WildcardEncode //Inspire",
        "MakeBasicPipe //Inspire",
        "RegionalPromptSimple //Inspire",
        "RegionalPromptColorMask //Inspire",
        # yolain/ComfyUI-Easy-Use (py/libs/conditioning.py, prompt_to_cond, and who calls it).
        "easy fullLoader",
        "easy a1111Loader",
        "easy comfyLoader",
        "easy fluxLoader",
        "easy hunyuanDiTLoader",
        "easy mochiLoader",
        "easy cascadeLoader",
        "easy pipeEdit",
        "easy pipeEditPrompt",
        # asagi4/comfyui-prompt-control (prompt_control/nodes_lazy.py, nodes_hooks.py).
        "PCLazyLoraLoader",
        "PCLazyLoraLoaderAdvanced",
        "PCLoraHooksFromText",
        # TinyTerra/ComfyUI_tinyterraNodes (ttNpy/tinyterraNodes.py, load_lora_text).
        "ttN pipeLoader_v2",
        "ttN pipeLoaderSDXL_v2",
        "ttN conditioning",
        # bash-j/mikey_nodes (mikey_nodes.py).
        "LoraSyntaxProcessor",
        "WildcardAndLoraSyntaxProcessor",
        "Prompt With Style V3",
        # badjeff/comfyui_lora_tag_loader (nodes.py).
        "LoraTagLoader",
    }
)
"""``<lora:NAME:weight>`` is read there; everywhere else, core encoders too, it is only words."""

LISTS_LORAS = frozenset(
    {
        # willmiao/ComfyUI-Lora-Manager (py/nodes/lora_loader.py, lora_stacker.py, wanvideo_lora_select.py,
        # create_hook_lora.py): the rows count, the tags in the text beside them are only shown.
        "Lora Loader (LoraManager)",
        "Lora Stacker (LoraManager)",
        "WanVideo Lora Select (LoraManager)",
        "Create Hook LoRA (LoraManager)",
    }
)
"""They keep LoRAs as rows of ``{"name": stem, "active": bool}``."""
