"""Lora-Manager's recipes: as files, and as it appends them to the text of a picture."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelget.errors import InvalidWorkflow
from modelget.types import Digest, Requirement
from modelget.workflow import parse, parse_text

SHA256 = "9b1a" * 16
RECIPE: dict[str, Any] = {
    "id": "6f0f3a52-0d7a-4a57-9b6c-1f1f6a2f3a10",
    "file_path": "/home/me/recipes/6f0f3a52.webp",
    "title": "watercolour",
    "base_model": "Illustrious",
    "loras": [
        {
            "file_name": "watercolor_v3",
            "hash": SHA256.upper(),
            "strength": 0.8,
            "modelVersionId": 1391234,
            "modelName": "Watercolor: the style",
            "modelVersionName": "v3",
            "isDeleted": False,
            "exclude": False,
        },
        {
            "file_name": "",
            "hash": "",
            "strength": 1.0,
            "modelVersionId": 77,
            "modelName": "Gone from the disk",
        },
        {"file_name": "only a name", "hash": "", "strength": 1.0, "modelVersionId": 0, "exclude": True},
    ],
    "checkpoint": {
        "type": "checkpoint",
        "modelVersionId": 889818,
        "name": "WAI",
        "file_name": "wai_v14.safetensors",
    },
    "gen_params": {"prompt": "a cat <lora:ignored:1>", "negative_prompt": "embedding:lazyneg, blurry"},
    "fingerprint": "9b1a:0.8",
}


def needs(recipe: object) -> tuple[Requirement, ...]:
    return parse(json.dumps(recipe).encode(), "w.recipe.json").requirements


def test_a_recipe_names_its_checkpoint_its_loras_and_the_embeddings_of_its_prompts() -> None:
    assert needs(RECIPE) == (
        Requirement("wai_v14", "checkpoints", how="recipe", urls=("civitai:889818",), renamable=True),
        Requirement(
            "watercolor_v3",
            "loras",
            how="recipe",
            urls=("civitai:1391234",),
            digest=Digest("sha256", SHA256),
            renamable=True,
        ),
        Requirement("civitai:77", "loras", how="recipe", urls=("civitai:77",), renamable=True),
        Requirement("only a name", "loras", how="recipe", active=False, renamable=True),
        Requirement("lazyneg", "embeddings", how="recipe", renamable=True),
    )


@pytest.mark.parametrize(
    ("digits", "digest"),
    [
        ("7c6bad76eb54", "shorthash:7c6bad76eb54"),
        ("7c6bad76eb", "autov2:7c6bad76eb"),
        ("", "None"),
        (3, "None"),
    ],
)
def test_a_shorter_hash_is_read_as_what_it_is(digits: object, digest: str) -> None:
    (need,) = needs({"loras": [{"file_name": "x", "hash": digits}], "gen_params": {}})
    assert str(need.digest) == digest


def test_an_older_checkpoint_entry_keeps_its_version_as_id() -> None:
    (need,) = needs({"loras": [], "checkpoint": {"id": 42, "hash": "0123456789"}})
    assert (need.name, need.urls, str(need.digest)) == ("civitai:42", ("civitai:42",), "autov2:0123456789")


def test_a_recipe_in_the_text_of_a_picture_is_read() -> None:
    told = parse_text(f"Recipe metadata: {json.dumps(RECIPE)}", "x.webp")
    assert told is not None
    assert told.requirements == needs(RECIPE)


def test_the_text_before_a_recipe_adds_what_the_recipe_does_not_list() -> None:
    before = "a <lora:other:1>\nSteps: 20, Sampler: Euler, Seed: 1, Model: wai, VAE: sdxl_vae"
    told = parse_text(f"{before} \n Recipe metadata: {json.dumps(RECIPE)}", "x.webp")
    assert told is not None
    assert [(need.folder, need.name) for need in told.requirements[len(needs(RECIPE)) :]] == [
        ("vae", "sdxl_vae")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Recipe metadata: ",
        "Recipe metadata: {",
        "Recipe metadata: []",
        'Recipe metadata: {"loras": 3}',
        "[" * 9000,
    ],
)
def test_what_is_no_recipe_is_nothing(text: str) -> None:
    assert parse_text(text, "x") is None


@pytest.mark.parametrize("root", [{"loras": []}, {"loras": {}, "gen_params": {}}, {"gen_params": {}}])
def test_json_that_is_no_recipe_is_refused(root: object) -> None:
    with pytest.raises(InvalidWorkflow, match="neither"):
        needs(root)


def test_a_workflow_that_happens_to_list_loras_is_a_workflow() -> None:
    assert needs({"nodes": [], "loras": [{"file_name": "x"}], "gen_params": {}}) == ()


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [], [[]], {"file_name": ["x"]}, {"hash": {}}, {"modelVersionId": "x"}]
)
def test_entries_of_the_wrong_kind_are_skipped(junk: object) -> None:
    recipe = {"loras": [junk, {"file_name": "x"}], "checkpoint": junk, "gen_params": junk}
    assert [need.name for need in needs(recipe)] == ["x"]
