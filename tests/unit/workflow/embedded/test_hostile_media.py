"""Files that were made to hurt: each is refused in a sentence, soon, and without taking memory."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from media import BOTH
from media_bytes import (
    EBML,
    FTYP,
    PNG,
    Sparse,
    box,
    chunk,
    element,
    ogg_page,
    safetensors,
    segment,
    simple_tag,
    tiff,
)

from modelget.errors import InvalidWorkflow
from modelget.workflow import parse, read_stream

GOOD = chunk(b"tEXt", b"workflow\0" + BOTH["workflow"].encode())


def refusal(raw: bytes) -> str:
    with pytest.raises(InvalidWorkflow) as caught:
        parse(raw, "x")
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    return str(caught.value)


def bomb(megabytes: int) -> bytes:
    return zlib.compress(b'{"nodes": [' + bytes(megabytes * 1_000_000))


@pytest.fixture
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150_000_000


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    "raw",
    [
        PNG + chunk(b"zTXt", b"workflow\0\0" + bomb(300)),
        PNG + chunk(b"iTXt", b"workflow\0\1\0\0\0" + bomb(300)),
        PNG + 5 * chunk(b"zTXt", b"a\0\0" + bomb(15)),
        b"ID3\3\0\0\0\x7f\x7f\x7f" + b"TXXX" + struct.pack(">IBB", 400_000, 0, 0x80) + bytes(4) + bomb(300),
        PNG + chunk(b"tEXt", b"workflow\0" + b" " * 20_000_001),
    ],
    ids=["zTXt", "iTXt", "many", "ID3", "not even packed"],
)
def test_a_bomb_stops_at_the_cap(raw: bytes) -> None:
    assert "it carries more than 20 MB of text" in refusal(raw)


def test_what_was_found_before_a_bomb_still_counts() -> None:
    raw = PNG + GOOD + chunk(b"zTXt", b"parameters\0\0" + bomb(30))
    assert len(parse(raw, "x").requirements) == 2


@pytest.mark.parametrize(
    "raw",
    [
        PNG + chunk(b"aaAa", b"") * 210_000,
        FTYP + box(b"free") * 210_000,
        FTYP + box(b"moov", box(b"udta", box(b"free") * 210_000)),
        EBML + b"\xec\x80" * 210_000,
        b"RIFF\0\0\0\0WEBP" + b"ABCD\0\0\0\0" * 210_000,
        b"\xff\xd8\xff" + b"\xff" * 210_000,
        b"GIF89a" + bytes(7) + b"\x21\xfe" + b"\x01a" * 210_000,
        b"OggS" + bytes(23) + ogg_page(b"", b"") * 210_000,
        b"ID3\3\0\0\x7f\x7f\x7f\x7f" + b"PRIV\0\0\0\0\0\0" * 210_000,
        b"fLaC" + b"\1\0\0\0" * 210_000,
        b"\x76\x2f\x31\x01\2\0\0\0" + b"a\0b\0\0\0\0\0" * 110_000,
        b"<svg>" + b"<a/>" * 210_000,
    ],
    ids=["PNG", "MP4", "udta", "EBML", "RIFF", "JPEG", "GIF", "Ogg", "ID3", "FLAC", "EXR", "SVG"],
)
def test_more_parts_than_any_file_has_are_refused(raw: bytes) -> None:
    assert "it has more than 200,000 parts" in refusal(raw)


EXIF_LOOP = tiff([(0x8769, 4, 1, 8)] * 3)
EVERYWHERE = 2**56 - 1


@pytest.mark.parametrize(
    "raw",
    [
        PNG,
        PNG + b"\xff\xff\xff\xfftEXt",
        PNG + struct.pack(">I", 2**31) + b"zTXt" + b"workflow\0\0xx",
        PNG + chunk(b"zTXt", b"workflow\0\0not packed"),
        PNG + chunk(b"tEXt", b""),
        PNG + chunk(b"eXIf", EXIF_LOOP),
        PNG + chunk(b"eXIf", tiff([(0x010E, 2, 2**32 - 1, 2**32 - 1)])),
        PNG + chunk(b"eXIf", b"II*\0" + struct.pack("<IH", 8, 65_535)),
        PNG + chunk(b"tEXt", b"Raw profile type exif\0\nexif\n8\nzz"),
        EXIF_LOOP,
        b"\xff\xd8\xff\xe1\0\0" * 10,
        b"\xff\xd8" + segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0"),
        b"GIF89a",
        b"GIF89a" + bytes(7) + b"\x21\xfe",
        FTYP + box(b"moov", size=0),
        FTYP + box(b"moov", size=1),
        FTYP + box(b"moov", size=7),
        FTYP + b"\0\0\0\1moov" + bytes(8),
        FTYP + b"\0\0\0\1moov" + b"\xff" * 8,
        FTYP + box(b"moov", box(b"udta", box(b"\xa9cmt"))),
        FTYP + box(b"meta", bytes(4), box(b"iinf", bytes(6)), box(b"iloc", b"\0\0\0\0\xff\xff\xff\xff")),
        FTYP + box(b"meta", bytes(4), box(b"iinf"), box(b"iloc")),
        EBML + b"\0" * 30,
        EBML + element(0x18538067, element(0x18538067, b"", EVERYWHERE) * 50, EVERYWHERE),
        EBML + element(0x1F43B675, b"", EVERYWHERE) * 50,
        EBML + element(0x67C8, b"", EVERYWHERE) + element(0x4487, b"x", 2**50),
        b"OggS",
        ogg_page(b"", b"\xff" * 255),
        ogg_page(b"OpusHead", b"\x08") + ogg_page(b"OpusTags\xff\xff\xff\xff", b"\x0c"),
        b"ID3\3\0\x40\0\0\0\x10\xff\xff\xff\xff",
        b"ID3\3\0\0\0\0\0\x20TXXX\0\0\0\1\0\0\1",
        b"ID3\4\0\0\0\0\0\x20TXXX\xff\xff\xff\xff\0\x0f\1\2",
        b"fLaC\x84\xff\xff\xff",
        b"fLaC\x84\0\0\x08" + b"\0\0\0\0\xff\xff\xff\xff",
        b"glTF" + b"\xff" * 16 + b"JSON",
        b"\x76\x2f\x31\x01\2\0\0\0" + b"a\0string\0" + b"\xff" * 4,
        struct.pack("<Q", 100) + b"{",
        safetensors({"workflow": "[" * 200}),
        b"<svg><metadata>",
        b"<svg>" * 1_000,
        b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg>&b;</svg>',
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
    ],
)
def test_what_is_broken_is_refused(raw: bytes) -> None:
    reason = refusal(raw)
    assert "workflow" in reason
    assert "parts" not in reason  # seen for what it is, and not after 200,000 steps


def test_entities_of_an_svg_are_not_expanded() -> None:
    text = json.dumps(json.loads(BOTH["workflow"]))
    raw = f"<!DOCTYPE svg [<!ENTITY a '{text}'>]><svg><metadata>&a;</metadata></svg>".encode()
    assert "holds no workflow" in refusal(raw)


@pytest.mark.parametrize(
    "damaged",
    [
        chunk(b"zTXt", b"workflow\0\0not packed"),
        chunk(b"iTXt", b"workflow"),
        chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"),
        chunk(b"tEXt", b"workflow\0{"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<a><b"),
    ],
)
def test_a_damaged_part_does_not_hide_the_next(damaged: bytes) -> None:
    assert len(parse(PNG + damaged + GOOD, "x").requirements) == 2


def test_a_text_as_long_as_a_huge_file_is_not_read() -> None:
    size = 5 * 2**30
    tag = element(0x18538067, b"", EVERYWHERE) + element(0x4487, b"", size)
    file = Sparse(size, {0: EBML + tag})
    with pytest.raises(InvalidWorkflow, match="more than 20 MB of text"):
        read_stream(file, "x")
    assert file.taken < 10_000


def test_a_huge_file_of_an_unknown_kind_is_read_no_further_than_the_cap() -> None:
    file = Sparse(5 * 2**30, {0: b"{"})
    with pytest.raises(InvalidWorkflow, match="larger than 20 MB"):
        read_stream(file, "x")
    assert file.taken < 20_100_000


def test_nesting_costs_no_stack() -> None:
    tag = simple_tag("WORKFLOW", BOTH["workflow"])
    for _ in range(1_500):
        tag = element(0x67C8, tag)
    assert len(parse(EBML + tag, "x").requirements) == 2
