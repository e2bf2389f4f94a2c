"""The shape that WebUIs (A1111, Forge, reForge, SD.Next) write about a picture: prompt, negative prompt, settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ..types import Requirement
from .infotext_fields import fields_of, settings_lines
from .mentions import Mention, joined, mention, requirements
from .prompt_text import embeddings_in, tags_in
from .untyped import as_dict, as_text, dicts_in

MAX_CHARACTERS = 2 * 2**20
"""Longer text is no infotext: the longest we know of has some ten thousand characters."""

CHECKPOINTS, LORAS, EMBEDDINGS = "checkpoints", "loras", "embeddings"
_TAGS = {"lora": LORAS, "lyco": LORAS, "hypernet": "hypernetworks"}
_TYPES = {
    "model": CHECKPOINTS,
    "checkpoint": CHECKPOINTS,
    "refiner": CHECKPOINTS,
    "lora": LORAS,
    "lycoris": LORAS,
    "locon": LORAS,
    "dora": LORAS,
    "embed": EMBEDDINGS,
    "embedding": EMBEDDINGS,
    "textualinversion": EMBEDDINGS,
    "hypernet": "hypernetworks",
    "hypernetwork": "hypernetworks",
    "controlnet": "controlnet",
    "upscaler": "upscale_models",
    "vae": "vae",
}
"""Civitai's types, in resources, AIRs and the keys of ``Hashes``, to model folders."""

_UPSCALERS = {
    # A1111, modules/realesrgan_model.py: the file behind each name.
    "r-esrgan 4x+": "RealESRGAN_x4plus",
    "r-esrgan 4x+ anime6b": "RealESRGAN_x4plus_anime_6B",
    "r-esrgan 2x+": "RealESRGAN_x2plus",
    "r-esrgan general 4xv3": "realesr-general-x4v3",
    "r-esrgan general wdn 4xv3": "realesr-general-wdn-x4v3",
    "r-esrgan animevideo": "realesr-animevideov3",
}
_RESAMPLERS = ("latent", "lanczos", "nearest", "bicubic", "bilinear", "resize", "ldsr", "vae ")
"""How the names of upscalers start that no upscale model node could load."""

_NO_FILE = frozenset({"none", "built-in", "passthrough", "automatic", "default", "taesd", "remote", "repa-e"})
_KEPT = ("use same", "mediapipe")
"""How further values start that name no file."""

_TITLE = re.compile(r"(.{1,300}?)\s{0,5}[\[(]([0-9a-fA-F]{8,64})[\])]")
_SAVER_LORA = re.compile(r"(lora_[0-9]{1,3}) model (name|hash)")
_MODULE = re.compile(r"(?:hires )?module [0-9]{1,3}")
_CONTROL_MODEL = re.compile(r"\bmodel: ?([^,]{1,300})", re.IGNORECASE)
_TEXT_ENCODER = re.compile(r"t5|clip|llama|qwen|gemma|text_?enc", re.IGNORECASE)
_VAE = re.compile(r"vae|^ae$|[_-]ae$", re.IGNORECASE)

_Fields = dict[str, object]


def is_infotext(text: str) -> bool:
    """Tell whether a text, or the start of it, carries a line of settings as WebUIs write them."""
    return len(text) <= MAX_CHARACTERS and bool(settings_lines(text))


def requirements_in(text: str, workflow: str) -> tuple[Requirement, ...]:
    """Find every model that an infotext tells of; raise InvalidWorkflow when it names absurdly many."""
    return requirements(_paired(joined(_mentions(text[:MAX_CHARACTERS]), workflow)), "infotext")


def _mentions(text: str) -> Iterator[Mention | None]:
    prompts = [text]
    for line in settings_lines(text):
        prompts[0] = prompts[0].replace(line, "")
        fields: _Fields = {}
        for key, value in fields_of(line):
            fields.setdefault(key, value)
        yield from _checkpoint_and_vae(fields)
        yield from _others(fields)
        yield from _hashes(fields)
        yield from _resources(fields.get("civitai resources"))
        prompts += filter(None, map(as_text, fields.values()))
    for prompt in prompts:
        yield from (mention(_TAGS[kind], name) for kind, name in tags_in(prompt))
        yield from (mention(EMBEDDINGS, name) for name in embeddings_in(prompt))


def _checkpoint_and_vae(fields: _Fields) -> Iterator[Mention | None]:
    hashes = {key.lower(): value for key, value in as_dict(fields.get("hashes")).items()}
    modules = [as_text(value) for key, value in fields.items() if _MODULE.fullmatch(key)]
    # Forge gives text encoders apart to a file that has none: that is no checkpoint.
    folder = "diffusion_models" if any(map(_TEXT_ENCODER.search, modules)) else CHECKPOINTS
    yield _file(folder, fields.get("model"), fields.get("model hash") or hashes.get("model"))
    yield _file("vae", fields.get("vae"), fields.get("vae hash") or hashes.get("vae"))
    yield _file(CHECKPOINTS, fields.get("refiner"), fields.get("refiner hash"))
    for module in modules:
        yield _file(
            "text_encoders" if _TEXT_ENCODER.search(module) else "vae" if _VAE.search(module) else None,
            module,
        )


