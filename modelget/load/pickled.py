"""Pickles of torch, with a person's consent: their weights, and nothing else of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..errors import LoadFailed, ModelgetError, UnsafeFile
from ..types import Digest
from ..verify import digest_file

_RUNS_CODE_BEFORE, _CORRUPTS_MEMORY_BEFORE = (2, 6), (2, 10)
"""Versions of torch that made ``weights_only`` safe: CVE-2025-32434 and CVE-2026-24747."""

_WRAPPERS = (
    "state_dict",
    "model_state_dict",
    *("ema", "model_ema", "ema_state_dict", "params_ema", "params-ema"),
    *("model", "module", "params", "net"),
)
"""Keys under which training scripts keep the weights, beside optimizer state; averaged ones come first."""

_DEEPEST = 4


def load_pickle(
    path: Path, opening: bytes, device: str, allowed: bool, known: Collection[Digest] = ()
) -> dict[str, Any]:
    """Return the tensors of a pickle, its optimizer state and nesting left out.

    ``known``: the sha256 of files that somebody vouches for, one of which this file must be for an older torch.

    Raises:
        UnsafeFile: nobody consented, this torch cannot do it safely with a file that nobody knows, or the file asks
            for code.
        LoadFailed: it cannot be read, or holds no weights where they are looked for.
    """
    if not allowed:
        raise UnsafeFile(
            path.name,
            "this is a pickle, and loading a pickle can run code",
            "Prefer a safetensors file. If you trust its author, allow it (--allow-pickle).",
        )
    if not opening.startswith((b"PK", b"\x80")):
        raise LoadFailed(
            f"{path.name}: the tar format of torch before 2017 cannot be loaded safely",
            "Convert it with the program that made it.",
        )
    _refuse_old_torch(path, known)
    return _without_wrappers(path.name, _read(path, opening.startswith(b"PK"), device))


def _refuse_old_torch(path: Path, known: Collection[Digest]) -> None:
    import torch

    version = tuple(int(number) for number in re.findall(r"\d+", torch.__version__)[:2])
    if version < _RUNS_CODE_BEFORE:
        raise UnsafeFile(
            path.name,
            f"torch {torch.__version__} runs a pickle's code in spite of all",
            "Update torch to 2.10 or newer.",
        )
    if version < _CORRUPTS_MEMORY_BEFORE and not _is_known(path, known):
        raise UnsafeFile(
            path.name,
            f"a hostile pickle can overwrite the memory of torch {torch.__version__}, and nobody vouches for this one",
            "Update torch to 2.10 or newer, take a safetensors file, or give the sha256 that its publisher states.",
        )


def _is_known(path: Path, known: Collection[Digest]) -> bool:
    try:
        return bool(known) and digest_file(path).sha256 in known
    except OSError as error:
        raise LoadFailed(f"{path}: {error.strerror}", "Check the file and its disk.") from error


def _read(path: Path, is_zip: bool, device: str) -> object:
    import torch

    try:
        found: object = torch.load(path, map_location=device, weights_only=True, mmap=is_zip)
    except OSError as error:
        raise LoadFailed(f"{path}: {error.strerror or error}", "Check the file and its disk.") from error
    except Exception as error:  # whatever hostile bytes make torch raise
        raise _failure(path.name, str(error)) from error
    return found


def _failure(name: str, reason: str) -> ModelgetError:
    wanted = re.search(r"GLOBAL ([\w.]+)", reason)
    if wanted:
        return UnsafeFile(
            name,
            f"this pickle asks for code that no weights need ({wanted[1][:80]})",
            "It was not loaded. Ask its author for a safetensors file.",
        )
    first = reason.partition("\n")[0][:200]
    return LoadFailed(f"{name}: torch cannot read it as weights: {first}", "Ask for a safetensors file.")


def _without_wrappers(name: str, found: object) -> dict[str, Any]:
    for _level in range(_DEEPEST):
        if not isinstance(found, Mapping):
            break
        inner = next((found[key] for key in _WRAPPERS if isinstance(found.get(key), Mapping)), None)
        if inner is None:
            break
        found = inner
    weights = _tensors(found)
    if not weights:
        raise LoadFailed(
            f"{name}: no weights where training programs keep them",
            "Extract them, and save them as safetensors.",
        )
    return weights


def _tensors(found: object) -> dict[str, Any]:
    import torch

    if not isinstance(found, Mapping):
        return {}
    return {
        key: value.detach()
        for key, value in found.items()
        if isinstance(key, str) and isinstance(value, torch.Tensor)
    }
