"""Models that are folders: which files of a repository make one, and what a set of files lacks by its own account.

The layouts are those of diffusers (``model_index.json`` names the components) and of transformers (a
configuration beside weights, cut into shards that an index names). Nothing here touches a disk or the network.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .types import FOLDER_SUFFIXES, MODEL_SUFFIXES, PICKLE_SUFFIXES

PIPELINE_INDEX = "model_index.json"
"""What makes a folder one that diffusers, and ComfyUI's DiffusersLoader, load."""

MOST_FILES = 1_000
"""More files than this are no model that anybody shares: the largest have about 200 shards."""

ReadJson = Callable[[str], Any]
"""Gives the JSON document of a file by its path; raises ValueError when it holds none."""

_CODE = frozenset({".py", ".pyc", ".so", ".dll", ".sh", ".bat", ".exe"})
_TENSORS = frozenset({".safetensors", ".sft"})

# Exports for other runtimes, and what training leaves behind.
_OTHER_FOLDERS = re.compile(
    r"\..*|onnx.*|openvino.*|coreml.*|flax|tf|tflite|original|metal|gguf|runs|logs|images|assets|figures|examples|docs"
    r"|checkpoint-\d+",
    re.IGNORECASE,
)
_OTHER_FILES = re.compile(
    r"\..*|(?:readme|licen[cs]e|notice|requirements|use_policy).*"
    r"|(?:openvino|flax|tf|rust)_.*|(?:optimizer|scheduler|rng_state.*|training_args|scaler)\.(?:pt|pth|bin)"
    r"|(?:trainer_state|(?:all|eval|train)_results)\.json",
    re.IGNORECASE,
)

# The names under which diffusers, transformers and peft save and look for weights.
_SAVED_AS = {
    "model": "model",
    "pytorch_model": "model",
    "diffusion_pytorch_model": "diffusion_pytorch_model",
    "adapter_model": "adapter_model",
}
_SHARD = r"-\d{5}-of-\d{5}"
_WEIGHTS = re.compile(
    rf"(?P<base>{'|'.join(_SAVED_AS)})(?:(?P<shard>{_SHARD}))?(?:\.(?P<variant>[\w-]+?))?(?P<late>{_SHARD})?"
)
_INDEX = re.compile(r"(?P<base>\w+)\.(?P<suffix>safetensors|bin)\.index(?:\.(?P<variant>[\w-]+))?\.json")
_VARIANTS = ("", "fp16", "bf16")
"""Which precision is taken, in this order: the one without a name is what loaders ask for."""

_IS_MODEL = re.compile(r"Model|Autoencoder|Transformer|UNet|For[A-Z]|VQ|Encoder|Checker")
_NO_WEIGHTS = ("Tokenizer", "TokenizerFast", "Processor", "FeatureExtractor", "Scheduler")


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a pipeline: a folder below it, and whether that must hold weights."""

    name: str
    needs_weights: bool


@dataclass(frozen=True, slots=True)
class _Weights:
    path: str
    base: str
    variant: str
    suffix: str
    is_shard: bool


def components_of(index: Any) -> tuple[Component, ...]:
    """Read a pipeline's index: ``{"vae": ["diffusers", "AutoencoderKL"], …}``.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(index, dict):
        raise ValueError(f"{PIPELINE_INDEX} is no list of components")
    pairs = ((name, value) for name, value in index.items() if not str(name).startswith("_"))
    return tuple(
        Component(str(name), bool(_IS_MODEL.search(value[1])) and not value[1].endswith(_NO_WEIGHTS))
        for name, value in pairs
        if isinstance(value, list) and len(value) == 2 and all(isinstance(word, str) for word in value)
    )


def shards_of(index: Any) -> frozenset[str]:
    """Return the names of the files that an index of weights names.

    Raises:
        ValueError: it is none.
    """
    table = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(table, dict) or not all(isinstance(name, str) for name in table.values()):
        raise ValueError("the index of its weights names no files")
    return frozenset(table.values())


def is_folder_model(names: Collection[str]) -> bool:
    """Tell whether a folder with these files in it is one model by its looks."""
    return PIPELINE_INDEX in names or ("config.json" in names and any(map(is_weights, names)))


def is_weights(path: str) -> bool:
    """Tell whether the name is one of weights."""
    return PurePosixPath(path).suffix.lower() in MODEL_SUFFIXES


def has_code(paths: Iterable[str]) -> bool:
    """Tell whether some of the files are code, which is never taken."""
    return any(PurePosixPath(path).suffix.lower() in _CODE for path in paths)


