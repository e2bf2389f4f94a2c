"""What ComfyUI writes without a library, and corners of the formats that the libraries of the tests do not write."""

from __future__ import annotations

import binascii
import io
import json
import struct
import zlib

import pytest
from media import BOTH, GRAPH, PROMPT
from media_bytes import (
    EBML,
    FTYP,
    PNG,
    Sparse,
    box,
    chunk,
    element,
    exr,
    glb,
    movie,
    ogg_page,
    safetensors,
    segment,
    simple_tag,
    svg,
    tiff,
)

from modelget.errors import InvalidWorkflow
from modelget.workflow import parse, read_stream
from modelget.workflow.embedded import HEAD_SIZE, Embedded, Medium, extract, recognise

EVERYTHING = ["unet.safetensors", "muted.safetensors", "ran.safetensors"]
BUNDLE = json.dumps({"prompt": PROMPT, "workflow": GRAPH})


def recognised(raw: bytes) -> Medium:
    medium = recognise(raw[:HEAD_SIZE])
    assert medium is not None
    return medium


def names(raw: bytes) -> list[str]:
    return [need.name for need in parse(raw, "x").requirements]


@pytest.mark.parametrize(
    "raw",
    [
        exr(BOTH),
        glb(BOTH),
        glb({"prompt": PROMPT, "workflow": GRAPH}),
        safetensors(BOTH),
        svg(json.dumps({"prompt": PROMPT, **{"workflow": GRAPH}}, indent=2)),
    ],
    ids=["exr", "glb", "glb with objects", "safetensors", "svg"],
)
def test_what_comfyui_writes_without_a_library_is_read(raw: bytes) -> None:
    assert names(raw) == EVERYTHING


def exif_with(text: str) -> bytes:
    return tiff([(0x010E, 2, len(text) + 1, 26)], text.encode() + b"\0")


def id3(frames: bytes, version: int = 3, flags: int = 0) -> bytes:
    size = len(frames)
    syncsafe = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    return b"ID3" + bytes([version, 0, flags]) + syncsafe + frames


def frame(kind: bytes, content: bytes, flags: int = 0) -> bytes:
    return kind + struct.pack(">IBB", len(content), 0, flags) + content


def test_png_profiles_of_imagemagick_are_read() -> None:
    digits = binascii.hexlify(b"Exif\0\0" + exif_with("workflow:" + BOTH["workflow"]))
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    profile = b"Raw profile type exif\0\nexif\n    %d\n" % (len(digits) // 2) + lines
    assert names(PNG + chunk(b"tEXt", profile)) == EVERYTHING[:2]


def test_xmp_that_is_spread_over_jpeg_segments_is_put_together() -> None:
    text = BUNDLE.replace("&", "&amp;").replace("<", "&lt;")
    packet = f"<x><c>{text}</c></x>".encode()
    start = b"http://ns.adobe.com/xmp/extension/\0" + b"G" * 32 + struct.pack(">I", len(packet))
    halves = [(0, packet[:700]), (700, packet[700:])]
    segments = [segment(0xE1, start + struct.pack(">I", offset) + half) for offset, half in reversed(halves)]
    assert names(b"\xff\xd8" + b"".join(segments) + b"\xff\xda") == EVERYTHING


def test_a_jpeg_comment_is_read() -> None:
    assert names(b"\xff\xd8" + segment(0xFE, BUNDLE.encode()) + b"\xff\xd9") == EVERYTHING


@pytest.mark.parametrize(
    "frames",
    [
        frame(b"TXXX", b"\1" + "workflow".encode("utf-16") + b"\0\0" + BOTH["workflow"].encode("utf-16")),
        frame(b"TXXX", b"\2" + "workflow\0".encode("utf-16-be") + BOTH["workflow"].encode("utf-16-be")),
        frame(b"COMM", b"\0eng\0" + BOTH["workflow"].encode()),
        frame(b"COMM", b"\1eng" + "\0".encode("utf-16") + BOTH["workflow"].encode("utf-16")),
        frame(b"TENC", b"\3" + json.dumps({"workflow": GRAPH}).encode()),
        frame(b"APIC", b"\0" * 50) + frame(b"TXXX", b"\0workflow\0" + BOTH["workflow"].encode()),
    ],
    ids=["UTF-16", "UTF-16 without mark", "comment", "UTF-16 comment", "other frame", "behind a cover"],
)
def test_id3_frames_of_every_encoding_are_read(frames: bytes) -> None:
    assert names(id3(frames)) == EVERYTHING[:2]


def test_id3_frames_may_be_packed() -> None:
    text = b"\0workflow\0" + BOTH["workflow"].encode()
    packed = struct.pack(">I", len(text)) + zlib.compress(text)
    assert names(id3(frame(b"TXXX", packed, flags=0x80))) == EVERYTHING[:2]


def test_id3_tags_may_be_unsynchronised() -> None:
    frames = frame(b"TIT2", b"\0\xff\xff") + frame(b"TXXX", b"\0workflow\0" + BOTH["workflow"].encode())
    assert names(id3(frames.replace(b"\xff", b"\xff\0"), flags=0x80)) == EVERYTHING[:2]


def test_the_second_packet_is_found_over_several_ogg_pages() -> None:
    comment = b"workflow=" + BOTH["workflow"].encode()
    packet = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<II", 1, len(comment)) + comment
    whole, rest = divmod(len(packet), 255)
    laces = b"\xff" * whole + bytes([rest])
    pages = (
        ogg_page(b"OpusHead", b"\x08") + ogg_page(packet[:255], laces[:1]) + ogg_page(packet[255:], laces[1:])
    )
    assert names(pages) == EVERYTHING[:2]


def test_the_gap_in_a_movie_of_six_gigabytes_is_not_read() -> None:
    end = movie(BOTH)
    media = struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 6 * 2**30)
    start = FTYP + media
    place = len(FTYP) + 6 * 2**30
    file = Sparse(place + len(end), {0: start, place: end})
    assert [need.name for need in read_stream(file, "x").requirements] == EVERYTHING
    assert file.taken < 50_000


