"""Files of trusted owners on the Hub, found by name: the Hub's own search knows repositories, not files.

So all of an owner's repositories are listed with their files (``/api/models?author=…&full=true``, in pages), and
the list is kept for a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from threading import Lock
from urllib.parse import quote, urlencode

from ..errors import SourceUnavailable
from ..http import Http
from ..library.notes import Notes
from ..model_folders import current_folder
from ..types import Evidence, Listing, Requirement, has_model_suffix, is_generic
from .owner_index import OwnerIndex, by_name, from_note, paths_on

_LIFETIME = 24 * 3600.0
_MOST_PAGES = 20
_MOST_FILES = 200_000
_PAUSE = 60.0
"""Seconds without a question after the Hub could not answer one."""


class HubOwners:
    """The owners' file names, listed once for all needs and kept in the library's notes."""

    name = "huggingface"
    only_suggests = False

    def __init__(
        self,
        endpoint: str,
        owners: Collection[str],
        folders: Collection[str],
        notes: Notes,
        page_size: int = 500,
    ) -> None:
        """Prepare; ``folders`` are the names that tell a model folder when a repository has such a folder."""
        self._endpoint, self._owners, self._folders = endpoint, owners, folders
        self._notes, self._page_size = notes, page_size
        self._indexes: dict[str, OwnerIndex] = {}
        self._lock = Lock()
        self._down: tuple[float, SourceUnavailable] | None = None

    def listings(self, wanted: Requirement, http: Http) -> Iterator[Listing]:
        """Yield the owners' files of exactly that name, from old lists too where there are no new ones.

        Raises:
            SourceUnavailable: a list is missing or out of date; another file may have the name too.
        """
        name = wanted.name.rpartition("/")[2]
        if not has_model_suffix(name) or is_generic(name):
            return
        failure: SourceUnavailable | None = None
        for owner in self._owners:
            index, fault = self._index(owner, http)
            failure = failure or fault
            for path in index.files.get(name, ()) if index else ():
                yield self._listing(owner, path, is_complete=index is not None and index.is_complete)
        if failure:
            raise failure

    def _listing(self, owner: str, path: str, *, is_complete: bool) -> Listing:
        repo, file = "/".join(path.split("/")[:2]), path.split("/", 2)[2]
        parent = current_folder(file.rpartition("/")[0].rpartition("/")[2])
        return Listing(
            file,
            parent if parent in self._folders else None,
            f"{self._endpoint}/{repo}/resolve/main/{quote(file)}",
            f"{owner}'s repositories",
            Evidence.TRUSTED_NAME if is_complete else Evidence.SAME_NAME,
        )

    def _index(self, owner: str, http: Http) -> tuple[OwnerIndex | None, SourceUnavailable | None]:
        """Return what is known of an owner's files, and why it may not be all."""
        with self._lock:
            known = self._indexes.get(owner) or from_note(self._notes.read(_note(owner)), self._endpoint)
            if known:
                self._indexes[owner] = known
            if known and (http.offline or 0 <= http.clock.wall() - known.listed_at < _LIFETIME):
                return known, None
            try:
                fresh = self._list(owner, http)
            except SourceUnavailable as error:
                return known, error
            self._indexes[owner] = fresh
        self._notes.write(_note(owner), fresh.as_note())
        return fresh, None

    def _list(self, owner: str, http: Http) -> OwnerIndex:
        if http.offline:
            raise SourceUnavailable(f"offline: the files of {owner} have not been listed yet", kind="offline")
        if self._down and http.clock.now() < self._down[0]:
            raise self._down[1]
        question = {"author": owner, "full": "true", "limit": self._page_size}
        pages = http.get_pages(f"{self._endpoint}/api/models?{urlencode(question)}")
        try:
            paths, is_complete = self._read(owner, pages)
        except SourceUnavailable as error:
            self._down = (http.clock.now() + max(error.retry_after or 0.0, _PAUSE), error)
            raise
        return OwnerIndex(self._endpoint, http.clock.wall(), by_name(paths), is_complete)

    def _read(self, owner: str, pages: Iterable[object]) -> tuple[list[str], bool]:
        """Return the files on the pages, and whether these are all there are."""
        paths: list[str] = []
        for count, page in enumerate(pages):
            if not isinstance(page, list):
                raise SourceUnavailable(f"{self._endpoint} does not list the repositories of {owner}")
            if count == _MOST_PAGES or len(paths) > _MOST_FILES:
                return paths[:_MOST_FILES], False
            paths += paths_on(page, owner)
        return paths, True


def _note(owner: str) -> str:
    return f"hub-owner-{owner.lower()}.json"
