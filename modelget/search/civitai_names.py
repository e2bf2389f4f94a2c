"""Civitai's search, for names that nobody else knows: a suggestion to a person, whatever it finds.

The search is over the names of models, not of files; and Civitai gives many files the name
``<model>_<version>``, so both are compared, without what only separates words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from ..errors import HostNotAllowed, SourceUnavailable
from ..http import Http
from ..sources.fields import entries, text, whole
from ..types import Evidence, Listing, Requirement, is_generic, stem_of

_MOST_MODELS = 20
_MOST_SUGGESTIONS = 3
_FEWEST_LETTERS = 4
_WORD = re.compile(r"[^\W_]+")
_TECHNICAL = re.compile(
    r"(?:bf|fp|int|nf|nvfp|mxfp)[0-9]+|e[0-9]m[0-9](?:fn)?|q[0-9]|[kmsx]+|pruned|ema|emaonly|scaled|inpainting|safetensors"
)
_VERSION = re.compile(r"v?[0-9]+[a-z]?")


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
        letters = sum(map(str.isalpha, stem))
        if wanted.digest or is_generic(stem) or letters < _FEWEST_LETTERS or http.offline:
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
            except HostNotAllowed as error:
                failures.append(SourceUnavailable(f"Civitai sends its answer from somewhere else: {error}"))
        raise failures[0]


def _questions(stem: str) -> Iterable[str]:
    """Give the words to search for: without what only tells the format, then without the version."""
    words = [word for word in _WORD.findall(stem) if not _TECHNICAL.fullmatch(word.lower())]
    names = [word for word in words if not _VERSION.fullmatch(word.lower())]
    return filter(None, dict.fromkeys((" ".join(words), " ".join(names))))


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
    return "".join(_WORD.findall(name)).casefold()
