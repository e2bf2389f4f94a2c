"""What a person reads of a plan: short ids, and totals that say what comes over the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelget.cli.summary import short_id, show_totals
from modelget.types import (
    Candidate,
    Digest,
    Download,
    Evidence,
    PartOfFolder,
    Plan,
    PlanItem,
    Requirement,
    Resolution,
    Status,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA = Digest("sha256", "a" * 64)
HERE = Path("/models/vae/here.safetensors")


@pytest.mark.parametrize(
    ("reference", "short"),
    [
        (f"hf:o/r/a/x.safetensors@{COMMIT}", "hf:o/r@01234567"),
        (f"hf:o/r@{COMMIT}", "hf:o/r@01234567"),
        ("hf:o/r/x.safetensors@refs/pr/1", "hf:o/r@refs/pr/1"),
        (f"hf:datasets/o/r/x.safetensors@{COMMIT}", "hf:datasets/o/r@01234567"),
        (f"hf://gpt2@{COMMIT}/model.safetensors", "hf://gpt2@01234567"),
        (f"hf://gpt2@{COMMIT}", "hf://gpt2@01234567"),
        ("hf://gpt2@refs%2Fpr%2F1/a/b@c.safetensors", "hf://gpt2@refs%2Fpr%2F1"),
        (f"modelscope:o/r/a/x.safetensors@{COMMIT}", "modelscope:o/r@01234567"),
        ("modelscope:o/r@master", "modelscope:o/r@master"),
        ("hf:o/r/x.safetensors", "hf:o/r/x.safetensors"),
        ("civitai:51", "civitai:51"),
        ("https://example.com/a@b/x.pt", "https://example.com/a@b/x.pt"),
    ],
)
def test_a_short_id_keeps_the_repository_and_the_revision(reference, short) -> None:
    assert short_id(reference) == short


def plan_of(*candidates: Candidate) -> Plan:
    items = []
    for number, candidate in enumerate(candidates):
        wanted = Requirement(f"{number}.safetensors", "vae")
        place = Path(f"/models/vae/{number}.safetensors")
        download = Download(candidate, place, Path("/models/.modelget"), f"vae/{number}")
        items.append(PlanItem(Resolution(wanted), Status.FETCH, None, download))
    return Plan("x.json", tuple(items), 10**9)


def found(number: int = 1, **known) -> Candidate:
    known = {"size": 2_000_000, **known}
    return Candidate("huggingface", f"hf:o/r/{number}@c", "https://h/x", "x", Evidence.DECLARED_URL, **known)


def total(capsys, *candidates: Candidate) -> str:
    show_totals([plan_of(*candidates)])
    return capsys.readouterr().out.strip()


def test_what_is_fetched_is_counted_with_its_size(capsys) -> None:
    assert total(capsys, found(1), found(2)).startswith("To fetch: 2 files, 4.0 MB. Free: ")
    assert total(capsys, found(1), found(2, size=None)).startswith(
        "To fetch: 2 files, 2.0 MB and 1 file of unknown size."
    )


def test_what_is_only_linked_is_not_called_a_fetch(capsys) -> None:
    linked = "Nothing to fetch: 1 model only to be linked to what is here."
    assert total(capsys, found(local=HERE, digest=SHA)) == linked
    part = PartOfFolder("a", "hf:o/r/a@c", "https://h/a", 5, SHA, HERE)
    assert total(capsys, found(is_folder=True, files=(part,), size=5)) == linked
    assert total(capsys, found(1), found(2, local=HERE, digest=SHA)).startswith("To fetch: 1 file, 2.0 MB.")


def test_without_anything_to_place_there_is_nothing_to_fetch(capsys) -> None:
    assert total(capsys) == "Nothing to fetch."
