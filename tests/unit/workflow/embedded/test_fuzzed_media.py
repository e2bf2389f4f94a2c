"""Real files with anything changed anywhere are read or refused."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from media import BOTH, COMMENT, animated_png, image, made, png, sound, user_comment, video
from media_bytes import exr, glb, safetensors, svg
from PIL import Image

from modelget.errors import InvalidWorkflow
from modelget.workflow import parse


@cache
def samples() -> dict[str, bytes]:
    """One small file of each kind, as the real writers make them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "png": made(png, "x.png", folder, BOTH, packed=True, unicode=True),
            "apng": made(animated_png, "x.png", folder),
            "webp": made(image, "x.webp", folder),
            "jpeg": made(image, "x.jpg", folder),
            "avif": made(image, "x.avif", folder),
            "tiff": made(image, "x.tiff", folder),
            "exif": made(lambda path: Image.new("L", (1, 1)).save(path, exif=user_comment(COMMENT["comment"])), "x.jpg", folder),
            "mp4": made(video, "x.mp4", folder),
            "mov": made(video, "x.mov", folder, COMMENT),
            "webm": made(video, "x.webm", folder),
            "mkv": made(video, "x.mkv", folder, COMMENT),
            "flac": made(sound, "x.flac", folder),
            "opus": made(sound, "x.opus", folder),
            "mp3": made(sound, "x.mp3", folder),
            "gif": made(lambda path: Image.new("L", (1, 1)).save(path, comment=COMMENT["comment"]), "x.gif", folder),
            "exr": exr(BOTH),
            "glb": glb(BOTH),
            "svg": svg(COMMENT["comment"]),
            "latent": safetensors(BOTH),
        }  # fmt: skip


KINDS = sorted(samples())


def is_read_or_refused(raw: bytes) -> bool:
    """Let any other exception than InvalidWorkflow through."""
    try:
        workflow = parse(raw, "x")
    except InvalidWorkflow as error:
        return bool(error.hint) and "\n" not in str(error)
    return bool(repr(workflow).encode())


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_is_read_unchanged(kind: str) -> None:
    assert parse(samples()[kind], "x").requirements


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_off_anywhere_is_read_or_refused(kind: str) -> None:
    raw = samples()[kind]
    assert all(is_read_or_refused(raw[:end]) for end in range(0, len(raw), 29))


CHANGES = st.tuples(
    st.floats(0, 1, exclude_max=True),
    st.binary(max_size=8)
    | st.sampled_from([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\x7f\xff\xff\xff"]),
    st.integers(0, 8),
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(CHANGES, min_size=1, max_size=8))
def test_a_file_with_anything_changed_is_read_or_refused(
    kind: str, changes: list[tuple[float, bytes, int]]
) -> None:
    raw = samples()[kind]
    for place, bytes_there, removed in changes:
        at = int(place * len(raw))
        raw = raw[:at] + bytes_there + raw[at + removed :]
    assert is_read_or_refused(raw)
