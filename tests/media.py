"""Media files as the real writers make them: Pillow and PyAV, the libraries that ComfyUI itself writes with."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import av
from PIL import ExifTags, Image, PngImagePlugin

GRAPH: dict[str, Any] = {
    "nodes": [
        {"id": 57, "type": "sub", "mode": 0, "inputs": [], "widgets_values": []},
        {"id": 8, "type": "VAELoader", "mode": 4, "inputs": [], "widgets_values": ["muted.safetensors"]},
    ],
    "definitions": {
        "subgraphs": [
            {
                "id": "sub",
                "inputs": [],
                "links": [],
                "nodes": [
                    {
                        "id": 30,
                        "type": "UNETLoader",
                        "inputs": [],
                        "widgets_values": ["unet.safetensors", "default"],
                        "properties": {
                            "models": [
                                {
                                    "name": "unet.safetensors",
                                    "url": "https://huggingface.co/o/r/resolve/main/unet.safetensors",
                                    "directory": "diffusion_models",
                                }
                            ]
                        },
                    }
                ],
            }
        ]
    },
    "extra": {"note": "größer \N{CAT FACE}"},
}
"""A UI graph with a subgraph, as the page saves it; one of its loaders is bypassed."""

PROMPT: dict[str, Any] = {
    "57:30": {"class_type": "UNETLoader", "inputs": {"unet_name": "unet.safetensors"}},
    "9": {
        "class_type": "LoraLoaderModelOnly",
        "inputs": {"lora_name": "ran.safetensors", "strength_model": float("nan"), "model": ["57:30", 0]},
    },
}
"""What ran: the same, and a LoRA that the graph does not name."""

BOTH = {"prompt": json.dumps(PROMPT), "workflow": json.dumps(GRAPH)}
"""As ComfyUI writes them under two keys."""

COMMENT = {"comment": json.dumps({"prompt": json.dumps(PROMPT), "workflow": GRAPH})}
"""As VideoHelperSuite wrote them until 2026."""

Write = Callable[[Path, Mapping[str, str]], None]


def png(path: Path, texts: Mapping[str, str] = BOTH, *, packed: bool = False, unicode: bool = False) -> None:
    """Write ``tEXt``, ``zTXt`` (packed), or ``iTXt`` (unicode) chunks."""
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        if unicode:
            info.add_itxt(key, text, zip=packed)
        else:
            info.add_text(key, text, zip=packed)
    picture().save(path, "PNG", pnginfo=info)


def animated_png(path: Path, texts: Mapping[str, str] = BOTH) -> None:
    """Write ``comf`` chunks behind the pixels, as ComfyUI's SaveAnimatedPNG does."""
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        info.add(b"comf", key.encode() + b"\0" + text.encode("latin-1"), after_idat=True)
    picture().save(path, "PNG", pnginfo=info, save_all=True, append_images=[picture("red")])


def image(path: Path, texts: Mapping[str, str] = BOTH) -> None:
    """Write a WebP, JPEG, AVIF or TIFF with EXIF tags as ComfyUI's SaveAnimatedWEBP does: Model, Make, and below."""
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = f"prompt:{texts['prompt']}"
    for tag, key in zip(
        range(ExifTags.Base.Make, 0, -1), [key for key in texts if key != "prompt"], strict=False
    ):
        exif[tag] = f"{key}:{texts[key]}"
    picture().save(path, exif=exif)


def user_comment(text: str, charset: bytes = b"UNICODE\0", encoding: str = "utf-16-be") -> Image.Exif:
    """Return EXIF with nothing but a comment."""
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = (
        "ComfyUI"  # without a tag beside it, Pillow leaves the comment out of PNG and AVIF
    )
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = charset + text.encode(encoding)
    return exif


def video(path: Path, tags: Mapping[str, str] = BOTH, codec: str = "mpeg4", **options: str) -> None:
    """Write a short video; MP4 and MOV keep keys of any name, as ComfyUI's SaveVideo asks FFmpeg to."""
    if path.suffix in (".mp4", ".mov") and "comment" not in tags:
        options.setdefault("movflags", "use_metadata_tags+faststart")
    with av.open(str(path), "w", options=options) as container:
        container.metadata.update(tags)
        stream = container.add_stream("libvpx" if path.suffix == ".webm" else codec, rate=8)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(2):
            container.mux(stream.encode(_blank(av.VideoFrame(32, 32, "yuv420p"))))
        container.mux(stream.encode(None))


_SOUND_CODECS = {".flac": "flac", ".mp3": "libmp3lame", ".opus": "libopus", ".ogg": "libopus", ".m4a": "aac"}


def sound(path: Path, tags: Mapping[str, str] = BOTH, **options: str) -> None:
    """Write a moment of silence as ComfyUI's SaveAudio nodes do."""
    with av.open(str(path), "w", options=options) as container:
        container.metadata.update(tags)
        stream = container.add_stream(_SOUND_CODECS[path.suffix], rate=48_000, layout="mono")
        kind = "fltp" if path.suffix == ".m4a" else "s16"
        frame = _blank(av.AudioFrame(format=kind, layout="mono", samples=960))
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def picture(colour: str = "blue") -> Image.Image:
    """Return a small picture."""
    return Image.new("RGB", (16, 16), colour)


def made(write: Callable[..., None], name: str, folder: Path, *arguments: Any, **options: Any) -> bytes:
    """Return what a writer writes."""
    path = folder / name
    write(path, *arguments, **options)
    return path.read_bytes()


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return what Pillow writes."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _blank(frame: Any) -> Any:
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame
