"""What ``make live`` would ask is complete, and where nothing can be asked it says so instead of passing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelget.settings import Settings
from modelget.sources import all_sources

from .places import EXAMPLES, UNKNOWN, skip_unless_reachable

ROOT = Path(__file__).parents[2]


def test_every_place_that_is_asked_has_an_example_or_is_known_to_have_none() -> None:
    assert {source.name for source in all_sources(Settings()) if source.endpoints} == {*EXAMPLES, *UNKNOWN}
    assert not UNKNOWN & set(EXAMPLES)


def test_the_examples_are_understood_by_their_places(monkeypatch) -> None:
    from modelget.sources import github, huggingface, kaggle, papers

    assert huggingface.parse_reference(EXAMPLES["huggingface"].reference)
    assert github.parse_reference(EXAMPLES["github"].reference)
    assert kaggle.tfhub_path(EXAMPLES["kaggle"].reference)
    assert any(papers.parse_reference(EXAMPLES["papers"].reference))


def test_a_place_that_cannot_be_reached_is_skipped_with_the_reason(closed_port) -> None:
    with pytest.raises(pytest.skip.Exception, match="cannot be reached from here"):
        skip_unless_reachable(closed_port)


def test_the_usual_run_of_the_tests_asks_no_real_place() -> None:
    words = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "tests/live"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False).stdout
    assert "test_places.py" in listed
    assert "test_live.py" not in listed
