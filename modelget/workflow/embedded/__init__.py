"""Workflows inside media files: pictures, videos, sound and models that ComfyUI and its kin saved with what made them.

A file is recognised by its bytes, never by its name, and read in place: a video of many gigabytes costs a few reads.
One module knows one container and gives keys with texts; ``meaning`` tells what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from ...errors import InvalidWorkflow
from ..document import NotJson
from . import exif, exr, flac, gif, glb, id3, isobmff, jpeg, matroska, ogg, png, riff, safetensors, xml_text
from .meaning import Collector, Embedded
from .span import Ended, Span, Tag, TooMuch

__all__ = ["HEAD_SIZE", "Embedded", "Medium", "extract", "recognise"]

_CONTAINERS = (png, jpeg, riff, isobmff, matroska, gif, flac, ogg, id3, exr, exif, glb, safetensors, xml_text)

HEAD_SIZE = 1024
"""As many first bytes tell what a file is: SVG may start with comments."""

_HINT = (
    "Sites and editors that re-encode a file drop its workflow: ask for the original file or the workflow's .json "
    "(beside a video, look for a .png of the same name)."
)


class Medium(NamedTuple):
    """A kind of file that can carry a workflow."""

    label: str
    """For people: ``PNG image``."""
    tags: Callable[[Span], Iterator[Tag]]


def recognise(head: bytes) -> Medium | None:
    """Tell what a file is from its first bytes; None when it is no kind that can carry a workflow."""
    for container in _CONTAINERS:
        label = container.kind(head)
        if label is not None:
            return Medium(label, container.tags)
    return None


def extract(stream: BinaryIO, medium: Medium, name: str) -> Embedded:
    """Read what a seekable media file carries: at least one of the parts is there.

    Raises:
        InvalidWorkflow: it carries nothing, or something damaged, or too much to look at.
    """
    collector = Collector()
    reason = None
    try:
        for tag in medium.tags(Span.over(stream)):
            collector.add(tag)
    except Ended:
        pass
    except TooMuch as error:
        reason = f"it {error}"
    except NotJson as error:
        reason = f"its header {error}"
    if collector.found != Embedded():
        return collector.found
    reason = collector.damage or reason
    if reason:
        raise InvalidWorkflow(name, f"no workflow could be read from this {medium.label}: {reason}", _HINT)
    what = f"holds no workflow: this {medium.label} was saved without metadata, or a site removed it"
    raise InvalidWorkflow(name, what, _HINT)
