from __future__ import annotations

import itertools
import unicodedata

import pytest

from modelget.errors import UnsafePath
from modelget.library import safe_names
from modelget.library.safe_names import component_fault, lookup_parts, safe_parts

GOOD = [
    "x.safetensors",
    "SDXL/x.safetensors",
    "a/b/c/d/e/f/g/x.gguf",
    "sd xl (v1.0) [fp16] + vae, final!.ckpt",
    "日本語モデル.safetensors",
    "модель.pt",
    "UPPER.SAFETENSORS",
    "x.sft",
    "x.pth",
    "x.bin",
    "x.onnx",
    "x.pkl",
    "console.safetensors",
    "com10.safetensors",
    "nullable/com.safetensors",
    "~/x.safetensors",
    "$HOME/%TEMP%/x.safetensors",
    "-rf.safetensors",
    "x" * 188 + ".safetensors",
]
DEVICES = [
    "CON",
    "prn",
    "Aux",
    "NUL",
    "COM1",
    "com9",
    "LPT1",
    "lpt9",
    "COM¹",
    "LPT²",
    "com³",
    "CONIN$",
    "CLOCK$",
]
UNSEEN = [
    *map(chr, (*range(32), 127, *range(0x80, 0xA0))),
    *"\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2060\u2061",
    *"\u2066\u2067\u2068\u2069\u206a\ufeff\ufff9\u034f\u115f\u3164\ufe0f\uffa0\U000e0001\U000e0020\U000e0100",
    "\ud800",
    "\udfff",
    "\udc80",
]
CHARACTERS = [*UNSEEN, *':*?"<>|']
TRAVERSALS = [
    "", " ", ".", "..", "/", "\\", "//", "./x.pt", "../x.pt", "a/../x.pt", "a/../../x.pt", "a/./x.pt", "a//x.pt",
    "..\\x.pt", "a\\..\\..\\x.pt", "a/..\\x.pt", "/etc/x.pt", "\\x.pt", "//server/share/x.pt", "\\\\server\\c$\\x.pt",
    "\\\\?\\C:\\x.pt", "\\\\.\\COM1", "C:\\x.pt", "C:x.pt", "c:/x.pt", "Z:", "file:///etc/x.pt", "https://h/x.pt",
    "a/b/", "x.pt/", "x.pt/..", "x.pt/.", "...", ".../x.pt", ".. /x.pt", ". ./x.pt", "../ x.pt", "a/.. ./x.pt",
    "x.pt:stream", "x.pt::$DATA", "a:b/x.pt", ".x.pt", ".git/x.pt", "a/.hidden/x.pt", ".modelget/x.pt", ".safetensors",
    "a./x.pt", "a /x.pt", " a/x.pt", "x.pt.", "x.pt ", " x.pt", "\u3000x.pt", "a\u00a0/x.pt", "x.pt...", "x.pt. .",
    "a/b/c/d/e/f/g/h/x.pt", "/".join("a" * 50) + "/x.pt", "x" * 198 + ".pt", "é" * 100 + ".pt", "x" * 5000 + ".pt",
    "%2e%2e%2fx", "x", "x.txt", "x.py", "x.safetensors.py", "x.pt.exe", "x.json", "x.yaml", "x.so", "x.zip", "x.part",
    "x.pt/y.sh", "safetensors", "pt", "a/", "x.PT\0.png", "x.pt\n", "..%c0%af..\\x.pt", "..\\..\\..\\x.pt",
]  # fmt: skip
HOSTILE = sorted(
    {
        *TRAVERSALS,
        *(f"{device}{rest}" for device in DEVICES for rest in (".pt", ".tar.pt", " .pt", "/x.pt", ".d/x.pt")),
        *(f"sub/{device}.safetensors" for device in DEVICES),
        *(
            template.format(c)
            for c in CHARACTERS
            for template in ("a{}b.pt", "{}a.pt", "a.pt{}", "a{}b/x.pt")
        ),
        *("/".join(parts) for parts in itertools.product(("..", ".", "a"), repeat=3)),
    },
    key=ascii,
)


def test_the_table_of_hostile_names_is_long_enough_to_mean_something():
    assert len(HOSTILE) > 400


@pytest.mark.parametrize("name", GOOD, ids=ascii)
def test_an_ordinary_name_is_accepted_component_by_component(name):
    assert safe_parts(name) == tuple(name.split("/"))


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_rejected_and_not_repaired(name):
    with pytest.raises(UnsafePath):
        safe_parts(name)


def test_a_backslash_separates_folders():
    assert safe_parts("SDXL\\sub\\x.pt") == ("SDXL", "sub", "x.pt")


def test_a_name_in_decomposed_characters_stays_so_because_comfyui_compares_exactly():
    decomposed = unicodedata.normalize("NFD", "é.pt")
    assert safe_parts(decomposed) == (decomposed,)


def test_a_compatibility_character_is_left_as_it_is():
    # NFKC would turn the fullwidth slash into a real one.
    assert safe_parts("a\uff0fb.pt") == ("a\uff0fb.pt",)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("", "empty"),
        ("/x.pt", "absolute"),
        ("a/../x.pt", "'..'"),
        ("1/2/3/4/5/6/7/8/x.pt", "deep"),
        ("a\u202eb.pt", "direction"),
        (".x.pt", "dot"),
        (" x.pt", "space"),
        ("é" * 120 + ".pt", "200 bytes"),
        ("a?.pt", '"'),
        ("a./x.pt", "ends with a dot"),
        ("nul.pt", "device"),
        ("x.exe", ".safetensors"),
    ],
)
def test_the_error_says_what_is_wrong_with_the_name(name, word):
    with pytest.raises(UnsafePath) as caught:
        safe_parts(name)
    assert word in caught.value.reason
    assert caught.value.name == name
    assert caught.value.hint


def test_a_component_is_never_more_than_one_component():
    assert component_fault("a/b")
    assert component_fault("a\\b")
    assert component_fault("ab") is None


@pytest.mark.parametrize(
    "name", ["style: b?.pt", "a*.safetensors", ".hidden.pt", "x.yaml", " x.pt", "é" * 120 + ".pt"]
)
def test_an_odd_name_that_the_owner_chose_can_still_be_looked_up(name, monkeypatch):
    monkeypatch.setattr(safe_names.os, "name", "posix")
    assert lookup_parts(name) == (name,)


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/../x", "/x", "\\x", "C:x", "a//x", "./x", ".. /x", "x\0", ".. ./x"]
)
def test_a_name_that_could_lead_elsewhere_is_never_looked_up(name):
    assert lookup_parts(name) is None


@pytest.mark.parametrize("name", ["x.pt:stream", "a|b.pt", "nul", "sub/COM1.pt", "x.pt.", "a /x.pt"])
def test_on_windows_a_name_that_means_something_else_there_is_never_looked_up(name, monkeypatch):
    monkeypatch.setattr(safe_names.os, "name", "nt")
    assert lookup_parts(name) is None