def files_to_take(paths: Iterable[str], components: Iterable[Component] | None = None) -> tuple[str, ...]:
    """Choose what loading needs: weights once, configuration, tokenizers and indexes; in the order given.

    Of the same weights safetensors are taken rather than pickles, and the usual precision rather than another
    one. With ``components``, what lies elsewhere is no part of the pipeline: neither a checkpoint in one file
    beside it nor a folder that it does not name.
    """
    known = None if components is None else {component.name for component in components}
    sound = [path for path in paths if _is_of_use(path) and _belongs(path, known)]
    by_folder: defaultdict[str, list[str]] = defaultdict(list)
    for path in filter(is_weights, sound):
        by_folder[_folder_of(path)].append(path)
    weights = {path for folder in by_folder.values() for path in _best_weights(folder)}
    if not all(_suffix(path) in (".onnx", ".gguf") for path in weights):
        weights = {path for path in weights if _suffix(path) not in (".onnx", ".gguf")}
    indexes = set(_indexes_for(weights))
    return tuple(
        path
        for path in sound
        if path in weights or not (is_weights(path) or (_index(path) and path not in indexes))
    )


def what_is_missing(paths: Collection[str], read: ReadJson) -> str | None:
    """Return the first thing that these files need by their own account and do not hold; None when complete.

    Raises:
        ValueError: one of the files that tell is broken.
    """
    names = set(paths)
    if PIPELINE_INDEX not in names:
        return _missing_weights("", names, read)
    for component in components_of(read(PIPELINE_INDEX)):
        inside = [name for name in names if name.startswith(f"{component.name}/")]
        if not inside:
            return f"{component.name}/"
        if component.needs_weights:
            if f"{component.name}/config.json" not in inside:
                return f"{component.name}/config.json"
            if missing := _missing_weights(f"{component.name}/", names, read):
                return missing
    return None


def _missing_weights(folder: str, names: set[str], read: ReadJson) -> str | None:
    here = {name.removeprefix(folder) for name in names if name.startswith(folder)}
    parsed = [found for name in here if "/" not in name and (found := _parse(name))]
    if any(not found.is_shard for found in parsed):
        return None
    missing: list[str] = []
    for index in sorted(name for name in here if _index(name)):
        absent = sorted(shards_of(read(folder + index)) - here)
        if not absent:
            return None
        missing.append(folder + absent[0])
    if missing:
        return missing[0]
    if parsed:
        return f"{folder}*.index.json, which names the parts of its weights"
    return None if any(map(is_weights, here)) else f"weights in {folder}" if folder else "weights"


def _is_of_use(path: str) -> bool:
    *folders, name = path.split("/")
    known = _suffix(name) in FOLDER_SUFFIXES and not _OTHER_FILES.fullmatch(name)
    return known and not any(map(_OTHER_FOLDERS.fullmatch, folders))


def _belongs(path: str, components: set[str] | None) -> bool:
    first, slash, _rest = path.partition("/")
    return components is None or (first in components if slash else not is_weights(path))


def _best_weights(paths: list[str]) -> Iterator[str]:
    """Yield the weights of one folder, each set once."""
    sets: defaultdict[str, list[_Weights]] = defaultdict(list)
    others: list[str] = []
    for path in paths:
        found = _parse(path)
        if found:
            sets[found.base].append(found)
        else:
            others.append(path)
    chosen = [part for found in sets.values() for part in _best_set(found)]
    yield from (part.path for part in chosen)
    # Under other names: the same weights once more for other loaders, where the usual ones are here.
    has_tensors = any(part.suffix in _TENSORS for part in chosen)
    for path in others:
        is_double = has_tensors and _suffix(path) in PICKLE_SUFFIXES
        if not is_double and not (chosen and PurePosixPath(path).name.startswith("consolidated")):
            yield path


def _best_set(parts: list[_Weights]) -> list[_Weights]:
    """Choose by format, then by precision; a whole file rather than its shards."""
    best = min(parts, key=lambda part: (_rank(part.suffix), _preference(part.variant), part.is_shard))
    key = (best.suffix, best.variant, best.is_shard)
    return [part for part in parts if (part.suffix, part.variant, part.is_shard) == key]


def _indexes_for(weights: Iterable[str]) -> Iterator[str]:
    """Yield the paths of the indexes that belong to shards, in both spellings."""
    for path in weights:
        part = _parse(path)
        if part and part.is_shard:
            folder = path.rpartition("/")[0]
            start = f"{folder}/" if folder else ""
            for base, meaning in _SAVED_AS.items():
                if meaning == part.base:
                    name = f"{start}{base}{part.suffix}.index"
                    yield f"{name}.{part.variant}.json" if part.variant else f"{name}.json"


def _parse(path: str) -> _Weights | None:
    """Read a name under which weights are saved; None for any other."""
    file = PurePosixPath(path)
    found = _WEIGHTS.fullmatch(file.stem) if is_weights(path) else None
    if found is None:
        return None
    is_shard = bool(found["shard"] or found["late"])
    return _Weights(path, _SAVED_AS[found["base"]], found["variant"] or "", file.suffix.lower(), is_shard)


def _index(path: str) -> bool:
    return _INDEX.fullmatch(PurePosixPath(path).name) is not None


def _rank(suffix: str) -> int:
    return 0 if suffix in _TENSORS else 1 if suffix in PICKLE_SUFFIXES else 2


def _preference(variant: str) -> tuple[int, str]:
    return (_VARIANTS.index(variant) if variant in _VARIANTS else len(_VARIANTS), variant)


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()
