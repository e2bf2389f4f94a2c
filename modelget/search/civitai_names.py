"""Civitai's search, for names that nobody else knows: a suggestion to a person, whatever it finds.

The search is over the names of models, not of files; and Civitai gives many files the name
``<model>_<version>``, so both are compared, without what only separates words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from ..errors import SourceUnavailable
from ..http import Http
from ..sources.shared.fields import entries, text, whole
from ..types import Evidence, Listing, Requirement, is_generic, stem_of

_MOST_MODELS = 20
_MOST_SUGGESTIONS = 3
_DIGITS = re.compile(r"[0-9a-fA-F]{8,64}")
"""What stands in a name's place where a text gives no name: a digest."""
_LETTERS = re.compile(r"[^\W_]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
"""``juggernautXL`` is what becomes of "Juggernaut XL" in a file's name."""

_TECHNICAL = frozenset({"fp", "bf", "pruned", "ema", "emaonly", "scaled"})


class CivitaiNames:
    """The search of civitai.com, and of civitai.red where that gives no answer."""

    name = "civitai"
    only_suggests = True

    def __init__(self, endpoints: tuple[str, ...]) -> None:
        self._endpoints = endpoints

    def listings(self, wanted: Requirement, http: Http) -> Iterator[Listing]:
        """Yield a few files whose name is the wanted one but for case and separators, exact ones first.

        With a digest there is nothing to search: Civitai was asked for it, and other bytes would not do.

        Raises:
            SourceUnavailable: no endpoint answered.
        """
        stem = stem_of(wanted.name.rpartition("/")[2])
        says_little = is_generic(stem) or _DIGITS.fullmatch(stem) or not _words(stem)
        if wanted.digest or says_little or http.offline:
            return
        for words in _questions(stem):
            models = self._search(words, http)
            if found := list(_matches(models, _plain(stem))):
                found.sort(key=lambda listing: listing.name != wanted.name.rpartition("/")[2])
                yield from found[:_MOST_SUGGESTIONS]
                return

    def _search(self, words: str, http: Http) -> list[dict[str, Any]]:
        question = urlencode({"query": words, "limit": _MOST_MODELS, "nsfw": "true"})
        failures: list[SourceUnavailable] = []
        for endpoint in self._endpoints:
            try:
                return entries(http.get_json(f"{endpoint}/api/v1/models?{question}"), "items")
            except SourceUnavailable as error:
                failures.append(error)
        raise failures[0]


def _questions(stem: str) -> Iterable[str]:
    """Give the words to search for: those before the last ``_``, behind which the version stands, then all."""
    model, _underscore, version = stem.rpartition("_")
    return filter(None, dict.fromkeys(map(_words, (model or version, stem))))


def _words(text: str) -> str:
    """Separate words, and leave out numbers, single letters and what only tells the format."""
    return " ".join(w for w in _WORD.findall(text) if len(w.encode()) > 1 and w.lower() not in _TECHNICAL)


def _matches(models: Iterable[dict[str, Any]], wanted: str) -> Iterator[Listing]:
    for model in models:
        for version in entries(model, "modelVersions"):
            renamed = _plain(text(model, "name") + text(version, "name"))
            for file in entries(version, "files"):
                name, number, file_number = text(file, "name"), whole(version, "id"), whole(file, "id")
                is_primary = file.get("primary") is True
                if number is None or file_number is None:
                    continue
                if _plain(stem_of(name)) == wanted or (is_primary and renamed == wanted):
                    url = f"civitai:{number}+{file_number}"
                    yield Listing(name, None, url, "a search at Civitai", Evidence.SAME_NAME)


def _plain(name: str) -> str:
    return "".join(_LETTERS.findall(name)).casefold()
