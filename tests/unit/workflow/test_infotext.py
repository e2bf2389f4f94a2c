"""What WebUIs write about a picture: texts as each of them makes them, one statement each."""

from __future__ import annotations

import json

import pytest

from modelget.errors import InvalidWorkflow
from modelget.types import Digest, Requirement
from modelget.workflow import parse, parse_text
from modelget.workflow.mentions import MAX_MENTIONS

A1111 = """\
portrait of an old sailor, weathered skin, (film grain:1.2), <lora:add_detail:0.8>, <lora:epi noiseoffset v2:1>
Negative prompt: EasyNegative, (badhandv4:1.1), blurry
Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 3735928559, Size: 512x768, Model hash: 879DB523C3, \
Model: dreamshaper_8, VAE hash: 735e4c3a44, VAE: vae-ft-mse-840000-ema-pruned.safetensors, \
Denoising strength: 0.45, Clip skip: 2, Hires upscale: 2, Hires upscaler: 4x-UltraSharp, \
Lora hashes: "add_detail: 7c6bad76eb54, epi noiseoffset v2: d1131f7207d6", \
TI hashes: "EasyNegative: c74b4e810b03, badhandv4: 5e40d722fc3d", Version: v1.9.4"""

FORGE = """\
a lighthouse in a storm <lora:flux-realism:0.9>
Steps: 20, Sampler: Euler, Schedule type: Simple, CFG scale: 1, Distilled CFG Scale: 3.5, Seed: 42, \
Size: 896x1152, Model hash: bea01d51bd, Model: flux1-dev-bnb-nf4-v2, Lora hashes: "flux-realism: 0e1f2d3c4b5a", \
Version: f2.0.1v1.10.1-previous-669-gdfdcbab6, Module 1: ae, Module 2: clip_l, Module 3: t5xxl_fp16"""

SDNEXT = """\
a fox in the snow <lora:pixelart:0.7>
Negative prompt: blurry
Steps: 30, Size: 1024x1024, Sampler: UniPC, Seed: 7, CFG scale: 6, App: SD.Next, Version: 058a7f0, \
Pipeline: StableDiffusionXLPipeline, Operations: txt2img; hires, Model: juggernautXL_v9, Model hash: c9e3e68f89, \
VAE: sdxl_vae, Refiner: sd_xl_refiner_1.0, Hires upscaler: ESRGAN 4x Valar, Embeddings: "FastNegativeV2, unaestheticXL", \
LoRA networks: "pixelart, add-detail-xl", LoRA hashes: "a1b2c3d4, 9f8e7d6c\""""

CIVITAI = """\
a cat in a hat
Negative prompt: ugly
Steps: 25, Sampler: Euler a, CFG scale: 7, Seed: 99, Size: 832x1216, Clip skip: 2, Created Date: \
2024-06-01T12:30:45.123Z, Civitai resources: [{"type":"checkpoint","modelVersionId":290640,"modelName":"Pony \
Diffusion V6 XL","modelVersionName":"V6, start with this one"},{"type":"lora","weight":0.8,"modelVersionId":382152,\
"modelName":"Expressive: H"},{"type":"embed","weight":1,"modelVersionId":9208,"modelName":"x"}], Civitai metadata: {}"""


def needs(text: str) -> tuple[Requirement, ...]:
    return parse(text.encode(), "picture.txt").requirements


def settings(more: str, prompt: str = "a cat") -> str:
    return f"{prompt}\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, {more}"


def brief(text: str) -> list[tuple[str | None, str, str, tuple[str, ...]]]:
    return [(need.folder, need.name, str(need.digest or ""), need.urls) for need in needs(text)]


def names(text: str) -> list[tuple[str | None, str]]:
    return [(need.folder, need.name) for need in needs(text)]


# Whole texts


