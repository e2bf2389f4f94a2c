"""Every kind of contents under every suffix: what passes, and what is refused for which reason."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from faults.bench import safetensors
from safetensors import SafetensorError, deserialize

from modelget.errors import UnsafeFile
from modelget.verify import check_contents, check_opening

SUFFIXES = (".safetensors", ".sft", ".gguf", ".onnx", ".ckpt", ".pt", ".pth", ".bin", ".pkl")
TENSORS, PICKLES = (".safetensors", ".sft"), (".ckpt", ".pt", ".pth", ".bin", ".pkl")


def tensors(header: object, data: int = 8) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(data)


def entry(start: int, stop: int) -> dict[str, object]:
    return {"dtype": "U8", "shape": [stop - start], "data_offsets": [start, stop]}


def torch_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"weight": [1, 2]}, protocol=2))
        archive.writestr("archive/version", "3")
    return buffer.getvalue()


WEIGHTS = {"weight": [1.0] * 50}
GOOD = safetensors(4096)
CONTENTS = {
    "safetensors": GOOD,
    "pickle 2": pickle.dumps(WEIGHTS, protocol=2),
    "pickle 4": pickle.dumps(WEIGHTS, protocol=4),
    "torch zip": torch_zip(),
    "HTML": b"\xef\xbb\xbf\r\n<!DOCTYPE html><html><head><title>Sign in</title></head></html>",
    "XML": b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>',
    "JSON": b'{"error":"You must be logged in","code":401}',
    "LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4" * 64 + b"\nsize 12345\n",
    "GGUF": b"GGUF" + (3).to_bytes(4, "little") + bytes(64),
    "empty": b"",
    "truncated": GOOD[:-1],
    "trailing": GOOD + b"\0",
    "overlap": tensors({"a": entry(0, 6), "b": entry(4, 8)}),
    "gap": tensors({"a": entry(0, 3), "b": entry(4, 8)}),
    "duplicate": tensors(b'{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}'),
    "huge header": (40 * 2**20).to_bytes(8, "little") + b'{"__metadata__":{}' + bytes(64),
    "many tensors": tensors({str(at): entry(0, 0) for at in range(100_001)}, 0),
    "random": bytes(range(7, 256)) * 20,
}  # fmt: skip

SAME = {"HTML": "page", "XML": "page", "LFS pointer": "pointer", "empty": "empty"}
"""Refused under any name."""
BROKEN = {
    "truncated": "bytes of tensors",
    "trailing": "bytes of tensors",
    "overlap": "overlap",
    "gap": "gaps",
    "duplicate": "cannot be read",
    "many tensors": "100000",
    "huge header": "not safetensors",
    "random": "not safetensors",
    "GGUF": "not safetensors",
    "JSON": "not safetensors",
}
"""Refused under the name of tensors, where the structure is known."""
HIDDEN = dict.fromkeys(("pickle 2", "pickle 4", "torch zip"), "a pickle")


def verdict(contents: str, suffix: str) -> str | None:
    """What the reason for refusing names; None for what passes."""
    if suffix in TENSORS:
        return (SAME | HIDDEN | BROKEN).get(contents)
    if suffix == ".gguf":
        return None if contents == "GGUF" else (SAME | HIDDEN).get(contents, "not GGUF")
    if suffix == ".onnx":
        return (SAME | HIDDEN | {"JSON": "JSON"}).get(contents)
    return (SAME | {"JSON": "JSON"}).get(contents)


TABLE = [(contents, suffix, verdict(contents, suffix)) for contents in CONTENTS for suffix in SUFFIXES]


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(("contents", "suffix", "reason"), TABLE)
def test_contents_must_be_what_the_name_promises(contents, suffix, reason, upper, tmp_path):
    name = f"model{suffix.upper() if upper else suffix}"
    path = tmp_path / "staged.part"
    path.write_bytes(CONTENTS[contents])
    if reason is None:
        check_contents(path, name)
        return
    with pytest.raises(UnsafeFile, match=reason) as caught:
        check_contents(path, name)
    assert caught.value.name == name
    assert caught.value.hint


@pytest.mark.parametrize(("contents", "suffix", "reason"), TABLE)
def test_the_opening_alone_refuses_what_is_no_model_at_all(contents, suffix, reason):
    needs_the_whole = {"truncated", "trailing", "overlap", "gap", "duplicate", "many tensors"}
    if reason is None or (suffix in TENSORS and contents in needs_the_whole):
        check_opening(f"model{suffix}", CONTENTS[contents][:4096])
        return
    with pytest.raises(UnsafeFile, match=reason):
        check_opening(f"model{suffix}", CONTENTS[contents][:4096])


def test_the_table_has_every_verdict():
    assert len(TABLE) == 18 * 9
    assert sum(reason is None for *_which, reason in TABLE) == 2 + 1 + 10 + 5 * 13


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_page_is_known_by_its_type_too(suffix):
    with pytest.raises(UnsafeFile, match="page"):
        check_opening(f"model{suffix}", CONTENTS["random"], "Text/HTML; charset=utf-8")


@pytest.mark.parametrize(
    "start", [b"<HTML>", b"  <html ", b"<!-- x --><p>", b"<Error><Code>", b"\n\t<body>", b"<head>"]
)
def test_pages_are_known_by_how_they_start(start):
    with pytest.raises(UnsafeFile, match="page"):
        check_opening("model.bin", start + b" " * 100)


@pytest.mark.parametrize(
    ("header", "data"),
    [
        (b"{}", 0),
        ({"__metadata__": {"format": "pt"}, "b": entry(4, 8), "a": entry(0, 4)}, 8),
        ({"a": entry(0, 0), "b": entry(0, 8), "c": entry(8, 8)}, 8),
        ({str(at): entry(0, 0) for at in range(100_000)}, 0),
        (json.dumps({"a": entry(0, 8)}).encode() + b" " * 100, 8),
    ],
    ids=["no tensors", "any order", "empty tensors", "most tensors", "padding"],
)
def test_sound_files_pass(header, data, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(tensors(header, data))
    check_contents(path, path.name)


@pytest.mark.parametrize(
    "header",
    [
        b"{" + b"[" * 100_000,
        b'{"a": ' * 100_000,
        b'{"a": 1}',
        b'{"a": {}}',
        b'{"a": {"data_offsets": [0]}}',
        b'{"a": {"data_offsets": [0, "8"]}}',
        b'{"a": {"data_offsets": [0, 8.0]}}',
        b'{"a": {"data_offsets": [false, 8]}}',
        b'{"a": {"data_offsets": [-8, 8]}}',
        b'{"a": {"data_offsets": [8, 0]}}',
        b'{"a": {"data_offsets": [0, 18446744073709551616]}}',
        b'{"a": {"data_offsets": [0, 8], "data_offsets": [0, 8]}}',
        b'{"a": {"data_offsets": [0, ' + b"9" * 5000 + b"]}}",
        b'{"a": null}',
        b"{\xff}",
        b"{" + bytes(100),
    ],
)
def test_forged_headers_are_refused_and_never_crash(header, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(tensors(header))
    with pytest.raises(UnsafeFile):
        check_contents(path, path.name)


@pytest.mark.parametrize("length", range(64))
def test_a_file_cut_in_its_header_is_refused(length, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(GOOD[:length])
    with pytest.raises(UnsafeFile):
        check_contents(path, path.name)


def test_a_header_of_many_tensors_is_refused_without_building_them(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(
        tensors(b'{"":' + b",".join(b'"%d":{"data_offsets":[0,0]}' % at for at in range(900_000)) + b"}", 0)
    )
    script = (
        "import resource, sys; from pathlib import Path; from modelget.verify import check_contents\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "try: check_contents(Path(sys.argv[1]), 'x.safetensors')\n"
        "except Exception as error: print(type(error).__name__, peak() - before)"
    )
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=root, capture_output=True, text=True, check=True
    )
    kind, grown_kib = ran.stdout.split()
    assert kind == "UnsafeFile"
    assert int(grown_kib) < 100 * 1024


@pytest.mark.parametrize(
    "contents", ["safetensors", "truncated", "trailing", "overlap", "gap", "huge header", "random"]
)
def test_the_reader_that_will_load_the_file_agrees(contents, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(CONTENTS[contents])
    if contents == "safetensors":
        assert [name for name, _tensor in deserialize(path.read_bytes())] == ["weights"]
        return
    with pytest.raises(SafetensorError):
        deserialize(path.read_bytes())
