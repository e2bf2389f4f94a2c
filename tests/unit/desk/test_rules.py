"""What ``autofetch = auto`` covers, and what a person must still decide."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from modelget.desk import may_fetch_unasked, open_decision
from modelget.types import (
    Archive,
    Candidate,
    Digest,
    Download,
    Evidence,
    ModelFile,
    PlanItem,
    Requirement,
    Resolution,
    Status,
)

SURE = Candidate(
    source="test",
    id="test:a",
    url="https://x.example/a",
    name="a.safetensors",
    evidence=Evidence.DECLARED_URL,
    size=100,
    digest=Digest("sha256", "a" * 64),
)


def item(
    candidate: Candidate,
    name: str = "a.safetensors",
    status: Status = Status.FETCH,
    folder: str | None = "vae",
) -> PlanItem:
    download = Download(candidate, Path(name), Path(".modelget"), f"vae/{name}")
    resolution = Resolution(Requirement(name, folder), candidates=(candidate,))
    return PlanItem(resolution, status, None, download if status is Status.FETCH else None)


def test_a_sure_file_with_digest_and_size_in_a_format_without_code_needs_nobody():
    assert may_fetch_unasked(item(SURE))
    assert may_fetch_unasked(item(replace(SURE, name="a.gguf"), "a.gguf"))


@pytest.mark.parametrize(
    "unsure",
    [
        item(replace(SURE, evidence=Evidence.SAME_NAME)),
        item(replace(SURE, digest=None)),
        item(replace(SURE, digest=Digest("md5-prefix", "abcdef12"))),
        item(replace(SURE, digest=Digest("autov1", "abcdef12"))),
        item(replace(SURE, size=None)),
        item(replace(SURE, digest=Digest("md5", "a" * 32))),
        item(replace(SURE, archive=Archive("test:z", "zip"))),
        item(replace(SURE, name="a.ckpt"), "a.ckpt"),
        item(replace(SURE, name="a.ckpt"), "a.safetensors"),
        item(SURE, "a.pth"),
        item(SURE, "a.onnx"),
        item(SURE, status=Status.CHOOSE),
    ],
)  # fmt: skip
def test_everything_else_asks(unsure):
    assert not may_fetch_unasked(unsure)


def test_the_first_open_decision_is_named():
    pickle = replace(SURE, name="a.ckpt")
    assert open_decision(item(SURE)) is None
    assert (
        open_decision(item(replace(SURE, evidence=Evidence.SAME_NAME), status=Status.CHOOSE)) == "candidate"
    )
    assert open_decision(item(SURE, status=Status.CHOOSE, folder=None)) == "folder"
    assert open_decision(item(pickle, "a.ckpt", Status.CHOOSE)) == "pickle"
    here = Resolution(Requirement("a.safetensors", "vae"), ModelFile(Path("a"), 1), "cut short")
    assert open_decision(PlanItem(here, Status.CHOOSE, "Move it away.")) is None
