"""Papers, at the Hub, at arXiv and at Papers with Code: they lead to repositories that say they belong to one.

That is discovery: fine-tuned and converted models of third parties count themselves to a paper as well, so nothing
is ever fetched because of it. A person looks, and names a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from ..errors import HostNotAllowed, SourceUnavailable
from ..http import Http
from ..settings import Settings
from ..types import Barrier, Candidate, Evidence, Requirement
from .shared.fields import entries, text, whole
from .shared.look import leads_off, read_link

_MOST = 10
_HUB_PAGES = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_ARXIV = frozenset({"arxiv.org", "www.arxiv.org"})
_OLD_HOME = "https://paperswithcode.com"
_OLD_PAGES = frozenset({"paperswithcode.com", "www.paperswithcode.com"})
# https://info.arxiv.org/help/arxiv_identifier.html: before 2007 with the name of an archive, and always a version at the end.
_NUMBER = r"(?P<number>[0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[A-Z]{2})?/[0-9]{7})(?:v[0-9]{1,3})?"
_HUB_PATH = re.compile(rf"/papers/{_NUMBER}/?")
_ARXIV_PATH = re.compile(rf"/(?:abs|pdf|html)/{_NUMBER}(?:\.pdf)?/?")
_OLD_PATH = re.compile(r"/paper/(?P<slug>[A-Za-z0-9][A-Za-z0-9-]{0,300})/?")
_REPOSITORY = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")


class Papers:
    """The Hub's list of papers, which the links of Papers with Code lead to since that was closed in July 2025."""

    name = "papers"
    label = "Papers"
    hosts = _HUB_PAGES | _OLD_PAGES | _ARXIV

    def __init__(self, hub: str, old_home: str) -> None:
        self.endpoints = (old_home,)
        self._hub, self._old_home = hub, old_home

    def find(self, wanted: Requirement, http: Http) -> Iterator[Candidate]:
        """Return the repositories that belong to each declared paper, the most downloaded first."""
        for reference in wanted.urls:
            number, slug = parse_reference(reference)
            if (number or slug) and http.offline:
                raise SourceUnavailable(f"{reference}: only the Hub knows what belongs to a paper", "offline")
            if slug:
                page = f"{_OLD_HOME}/paper/{slug}"
                try:
                    number = self._follow(slug, http)
                except HostNotAllowed as error:
                    yield _barred(page, leads_off(page, error))
                    continue
                if not number:
                    yield _barred(page, _gone(page, slug))
            if number:
                yield from self._linked(number, http)

    def _follow(self, slug: str, http: Http) -> str:
        """Ask where a page of Papers with Code has gone; return the number of the paper, empty for none."""
        with http.open(f"{self._old_home}/paper/{quote(slug)}") as reply:
            if reply.status >= 400 and reply.status not in (404, 410):
                kind = "rate-limited" if reply.status == 429 else "unavailable"
                message = f"Papers with Code answers HTTP {reply.status}"
                raise SourceUnavailable(message, kind, status=reply.status)
            found = _HUB_PATH.search(reply.url) if reply.status == 200 else None
            return found["number"] if found else ""

    def _linked(self, number: str, http: Http) -> Iterator[Candidate]:
        page = f"https://huggingface.co/papers/{number}"
        paper = http.get_json(f"{self._hub}/api/papers/{number}")
        if paper is None:
            return
        if not isinstance(paper, dict):
            raise SourceUnavailable(f"{page}: the Hub gives no usable answer")
        models = [
            model for model in entries(paper, "linkedModels") if _REPOSITORY.fullmatch(text(model, "id"))
        ]
        ordered = sorted(models, key=lambda model: (-(whole(model, "downloads") or 0), text(model, "id")))
        repositories = list(dict.fromkeys(text(model, "id") for model in ordered))[:_MOST]
        for repository in repositories:
            place = f"{self._hub}/{repository}"
            yield Candidate(self.name, f"hf:{repository}", place, repository, Evidence.SIMILAR_NAME)
        if not repositories:
            yield _barred(page, _alone(page, text(paper, "githubRepo")))


def source(settings: Settings) -> Papers:
    """Make the source."""
    return Papers(settings.hub_endpoint, settings.endpoints.get("papers", _OLD_HOME))


def parse_reference(reference: str) -> tuple[str, str]:
    """Return the arXiv number that a link to a paper names, or its name at Papers with Code; both empty for others."""
    for hosts, form in ((_HUB_PAGES, _HUB_PATH), (_ARXIV, _ARXIV_PATH)):
        link = read_link(reference, hosts)
        found = form.fullmatch(unquote(link.path)) if link else None
        if found:
            return found["number"], ""
    link = read_link(reference, _OLD_PAGES)
    found = _OLD_PATH.fullmatch(link.path) if link else None
    return "", found["slug"] if found else ""


def _barred(page: str, barrier: Barrier) -> Candidate:
    return Candidate(Papers.name, page, page, page.rpartition("/")[2], Evidence.DECLARED_URL, barrier=barrier)


def _gone(page: str, slug: str) -> Barrier:
    message = f"Papers with Code was closed, and {page} leads to no paper any more"
    search = f"https://huggingface.co/papers?q={quote(slug.replace('-', ' '))}"
    return Barrier(
        "removed", message, f"Search for it at {search} and pass the link of the paper or of a file in it."
    )


def _alone(page: str, code: str) -> Barrier:
    where = (
        f"Its code is at {code}. " if code.startswith("https://github.com/") and code.isprintable() else ""
    )
    message = f"no model on the Hub says that it belongs to the paper {page}"
    return Barrier("by-hand", message, f"{where}Look for the file and pass its link: --choose NAME=LINK.")
