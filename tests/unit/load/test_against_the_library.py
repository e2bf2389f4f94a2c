"""What safetensors refuses, so do we; what it accepts we load equal, unless we are stricter on purpose."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from tensor_files import raw, same, sound

from modelget.errors import ModelgetError, UnsafeFile
from modelget.load import Policy, load_state_dict
from modelget.verify import BITS

DTYPES = [*BITS, "C128", "f32", ""]
SMALL = st.integers(0, 9)
HUGE = st.sampled_from([2**31, 2**32, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -1])
NUMBERS = SMALL | HUGE
WRONG = st.sampled_from([None, True, 1.0, "1", [], {}, -0.0, 1e400])


@st.composite
def headers(draw: Any) -> tuple[Any, bytes]:
    """A header that is nearly right: tensors in a row, each of which may be spoilt."""
    table: dict[str, Any] = {}
    at = 0
    for name in draw(st.lists(st.text(max_size=4), max_size=4, unique=True)):
        dtype = draw(st.sampled_from(DTYPES))
        shape = draw(st.lists(SMALL, max_size=3))
        size = BITS.get(dtype, 8)
        for length in shape:
            size *= length
        size = size // 8
        table[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    if draw(st.booleans()):
        table["__metadata__"] = draw(
            st.dictionaries(st.text(max_size=3), st.text(max_size=3) | WRONG, max_size=2) | WRONG
        )
    for entry in table.values():
        if isinstance(entry, dict) and "dtype" in entry and draw(st.integers(0, 5)) == 0:
            _spoil(draw, entry)
    return table, bytes(max(0, min(at, 10**6) + draw(st.sampled_from([0, 0, 0, 0, 1, -1]))))


def _spoil(draw: Any, entry: dict[str, Any]) -> None:
    field = draw(
        st.sampled_from(["dtype", "shape", "data_offsets", "length", "start", "stop", "extra", "missing"])
    )
    if field == "length":
        entry["shape"] = [*entry["shape"], draw(NUMBERS | WRONG)]
    elif field in ("start", "stop"):
        entry["data_offsets"][field == "stop"] = draw(NUMBERS | WRONG)
    elif field == "missing":
        entry.pop(draw(st.sampled_from(["dtype", "shape", "data_offsets"])))
    else:
        entry[field] = draw(WRONG | st.lists(NUMBERS, max_size=3))


def check(content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.safetensors")
        path.write_bytes(content)
        try:
            with safe_open(path, framework="pt") as file:
                theirs = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                told = file.metadata() or {}
        except Exception:  # SafetensorError, and what torch raises
            for policy in (Policy.MEMORY, Policy.LAZY):
                with pytest.raises(ModelgetError):
                    load_state_dict(path, policy=policy)
            return "refused"
        try:
            weights, metadata, _report = load_state_dict(path, policy=Policy.MEMORY)
        except UnsafeFile:
            assert is_stricter_here(content)
            return "stricter"
        assert same(weights, theirs)
        assert metadata == told
        return "loaded"


def is_stricter_here(content: bytes) -> bool:
    """Tell whether the header has what only we refuse: nesting or fractions beside the three fields, a space at its start."""
    text = content[8 : 8 + int.from_bytes(content[:8], "little")]
    table = json.loads(text)
    extras = [entry.get("extra") for entry in table.values() if isinstance(entry, dict)]
    return text[:1] != b"{" or any(isinstance(extra, (dict, list, float)) for extra in extras)


@settings(max_examples=600, deadline=None)
@given(headers())
@example(({"a": {"dtype": "U8", "shape": [2**40, 2**40, 0], "data_offsets": [0, 0]}}, b""))
@example(({"a": {"dtype": "U8", "shape": [0, 2**40, 2**40], "data_offsets": [0, 0]}}, b""))
@example(({"a": {"dtype": "U8", "shape": [0, 2**64 - 1], "data_offsets": [0, 0]}}, b""))
@example(({"a": {"dtype": "F4", "shape": [3], "data_offsets": [0, 1]}}, b"a"))
@example(({"a": {"dtype": "U8", "shape": [2], "data_offsets": [2**64 - 1, 2**64 + 1]}}, b"ab"))
def test_nearly_right_headers_get_the_verdict_that_the_library_gives(made) -> None:
    table, data = made
    check(raw(table, data))


GOOD = sound([("a", "F32", (2, 2)), ("b", "BF16", (3,)), ("c", "U8", (0,))], {"k": "v"})


@settings(max_examples=600, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=0, max_size=3), st.integers(0, 3))
def test_a_sound_file_with_bytes_changed_added_or_lost_gets_the_same_verdict(at, put, lose) -> None:
    content = GOOD[:at] + put + GOOD[at + lose :]
    if b'"data_offsets"' in content and not repeated(content):
        check(content)


def repeated(content: bytes) -> bool:
    """Tell whether a key appears twice, which only we refuse."""
    text = content[8 : 8 + int.from_bytes(content[:8], "little")]
    doubles = []
    try:
        json.loads(text, object_pairs_hook=lambda pairs: doubles.append(len(dict(pairs)) != len(pairs)))
    except ValueError:
        return False
    return any(doubles)


ENTRY = b'{"dtype":"U8","shape":[2],"data_offsets":[0,2]}'


@pytest.mark.parametrize(
    ("header", "verdict"),
    [
        (b'{"a":%s}' % ENTRY, "loaded"),
        (b'{"a":%s} \n\t' % ENTRY, "loaded"),
        (b'{"\\u00e9\\n":%s}' % ENTRY, "loaded"),
        (b'{"\\ud83d\\ude00":%s}' % ENTRY, "loaded"),
        (b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"note":"x"}}', "loaded"),
        (b'{"a":%s,"__metadata__":null}' % ENTRY, "loaded"),
        (b'{"a":%s}\0' % ENTRY, "refused"),
        (b'{"\\ud800":%s}' % ENTRY, "refused"),
        (b'{"a\n":%s}' % ENTRY, "refused"),
        (b'{"a":%s,}' % ENTRY, "refused"),
        (b"{'a':%s}" % ENTRY, "refused"),
        (b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[-0,2]}}', "refused"),
        (b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2e0]}}', "refused"),
        (b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,NaN]}}', "refused"),
        (b'{"a":{"dtype":"U8","shape":[02],"data_offsets":[0,2]}}', "refused"),
        (b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"dtype":"U8"}}', "refused"),
        (b'{"__metadata__":{},"__metadata__":{},"a":%s}' % ENTRY, "refused"),
        (b'{"__metadata__":{"x":1},"a":%s}' % ENTRY, "refused"),
        ('{"a":1}'.encode("utf-16-le"), "refused"),
        (b'{"\xff":%s}' % ENTRY, "refused"),
        (b'\xef\xbb\xbf{"a":%s}' % ENTRY, "refused"),
    ],
)
def test_the_small_print_of_the_header_is_read_as_the_library_reads_it(header, verdict) -> None:
    assert check(raw(header, b"ab")) == verdict


@pytest.mark.parametrize(
    "header",
    [
        b'{"a":%s,"a":%s}' % (ENTRY, ENTRY),
        b'{"__metadata__":{"k":"1","k":"2"},"a":%s}' % ENTRY,
        b'{"a":["U8",[2],[0,2]]}',
        b' {"a":%s}' % ENTRY,
        b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"x":{"y":[1]}}}',
    ],
    ids=["key twice", "metadata twice", "list", "space first", "nested"],
)
def test_where_readers_could_differ_we_refuse_more_than_the_library(header, tmp_path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(raw(header, b"ab"))
    with safe_open(path, framework="pt"):
        pass
    with pytest.raises(UnsafeFile):
        load_state_dict(path, policy=Policy.PLAIN)


@pytest.mark.parametrize("length", [384, 640, 896, 1152, 1408])
@pytest.mark.parametrize("suffix", ["safetensors", "ckpt"])
def test_a_header_whose_length_looks_like_the_start_of_a_pickle_is_none(length, suffix, tmp_path) -> None:
    """0x0280 bytes of header begin the file with 80 02, as protocol 2 does."""
    content = raw((b'{"a":%s}' % ENTRY).ljust(length), b"ab")
    path = tmp_path / f"m.{suffix}"
    path.write_bytes(content)
    assert content[:2] == bytes([0x80, length >> 8])
    weights, _metadata, report = load_state_dict(path, policy=Policy.MEMORY)
    assert (list(weights), report.format) == (["a"], "safetensors")
