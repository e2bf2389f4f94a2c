"""The owner's own list."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelget.catalog.own import read_own_list
from modelget.errors import InvalidSetting
from modelget.types import Digest, Evidence


@pytest.fixture
def read(tmp_path: Path):
    def write_and_read(text: str):
        path = tmp_path / "catalog.toml"
        path.write_text(text, encoding="utf-8")
        return read_own_list(path)

    return write_and_read


def test_an_entry_is_a_persons_word(read) -> None:
    digits = "a" * 64
    (found,) = read(
        '[[model]]\nname = "x.safetensors"\nfolder = "unet"\nurl = "hf:o/r/x.safetensors"\n'
        f'sha256 = "{digits.upper()}"\nlicence = "mit"\n'
    )
    assert (found.name, found.folder, found.url) == (
        "x.safetensors",
        "diffusion_models",
        "hf:o/r/x.safetensors",
    )
    assert (found.digest, found.licence) == (Digest("sha256", digits), "mit")
    assert (found.trust, found.named_by) == (Evidence.DECLARED_URL, "your catalog.toml")


def test_name_and_url_are_enough(read) -> None:
    (found,) = read('[[model]]\nname = "sub\\\\x.safetensors"\nurl = "civitai:5"\n')
    assert (found.name, found.folder, found.digest, found.licence) == (
        "sub/x.safetensors",
        None,
        None,
        None,
    )


def test_an_empty_file_lists_nothing(read) -> None:
    assert read("") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[model]", "catalog.toml"),
        ('model = "x"', "[[model]]"),
        ('[models]\nx = "y"', "[[model]]"),
        ("model = [1]", "model 1"),
        ('[[model]]\nname = "x.safetensors"', "model 1: it needs"),
        ('[[model]]\nurl = "hf:o/r/x"', "model 1: it needs"),
        ('[[model]]\nname = "/etc/passwd"\nurl = "hf:o/r/x"', "model 1: it needs"),
        ('[[model]]\nname = "x.safetensors"\nurl = 5', "table of texts"),
        ('[[model]]\nname = "x.safetensors"\nurl = "hf:o/r/x"\nsha = "1"', "sha is not one of"),
        ('[[model]]\nname = "x.safetensors"\nurl = "hf:o/r/x"\nsha256 = "1"', "sha256"),
    ],
)
def test_what_a_person_wrote_wrongly_is_told_and_never_passed_over(read, text, words) -> None:
    with pytest.raises(InvalidSetting) as refused:
        read(text)
    assert words in str(refused.value)
    assert refused.value.hint