def test_the_clusters_of_a_video_of_six_gigabytes_are_not_read() -> None:
    tags = element(
        0x1254C367, element(0x7373, simple_tag("PROMPT", BOTH["prompt"]) + simple_tag("COMMENT", BUNDLE))
    )
    start = EBML + element(0x18538067, b"", size=2**56 - 1) + element(0x1F43B675, b"", size=6 * 2**30)
    place = len(start) + 6 * 2**30
    file = Sparse(place + len(tags), {0: start, place: tags})
    assert [need.name for need in read_stream(file, "x").requirements] == EVERYTHING
    assert file.taken < 50_000


def test_the_tags_of_a_live_stream_are_found_behind_its_unmeasured_clusters() -> None:
    unknown = 2**56 - 1
    cluster = element(0x1F43B675, b"", unknown) + element(0xA3, b"pixels" * 50)
    tags = element(0x1254C367, element(0x7373, simple_tag("COMMENT", BUNDLE)))
    assert names(EBML + element(0x18538067, b"", unknown) + cluster * 3 + tags) == EVERYTHING


def test_keys_name_the_values_of_a_movie() -> None:
    raw = FTYP + movie({"encoder": "x", "parameters": "a cat", "artist": "y"})
    assert extract(io.BytesIO(raw), recognised(raw), "x") == Embedded(parameters="a cat")


def test_a_movie_may_be_measured_in_64_bits_and_described_as_quicktime_does() -> None:
    moov = movie(BOTH)
    wide = struct.pack(">I", 1) + b"moov" + struct.pack(">Q", len(moov) + 8) + moov[8:]
    assert names(FTYP + wide) == EVERYTHING
    bare = moov.replace(b"meta\0\0\0\0", b"meta")
    assert (
        names(FTYP + box(b"moov", box(b"udta", box(b"meta", bare[bare.index(b"meta") + 4 :])))) == EVERYTHING
    )


def test_chunks_of_odd_length_are_padded_in_riff() -> None:
    exif = exif_with("workflow:" + BOTH["workflow"])
    chunks = [
        kind + struct.pack("<I", len(data)) + data for kind, data in ((b"VP8 ", b"odd"), (b"EXIF", exif))
    ]
    assert names(b"RIFF\0\0\0\0WEBP" + b"\0".join(chunks)) == EVERYTHING[:2]


