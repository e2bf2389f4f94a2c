"""What a file is, is told by its contents; of a pickle only the weights are taken, and only with consent."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from collections import OrderedDict
from pathlib import Path
from threading import Event

import pytest
import torch
from tensor_files import mixed, sound

from modelget.errors import Cancelled, LoadFailed, UnsafeFile
from modelget.load import Policy, load_state_dict
from modelget.types import Digest

WEIGHTS = OrderedDict(a=torch.arange(6.0).reshape(2, 3), b=torch.ones(2, dtype=torch.bfloat16))
OPTIMIZER = {"state": {0: {"exp_avg": torch.zeros(6)}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}


def load(path: Path, *, allow_pickle: bool = True, policy: Policy = Policy.MEMORY):
    return load_state_dict(path, policy=policy, allow_pickle=allow_pickle)


def saved(path: Path, content: object, **how: object) -> Path:
    torch.save(content, path, **how)
    return path


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return (open, (str(self.canary), "w"))


@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("suffix", ["ckpt", "pt", "pth", "bin"])
def test_weights_of_a_pickle_come_with_consent(as_zip, suffix, tmp_path) -> None:
    path = saved(tmp_path / f"m.{suffix}", WEIGHTS, _use_new_zipfile_serialization=as_zip)
    weights, metadata, report = load(path)
    assert weights.keys() == WEIGHTS.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in WEIGHTS.items())
    assert (metadata, report.format, report.policy) == ({}, "pickle", Policy.PLAIN)


@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "legacy"])
def test_without_consent_no_pickle_is_opened(as_zip, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch, "load", lambda *_a, **_k: pytest.fail("opened"))
    path = saved(tmp_path / "m.ckpt", WEIGHTS, _use_new_zipfile_serialization=as_zip)
    with pytest.raises(UnsafeFile, match="can run code") as caught:
        load(path, allow_pickle=False)
    assert "--allow-pickle" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": WEIGHTS, "optimizer_states": [OPTIMIZER], "epoch": 3},
        {"model": WEIGHTS, "optimizer": OPTIMIZER},
        {"ema": WEIGHTS, "model": {"a": torch.zeros(1)}, "opt": OPTIMIZER},
        {"params_ema": WEIGHTS, "params": {"a": torch.zeros(1)}},
        {"state_dict": {"model": WEIGHTS}},
        {**WEIGHTS, "epoch": 3, "optimizer": OPTIMIZER, "note": "x"},
    ],
    ids=["state_dict", "model", "ema first", "params_ema first", "twice", "flat"],
)
def test_optimizer_state_and_nesting_are_left_out(content, tmp_path) -> None:
    weights, _metadata, report = load(saved(tmp_path / "m.ckpt", content))
    assert weights.keys() == WEIGHTS.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in WEIGHTS.items())
    assert report.bytes == 28


@pytest.mark.parametrize("content", [{"epoch": 1}, [1, 2], {"a": {"b": {"c": 1}}}, 7])
def test_a_pickle_without_weights_says_so(content, tmp_path) -> None:
    with pytest.raises(LoadFailed, match="no weights"):
        load(saved(tmp_path / "m.pth", content))


@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "legacy"])
def test_a_pickle_that_asks_for_code_is_refused_and_runs_none(as_zip, tmp_path) -> None:
    canary = tmp_path / "canary"
    path = saved(tmp_path / "m.ckpt", {"a": Hostile(canary)}, _use_new_zipfile_serialization=as_zip)
    with pytest.raises(UnsafeFile, match=r"code that no weights need \(\w*\.?open\)"):
        load(path)
    assert not canary.exists()


def test_a_bare_pickle_that_asks_for_code_runs_none(tmp_path) -> None:
    canary = tmp_path / "canary"
    for protocol in (2, 4):
        (tmp_path / "m.bin").write_bytes(pickle.dumps(Hostile(canary), protocol=protocol))
        with pytest.raises((UnsafeFile, LoadFailed)):
            load(tmp_path / "m.bin")
    assert not canary.exists()


@pytest.mark.parametrize("version", ["2.4.1", "2.5.0+cu121"])
def test_a_torch_that_runs_code_in_spite_of_all_is_not_used(version, tmp_path, monkeypatch) -> None:
    path = saved(tmp_path / "m.ckpt", WEIGHTS)
    monkeypatch.setattr(torch, "__version__", version)
    with pytest.raises(UnsafeFile, match="runs a pickle's code"):
        load(path)


@pytest.mark.parametrize("version", ["2.6.0", "2.9.1+cu128"])
def test_a_torch_whose_memory_a_pickle_can_overwrite_loads_only_what_somebody_vouches_for(
    version, tmp_path, monkeypatch
) -> None:
    path = saved(tmp_path / "m.ckpt", WEIGHTS)
    monkeypatch.setattr(torch, "__version__", version)
    right = Digest("sha256", hashlib.sha256(path.read_bytes()).hexdigest())
    for known in ((), (Digest("sha256", "0" * 64),)):
        with pytest.raises(UnsafeFile, match="nobody vouches") as caught:
            load_state_dict(path, policy=Policy.LAZY, allow_pickle=True, known=known)
        assert "sha256" in caught.value.hint
    weights, _metadata, _report = load_state_dict(
        path, policy=Policy.LAZY, allow_pickle=True, known=(Digest("sha256", "0" * 64), right)
    )
    assert weights.keys() == WEIGHTS.keys()


@pytest.mark.parametrize("version", ["2.10.0", "2.13.0+cpu", "3.0"])
def test_a_newer_torch_needs_nobody_to_vouch(version, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch, "__version__", version)
    assert load(saved(tmp_path / "m.ckpt", WEIGHTS))[0].keys() == WEIGHTS.keys()


def test_a_digest_that_is_known_is_no_consent(tmp_path) -> None:
    path = saved(tmp_path / "m.ckpt", WEIGHTS)
    known = (Digest("sha256", hashlib.sha256(path.read_bytes()).hexdigest()),)
    with pytest.raises(UnsafeFile, match="can run code"):
        load_state_dict(path, policy=Policy.LAZY, known=known)


def test_the_oldest_format_is_refused_in_words(tmp_path) -> None:
    path = tmp_path / "m.pth"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("pickle")
        content = pickle.dumps(1)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    with pytest.raises(LoadFailed, match="before 2017"):
        load(path)


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("suffix", ["safetensors", "sft"])
def test_a_pickle_under_the_name_of_tensors_is_refused_even_with_consent(suffix, policy, tmp_path) -> None:
    torch.save(WEIGHTS, tmp_path / "m.pt")
    path = (tmp_path / "m.pt").rename(tmp_path / f"m.{suffix}")
    with pytest.raises(UnsafeFile, match="a pickle"):
        load(path, policy=policy)


@pytest.mark.parametrize("suffix", ["ckpt", "pt", "bin", "weights"])
def test_safetensors_under_any_name_are_loaded_as_what_they_are(suffix, tmp_path) -> None:
    path = tmp_path / f"m.{suffix}"
    path.write_bytes(sound([("w", "F32", (4,))]))
    _weights, _metadata, report = load(path, allow_pickle=False)
    assert (report.format, report.policy) == ("safetensors", Policy.MEMORY)


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        (b"", UnsafeFile, "empty"),
        (b"<!DOCTYPE html><html>", UnsafeFile, "web page"),
        (b"GGUF" + bytes(60), LoadFailed, "GGUF"),
        (b"\x08\x07\x12\x07pytorch" + bytes(60), LoadFailed, "neither"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4" * 64 + b"\nsize 1\n",
            UnsafeFile,
            "LFS",
        ),
        (b"PK\x03\x04" + bytes(60), LoadFailed, "torch cannot read"),
        (b"\x80\x02" + bytes(60), LoadFailed, "torch cannot read"),
    ],
)
def test_everything_else_is_refused_by_name(content, error, told, tmp_path) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(content)
    with pytest.raises(error, match=told):
        load(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path) -> None:
    for path in (tmp_path / "absent.safetensors", tmp_path):
        with pytest.raises(LoadFailed, match=str(path)):
            load(path)


@pytest.mark.parametrize("policy", Policy)
def test_a_load_that_was_stopped_before_reads_nothing(policy, tmp_path) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        load_state_dict(mixed(tmp_path / "m.safetensors"), policy=policy, stop=stop)
