"""The Hugging Face Hub's list of an owner's model repositories, in pages."""

from __future__ import annotations

from urllib.parse import urlencode

from .huggingface_api import HubApi
from .messages import Answer, Request, json_answer
from .repositories import Repositories, Repository

_LARGEST_PAGE = 1000


class HubModels:
    """Answers ``/api/models?author=…``; the files of each only with ``full``."""

    def __init__(self, repositories: Repositories, api: HubApi) -> None:
        self._repositories, self._api = repositories, api

    def answer(self, request: Request) -> Answer | None:
        """Answer a request for the list; None when it is for anything else."""
        owner = request.first("author")
        if request.path != "/api/models" or request.method != "GET" or owner is None:
            return None
        if refusal := self._repositories.refusal(Repository("models", owner), request, "api"):
            return refusal
        owned = self._repositories.owned_by(owner, request.token)
        size = min(_number(request.first("limit")) or _LARGEST_PAGE, _LARGEST_PAGE)
        start = _number(request.first("cursor"))
        shown = [self._api.info_of(repository) for repository in owned[start : start + size]]
        if request.first("full") not in {"true", "True", "1"}:
            shown = [{key: value for key, value in info.items() if key != "siblings"} for info in shown]
        headers = {}
        if start + size < len(owned):
            query = {name: values[0] for name, values in request.query.items()} | {"cursor": start + size}
            headers["Link"] = f'<{request.base_url}/api/models?{urlencode(query)}>; rel="next"'
        return json_answer(200, shown, headers)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