def test_a1111_names_checkpoint_vae_upscaler_loras_and_embeddings_with_their_digests() -> None:
    assert brief(A1111) == [
        ("checkpoints", "dreamshaper_8", "autov2:879db523c3", ()),
        ("vae", "vae-ft-mse-840000-ema-pruned", "autov2:735e4c3a44", ()),
        ("upscale_models", "4x-UltraSharp", "", ()),
        ("loras", "add_detail", "shorthash:7c6bad76eb54", ()),
        ("loras", "epi noiseoffset v2", "shorthash:d1131f7207d6", ()),
        ("embeddings", "EasyNegative", "autov2:c74b4e810b", ()),
        ("embeddings", "badhandv4", "autov2:5e40d722fc", ()),
    ]


def test_a_requirement_says_where_it_was_read_and_that_the_file_may_be_called_otherwise() -> None:
    need = needs(A1111)[0]
    digest = Digest("autov2", "879db523c3")
    assert need == Requirement("dreamshaper_8", "checkpoints", how="infotext", digest=digest, renamable=True)


def test_forge_gives_text_encoders_and_vae_apart_so_the_model_is_no_checkpoint() -> None:
    assert brief(FORGE) == [
        ("diffusion_models", "flux1-dev-bnb-nf4-v2", "autov2:bea01d51bd", ()),
        ("vae", "ae", "", ()),
        ("text_encoders", "clip_l", "", ()),
        ("text_encoders", "t5xxl_fp16", "", ()),
        ("loras", "flux-realism", "shorthash:0e1f2d3c4b5a", ()),
    ]


def test_a_vae_module_alone_leaves_the_model_a_checkpoint() -> None:
    text = settings("Model: juggernautXL_v9, Module 1: sdxl_vae")
    assert names(text) == [("checkpoints", "juggernautXL_v9"), ("vae", "sdxl_vae")]


def test_sdnext_lists_loras_without_usable_hashes() -> None:
    assert brief(SDNEXT) == [
        ("checkpoints", "juggernautXL_v9", "autov2:c9e3e68f89", ()),
        ("vae", "sdxl_vae", "", ()),
        ("checkpoints", "sd_xl_refiner_1.0", "", ()),
        ("upscale_models", "ESRGAN 4x Valar", "", ()),
        ("embeddings", "FastNegativeV2", "", ()),
        ("embeddings", "unaestheticXL", "", ()),
        ("loras", "pixelart", "", ()),
        ("loras", "add-detail-xl", "", ()),
    ]


def test_civitai_resources_are_ids_and_their_titles_no_file_names() -> None:
    assert brief(CIVITAI) == [
        ("checkpoints", "civitai:290640", "", ("civitai:290640",)),
        ("loras", "civitai:382152", "", ("civitai:382152",)),
        ("embeddings", "civitai:9208", "", ("civitai:9208",)),
    ]


def test_an_air_is_an_id_with_a_type() -> None:
    airs = ["urn:air:sdxl:lora:civitai:122359@135867", "urn:air:flux1:checkpoint:civitai:618692@691639+12"]
    text = settings(f"Civitai resources: {json.dumps([{'air': air, 'weight': 1} for air in airs])}")
    assert brief(text) == [
        ("loras", "civitai:135867", "", ("civitai:135867",)),
        ("checkpoints", "civitai:691639+12", "", ("civitai:691639+12",)),
    ]


def test_ids_go_to_the_names_of_their_folder_where_there_are_as_many() -> None:
    resources = [{"air": "urn:air:sdxl:checkpoint:civitai:1@11"}, {"air": "urn:air:sdxl:lora:civitai:2@22"}]
    hashes = {"model": "AAAAAAAAAA", "LORA:x": "BBBBBBBBBB"}
    text = settings(f"Model: m, Hashes: {json.dumps(hashes)}, Civitai resources: {json.dumps(resources)}")
    assert brief(text) == [
        ("checkpoints", "m", "autov2:aaaaaaaaaa", ("civitai:11",)),
        ("loras", "x", "autov2:bbbbbbbbbb", ("civitai:22",)),
    ]


