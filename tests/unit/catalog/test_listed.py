"""Finding lines by name."""

from __future__ import annotations

from threading import Thread

import pytest

from modelget.catalog import local_lists
from modelget.catalog.listed import LazyList
from modelget.hosts import HostPolicy
from modelget.http import Http
from modelget.types import Evidence, Listing, Requirement


@pytest.fixture
def http():
    client = Http(HostPolicy(), offline=True)
    yield client
    client.close()


def line(name: str) -> Listing:
    return Listing(name, "vae", f"hf:o/r/{name}", "a list", Evidence.TRUSTED_NAME)


def names(lines, wanted: str, http) -> list[str]:
    return [one.name for one in lines.listings(Requirement(wanted), http)]


def test_a_name_finds_its_lines_whatever_the_case_and_the_sub_folder(http) -> None:
    lines = LazyList(
        "list", lambda: map(line, ["a.safetensors", "A.safetensors", "sub/a.safetensors", "b.pt"])
    )
    found = ["a.safetensors", "A.safetensors", "sub/a.safetensors"]
    assert names(lines, "a.safetensors", http) == names(lines, "x/a.SAFETENSORS", http) == found


def test_another_format_is_another_name_and_a_stem_has_any(http) -> None:
    lines = LazyList("list", lambda: map(line, ["a.safetensors", "a.ckpt"]))
    assert names(lines, "a.ckpt", http) == ["a.ckpt"]
    assert names(lines, "a", http) == ["a.safetensors", "a.ckpt"]
    assert names(lines, "a.gguf", http) == []


def test_the_lists_are_read_once_however_many_ask_and_not_before(http) -> None:
    read = []

    def reading():
        read.append(1)
        return [line("a.pt")]

    lines = LazyList("list", reading)
    assert read == []
    threads = [Thread(target=lambda: names(lines, "a.pt", http)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [1]


def test_making_the_lists_reads_nothing(tmp_path) -> None:
    assert len(local_lists(tmp_path / "not there.toml", tmp_path)) == 2
    assert len(local_lists(None, None)) == 1
