"""The line of settings in an infotext (``Steps: 20, Sampler: Euler a, …``) → its fields, in one pass."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

_START = re.compile(r"(?:^|\n|[.,] )[ \t]{0,8}(?=Steps: ?[0-9])")
_KEY = re.compile(r"\s{0,20}([^\s,:\"{}\[\]][^,:\"{}\[\]]{0,80}):\s{0,20}")
_MAX_LINES = 100
_MAX_LINE = 2**18
_MAX_FIELDS = 2_000
_MAX_JSON = 200
"""Values tried as JSON in one text: each failure may have read to the end."""

_NO_JSON: object = object()
_decoder = json.JSONDecoder()


def settings_lines(text: str) -> list[str]:
    """Find the lines of settings: each starts with the number of steps and has at least three fields."""
    lines: list[str] = []
    end = -1
    for found in _START.finditer(text):
        if found.end() > end and len(lines) < _MAX_LINES:
            line_end = text.find("\n", found.end())
            end = len(text) if line_end < 0 else line_end
            line = text[found.end() : min(end, found.end() + _MAX_LINE)]
            lines += [line] if len(list(islice(fields_of(line), 3))) == 3 else []
    return lines


def fields_of(line: str) -> Iterator[tuple[str, object]]:
    """Give key, in lower case, and value of each field; a quoted value, a list or an object comes decoded.

    WebUIs quote a value that holds a comma, a colon or a line break as JSON; Civitai and its extension write
    lists and objects bare. Both end where the JSON ends, every other value at the next comma.
    """
    at, tried = 0, 0
    for _ in range(_MAX_FIELDS):
        found = _KEY.match(line, at)
        if found is None:
            comma = line.find(",", at)
            if comma < 0:
                return
            at = comma + 1
            continue
        value, end = _NO_JSON, found.end()
        if line[end : end + 1] in ('"', "[", "{") and tried < _MAX_JSON:
            tried += 1
            value, end = _decoded(line, end)
        comma = line.find(",", end)
        comma = comma if comma >= 0 else len(line)
        yield found[1].strip().lower(), line[end:comma].strip() if value is _NO_JSON else value
        at = comma + 1


def _decoded(line: str, start: int) -> tuple[object, int]:
    try:
        return _decoder.raw_decode(line, start)
    except (ValueError, RecursionError):
        return _NO_JSON, start