def test_ids_stand_apart_where_nobody_can_tell_whose_they_are() -> None:
    resources = [{"air": f"urn:air:sdxl:lora:civitai:1@{number}"} for number in (11, 22)]
    text = settings(f'Lora hashes: "x: 7c6bad76eb54", Civitai resources: {json.dumps(resources)}')
    assert names(text) == [("loras", "x"), ("loras", "civitai:11"), ("loras", "civitai:22")]


def test_several_names_without_digests_are_not_matched_by_their_order() -> None:
    resources = [{"air": f"urn:air:sdxl:lora:civitai:1@{number}"} for number in (11, 22)]
    text = settings(f"Civitai resources: {json.dumps(resources)}, Model: m", "<lora:a:1> <lora:b:1>")
    assert [name for folder, name in names(text) if folder == "loras"] == [
        "civitai:11",
        "civitai:22",
        "a",
        "b",
    ]


def test_hashes_as_the_extension_of_civitai_writes_them() -> None:
    hashes = {
        "vae": "735e4c3a44",
        "embed:EasyNegative": "c74b4e810b",
        "lora:add_detail": "47aaaf0d2945",
        "model": "",
    }
    text = settings(
        f"Model hash: 879db523c3, Model: m, Hashes: {json.dumps(hashes)}, VAE: v", "<lora:add_detail:1>"
    )
    assert brief(text) == [
        ("checkpoints", "m", "autov2:879db523c3", ()),
        ("vae", "v", "autov2:735e4c3a44", ()),
        ("embeddings", "EasyNegative", "autov2:c74b4e810b", ()),
        ("loras", "add_detail", "shorthash:47aaaf0d2945", ()),
    ]


# Which digest the digits are


@pytest.mark.parametrize(
    ("digits", "digest"),
    [
        ("879DB523C3", "autov2:879db523c3"),
        ("45dee52b", "autov1:45dee52b"),
        ("a" * 64, "sha256:" + "a" * 64),
        ("879db523c30d", "autov2:879db523c3"),
        ("e3b0c44298", ""),
        ("xyz", ""),
        ("None", ""),
        ("", ""),
    ],
)
def test_the_number_of_digits_says_which_digest_of_a_checkpoint_it_is(digits: str, digest: str) -> None:
    assert brief(settings(f"Model hash: {digits}, Model: m")) == [("checkpoints", "m", digest, ())]


@pytest.mark.parametrize(
    ("digits", "digest"),
    [
        ("7c6bad76eb54", "shorthash:7c6bad76eb54"),
        ("7c6bad76eb", "autov2:7c6bad76eb"),
        ("7c6bad76", ""),
        ("e3b0c44298fc", ""),
        ("b" * 64, "sha256:" + "b" * 64),
    ],
)
def test_the_number_of_digits_says_which_digest_of_a_lora_it_is(digits: str, digest: str) -> None:
    assert brief(settings(f'Lora hashes: "x: {digits}"')) == [("loras", "x", digest, ())]


def test_the_more_certain_of_two_digests_is_kept() -> None:
    text = settings('Lora hashes: "x: 7c6bad76eb54", Hashes: {"lora:x": "0123456789"}')
    assert brief(text) == [("loras", "x", "autov2:0123456789", ())]


def test_a_hash_without_a_name_stands_for_the_model() -> None:
    assert brief(settings("Model hash: 879db523c3")) == [
        ("checkpoints", "autov2:879db523c3", "autov2:879db523c3", ())
    ]


