"""The Hugging Face repositories of the embedded hub: what they hold and who may see it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from threading import Lock

from .content import Content, Contents
from .limits import RateLimiter
from .messages import Answer, Request, json_answer
from .rules import HubRules

MODEL_SUFFIXES = frozenset(
    {".bin", ".ckpt", ".gguf", ".h5", ".onnx", ".pkl", ".pt", ".pth", ".safetensors", ".sft"}
)
LARGEST_TEXT = 10 * 2**20
"""Beyond it the Hub keeps any file in LFS."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_QUOTAS = {"resolvers": 3000, "api": 500}
_NARROW = "Please enable access to public gated repositories in your fine-grained token settings"
_REQUESTS = {
    "none": "Access to model {} is restricted and you are not in the authorized list",
    "pending": "Your request to access model {} is awaiting a review from the repo authors",
    "rejected": "Your request to access model {} has been rejected by the repo's authors",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository at one revision."""

    kind: str
    """``models``, ``datasets`` or ``spaces``."""
    id: str
    revision: str = "main"

    @property
    def key(self) -> str:
        """The name that rules and contents use."""
        return self.id if self.kind == "models" else f"{self.kind}/{self.id}"

    @property
    def commit(self) -> str:
        """The commit that the revision names; a commit names itself."""
        if _COMMIT.fullmatch(self.revision):
            return self.revision
        name = f"{self.key}@{self.revision}"
        return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()

    def file(self, path: str) -> str:
        """Return the key of one of its files."""
        return f"{self.key}/{path}"


class Repositories:
    """Everything that the rules say or leave open about repositories and their files."""

    def __init__(self, rules: HubRules, contents: Contents, limiter: RateLimiter) -> None:
        self._rules, self._contents, self._limiter = rules, contents, limiter
        self._asked: dict[str, set[str]] = {}
        self._lock = Lock()

    def knows(self, token: str | None) -> bool:
        """Tell whether a token is one of the hub's."""
        return token in self._rules.tokens

    def refusal(self, repository: Repository, request: Request, resource: str) -> Answer | None:
        """Return the answer for a caller who may not see the repository at this revision."""
        key, token = repository.key, request.token
        if token is not None and not self.knows(token):
            return refuse(401, "", "Invalid credentials in Authorization header")
        if (seconds := self._limiter.seconds_to_wait(key)) is not None:
            return _rate_limited(resource, seconds)
        hidden = key in self._rules.private and not self._granted(token, key)
        if hidden or key in self._rules.missing:
            return refuse(401 if token is None else 404, "RepoNotFound", "Repository not found")
        if key in self._rules.disabled:
            return refuse(403, "", "Access to this resource is disabled.")
        if key in self._rules.not_here:
            return refuse(451, "", "Unavailable for legal reasons")
        if f"{key}@{repository.revision}" in self._rules.missing:
            return refuse(404, "RevisionNotFound", "Invalid rev id: the revision does not exist")
        return None

    def gate(self, repository: Repository, request: Request) -> Answer | None:
        """Return the answer for a caller who may see a gated repository, but not its files."""
        if not self.is_gated(repository) or self._granted(request.token, repository.key):
            return None
        if request.token is None:
            return refuse(401, "GatedRepo", "Access to this repository is restricted: you must log in")
        if request.token in self._rules.narrow_tokens:
            return refuse(403, "", _NARROW)
        state = self._rules.access_requests.get(repository.key, "none")
        return refuse(403, "GatedRepo", _REQUESTS[state].format(repository.id))

    def find(self, repository: Repository, path: str) -> Content | None:
        """Return a file of the repository, and list it from then on."""
        key = repository.file(path)
        closed = repository.key in self._rules.closed and key not in self._rules.files
        if closed or not path or path.endswith("/") or key in self._rules.missing:
            return None
        with self._lock:
            self._asked.setdefault(repository.key, set()).add(path)
        return self._contents.of(key)

    def paths(self, repository: Repository) -> list[str]:
        """List the files that the rules give the repository or that someone asked for."""
        start = repository.file("")
        given = {key.removeprefix(start) for key in self._rules.files if key.startswith(start)}
        with self._lock:
            asked = set(self._asked.get(repository.key, ()))
        return sorted(path for path in given | asked if repository.file(path) not in self._rules.missing)

    def owned_by(self, owner: str, token: str | None) -> list[Repository]:
        """List an owner's model repositories that the rules give files or that someone asked for a file of."""
        with self._lock:
            keys = {*map(_repository_of, self._rules.files), *self._asked}
        hidden = self._rules.private | self._rules.disabled | self._rules.missing
        seen = (key for key in keys if key not in hidden or self._granted(token, key))
        start = f"{owner}/".lower()
        owned = (key for key in seen if key.lower().startswith(start) and key.count("/") == 1)
        return [Repository("models", key) for key in sorted(owned)]

    def is_gated(self, repository: Repository) -> bool:
        """Tell whether terms must be accepted first."""
        return repository.key in self._rules.gated

    def etag(self, repository: Repository, digits: str) -> str:
        """Return an etag as the repository's files carry it."""
        return ("W/" if repository.key in self._rules.weak_etags else "") + f'"{digits}"'

    def is_private(self, repository: Repository) -> bool:
        """Tell whether the repository is hidden from most."""
        return repository.key in self._rules.private

    def licence(self, repository: Repository) -> str | None:
        """Return the licence on the card."""
        return self._rules.licences.get(repository.key, "apache-2.0")

    def _granted(self, token: str | None, key: str) -> bool:
        return key in self._rules.tokens.get(token or "", ())


def _repository_of(key: str) -> str:
    return "/".join(key.split("/")[:2])


def is_lfs(path: str, content: Content) -> bool:
    """Tell whether the Hub keeps a file in LFS, with a sha256, rather than in Git."""
    return PurePosixPath(path).suffix.lower() in MODEL_SUFFIXES or content.size > LARGEST_TEXT


def refuse(status: int, code: str, message: str, commit: str | None = None) -> Answer:
    """Answer with an error as the Hub writes it: the headers tell, also after HEAD."""
    headers = {"X-Error-Message": message}
    if code:
        headers["X-Error-Code"] = code
    if commit:
        headers["X-Repo-Commit"] = commit
    return json_answer(status, {"error": message}, headers)


def _rate_limited(resource: str, seconds: int) -> Answer:
    headers = {
        "RateLimit": f'"{resource}";r=0;t={seconds}',
        "RateLimit-Policy": f'"fixed window";"{resource}";q={_QUOTAS[resource]};w=300',
    }
    return json_answer(429, {"error": "You have reached your rate limit"}, headers)
