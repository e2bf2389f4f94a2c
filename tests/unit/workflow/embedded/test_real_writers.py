"""Files as ComfyUI and well-used savers really write them, made by the libraries they use."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from media import (
    BOTH,
    COMMENT,
    GRAPH,
    PROMPT,
    animated_png,
    image,
    picture,
    png,
    sound,
    user_comment,
    video,
)
from PIL import ExifTags, Image, PngImagePlugin

from modelget.types import Requirement
from modelget.workflow import read

NEEDED = (
    Requirement(
        "unet.safetensors",
        "diffusion_models",
        wanted_by=("57:30",),
        urls=("https://huggingface.co/o/r/resolve/main/unet.safetensors",),
    ),
    Requirement("muted.safetensors", "vae", wanted_by=("8",), active=False),
    Requirement("ran.safetensors", "loras", wanted_by=("9",), how="input"),
)
"""What GRAPH and PROMPT need together."""

LONG = {**BOTH, "workflow": json.dumps({**GRAPH, "extra": {"note": "word " * 200_000}})}


def needed(path: Path) -> tuple[Requirement, ...]:
    return read(path).requirements


@pytest.mark.parametrize("tags", [BOTH, LONG], ids=["short", "a megabyte"])
@pytest.mark.parametrize(
    ("write", "name"),
    [
        (png, "x.png"),
        (animated_png, "x.png"),
        (image, "x.webp"),
        (image, "x.avif"),
        (image, "x.tiff"),
        (video, "x.mp4"),
        (video, "x.mov"),
        (video, "x.webm"),
        (video, "x.mkv"),
        (sound, "x.flac"),
        (sound, "x.opus"),
        (sound, "x.ogg"),
        (sound, "x.mp3"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_graph_and_prompt_are_read_from_every_container(
    write: Callable[..., None], name: str, tags: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path / name, tags)
    assert needed(tmp_path / name) == NEEDED


def test_a_jpeg_carries_them_too(tmp_path: Path) -> None:
    image(tmp_path / "x.jpg")
    assert needed(tmp_path / "x.jpg") == NEEDED


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    png(tmp_path / "x.png")
    (tmp_path / "x.png").rename(tmp_path / "x.json")
    assert needed(tmp_path / "x.json") == NEEDED


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("unicode", [False, True])
def test_png_texts_may_be_packed_and_in_unicode(packed: bool, unicode: bool, tmp_path: Path) -> None:
    texts = {**BOTH, "workflow": json.dumps(GRAPH, ensure_ascii=not unicode)}
    png(tmp_path / "x.png", texts, packed=packed, unicode=unicode)
    assert needed(tmp_path / "x.png") == NEEDED


@pytest.mark.parametrize("name", ["x.mp4", "x.mov", "x.webm", "x.mkv", "x.avi"])
def test_a_comment_with_both_is_read_as_older_video_savers_write_it(name: str, tmp_path: Path) -> None:
    video(tmp_path / name, COMMENT)
    assert needed(tmp_path / name) == NEEDED


@pytest.mark.parametrize("flags", ["use_metadata_tags", "use_metadata_tags+frag_keyframe+empty_moov"])
def test_a_movie_is_read_wherever_its_description_stands(flags: str, tmp_path: Path) -> None:
    video(tmp_path / "x.mp4", movflags=flags)
    assert needed(tmp_path / "x.mp4") == NEEDED


def test_a_live_stream_of_unknown_length_is_read(tmp_path: Path) -> None:
    video(tmp_path / "x.webm", live="1")
    assert needed(tmp_path / "x.webm") == NEEDED


def test_an_iphone_style_sound_file_is_read(tmp_path: Path) -> None:
    sound(tmp_path / "x.m4a", COMMENT)
    assert needed(tmp_path / "x.m4a") == NEEDED


@pytest.mark.parametrize("version", ["3", "4"])
def test_both_versions_of_mp3_tags_are_read(version: str, tmp_path: Path) -> None:
    sound(tmp_path / "x.mp3", BOTH, id3v2_version=version)
    assert needed(tmp_path / "x.mp3") == NEEDED


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        (b"UNICODE\0", "utf-16-be"),
        (b"UNICODE\0", "utf-16-le"),
        (b"UNICODE\0", "utf-16"),
        (b"ASCII\0\0\0", "ascii"),
        (b"\0" * 8, "utf-8"),
        (b"", "utf-8"),
    ],
)
@pytest.mark.parametrize("name", ["x.jpg", "x.webp", "x.avif", "x.png"])
def test_a_user_comment_may_have_any_charset(
    charset: bytes, encoding: str, name: str, tmp_path: Path
) -> None:
    text = json.dumps({"prompt": PROMPT, "workflow": GRAPH}, ensure_ascii=encoding == "ascii")
    picture().save(tmp_path / name, exif=user_comment(text, charset, encoding))
    assert needed(tmp_path / name) == NEEDED


def exif(**texts: str) -> Image.Exif:
    block = Image.Exif()
    for name, text in texts.items():
        block[ExifTags.Base[name]] = text
    return block


GLUED = json.dumps({"seed_widgets": {"3": 0}}) + json.dumps(GRAPH) + json.dumps({"more": 1})


@pytest.mark.parametrize(
    "block",
    [
        exif(Make="Prompt: " + BOTH["prompt"], ImageDescription="Workflow: " + BOTH["workflow"]),
        exif(Make="Prompt:" + BOTH["prompt"], ImageDescription="Workflow:" + GLUED),
        exif(Model="prompt:" + BOTH["prompt"], Make="workflow:" + json.dumps({"workflow": GRAPH})),
        exif(ImageDescription=json.dumps({"prompt": PROMPT, "extra_pnginfo": {"workflow": GRAPH}})),
        exif(Artist=json.dumps(json.dumps({"prompt": BOTH["prompt"], "workflow": BOTH["workflow"]}))),
    ],
    ids=["capitals", "glued", "wrapped", "one tag", "quoted twice"],
)
@pytest.mark.parametrize("name", ["x.webp", "x.jpg"])
def test_the_tags_of_other_savers_are_read(block: Image.Exif, name: str, tmp_path: Path) -> None:
    picture().save(tmp_path / name, exif=block)
    assert needed(tmp_path / name) == NEEDED


XMP = """<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:c="https://comfy.org/" %s>%s
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def escaped(value: object) -> str:
    return json.dumps(value).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@pytest.mark.parametrize(
    "packet",
    [
        XMP % (f'c:workflow="{escaped(GRAPH)}" c:prompt="{escaped(PROMPT)}"', ""),
        XMP % ("", f"<c:workflow>{escaped(GRAPH)}</c:workflow><c:prompt>{escaped(PROMPT)}</c:prompt>"),
        XMP
        % (
            'xmlns:exif="http://ns.adobe.com/exif/1.0/"',
            "<exif:UserComment><rdf:Alt><rdf:li xml:lang='x-default'>"
            f"{escaped({'prompt': PROMPT, 'workflow': GRAPH})}</rdf:li></rdf:Alt></exif:UserComment>",
        ),
    ],
    ids=["attributes", "elements", "user comment"],
)
@pytest.mark.parametrize("name", ["x.jpg", "x.webp", "x.avif", "x.png"])
def test_xmp_is_read(packet: str, name: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {"xmp": packet.encode()}
    if name == "x.png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet)
        options = {"pnginfo": info}
    picture().save(tmp_path / name, **options)
    assert needed(tmp_path / name) == NEEDED


def test_a_gif_may_carry_a_comment(tmp_path: Path) -> None:
    comment = json.dumps({"prompt": PROMPT, "workflow": GRAPH}).encode()
    picture().save(
        tmp_path / "x.gif", save_all=True, append_images=[picture("red"), picture("green")], comment=comment
    )
    assert needed(tmp_path / "x.gif") == NEEDED