# Single fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            "Refiner: sd_xl_refiner_1.0 [7440042bbd], Refiner switch at: 0.8",
            [("checkpoints", "sd_xl_refiner_1.0")],
        ),
        ("Hires checkpoint: other_v2 [0123456789]", [("checkpoints", "other_v2")]),
        ("Hires checkpoint: Use same checkpoint", []),
        ("Hires Module 1: Use same choices", []),
        ("Hires Module 1: Built-in", []),
        ("VAE: Automatic", []),
        ("VAE: None", []),
        ("VAE: TAESD", []),
        ("Hires upscaler: Latent (nearest-exact)", []),
        ("Hires upscaler: Lanczos", []),
        ("Hires upscaler: R-ESRGAN 4x+ Anime6B", [("upscale_models", "RealESRGAN_x4plus_anime_6B")]),
        ("SD upscale upscaler: 4x_foolhardy_Remacri", [("upscale_models", "4x_foolhardy_Remacri")]),
        ("Ultimate SD upscale upscaler: 4x-AnimeSharp", [("upscale_models", "4x-AnimeSharp")]),
        ("Postprocess upscaler: SwinIR_4x, Postprocess upscale by: 4", [("upscale_models", "SwinIR_4x")]),
        (
            "ADetailer model: face_yolov8n.pt, ADetailer confidence: 0.3",
            [("ultralytics", "bbox/face_yolov8n")],
        ),
        ("ADetailer model 2nd: person_yolov8n-seg.pt", [("ultralytics", "segm/person_yolov8n-seg")]),
        ("ADetailer model: mediapipe_face_full", []),
        ('ADetailer model classes: "person,cat"', []),
        ("ADetailer checkpoint: inpaint_v1 [0123456789]", [("checkpoints", "inpaint_v1")]),
        ("ADetailer VAE: Use same VAE", []),
        (
            "ADetailer ControlNet model: control_v11p_sd15_inpaint [ebff9138]",
            [("controlnet", "control_v11p_sd15_inpaint")],
        ),
        (
            'ControlNet 0: "Module: openpose_full, Model: control_v11p_sd15_openpose [cab727d4], Weight: 1"',
            [("controlnet", "control_v11p_sd15_openpose")],
        ),
        ('ControlNet 1: "Module: none, Model: None, Weight: 1"', []),
        (
            'ControlNet 0: "Module: ip-adapter_clip_sd15, Model: ip-adapter_sd15_plus [32cd8f7f]"',
            [("ipadapter", "ip-adapter_sd15_plus")],
        ),
        (
            "ControlNet-0 Enabled: True, ControlNet-0 Module: canny, ControlNet-0 Model: control_canny [9d312881]",
            [("controlnet", "control_canny")],
        ),
        ("Hypernet: anime_3, Hypernet strength: 0.8", [("hypernetworks", "anime_3")]),
        (
            "AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: myLora(0123456789ab)",
            [("loras", "myLora")],
        ),
        ("Lora_0 Model name: style.safetensors, Lora_0 Model hash: 0123456789", [("loras", "style")]),
        ("Model: urn:air:sdxl:checkpoint:civitai:101055@128078", [("checkpoints", "civitai:128078")]),
        (
            "TE: t5xxl_fp8, UNet: flux1-dev",
            [("text_encoders", "t5xxl_fp8"), ("diffusion_models", "flux1-dev")],
        ),
        (
            'Detailer: "face-yolo8n, hand_yolov8n"',
            [("ultralytics", "bbox/face-yolo8n"), ("ultralytics", "bbox/hand_yolov8n")],
        ),
        ("Image: https://example.org/x.safetensors, Save to: out.safetensors", []),
        ('Styles: "Model: fake, Lora hashes: x"', []),
    ],
)
def test_a_field_names_the_model_it_is_about(fields: str, expected: list[tuple[str | None, str]]) -> None:
    assert names(settings(fields)) == expected


def test_the_hash_of_a_controlnet_is_the_old_short_one() -> None:
    text = settings('ControlNet 0: "Module: canny, Model: control_canny [9d312881], Weight: 1"')
    assert brief(text) == [("controlnet", "control_canny", "autov1:9d312881", ())]


@pytest.mark.parametrize("tag", ["<lora:x:1>", "<lyco:x:0.5:1>", "<LORA:sub\\x.safetensors:1>"])
def test_tags_count_in_prompt_and_negative_prompt_and_in_the_prompts_among_the_settings(tag: str) -> None:
    name = "sub/x" if "sub" in tag else "x"
    assert names(settings("Model: m", tag)) == [("checkpoints", "m"), ("loras", name)]
    assert names(settings("Model: m", f"cat\nNegative prompt: {tag}"))[1:] == [("loras", name)]
    quoted = json.dumps(f"a cat, {tag}")
    assert names(settings(f"Model: m, Hires prompt: {quoted}"))[1:] == [("loras", name)]


