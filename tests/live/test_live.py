"""``make live``: the places as they are today keep what the contract of a source says of them."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event

import pytest

from modelget.documents import is_page
from modelget.fetch import fetch
from modelget.library import open_library
from modelget.pipeline import open_workshop
from modelget.progress import Silent
from modelget.settings import load_settings
from modelget.sources.shared.look import look
from modelget.types import Candidate, Download, Requirement

from .places import EXAMPLES, UNKNOWN, Example, example_of, skip_unless_reachable

pytestmark = pytest.mark.live
PLACES = sorted({*EXAMPLES, *UNKNOWN})


@pytest.fixture(params=PLACES)
def place(request) -> str:
    return request.param


@pytest.fixture
def example(place: str) -> Example:
    return example_of(place)


@pytest.fixture
def shop(tmp_path: Path):
    (tmp_path / "models").mkdir()
    opened = open_workshop(load_settings(), open_library(models_dir=tmp_path / "models"))
    yield opened
    opened.http.close()


@pytest.fixture
def found(shop, place: str, example: Example) -> list[Candidate]:
    source = next(source for source in shop.sources if source.name == place)
    skip_unless_reachable(source.endpoints[0])
    wanted = Requirement("", urls=(example.reference,))
    first = list(source.find(wanted, shop.http))
    assert list(source.find(wanted, shop.http)) == first
    return first


def test_a_reference_leads_to_a_pinned_file_with_size_and_digest(found, example) -> None:
    assert found
    for candidate in found:
        assert re.fullmatch(example.pinned or ".*", candidate.id)
        assert bool(candidate.barrier) == example.is_barred
    if example.is_barred or not found[0].evidence.is_sure:
        return
    (candidate,) = found
    assert candidate.size
    assert example.digest in (None, candidate.digest and candidate.digest.algorithm)


def test_an_id_leads_back_to_the_same_file(found, place, shop) -> None:
    source = next(source for source in shop.sources if source.name == place)
    for candidate in found:
        if candidate.evidence.is_sure and not candidate.barrier:
            assert list(source.find(Requirement("", urls=(candidate.id,)), shop.http)) == [candidate]


def test_its_first_kilobyte_is_that_of_a_file(found, shop) -> None:
    for candidate in found:
        if candidate.evidence.is_sure and not candidate.barrier:
            seen = look(candidate.url, shop.http)
            assert seen.is_file
            assert seen.opening
            assert not is_page(seen.opening)


def test_a_small_file_arrives_and_is_proven(found, example, shop, tmp_path) -> None:
    if not example.is_small:
        pytest.skip("the file is too large to be fetched for a test")
    (candidate,) = found
    destination = tmp_path / "models" / "vae" / candidate.name
    download = Download(candidate, destination, tmp_path / "models" / ".modelget", candidate.name)
    fetched = fetch(download, shop.http, Silent(), Event(), shop.library)
    assert destination.stat().st_size == fetched.file.size == (candidate.size or fetched.file.size)
