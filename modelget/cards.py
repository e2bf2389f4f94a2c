"""What is known about one model, for a person to read: whose it is, what one may do with it, which words it knows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import UnsafeFile
from .pipeline import Workshop
from .resolve import look_up
from .trained_words import trained_words
from .types import UNSTATED, Candidate, ModelFile, Requirement, Terms, label_of
from .verify import read_tensor_header

_COMMERCIAL = {True: "allowed", False: "not allowed", None: "not clearly allowed"}
_LONGEST_NAME = 200
"""Characters of the base model that a file names."""


@dataclass(frozen=True, slots=True)
class Card:
    """The text, and the words that the model was trained on."""

    text: str
    trained_words: tuple[str, ...] = ()


def card_for(wanted: Requirement, shop: Workshop) -> Card:
    """Put together what the file here says, what was recorded about it, and what its place says now."""
    present = shop.library.find(wanted.folder, wanted.name) if wanted.name else None
    best = _at_its_place(wanted, present, shop)
    metadata = _metadata(present.path) if present else {}
    words = (best.trained_words if best else ()) or _words_in(metadata)
    name = present.path.name if present else wanted.name or (best.name if best else "?")
    lines = [label_of(wanted.folder, name)]
    lines += _facts(present, best, shop)
    lines += terms_in_full(best.terms if best else UNSTATED)
    if base := _base_model(metadata):
        lines.append(f"base model: {base}")
    if words:
        lines.append("trained words: " + ", ".join(words))
    return Card("\n".join(map(_one_line, lines)), words)


def terms_in_full(terms: Terms) -> Iterator[str]:
    """Yield everything that is known about the terms, a line each."""
    yield f"licence: {terms.licence or 'not stated'}" + (f" ({terms.link})" if terms.link else "")
    why = f": {terms.reason}" if terms.reason else ""
    yield f"commercial use: {_COMMERCIAL[terms.commercial_use]}{why}"
    if terms.restrictions:
        yield "restrictions: " + ", ".join(restriction.value for restriction in terms.restrictions)
    if terms.audience:
        yield f"rated: {terms.audience}"


def _at_its_place(wanted: Requirement, present: ModelFile | None, shop: Workshop) -> Candidate | None:
    """Ask the place that it came from, or that is said, or that knows its digest."""
    origin = shop.library.origin_of(present.path) if present else None
    digest = wanted.digest or (shop.library.digest_of(present.path) if present else None)
    urls = wanted.urls or ((origin,) if origin else ())
    if not urls and digest is None:
        return None
    found = look_up(replace(wanted, urls=urls, digest=digest), shop.library, shop.sources, shop.http)
    return next((one for one in found.candidates if one.evidence.is_sure), None)


def _facts(present: ModelFile | None, best: Candidate | None, shop: Workshop) -> Iterator[str]:
    if present:
        digest = shop.library.digest_of(present.path)
        yield f"here: {present.size:,} bytes, " + (str(digest) if digest else "digest not recorded")
    else:
        yield "not here"
    if best:
        size = f", {best.size:,} bytes" if best.size is not None else ""
        yield f"source: {best.id}{size}" + (f", {best.digest}" if best.digest else "")
        if best.barrier:
            yield f"{best.barrier.message}. {best.barrier.hint}"
    else:
        yield "source: not known"


def _metadata(path: Path) -> Mapping[str, str]:
    """Return what the publisher wrote into the file's own header; nothing for other formats."""
    try:
        with path.open("rb") as file:
            return read_tensor_header(file, path.name, path.stat().st_size).metadata
    except (OSError, UnsafeFile):
        return {}


def _words_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Read the trigger phrase, else the most frequent tags of the training, as kohya's scripts write them."""
    if words := trained_words([metadata.get("modelspec.trigger_phrase", "")]):
        return words
    try:
        folders = json.loads(metadata.get("ss_tag_frequency", "{}"))
        counts: Counter[str] = Counter()
        for tags in folders.values():
            counts.update({tag: int(count) for tag, count in tags.items()})
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return ()
    return trained_words(sorted(counts, key=lambda tag: (-counts[tag], tag)))


def _base_model(metadata: Mapping[str, str]) -> str:
    keys = ("modelspec.architecture", "ss_base_model_version", "ss_sd_model_name")
    return next((metadata[key] for key in keys if metadata.get(key)), "")[:_LONGEST_NAME]


def _one_line(text: str) -> str:
    """Keep what a publisher or a file says from looking like lines of the card's own."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
