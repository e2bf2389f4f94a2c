"""The words that a model was trained on, as publishers and training scripts state them: hostile text for a prompt."""

from __future__ import annotations

from collections.abc import Iterable

_MOST_WORDS = 40
_LONGEST_WORD = 200
"""Characters; some publishers write a whole prompt."""


def trained_words(stated: object) -> tuple[str, ...]:
    """Return the words in a list of texts, each once, on one line and without control characters.

    Anything that is no list of texts has no words. What is too long is left out rather than cut: half a
    phrase means something else.
    """
    texts = stated if isinstance(stated, (list, tuple)) else ()
    words = (part for text in texts if isinstance(text, str) for part in text.split(","))
    return tuple(dict.fromkeys(_plain(words)))[:_MOST_WORDS]


def _plain(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        plain = " ".join(word.split())
        if plain and plain.isprintable() and len(plain) <= _LONGEST_WORD:
            yield plain
