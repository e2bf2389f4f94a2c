"""Where values stand in a JSON text, so that one of them can be changed and every other byte left alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A value and where its text begins and ends; ``depth`` is how many levels it is indented."""

    value: object
    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of text in place of another."""

    start: int
    end: int
    text: str


class JsonText:
    """A valid JSON text and the style in which it is written."""

    def __init__(self, text: str) -> None:
        self.text = text
        lines = re.match(r"[ \t\r\n]*[{\[](\r?\n)([ \t]+)", text)
        self._newline, self._unit = (lines[1], lines[2]) if lines else ("", "")
        self._colon = ": " if re.search(r'":[ ]', text[:2000]) else ":"
        self._comma = ", " if re.search(r'[\]}"0-9el], ["{\[0-9]', text[:2000]) else ","

    def root(self) -> Span:
        """Return the whole value."""
        start = _SPACE.match(self.text, 0).end()  # type: ignore[union-attr]
        value, end = _DECODER.raw_decode(self.text, start)
        return Span(value, start, end, 0)

    def members(self, span: Span) -> dict[str, Span]:
        """Return the members of an object by their names; of two that have the same name the last, as readers do."""
        if not isinstance(span.value, dict):
            return {}
        return dict(self._members(span))

    def elements(self, span: Span) -> Iterator[Span]:
        """Yield the elements of an array."""
        if not isinstance(span.value, list):
            return
        at = self._skip(span.start + 1)
        while self.text[at] != "]":
            value, end = _DECODER.raw_decode(self.text, at)
            yield Span(value, at, end, span.depth + 1)
            at = self._after(end)

    def replaced(self, span: Span, value: object) -> Edit:
        """Write a value in the place of another, in the style of the text."""
        return Edit(span.start, span.end, self._written(value, span.depth))

    def added(self, span: Span, name: str, value: object) -> Edit:
        """Write one more member at the end of an object."""
        depth = span.depth + 1
        member = f"{json.dumps(name)}{self._colon}{self._written(value, depth)}"
        last = max((member.end for member in self.members(span).values()), default=None)
        if last is not None:
            gap = self._break(depth) if self._unit else self._comma[1:]
            return Edit(last, last, f",{gap}{member}")
        return Edit(span.start, span.end, f"{{{self._break(depth)}{member}{self._break(span.depth)}}}")

    def with_edits(self, edits: Iterable[Edit]) -> str:
        """Return the text with these changes, which must not overlap."""
        parts, at = [], 0
        for edit in sorted(edits, key=lambda edit: edit.start):
            parts += [self.text[at : edit.start], edit.text]
            at = edit.end
        return "".join([*parts, self.text[at:]])

    def _members(self, span: Span) -> Iterator[tuple[str, Span]]:
        at = self._skip(span.start + 1)
        while self.text[at] != "}":
            name, at = _DECODER.raw_decode(self.text, at)
            at = self._skip(self._skip(at) + 1)  # over the colon
            value, end = _DECODER.raw_decode(self.text, at)
            yield name, Span(value, at, end, span.depth + 1)
            at = self._after(end)

    def _after(self, end: int) -> int:
        """Return where the next value begins, or the bracket that closes."""
        at = self._skip(end)
        return self._skip(at + 1) if self.text[at] == "," else at

    def _skip(self, at: int) -> int:
        return _SPACE.match(self.text, at).end()  # type: ignore[union-attr]

    def _break(self, depth: int) -> str:
        return self._newline + self._unit * depth

    def _written(self, value: object, depth: int) -> str:
        ascii_only = self.text.isascii()
        separators = (",", ": ") if self._unit else (self._comma, self._colon)
        text = json.dumps(value, indent=self._unit or None, separators=separators, ensure_ascii=ascii_only)
        return text.replace("\n", self._break(depth))
