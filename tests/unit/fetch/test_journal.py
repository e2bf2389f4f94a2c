"""Whatever the staging folder holds: the fetch never crashes on it and never ends with other bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from faults.bench import Bench, safetensors, sha256
from faults.server import FaultServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelget.errors import DigestMismatch
from modelget.fetch.part import staged_name

BODY = safetensors(96 * 2**10)
KNOWN = {"digest": {"digest": sha256(BODY), "size": len(BODY)}, "ETag": {}}

NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(0, len(BODY) + 2),
    st.sampled_from([0, 1, len(BODY), len(BODY) - 1]),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
ETAGS = ['"first"', '"second"', 'W/"first"', '"\r\nX: y"', '"é"', '"\ud800"', "", "*", None, 7, ["first"]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("journal"))


@pytest.fixture(scope="module")
def server():
    with FaultServer(BODY) as server:
        yield server


def stage(bench: Bench, server: FaultServer, known: str, kept: bytes) -> tuple[Path, dict[str, object]]:
    """Leave a part as an interrupted fetch does; return its journal, and what that says."""
    for path in (bench.destination, *bench.staging.glob("*")):  # an example may have been given up half-way
        path.unlink(missing_ok=True)
    download = bench.download(server, **KNOWN[known])
    bench.stage(download, kept, (0, len(kept)))
    journal = bench.staging / f"{staged_name(download)}.json"
    return journal, json.loads(journal.read_text()) if kept else {}


def ends_right(bench: Bench, server: FaultServer, known: str) -> None:
    bench.fetch(server, **KNOWN[known])
    assert bench.destination.read_bytes() == BODY
    assert bench.leftovers == []


MANY = settings(
    max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip


@MANY
@given(st.data(), st.sampled_from(list(KNOWN)), st.integers(1, len(BODY)))
def test_an_edited_journal_is_harmless(place, server, data, known, kept):
    journal, state = stage(place, server, known, BODY[:kept])
    changes = st.dictionaries(st.sampled_from(["identity", "etag", "spans", "more"]), ANYTHING)
    state |= data.draw(changes)
    if data.draw(st.booleans()):
        state["etag"] = data.draw(st.sampled_from(ETAGS))
    if data.draw(st.booleans()):
        state["spans"] = data.draw(st.lists(st.lists(NUMBERS, min_size=1, max_size=3), max_size=4))
    elif data.draw(st.booleans()) and known == "digest":  # stretches in order, of which nothing is true
        edges = sorted(data.draw(st.sets(st.integers(0, kept), max_size=6)))
        state["spans"] = list(zip(edges[::2], edges[1::2], strict=False))
    for key in data.draw(st.sets(st.sampled_from(sorted(state)), max_size=1)):
        del state[key]
    journal.write_text(json.dumps(state))
    ends_right(place, server, known)


@MANY
@given(st.sampled_from(list(KNOWN)), st.integers(1, len(BODY)), st.data())
def test_a_broken_journal_is_harmless(place, server, known, kept, data):
    journal, _state = stage(place, server, known, BODY[:kept])
    right = journal.read_bytes()
    at = data.draw(st.integers(0, len(right) - 1))
    flipped = right[:at] + bytes([right[at] ^ 1 << data.draw(st.integers(0, 7))]) + right[at + 1 :]
    journal.write_bytes(data.draw(st.sampled_from([right[:at], flipped, data.draw(st.binary(max_size=40))])))
    ends_right(place, server, known)


@MANY
@given(st.binary(max_size=200), st.integers(0, 2 * len(BODY)), st.sets(st.integers(0, len(BODY)), min_size=2))
def test_with_a_digest_no_kept_bytes_can_do_harm(place, server, noise, length, edges):
    """The disk lies after a power cut: other bytes, zeros, fewer or more of them."""
    edges = sorted(edges)
    journal, state = stage(place, server, "digest", BODY[: edges[-1]])
    kept = (noise + BODY[len(noise) :] + bytes(length))[:length]
    journal.with_suffix(".part").write_bytes(kept)
    journal.write_text(json.dumps(state | {"spans": list(zip(edges[::2], edges[1::2], strict=False))}))
    ends_right(place, server, "digest")


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "7", "[" * 100_000, '{"spans": [[0, ' + "9" * 5000 + "]]}", "\ufeff{}"],
    ids=["empty", "cut", "null", "list", "number", "deep", "long", "BOM"],
)
def test_a_journal_that_is_none_starts_anew(text, bench, serve):
    server = serve(BODY)
    journal, _state = stage(bench, server, "digest", BODY[:5000])
    journal.write_text(text)
    ends_right(bench, server, "digest")
    assert server.requests[-1].start is None


@pytest.mark.parametrize("etag", ETAGS, ids=ascii)
def test_only_a_validator_that_fits_in_a_header_is_sent_back(etag, bench, serve):
    server = serve(BODY)
    journal, state = stage(bench, server, "ETag", BODY[:5000])
    journal.write_text(json.dumps({**state, "etag": etag}))
    ends_right(bench, server, "ETag")
    assert len(server.requests) == 1
    assert server.requests[0].if_range in ('"first"', '"second"', None)


def test_a_journal_that_a_crash_left_half_written_goes_too(bench, serve):
    server = serve(safetensors(len(BODY), seed=2))
    journal, _state = stage(bench, server, "digest", BODY[:5000])
    journal.with_suffix(".json.new").write_text("{")
    with pytest.raises(DigestMismatch):
        bench.fetch(server, **KNOWN["digest"])
    assert bench.leftovers == []


@pytest.mark.parametrize(
    "spans",
    [
        [[0, 0]],
        [[5, 3]],
        [[-1, 5]],
        [[0, 9], [5, 12]],
        [[0, 9], [9, 12]],
        [[6, 9], [0, 3]],
        [[0, 9.0]],
        [[0, True]],
        [["0", "9"]],
        [[0]],
        [[0, 1, 2]],
        [0, 9],
        {"0": 9},
        "09",
        None,
        [[at, at + 1] for at in range(0, 20_002, 2)],
    ],
    ids=str,
)
def test_stretches_that_we_do_not_write_start_anew(spans, bench, serve):
    server = serve(BODY)
    journal, state = stage(bench, server, "digest", BODY[:50_000])
    journal.write_text(json.dumps({**state, "spans": spans}))
    assert bench.fetch(server, **KNOWN["digest"]).transferred == len(BODY)


def test_a_journal_of_an_earlier_version_starts_anew(bench, serve):
    server = serve(BODY)
    journal, state = stage(bench, server, "digest", BODY[:5000])
    del state["spans"]
    journal.write_text(json.dumps({**state, "synced": 5000, "total": len(BODY)}))
    assert bench.fetch(server, **KNOWN["digest"]).transferred == len(BODY)
    assert bench.leftovers == []


def test_a_journal_that_claims_more_than_there_is_starts_anew(bench, serve):
    server = serve(BODY)
    journal, _state = stage(bench, server, "digest", BODY[:5000])
    with journal.with_suffix(".part").open("r+b") as part:
        part.truncate(4999)
    assert bench.fetch(server, **KNOWN["digest"]).transferred == len(BODY)


def test_bytes_beyond_what_the_journal_counts_are_cut_off(bench, serve):
    server = serve(BODY)
    journal, _state = stage(bench, server, "digest", BODY[:5000])
    with journal.with_suffix(".part").open("ab") as part:
        part.write(bytes(5000))
    assert bench.fetch(server, **KNOWN["digest"]).transferred == len(BODY) - 5000


def test_the_part_of_another_file_is_not_used(bench, serve):
    server = serve(BODY)
    journal, state = stage(bench, server, "digest", BODY[:5000])
    journal.write_text(json.dumps({**state, "identity": str(sha256(b"other"))}))
    ends_right(bench, server, "digest")
    assert server.requests[-1].start is None


@pytest.mark.parametrize("suffix", ["part", "json", "json.new"])
def test_a_link_in_the_staging_folder_is_not_followed(suffix, bench, serve):
    server = serve(BODY)
    journal, _state = stage(bench, server, "digest", BODY[:5000])
    precious = bench.folder / "precious"
    precious.write_bytes(b"mine")
    planted = journal.with_suffix(f".{suffix}")
    planted.unlink(missing_ok=True)
    planted.symlink_to(precious)
    ends_right(bench, server, "digest")
    assert precious.read_bytes() == b"mine"