def _others(fields: _Fields) -> Iterator[Mention | None]:
    savers: dict[str, dict[str, object]] = {}
    for key, value in fields.items():
        reader = next((reader for pattern, reader in _READERS if pattern.fullmatch(key)), None)
        if reader is not None:
            yield reader(as_text(value))
        elif key in _LISTS:
            yield from (_LISTS[key](name.strip()) for name in as_text(value).split(","))
        elif saver := _SAVER_LORA.fullmatch(key):
            savers.setdefault(saver[1], {})[saver[2]] = value
    for lora in savers.values():
        yield _file(LORAS, lora.get("name"), lora.get("hash"))


def _hashes(fields: _Fields) -> Iterator[Mention | None]:
    for key, folder in (("lora hashes", LORAS), ("ti hashes", EMBEDDINGS)):
        for entry in as_text(fields.get(key)).split(","):
            name, colon, digits = entry.rpartition(":")
            yield mention(folder, name, digits) if colon else None
    for label, value in as_dict(fields.get("hashes")).items():
        kind, colon, name = label.partition(":")
        if colon and kind.lower() in _TYPES:
            yield mention(_TYPES[kind.lower()], name, value)


def _resources(resources: object) -> Iterator[Mention | None]:
    for entry in dicts_in(resources):
        air = as_text(entry.get("air"))
        parts = air.lower().removeprefix("urn:").removeprefix("air:").split(":")
        kind = as_text(entry.get("type")).lower() or (parts[1] if len(parts) > 2 else "")
        yield mention(
            _TYPES.get(kind),
            "",
            entry.get("hash"),
            entry.get("modelVersionId") or air,
        )


def _paired(mentions: list[Mention]) -> list[Mention]:
    """Give the bare ids of a folder to its names, in order, where there are as many of them.

    Several are only joined when all have digests, which would betray a wrong order.
    """
    given: dict[Mention, Mention | None] = {}
    for folder in {found.folder for found in mentions if found.folder is not None}:
        here = [found for found in mentions if found.folder == folder]
        named = [found for found in here if not found.id]
        bare = [found for found in here if not found.name and not found.digest]
        if len(named) == len(bare) and (len(named) == 1 or all(found.digest for found in named)):
            given |= {found: replace(found, id=other.id) for found, other in zip(named, bare, strict=True)}
            given |= dict.fromkeys(bare)
    return [kept for found in mentions if (kept := given.get(found, found)) is not None]


def _file(folder: str | None, value: object, digits: object = "") -> Mention | None:
    """Read a name, perhaps with its hash in brackets (``sd_xl_refiner_1.0 [7440042bbd]``), or an AIR."""
    text = as_text(value).strip()
    if text.lower() in _NO_FILE or text.lower().startswith(_KEPT):
        text = ""
    title = _TITLE.fullmatch(text)
    name, inside = (title[1], title[2]) if title else (text, "")
    return mention(folder, name, digits or inside, text if text.startswith("urn:") else None)


def _detector(text: str) -> Mention | None:
    """Place an ADetailer model as Impact-Pack keeps it: masks apart from boxes."""
    found = _file("ultralytics", text)
    if found is None or not found.name:
        return None
    return replace(found, name=f"{'segm' if '-seg' in text else 'bbox'}/{found.name}")


def _control(text: str) -> Mention | None:
    return _file("ipadapter" if text.lower().startswith("ip-adapter") else "controlnet", text)


def _control_unit(text: str) -> Mention | None:
    found = _CONTROL_MODEL.search(text)
    return _control(found[1]) if found else None


def _upscaler(text: str) -> Mention | None:
    if text.lower().startswith(_RESAMPLERS):
        return None
    return _file("upscale_models", _UPSCALERS.get(text.lower(), text))


_Reader = Callable[[str], "Mention | None"]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"(hires|adetailer) checkpoint( \w+)?", partial(_file, CHECKPOINTS)),
        (r"adetailer vae( \w+)?", partial(_file, "vae")),
        (r"adetailer controlnet model( \w+)?", _control),
        (r"adetailer model( [0-9]\w+)?", _detector),
        (r"([\w -]+ )?upscaler( [0-9])?", _upscaler),
        (r"controlnet(-[0-9]+)? model", _control),  # as written before 2024
        (r"controlnet [0-9]+", _control_unit),
        (r"addnet model [0-9]+", partial(_file, LORAS)),
        (r"hypernet", partial(_file, "hypernetworks")),
        # SD.Next.
        (r"te", partial(_file, "text_encoders")),
        (r"unet", partial(_file, "diffusion_models")),
    )
)
_LISTS: dict[str, _Reader] = {
    "lora networks": partial(_file, LORAS),
    "ti": partial(_file, EMBEDDINGS),
    "embeddings": partial(_file, EMBEDDINGS),
    "detailer": _detector,
}