def test_a_gif_frame_may_have_colours_of_its_own() -> None:
    frame = b"\x2c" + bytes(8) + b"\x80" + b"\x3b" * 6 + b"\x02\x01a\0"
    comment = b"".join(
        bytes([len(piece)]) + piece for piece in (BUNDLE[:200].encode(), BUNDLE[200:400].encode())
    )
    rest = BUNDLE[400:].encode()
    comment += b"".join(
        bytes([len(rest[at : at + 255])]) + rest[at : at + 255] for at in range(0, len(rest), 255)
    )
    assert names(b"GIF89a" + bytes(7) + frame + b"\x21\xfe" + comment + b"\0\x3b") == EVERYTHING


def test_pixels_and_samples_are_no_metadata() -> None:
    scan = segment(0xDA, bytes(10)) + segment(0xFE, BUNDLE.encode())
    comment = b"workflow=" + BOTH["workflow"].encode()
    block = struct.pack("<III", 0, 1, len(comment)) + comment
    samples = b"\x84" + struct.pack(">I", len(block))[1:] + block
    for raw in (b"\xff\xd8" + scan, b"fLaC" + b"\x81\0\0\0" + samples):
        with pytest.raises(InvalidWorkflow, match="holds no workflow"):
            parse(raw, "x")
    assert names(b"fLaC" + b"\1\0\0\0" + samples) == EVERYTHING[:2]


def test_json_and_html_are_not_taken_for_media() -> None:
    assert parse(b'{  "free": 1, "nodes": []}', "x").requirements == ()
    for page in (b"<html><svg></svg></html>", b"<!DOCTYPE html>\n<body><svg>"):
        with pytest.raises(InvalidWorkflow, match="not valid JSON"):
            parse(page, "x")


@pytest.mark.parametrize(
    "start", ["<!-- made by -->", '<!DOCTYPE svg PUBLIC "-//W3C" "http://w3.org/svg.dtd">', ""]
)
def test_an_svg_may_start_with_comments_and_a_doctype(start: str) -> None:
    assert names(f"{start}\n<svg><metadata>{BUNDLE}</metadata></svg>".encode()) == EVERYTHING


def test_a_quicktime_movie_without_ftyp_is_read() -> None:
    assert names(box(b"wide") + box(b"mdat", bytes(8)) + movie(BOTH)) == EVERYTHING


def test_a_freeform_item_and_an_xmp_box_are_read() -> None:
    data = box(b"data", b"\0\0\0\1\0\0\0\0", BOTH["workflow"].encode())
    item = box(
        b"----", box(b"mean", bytes(4), b"com.apple.iTunes"), box(b"name", bytes(4), b"workflow"), data
    )
    meta = box(b"meta", bytes(4), box(b"hdlr", bytes(25)), box(b"ilst", item))
    assert names(FTYP + box(b"moov", box(b"udta", meta))) == EVERYTHING[:2]
    packet = f"<x><c>{BUNDLE}</c></x>".encode()
    xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), packet)
    assert names(FTYP + xmp) == EVERYTHING


@pytest.mark.parametrize("version", [0, 1, 2])
def test_items_of_a_picture_may_lie_in_pieces_and_inside_the_description(version: int) -> None:
    item = bytes(4) + exif_with("workflow:" + BOTH["workflow"])
    wide = ">I" if version == 2 else ">H"
    method = b"" if version == 0 else struct.pack(">H", 1)
    base = 8 + len(FTYP) if version == 0 else 0  # in the file, or in idat
    extents = struct.pack(">IIII", 0, 100, 100, len(item) - 100)
    entry = struct.pack(wide, 7) + method + struct.pack(">HIH", 0, base, 2) + extents
    placed = box(b"iloc", bytes([version, 0, 0, 0, 0x44, 0x40]), struct.pack(wide, 1), entry)
    listed = box(b"iinf", bytes(4), b"\0\1", box(b"infe", b"\2\0\0\0\0\7\0\0Exif\0"))
    meta = box(b"meta", bytes(4), listed, placed, box(b"idat", item))
    assert names(FTYP + box(b"mdat", item) + meta) == EVERYTHING[:2]


def test_a_stream_is_read_from_its_start() -> None:
    file = io.BytesIO(PNG + chunk(b"tEXt", b"workflow\0" + BOTH["workflow"].encode()))
    file.seek(5)
    assert len(read_stream(file, "x").requirements) == 2
