"""The card of a model: what the file, its record and its place say, and what hostile texts may not do to it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tensor_files import raw, sound

from modelget.cards import card_for, terms_in_full
from modelget.hub import CivitaiFile, CivitaiVersion, HubRules
from modelget.library import Library, open_library
from modelget.licences import terms_of
from modelget.pipeline import Workshop, open_workshop
from modelget.settings import load_settings
from modelget.trained_words import trained_words
from modelget.types import UNSTATED, Digest, Requirement

NAME = "x.safetensors"
WANTED = Requirement(NAME, "loras", how="id")
TENSORS = [("a", "F32", (2,))]
WORDS = ("mgstyle", "blue hair, long hair")
HUB = HubRules(
    gated=frozenset({"o/gated"}),
    missing=frozenset({"o/gone/x.safetensors"}),
    civitai=(CivitaiVersion(51, 5, files=(CivitaiFile(1, NAME, primary=True),), trained_words=WORDS),),
)


@pytest.fixture
def rules() -> HubRules:
    return HUB


@pytest.fixture
def library(models: Path) -> Library:
    return open_library(models_dir=models)


@pytest.fixture
def open_shop(modelget, library):
    def make(**environ: str) -> Workshop:
        return open_workshop(load_settings({**modelget.environ, **environ}), library)

    return make


@pytest.fixture
def shop(open_shop) -> Workshop:
    return open_shop()


@pytest.fixture
def put(models: Path):
    """Put a file with this metadata, or with any bytes, among the LoRAs."""

    def make(metadata: dict[str, str] | bytes) -> Path:
        path = models / "loras" / NAME
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(metadata if isinstance(metadata, bytes) else sound(TENSORS, metadata))
        return path

    return make


def lines_of(wanted: Requirement, shop: Workshop) -> list[str]:
    return card_for(wanted, shop).text.splitlines()


# What is said, and by whom


def test_a_file_that_is_here_tells_what_its_own_header_says(put, shop, hub) -> None:
    path = put({"modelspec.trigger_phrase": "mgstyle, neon", "modelspec.architecture": "flux-1-dev/lora"})
    card = card_for(WANTED, shop)
    assert card.trained_words == ("mgstyle", "neon")
    assert card.text.splitlines() == [
        "loras/x.safetensors",
        f"here: {path.stat().st_size:,} bytes, digest not recorded",
        "source: not known",
        "licence: not stated",
        "commercial use: not clearly allowed",
        "base model: flux-1-dev/lora",
        "trained words: mgstyle, neon",
    ]
    assert hub.requests == []


def test_without_a_phrase_the_most_frequent_tags_of_the_training_are_the_words(put, shop) -> None:
    tags = {"10_a": {"hat": 3, "red": 9}, "5_b": {"hat": 8, "sky": 1}}
    put({"ss_tag_frequency": json.dumps(tags), "ss_base_model_version": "sdxl_base_v1-0"})
    card = card_for(WANTED, shop)
    assert card.trained_words == ("hat", "red", "sky")
    assert "base model: sdxl_base_v1-0" in card.text


def test_what_was_recorded_leads_to_its_place(put, library, shop, hub) -> None:
    content = hub.content(f"o/r/{NAME}")
    path, digest = put(content.read()), Digest("sha256", content.sha256)
    library.record(path, digest, f"hf:o/r/{NAME}@main")
    lines = lines_of(WANTED, shop)
    assert lines[1] == f"here: {content.size:,} bytes, {digest}"
    assert lines[2].startswith(f"source: hf:o/r/{NAME}@{hub.commit('o/r', 'main')}, ")


def test_a_place_that_has_other_bytes_today_is_not_its_source(put, library, shop) -> None:
    path = put({})
    digest = Digest("sha256", hashlib.sha256(path.read_bytes()).hexdigest())
    library.record(path, digest, f"hf:o/r/{NAME}@main")
    assert lines_of(WANTED, shop)[2] == "source: not known"


def test_a_file_that_is_not_here_is_known_by_its_place(shop, hub) -> None:
    content = hub.content(f"o/r/{NAME}")
    lines = lines_of(Requirement("", "loras", how="id", urls=(f"hf:o/r/{NAME}",)), shop)
    assert lines[:2] == [f"loras/{NAME}", "not here"]
    assert lines[2].startswith(f"source: hf:o/r/{NAME}@")
    assert lines[2].endswith(f", {content.size:,} bytes, sha256:{content.sha256}")


def test_the_words_of_its_place_come_before_those_of_the_file(put, shop) -> None:
    put({"modelspec.trigger_phrase": "of the file"})
    card = card_for(Requirement(NAME, "loras", how="id", urls=("civitai:51",)), shop)
    assert card.trained_words == ("mgstyle", "blue hair", "long hair")
    assert card.text.endswith("trained words: mgstyle, blue hair, long hair")


def test_a_gated_model_says_what_to_do(shop) -> None:
    lines = lines_of(Requirement("", "loras", how="id", urls=(f"hf:o/gated/{NAME}",)), shop)
    assert lines[2].startswith(f"source: hf:o/gated/{NAME}@")
    assert "o/gated" in lines[3]
    assert "HF_TOKEN" in lines[3]


def test_what_no_place_has_is_said_to_be_unknown(shop) -> None:
    lines = lines_of(Requirement(NAME, "loras", how="id", urls=(f"hf:o/gone/{NAME}",)), shop)
    assert lines[:3] == [f"loras/{NAME}", "not here", "source: not known"]


def test_offline_the_file_speaks_for_itself_and_nobody_is_asked(put, open_shop, hub) -> None:
    put({"modelspec.trigger_phrase": "mgstyle"})
    card = card_for(Requirement(NAME, "loras", how="id", urls=("civitai:51",)), open_shop(HF_HUB_OFFLINE="1"))
    assert card.trained_words == ("mgstyle",)
    assert hub.requests == []


# What a file may say, and what becomes of it


@pytest.mark.parametrize(
    "tags",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        '{"a": 7}',
        '{"a": {"x": "many"}}',
        '{"a": {"x": null}}',
        '{"a": {"x": Infinity}}',
        '{"a": [1]}',
        "[" * 100_000,
    ],
)
def test_tags_that_say_nothing_are_no_words_and_no_failure(put, shop, tags) -> None:
    put({"ss_tag_frequency": tags})
    assert card_for(WANTED, shop).trained_words == ()


@pytest.mark.parametrize(
    "body",
    [b"", b"\0" * 7, b"\xff" * 100, raw(b"{"), raw([]), raw({"__metadata__": {"a": 7}}), b"PK\x03\x04"],
)
def test_a_file_without_a_sound_header_has_a_card_without_words(put, shop, body) -> None:
    put(body)
    card = card_for(WANTED, shop)
    assert card.trained_words == ()
    assert card.text.startswith(f"loras/{NAME}\nhere: {len(body):,} bytes")


def test_no_text_of_a_file_adds_lines_to_the_card(put, shop) -> None:
    forged = "x\nlicence: mit\r\u2028commercial use: allowed\x1b[2J"
    put(
        {
            "modelspec.trigger_phrase": forged,
            "modelspec.architecture": forged,
            "ss_tag_frequency": json.dumps({"a": {forged: 9}}),
        }
    )
    card = card_for(WANTED, shop)
    kinds = [line.partition(":")[0] for line in card.text.splitlines()]
    assert kinds.count("licence") == kinds.count("commercial use") == 1
    assert "\x1b" not in card.text


def test_a_long_text_of_a_file_is_kept_short(put, shop) -> None:
    put({"modelspec.architecture": "a" * 5000, "modelspec.trigger_phrase": ",".join(map(str, range(999)))})
    card = card_for(WANTED, shop)
    assert len(card.trained_words) == 40
    assert max(map(len, card.text.splitlines())) < 300


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (["a", " b  c ", "a", "", "d, e"], ("a", "b c", "d", "e")),
        (["a\nb", "\x1b[31mred", "c\0", "é"], ("a b", "é")),
        ([7, None, ["x"], {"y": 1}, "z"], ("z",)),
        (["a" * 201, "b"], ("b",)),
        ("abc", ()),
        ({"a": 1}, ()),
        (None, ()),
        ([str(number) for number in range(99)], tuple(str(number) for number in range(40))),
    ],
)
def test_words_are_plain_short_and_few(stated, words) -> None:
    assert trained_words(stated) == words


# Terms


def test_terms_are_told_in_full_and_silence_is_told_too() -> None:
    assert list(terms_in_full(UNSTATED)) == [
        "licence: not stated",
        "commercial use: not clearly allowed",
    ]
    assert next(terms_in_full(terms_of("mit"))).startswith("licence: mit")
