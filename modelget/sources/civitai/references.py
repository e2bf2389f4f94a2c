"""What names a file on Civitai: pages, API links, downloads, ids and AIRs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from ...errors import InvalidSetting
from ...hosts import host_of

PAGES = frozenset(f"{www}civitai.{top}" for www in ("", "www.") for top in ("com", "red", "green"))
_NUMBER = "[0-9]{1,18}"
# Full AIR grammar: urn:air:{ecosystem}:{type}:{source}:{id}@{version}+{file}.{format}; only ours is read.
_AIR = re.compile(
    rf"(?:urn:)?(?:air:)?(?:[\w/-]+:){{0,2}}civitai:(?P<model>{_NUMBER})@(?P<version>{_NUMBER})"
    rf"(?:\+(?P<file>{_NUMBER}))?(?:\.\w+)?",
    re.IGNORECASE,
)
_ID = re.compile(rf"civitai:(?P<version>{_NUMBER})(?:\+(?P<file>{_NUMBER}))?", re.IGNORECASE)
_PATH = re.compile(
    rf"(?:/api/v1)?/models/(?P<model>{_NUMBER})(?:/[^/]*)?/?"
    rf"|(?:/api/v1)?/model-versions/(?:mini/)?(?P<version>{_NUMBER})/?"
    rf"|/api/download/models/(?P<download>{_NUMBER})/?"
)


@dataclass(frozen=True, slots=True)
class CivitaiReference:
    """What a link or an id names: a version, or a model whose newest version is meant; perhaps one file."""

    model: int | None = None
    version: int | None = None
    file: int | None = None

    @property
    def id(self) -> str:
        """What ``modelget get`` takes; only a version has one."""
        return f"civitai:{self.version}" + (f"+{self.file}" if self.file else "")

    def download(self, endpoint: str) -> str:
        """Return where the bytes are: by file number, because a description may fit several files or none."""
        url = f"{endpoint}/api/download/models/{self.version}"
        return f"{url}?fileId={self.file}" if self.file else url


def parse_reference(text: str, pages: frozenset[str] = PAGES) -> CivitaiReference | None:
    """Read a Civitai link, a ``civitai:VERSION[+FILE]`` id or an AIR; None when it is none of them.

    A link's ``token=`` is not read, and its signed links to storage are no references: they do not last.
    """
    if found := _AIR.fullmatch(text) or _ID.fullmatch(text):
        groups = found.groupdict()
        return CivitaiReference(
            *(int(groups[key]) if groups.get(key) else None for key in ("model", "version", "file"))
        )
    host = site_of(text)
    found = _PATH.fullmatch(urlsplit(text).path) if host in pages else None
    if not found:
        return None
    query = parse_qs(urlsplit(text).query)
    version = (
        found["version"] or found["download"] or _number(query, "modelVersionId") or _number(query, "version")
    )
    file = _number(query, "fileId") or _number(query, "modelFileId")
    return CivitaiReference(
        int(found["model"]) if found["model"] else None,
        int(version) if version else None,
        int(file) if file else None,
    )


def site_of(reference: str) -> str:
    """Return the host that a link names; empty for an id, or anything else that is no link."""
    try:
        return host_of(reference)
    except InvalidSetting:
        return ""


def _number(query: dict[str, list[str]], key: str) -> str | None:
    value = query.get(key, [""])[0]
    return value if re.fullmatch(_NUMBER, value) else None
