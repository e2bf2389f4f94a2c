"""Bytes that are on this disk under another name, and that nobody has recorded, are linked instead of fetched."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.bench import MIB, NAME, Bench, StopsAt, git_sha1, safetensors, sha256
from faults.server import FaultServer

from modelget.errors import Cancelled
from modelget.fetch import fetch, twins
from modelget.library import Library, open_library
from modelget.types import Digest, Fetched
from modelget.verify import digests

BODY = safetensors(2 * MIB)
FACTS = {"digest": sha256(BODY), "size": len(BODY)}


@pytest.fixture(autouse=True)
def _worth_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "WORTH_READING", MIB)


@pytest.fixture
def models(bench: Bench) -> Path:
    folder = bench.folder / "models"
    for name in ("vae/sub", "loras"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture
def library(models: Path) -> Library:
    return open_library(models_dir=models)


@pytest.fixture
def server(serve) -> FaultServer:
    return serve(BODY)


@pytest.fixture
def brought(bench: Bench, server: FaultServer, library: Library):
    """Fetch with what the source published and what the library has."""

    def brought(**facts: object) -> Fetched:
        with bench.http(server) as http:
            download = bench.download(server, **(facts or FACTS))
            return fetch(download, http, bench.reporter, bench.stop, library)

    return brought


@pytest.mark.parametrize("place", [f"vae/sub/{NAME}", f"loras/{NAME}", "loras/renamed.safetensors"])
@pytest.mark.parametrize("digest", [sha256(BODY), git_sha1(BODY)], ids=["sha256", "git"])
def test_the_same_bytes_are_linked_and_remembered(place, digest, brought, bench, models, library, server):
    (models / place).write_bytes(BODY)
    fetched = brought(digest=digest, size=len(BODY))
    assert (fetched.transferred, server.requests) == (0, [])
    assert bench.destination.samefile(models / place)
    assert fetched.file.digest == library.digest_of(models / place) == sha256(BODY)
    assert bench.reporter.phases[0] == "verifying"


def test_other_bytes_of_the_same_name_and_size_are_read_once_and_left_alone(brought, bench, models, library):
    other = safetensors(2 * MIB, seed=2)
    (models / "loras" / NAME).write_bytes(other)
    assert brought().transferred == len(BODY)
    assert (models / "loras" / NAME).read_bytes() == other
    assert library.digest_of(models / "loras" / NAME) == sha256(other)
    bench.destination.unlink()
    bench.reporter.seen.clear()
    brought()
    assert bench.reporter.phases[0] == "fetching"


@pytest.mark.parametrize(
    "facts",
    [
        {"size": len(BODY)},
        {"digest": sha256(BODY)},
        {"size": len(BODY), "digest": Digest("crc32", "0" * 8)},
        {"size": len(BODY), "digest": Digest("sha256-prefix", sha256(BODY).hex[:8])},
    ],
    ids=["no digest", "no size", "a digest that we cannot compute", "a few digits"],
)
def test_where_nothing_could_prove_them_the_bytes_are_fetched(facts, brought, bench, models):
    (models / "loras" / NAME).write_bytes(BODY)
    assert brought(**facts).transferred == len(BODY)
    assert bench.reporter.phases[0] == "fetching"


def test_for_a_small_file_nobody_looks_around(brought, models, monkeypatch):
    monkeypatch.setattr(twins, "WORTH_READING", len(BODY) + 1)
    (models / "loras" / NAME).write_bytes(BODY)
    assert brought().transferred == len(BODY)


def test_reading_a_suspect_can_be_stopped(brought, bench, models, server, monkeypatch):
    monkeypatch.setattr(digests, "_BUFFER", MIB)
    (models / "loras" / NAME).write_bytes(BODY)
    bench.reporter = StopsAt(bench, 0, "verifying")
    with pytest.raises(Cancelled):
        brought()
    assert server.requests == []


def test_a_suspect_that_cannot_be_read_is_passed_over(brought, models, monkeypatch):
    (models / "loras" / NAME).write_bytes(BODY)

    def refuse(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(twins, "digest_file", refuse)
    assert brought().transferred == len(BODY)
