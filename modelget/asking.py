"""Ask about all models that workflows need: each distinct question once, several at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from .dropped import Drops, is_by_hand, recognise
from .resolve import look_up, resolve
from .types import Requirement, Resolution
from .workshop import Workshop

_QUESTIONS_AT_ONCE = 8


class Answers:
    """What was found for each question."""

    def __init__(self, found: Mapping[Requirement, Resolution]) -> None:
        self._found = found

    def to(self, needs: Iterable[Requirement]) -> list[Resolution]:
        """Return what was found for these models, in their order."""
        return [replace(self._found[_question(need)], requirement=need) for need in needs]


def resolve_all(needs: Iterable[Requirement], shop: Workshop, drops: Drops) -> Answers:
    """Resolve models, and recognise what a person put there by hand."""
    questions = list(dict.fromkeys(map(_question, needs)))
    with shop.library.records_open(), _workers(shop) as pool:
        found = list(pool.map(lambda need: _resolved(need, shop), questions))
    return Answers(
        {
            question: recognise(one, shop.library, drops) if is_by_hand(one, shop.sources, shop.http) else one
            for question, one in zip(questions, found, strict=True)
        }
    )


def know_all(needs: Sequence[Requirement], shop: Workshop) -> list[Resolution]:
    """Find out where each model is and what its places say of it, wherever it is."""
    with _workers(shop) as pool:
        return list(pool.map(lambda need: _known_of(need, shop), needs))


def _resolved(need: Requirement, shop: Workshop) -> Resolution:
    """Resolve; where licences matter, ask about a file that is here as well."""
    found = resolve(need, shop.library, shop.sources, shop.http, shop.lists)
    if found.present is None or shop.settings.licence_policy == "any":
        return found
    return _with_places(found, shop)


def _known_of(need: Requirement, shop: Workshop) -> Resolution:
    """Find out where a model is and what its places say of it, wherever it is."""
    found = resolve(need, shop.library, shop.sources, shop.http, shop.lists)
    is_known = found.present is None and all(one.source != "library" for one in found.candidates)
    return found if is_known else _with_places(found, shop)


def _with_places(found: Resolution, shop: Workshop) -> Resolution:
    """Ask about a file that is here as well; if the workflow names no place, the one where it was fetched."""
    need = found.requirement
    here = found.present.path if found.present else next((one.local for one in found.candidates), None)
    origin = shop.library.origin_of(here) if here else None
    if origin and not need.urls and not origin.startswith("file:"):
        need = replace(need, urls=(origin,))
    known = look_up(need, shop.library, shop.sources, shop.http)
    sure = tuple(candidate for candidate in known.candidates if candidate.evidence.is_sure)
    return replace(found, candidates=sure or found.candidates, failures=known.failures)


@contextmanager
def _workers(shop: Workshop) -> Iterator[ThreadPoolExecutor]:
    """Run a few things at once; when a person interrupts, drop what has not begun and end what has."""
    pool = ThreadPoolExecutor(1 if shop.http.offline else _QUESTIONS_AT_ONCE, "modelget ask")
    try:
        yield pool
    except BaseException:
        shop.stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _question(need: Requirement) -> Requirement:
    """Leave out what only the workflow cares about, so that two workflows can ask the same."""
    return replace(need, wanted_by=(), how=need.how if need.is_left_to_pack else "", active=True)
