"""Papers: the Hub's API about them, and what is left of Papers with Code, which is redirects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .messages import Answer, Request, html_answer, json_answer

_API = re.compile(r"/api/papers/(?P<number>[^/]+(?:/[0-9]{7})?)")
_PAGE = re.compile(r"/papers/[^/]+")
_OLD = re.compile(r"/paper/(?P<slug>[^/]+)")


@dataclass(frozen=True, slots=True)
class PaperRules:
    """What there is."""

    linked: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By arXiv number, the repositories that belong to a paper, each with its downloads; no other paper exists."""
    code: Mapping[str, str] = field(default_factory=dict)
    """The repository of the code by number."""
    slugs: Mapping[str, str] = field(default_factory=dict)
    """Numbers by the name at Papers with Code; all others are redirected to the papers of the day."""


class Papers:
    """Answers about papers."""

    def __init__(self, rules: PaperRules) -> None:
        self._rules = rules

    def answer(self, request: Request) -> Answer | None:
        """Answer a request; None when the path is none about papers."""
        if old := _OLD.fullmatch(request.path):
            page = self._rules.slugs.get(old["slug"], "trending")
            return Answer(302, {"Location": f"{request.base_url}/papers/{page}"})
        if _PAGE.fullmatch(request.path):
            return html_answer(200, "A page about papers")
        match = _API.fullmatch(request.path)
        return self._paper(match["number"]) if match else None

    def _paper(self, number: str) -> Answer:
        linked = self._rules.linked.get(number)
        if linked is None:
            return json_answer(404, {"error": "Paper not found"})
        models = [{"id": repository, "downloads": count, "likes": 0} for repository, count in linked.items()]
        about = {"id": number, "title": "", "linkedModels": models, "numTotalModels": len(models)}
        return json_answer(
            200, about | ({"githubRepo": self._rules.code[number]} if number in self._rules.code else {})
        )
