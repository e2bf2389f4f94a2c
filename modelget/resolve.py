"""Where can each model be had, and how sure are we: ask the library first, then every source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

from .archives import in_archive, split_member
from .by_name import NameList, find_by_name
from .errors import HostNotAllowed, SourceUnavailable, UnsafeFile
from .http import Http
from .library import Library
from .sources import CopyFinder, Source
from .types import (
    Candidate,
    Digest,
    Evidence,
    ModelFile,
    PartOfFolder,
    Requirement,
    Resolution,
    SourceFailure,
    has_model_suffix,
)
from .verify import COMPUTED_ALGORITHMS, check_contents, folder_complaint, unlike_locked

_WEAKER = {"md5": 0, "git-sha1": 1}
"""Digests that prove less than all others do, by how much they prove."""


def resolve(
    wanted: Requirement,
    library: Library,
    sources: Iterable[Source],
    http: Http,
    lists: Iterable[NameList] = (),
) -> Resolution:
    """Find out where one model is, or where it can be had; asks no source when its bytes are already here.

    ``lists`` are asked, in their order, only about a name that nothing else speaks for. A source that cannot
    answer becomes a SourceFailure beside what the others found.
    """
    if present := _here(wanted, library):
        return present
    if wanted.is_left_to_pack:
        return Resolution(wanted)
    if twin := _pinned_here(wanted, library):
        return _published_here(wanted, [twin], library) or Resolution(wanted, candidates=(twin,))
    looked_up = look_up(wanted, library, sources, http, lists)
    return _published_here(wanted, looked_up.candidates, library) or looked_up


def look_up(
    wanted: Requirement,
    library: Library,
    sources: Iterable[Source],
    http: Http,
    lists: Iterable[NameList] = (),
) -> Resolution:
    """Find out where one model can be had, and what its places say of it, wherever it is already."""
    sources = list(sources)
    found, failures = _ask(wanted, sources, http)
    weighed = [_with_twin(_weigh(candidate, wanted), library) for candidate in found]
    pinned = _pinned_by(wanted, weighed)
    if pinned.digest and pinned.urls and not any(map(_can_be_had, weighed)):
        # The declared place has these bytes no more; they may be elsewhere.
        more, more_failures = _ask(replace(pinned, urls=()), sources, http)
        weighed += _as_sure_as(weighed, wanted, [_weigh(candidate, pinned) for candidate in more])
        failures += more_failures
    if _is_only_a_name(wanted, weighed, failures):

        def ask(question: Requirement) -> tuple[list[Candidate], list[SourceFailure]]:
            answers, faults = _ask(question, sources, http)
            return [_weigh(candidate, question) for candidate in answers], faults

        named, name_failures = find_by_name(wanted, lists, ask, http)
        weighed += [_with_twin(candidate, library) for candidate in named]
        failures += name_failures
    advice, pinned = None, _pinned_by(wanted, weighed)
    is_here = any(candidate.local for candidate in weighed)
    if pinned.digest and pinned.digest.algorithm == "sha256" and not (is_here or http.offline):
        copies, more_failures, advice = _copies(pinned, weighed, failures, sources, http)
        weighed += _as_sure_as(weighed, wanted, copies)
        failures += more_failures
    weighed = [_with_twin(candidate, library) for candidate in weighed]
    best: dict[str, Candidate] = {}
    for candidate in sorted(weighed, key=_rank):
        best.setdefault(candidate.id, candidate)
    return Resolution(
        wanted, candidates=tuple(best.values()), failures=tuple(dict.fromkeys(failures)), advice=advice
    )


def _here(wanted: Requirement, library: Library) -> Resolution | None:
    """Look for a file of that name; of several that bear a stem, the recorded digest may tell the one."""
    if wanted.is_folder:
        folder = library.locate(wanted)
        if folder is None:
            return None
        complaint = folder_complaint(folder.path)
        unlike = unlike_locked(folder.path, wanted.files, library.digest_of)
        return Resolution(wanted, folder, complaint or unlike)
    found = library.find_all(wanted.folder, wanted.name)
    if not found:
        return None
    pinned = [file for file in found if _is_pinned(file, wanted, library)]
    if len(found) > 1 and not pinned:
        others = " and ".join(file.path.name for file in found[1:])
        complaint = f"so is {others}, and the name has no suffix that tells them apart"
        return Resolution(wanted, found[0], complaint)
    present = (pinned or found)[0]
    return Resolution(wanted, present, _complaint(present, wanted.digest, library, "the workflow pins"))


def _is_pinned(file: ModelFile, wanted: Requirement, library: Library) -> bool:
    recorded = library.digest_of(file.path) if wanted.digest else None
    return bool(recorded and wanted.digest and recorded.in_terms_of(wanted.digest) == wanted.digest)


def _published_here(
    wanted: Requirement, candidates: Iterable[Candidate], library: Library
) -> Resolution | None:
    """Find the model under the name that its publisher gave it, where any name will do."""
    best = next(iter(candidates), None)
    if not wanted.renamable or best is None or not best.evidence.is_sure:
        return None
    twin = library.find_digest(best.digest) if best.digest else None
    if twin and library.holds(wanted.folder, twin.path):
        return Resolution(wanted, twin)
    present = library.find(wanted.folder, best.name) if has_model_suffix(best.name) else None
    if present is None:
        return None
    if best.size not in (None, present.size):
        return Resolution(wanted, present, f"it has {present.size} bytes and {best.id} has {best.size}")
    return Resolution(wanted, present, _complaint(present, best.digest, library, f"{best.id} has"))


def published_digest(wanted: Requirement, sources: Iterable[Source], http: Http) -> Digest | None:
    """Return the digest that the declared place publishes for a model, wherever the file itself is."""
    found, _failures = _ask(wanted, list(sources), http)
    sure = sorted((candidate for candidate in found if candidate.evidence.is_sure), key=_rank)
    return next((candidate.digest for candidate in sure if candidate.digest), None)


def renewed(candidate: Candidate, sources: Iterable[Source], http: Http) -> Candidate | None:
    """Return the candidate with another link that its place gives for it now: some hold only for a while.

    Raises:
        SourceUnavailable: its place says why the file cannot be had now.
    """
    own_id = candidate.archive.id if candidate.archive else candidate.id
    wanted = Requirement(candidate.name, urls=(own_id,))
    asked = [source for source in sources if source.name == candidate.source]
    found = [one for source in asked for one in source.find(wanted, http) if one.barrier is None]
    ids = (own_id, candidate.id)
    fresh = next((one for one in found if one.id in ids and one.url != candidate.url), None)
    return replace(candidate, url=fresh.url, form=fresh.form) if fresh else None


def _ask(
    wanted: Requirement, sources: list[Source], http: Http
) -> tuple[list[Candidate], list[SourceFailure]]:
    found: list[Candidate] = []
    failures: list[SourceFailure] = []
    for source, (member, asked) in product(sources, _by_member(wanted)):
        try:
            places = _noting_refused_token(source.find(asked, http), source, http)
            found += filter(None, (in_archive(place, member, wanted.name) for place in places))
        except SourceUnavailable as error:
            failures.append(_failure(source.name, error))
        except HostNotAllowed as error:
            failures.append(SourceFailure(source.name, "unavailable", f"{error}. {error.hint}"))
    return found, failures


def _by_member(wanted: Requirement) -> list[tuple[str, Requirement]]:
    """Split the question by the file of an archive that a reference names; most name none."""
    split = [split_member(url) for url in wanted.urls]
    named = dict.fromkeys(member for _url, member in split) or {"": None}
    urls = {member: tuple(url for url, of in split if of == member) for member in named}
    return [(member, replace(wanted, urls=urls[member])) for member in named]


def _noting_refused_token(found: Iterable[Candidate], source: Source, http: Http) -> Iterator[Candidate]:
    """Say of what a place gave to everybody that it did not accept the token: private files stay hidden."""
    for candidate in found:
        if any(map(http.has_refused_token, source.endpoints)):
            note = f"{source.label} does not accept your token; it was asked without one. Renew or remove it."
            candidate = replace(candidate, notes=(*candidate.notes, note))
        yield candidate


def _pinned_by(wanted: Requirement, found: list[Candidate]) -> Requirement:
    """Return the requirement with the sha256 of its bytes, if the workflow or those who have them tell one."""
    if wanted.digest and wanted.digest.algorithm == "sha256":
        return wanted
    published = {one.digest for one in found if one.evidence.is_sure and one.digest}
    (only,) = published if len(published) == 1 else (None,)
    return replace(wanted, digest=only) if only and only.algorithm == "sha256" else wanted


def _as_sure_as(found: list[Candidate], wanted: Requirement, others: list[Candidate]) -> list[Candidate]:
    """Say of others who have the bytes of what was found that they are no surer than that."""
    if wanted.digest is not None:
        return others
    most = max((candidate.evidence for candidate in found), default=Evidence.SAME_DIGEST)
    return [replace(other, evidence=min(other.evidence, most)) for other in others]


def _copies(
    pinned: Requirement,
    found: list[Candidate],
    failures: list[SourceFailure],
    sources: list[Source],
    http: Http,
) -> tuple[list[Candidate], list[SourceFailure], str | None]:
    """Ask who else serves exactly these bytes: mirrors always, others only about what was removed."""
    copies: list[Candidate] = []
    more_failures: list[SourceFailure] = []
    advice = None
    if found and not has_model_suffix(pinned.name):
        pinned = replace(pinned, name=found[0].name)
    finders = [source for source in sources if isinstance(source, CopyFinder)]
    for finder in sorted(finders, key=lambda one: one.is_last_resort):
        if finder.is_last_resort and (failures or not _is_gone([*found, *copies])):
            break
        advice = advice or finder.advice
        try:
            for reference in finder.copies(pinned, http):
                known, failed = _ask(replace(pinned, urls=(reference,)), sources, http)
                weighed = (_weigh(candidate, pinned) for candidate in known)
                right = (one for one in weighed if one.digest == pinned.digest and one.evidence.is_sure)
                copies += [replace(one, is_copy=True, caution=finder.caution) for one in right]
                more_failures += failed
        except SourceUnavailable as error:
            more_failures.append(_failure(finder.name, error))
    return copies, more_failures, advice or _advice_on([*found, *copies])


def _advice_on(found: list[Candidate]) -> str | None:
    """Say where a copy is that could be had if the owner listed its host."""
    if any(map(_can_be_had, found)):
        return None
    barred = (one for one in found if one.is_copy and one.barrier and one.barrier.kind == "host")
    return next((f"A copy is at {one.id}. {one.barrier.hint}" for one in barred if one.barrier), None)


def _is_gone(found: list[Candidate]) -> bool:
    """Tell whether nobody has the file, or whoever had it removed it; a login or a price is another matter."""
    barriers = [candidate.barrier for candidate in found if candidate.evidence.is_sure]
    return all(barrier is not None and barrier.kind == "removed" for barrier in barriers)


def _failure(source: str, error: SourceUnavailable) -> SourceFailure:
    return SourceFailure(source, error.kind, str(error), error.retry_after)


def _weigh(candidate: Candidate, wanted: Requirement) -> Candidate:
    """Compare the published digest with the one the workflow pins, which the file must have in any case."""
    pinned, published = wanted.digest, candidate.digest
    if wanted.files and candidate.files:
        return _held_to_files(candidate, wanted.files)
    if pinned is None:
        return candidate
    if candidate.is_folder:  # no place publishes one digest for a folder
        return replace(candidate, evidence=min(candidate.evidence, Evidence.SAME_NAME))
    if _says_less(published, pinned) and pinned.algorithm in COMPUTED_ALGORITHMS:
        return replace(candidate, digest=pinned)  # the fetch will tell
    known = published.in_terms_of(pinned) if published else None
    if known == pinned:
        return replace(candidate, evidence=Evidence.SAME_DIGEST) if pinned.is_unique else candidate
    if known is None and (candidate.evidence is Evidence.SAME_DIGEST or not pinned.can_contradict):
        return candidate  # the source was asked for the pinned digest, or that digest says nothing against it
    return replace(candidate, evidence=min(candidate.evidence, Evidence.SAME_NAME))


def _held_to_files(candidate: Candidate, pinned: tuple[PartOfFolder, ...]) -> Candidate:
    """Take of a folder what its lock names, if all of it is there with the bytes that were locked."""
    wanted = {part.path: part.digest for part in pinned}
    files = tuple(part for part in candidate.files if part.path in wanted)
    if {part.path: part.digest for part in files} != wanted:
        note = "It is not what the lock pins: lock again to accept it."
        evidence = min(candidate.evidence, Evidence.SAME_NAME)
        return replace(candidate, evidence=evidence, notes=(*candidate.notes, note))
    size = sum(part.size for part in files)
    return replace(candidate, files=files, size=size, evidence=Evidence.SAME_DIGEST)


def _says_less(published: Digest | None, pinned: Digest) -> bool:
    """Tell whether the pinned digest is the one to check: the source has none, another kind, or its first digits."""
    if published is None:
        return True
    if published.is_prefix:
        first_digits = pinned.in_terms_of(published)
        return published.in_terms_of(pinned) is None and first_digits in (None, published)
    return _WEAKER.get(published.algorithm, 9) < _WEAKER.get(pinned.algorithm, 9)


def _pinned_here(wanted: Requirement, library: Library) -> Candidate | None:
    """Return a file of this library that has the digest the workflow pins, under whatever name."""
    twin = library.find_digest(wanted.digest) if wanted.digest else None
    if twin is None:
        return None
    origin = library.origin_of(twin.path) or f"file:{twin.path}"
    return Candidate(
        source="library",
        id=origin,
        url="",
        name=twin.path.name,
        evidence=Evidence.SAME_DIGEST,
        size=twin.size,
        digest=wanted.digest,
        local=twin.path,
    )


def _with_twin(candidate: Candidate, library: Library) -> Candidate:
    """Note where the same bytes already are; nobody needs a permission to link them."""
    if candidate.files:
        return replace(candidate, files=tuple(_part_with_twin(part, library) for part in candidate.files))
    twin = library.find_digest(candidate.digest) if candidate.digest else None
    return replace(candidate, local=twin.path, barrier=None) if twin else candidate


def _part_with_twin(part: PartOfFolder, library: Library) -> PartOfFolder:
    twin = library.find_digest(part.digest) if part.digest else None
    return replace(part, local=twin.path) if twin else part


def _can_be_had(candidate: Candidate) -> bool:
    return candidate.barrier is None and candidate.evidence.is_sure


def _is_only_a_name(
    wanted: Requirement, found: Iterable[Candidate], failures: Iterable[SourceFailure]
) -> bool:
    """Tell whether nothing but the name is left; a link that could not be asked may still be right.

    Lists and searches know files: the name of a folder would find others.
    """
    is_open = bool(wanted.urls) and any(failures)
    return not (
        wanted.is_folder
        or is_open
        or wanted.is_decided
        or any(candidate.evidence.is_sure for candidate in found)
    )


def _rank(candidate: Candidate) -> tuple[object, ...]:
    """Order by evidence alone; the rest only makes the order the same every time."""
    return (
        -candidate.evidence,
        candidate.local is None,
        candidate.barrier is not None,
        candidate.is_copy,
        candidate.digest is None,
        candidate.id,
    )


def _complaint(present: ModelFile, right: Digest | None, library: Library, says: str) -> str | None:
    try:
        check_contents(present.path, present.path.name)
    except UnsafeFile as error:
        return error.reason
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    recorded = library.digest_of(present.path)
    known = recorded.in_terms_of(right) if recorded and right else None
    if known and known != right:
        return f"its digest is {known}, {says} {right}"
    return None