def test_embeddings_as_comfyui_writes_them_count_too() -> None:
    text = settings(
        "Model: m, Version: ComfyUI", "a cat\nNegative prompt: embedding:bad_v2, (embedding:worse.pt:1.2)"
    )
    assert names(text) == [("checkpoints", "m"), ("embeddings", "bad_v2"), ("embeddings", "worse")]


def test_one_lora_told_of_in_three_places_is_one_requirement() -> None:
    text = settings(
        'Lora hashes: "x: 7c6bad76eb54", Hashes: {"LORA:x": "0123456789"}', "<lora:x:1> <lora:x:0.5>"
    )
    assert len(needs(text)) == 1


def test_a_name_with_a_comma_is_the_same_as_the_webui_writes_it_without() -> None:
    assert len(needs(settings('Lora hashes: "red blue: 7c6bad76eb54"', "<lora:red, blue:1>"))) == 1


# Which files are infotext


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_text_file_of_any_unicode_encoding_is_read(encoding: str) -> None:
    assert len(parse(A1111.replace("sailor", "sailör").encode(encoding), "x.txt").requirements) == 7


def test_windows_line_ends_change_nothing() -> None:
    assert needs(A1111.replace("\n", "\r\n")) == needs(A1111)


def test_settings_need_no_prompt_before_them() -> None:
    assert names("Steps: 20, Sampler: Euler, Seed: 1, Model: m") == [("checkpoints", "m")]


def test_a_text_on_one_line_is_read() -> None:
    text = "a cat. Negative prompt: dog. Steps: 20, Sampler: Euler, Seed: 1, Model: m"
    assert names(text) == [("checkpoints", "m")]


def test_several_pictures_in_one_file_are_all_read() -> None:
    assert names(settings("Model: a") + "\n\n" + settings("Model: b")) == [
        ("checkpoints", "a"),
        ("checkpoints", "b"),
    ]


def test_a_hundred_pictures_are_read_and_no_more() -> None:
    text = "\n".join(settings(f"Model: m{number}") for number in range(120))
    assert len(needs(text)) == 100


def test_an_infotext_that_names_no_model_needs_none() -> None:
    assert needs("a cat\nSteps: 20, Sampler: Euler, Seed: 1, Size: 8x8") == ()


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "a recipe\nSteps: first mix the flour, then wait: an hour, then bake: twice",
        "Steps: 20",
        "Model: dreamshaper_8, VAE: x, Seed: 1",
        "prompt <lora:x:1>",
    ],
)
def test_other_texts_are_no_infotext(text: str) -> None:
    assert parse_text(text, "x") is None
    with pytest.raises(InvalidWorkflow):
        parse(text.encode(), "x.txt")


def test_a_text_that_names_absurdly_many_models_is_refused() -> None:
    tags = "".join(f"<lora:x{number}:1>" for number in range(MAX_MENTIONS + 1))
    with pytest.raises(InvalidWorkflow, match=f"more than {MAX_MENTIONS} models"):
        needs(settings("Model: m", tags))


@pytest.mark.parametrize(
    "fields",
    [
        'Lora hashes: "unterminated, Model: m',
        "Hashes: {broken, Model: m",
        "Civitai resources: [[[[, Model: m",
        "Hashes: [], Civitai resources: {}, Lora hashes: [1], Model: m",
        'Civitai resources: [1, null, {"modelVersionId": true}, {"modelVersionId": -5}, {"air": 3}], Model: m',
        'Hashes: {"lora:x": null, "lora:y": {"a": 1}, "odd": "1"}, Model: m',
        ': , :::, "": 1, Model: m',
    ],
)
def test_what_is_broken_is_skipped_and_the_rest_is_read(fields: str) -> None:
    assert ("checkpoints", "m") in names(settings(fields))
