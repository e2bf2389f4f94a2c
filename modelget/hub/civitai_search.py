"""Civitai's search for models by the words of their names."""

from __future__ import annotations

from .civitai_catalogue import Catalogue
from .limits import RateLimiter
from .messages import Answer, Request, json_answer

_LARGEST_PAGE = 100


class CivitaiSearch:
    """Answers ``/api/v1/models?query=…``; its rate limit has the key ``civitai/search``."""

    def __init__(self, catalogue: Catalogue, limiter: RateLimiter) -> None:
        self._catalogue, self._limiter = catalogue, limiter

    def answer(self, request: Request) -> Answer | None:
        """Answer a search; None when the request is anything else."""
        words = request.first("query")
        if request.path != "/api/v1/models" or request.method != "GET" or words is None:
            return None
        if (seconds := self._limiter.seconds_to_wait("civitai/search")) is not None:
            return json_answer(429, {"error": "Too many requests"}, {"Retry-After": str(seconds)})
        if request.first("page"):
            return json_answer(400, {"error": "Cannot use page param with query search."})
        limit = request.first("limit") or str(_LARGEST_PAGE)
        if not limit.isdecimal() or int(limit) > _LARGEST_PAGE:
            return json_answer(400, {"error": "limit"})
        found = self._catalogue.found_by(words, nsfw=request.first("nsfw") == "true")[: int(limit)]
        items = [self._catalogue.model_json(versions, request.base_url) for versions in found]
        return json_answer(200, {"items": items, "metadata": {}})
