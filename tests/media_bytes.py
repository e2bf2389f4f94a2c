"""Containers built byte by byte: what no library would write, and what ComfyUI writes without one."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Mapping

PNG = b"\x89PNG\r\n\x1a\n"
FTYP = b"\0\0\0\x14ftypisom\0\0\0\0isom"
EBML = b"\x1a\x45\xdf\xa3\x84webm"


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def box(kind: bytes, *parts: bytes, size: int | None = None) -> bytes:
    """Return an ISO box, with a size that may lie."""
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content) if size is None else size) + kind + content


def movie(texts: Mapping[str, str]) -> bytes:
    """Return a ``moov`` box with keys and values as FFmpeg's ``use_metadata_tags`` lays them out."""
    keys = [box(b"mdta", key.encode()) for key in texts]
    items = [
        box(struct.pack(">I", number), box(b"data", b"\0\0\0\1\0\0\0\0", text.encode()))
        for number, text in enumerate(texts.values(), 1)
    ]
    meta = box(
        b"meta",
        bytes(4),
        box(b"hdlr", bytes(8), b"mdta", bytes(13)),
        box(b"keys", bytes(4), struct.pack(">I", len(keys)), *keys),
        box(b"ilst", *items),
    )
    return box(b"moov", box(b"udta", meta))


def element(identity: int, content: bytes, size: int | None = None) -> bytes:
    """Return an EBML element with a size of eight bytes, which may lie."""
    length = len(content) if size is None else size
    return (
        identity.to_bytes((identity.bit_length() + 7) // 8, "big")
        + (1 << 56 | length).to_bytes(8, "big")
        + content
    )


def simple_tag(name: str, text: str) -> bytes:
    """Return a Matroska tag."""
    return element(0x67C8, element(0x45A3, name.encode()) + element(0x4487, text.encode()))


def tiff(entries: list[tuple[int, int, int, int]], behind: bytes = b"") -> bytes:
    """Return an EXIF block with one directory of (tag, type, count, value or offset)."""
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + behind


def segment(marker: int, data: bytes) -> bytes:
    """Return a JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def ogg_page(data: bytes, laces: bytes, serial: int = 1) -> bytes:
    """Return an Ogg page."""
    return b"OggS" + bytes(10) + struct.pack("<I", serial) + bytes(8) + bytes([len(laces)]) + laces + data


def exr(texts: Mapping[str, str]) -> bytes:
    """Return the header of an OpenEXR image with text attributes."""
    attributes = [
        key.encode() + b"\0string\0" + struct.pack("<i", len(text.encode())) + text.encode()
        for key, text in texts.items()
    ]
    window = b"dataWindow\0box2i\0" + struct.pack("<i", 16) + bytes(16)
    return b"\x76\x2f\x31\x01\x02\0\0\0" + window + b"".join(attributes) + b"\0" + bytes(8)


def glb(extras: object) -> bytes:
    """Return a binary glTF whose asset has extras."""
    text = json.dumps({"asset": {"version": "2.0", "generator": "ComfyUI", "extras": extras}}).encode()
    return b"glTF" + struct.pack("<III", 2, 20 + len(text), len(text)) + b"JSON" + text


def svg(metadata: str) -> bytes:
    """Return an SVG with a metadata element, as ComfyUI's SaveSVG puts it in."""
    return (
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">\n  <metadata>\n <![CDATA[\n'
        f"{metadata}\n ]]>\n </metadata>\n<path d='M0 0'/></svg>"
    ).encode()


def safetensors(metadata: Mapping[str, str]) -> bytes:
    """Return a safetensors file with one tensor, as ComfyUI's SaveLatent and model savers write it."""
    header = {"__metadata__": dict(metadata), "x": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"\0"


class Sparse(io.RawIOBase):
    """A huge file that is zeros but for a few pieces; counts what is read of it."""

    def __init__(self, size: int, pieces: Mapping[int, bytes]) -> None:
        self.size, self.pieces, self.at, self.taken = size, pieces, 0, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def read(self, count: int = -1) -> bytes:
        end = self.size if count < 0 else min(self.size, self.at + count)
        data = bytearray(max(0, end - self.at))
        for place, piece in self.pieces.items():
            for index in range(max(place, self.at), min(place + len(piece), end)):
                data[index - self.at] = piece[index - place]
        self.taken += len(data)
        self.at = max(self.at, end)
        return bytes(data)
