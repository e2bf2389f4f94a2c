"""XML that carries texts: XMP packets in images, and SVG, where ComfyUI writes ``<metadata>`` with JSON in CDATA."""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from .span import Budget, Span, Tag

_PIECE = 64 * 1024
_STARTS = (b"<svg", b"<?xml", b"<!--", b"<!doctype svg")


def kind(head: bytes) -> str | None:
    """Recognise the beginning of an SVG image, and not of a page that shows one."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_picture = start.startswith(_STARTS) and b"<svg" in start and b"<html" not in start
    return "SVG image" if is_picture else None


def tags(data: Span) -> Iterator[Tag]:
    """Give the text of every element and attribute, as far as the XML is well-formed; entities are not expanded."""
    reader = _Reader(data.budget)
    at = 0
    while piece := data.peek(at, min(_PIECE, max(0, data.size - at))):
        at += len(piece)
        try:
            reader.parser.Parse(piece, at >= data.size)
        except (expat.ExpatError, _Entity):
            yield from reader.taken()
            return
        yield from reader.taken()


class _Entity(Exception):
    """The document defines an entity: an XMP packet or a picture needs none, a bomb does."""


class _Reader:
    def __init__(self, budget: Budget) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._refuse
        self._budget = budget
        self._open: list[tuple[str, list[str]]] = []
        self._found: list[Tag] = []

    def taken(self) -> list[Tag]:
        """Hand over what was found since the last time."""
        found, self._found = self._found, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._budget.spend(0, steps=1 + len(attributes))
        self._open.append((_local(name), []))
        self._found += [Tag(_local(key), value) for key, value in attributes.items()]

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1][1].append(text)

    def _end(self, _name: str) -> None:
        name, texts = self._open.pop()
        self._found.append(Tag(name, "".join(texts)))

    def _refuse(self, *_declaration: object) -> None:
        raise _Entity


def _local(name: str) -> str:
    return name.rpartition(":")[2]
