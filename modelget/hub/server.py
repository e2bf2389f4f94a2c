"""The embedded hub: every place on 127.0.0.1, and the storage behind them all on localhost."""

from __future__ import annotations

from types import TracebackType
from urllib.parse import quote

from .civarchive import CivArchive
from .civitai import CivitaiDownloads
from .civitai_api import CivitaiApi
from .civitai_catalogue import Catalogue
from .civitai_search import CivitaiSearch
from .content import Content, Contents
from .detectron2 import DETECTRON2
from .dropbox import Dropbox
from .github import GitHub
from .google_drive import GoogleDrive
from .huggingface import HubFiles
from .huggingface_api import HubApi
from .huggingface_models import HubModels
from .kaggle import Kaggle
from .limits import RateLimiter
from .listener import Listener
from .messages import Answer, Request, Route, json_answer
from .mirror import MIRROR, Mirror
from .modelscope import ModelScope
from .openmmlab import OPENMMLAB
from .papers import Papers
from .pytorch_hub import PYTORCH_HUB
from .repositories import Repositories, Repository
from .rules import HubRules
from .s3 import S3
from .storage import Storage
from .traffic import Record, Traffic
from .zoo import ZooFiles

_ZOOS = (DETECTRON2, OPENMMLAB, PYTORCH_HUB)


class EmbeddedHub:
    """Speaks the protocols of all places from the moment it is made until ``close``."""

    def __init__(self, rules: HubRules | None = None, bytes_per_second: float | None = None) -> None:
        rules = rules or HubRules()
        hub, storage = Listener("127.0.0.1", 0, "hub"), _storage_listeners()
        self.endpoint = f"http://127.0.0.1:{hub.port}"
        """What ``HF_ENDPOINT`` and the endpoints of all other places are set to."""
        self.storage_origin = f"http://localhost:{storage[0].port}"
        self._contents = Contents(rules.files, rules.corrupt)
        self._storage = Storage(self._contents, self.storage_origin)
        self._drive = GoogleDrive(rules.google_drive, self._contents)
        self._routes = _routes(rules, self._contents, self._storage, self._drive)
        self._traffic = Traffic(bytes_per_second)
        self._listeners = [hub, *storage]
        for listener in self._listeners:
            listener.start(self._answer if listener is hub else self._storage.answer, self._traffic)

    def __enter__(self) -> EmbeddedHub:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def requests(self) -> list[Record]:
        """The requests so far, oldest first."""
        return self._traffic.records

    @property
    def storage_bytes(self) -> int:
        """Body bytes of files that storage has sent."""
        return self._traffic.storage_bytes

    def url(self, repo: str, path: str, revision: str = "main") -> str:
        """Return the URL of a file; ``repo`` may start with ``datasets/``."""
        return f"{self.endpoint}/{repo}/resolve/{quote(revision, safe='')}/{quote(path)}"

    def civitai_url(self, version_id: int) -> str:
        """Return the download URL of a Civitai version."""
        return f"{self.endpoint}/api/download/models/{version_id}"

    def content(self, key: str) -> Content:
        """Return a file by its key, which starts with the place but for the Hub: ``owner/repo/path``, ``civitai/…``."""
        return self._contents.of(key)

    @property
    def mirror_url(self) -> str:
        """Where the plain mirror is, to which ``rules.mirror`` gives files."""
        return f"{self.endpoint}{MIRROR}"

    def commit(self, repo: str, revision: str = "main") -> str:
        """Return the commit that a model repository's revision names."""
        return Repository("models", repo, revision).commit

    def expire_signed_urls(self) -> None:
        """Make every URL handed out so far invalid: those of storage, and those on Drive's pages."""
        self._storage.expire_all()
        self._drive.expire()

    def close(self) -> None:
        """Stop both origins and hang up on every client."""
        for listener in self._listeners:
            listener.stop()

    def _answer(self, request: Request) -> Answer:
        answers = (route.answer(request) for route in self._routes)
        found = next((answer for answer in answers if answer is not None), None)
        return found or json_answer(404, {"error": "Sorry, we can't find the page you are looking for."})


def _routes(rules: HubRules, contents: Contents, storage: Storage, drive: GoogleDrive) -> tuple[Route, ...]:
    limiter = RateLimiter(rules.rate_limited)
    catalogue = Catalogue(rules, contents)
    repositories = Repositories(rules, contents, limiter)
    api = HubApi(repositories)
    return (
        CivitaiDownloads(catalogue, storage, limiter, rules.civitai_tokens),
        CivitaiApi(catalogue, rules.civitai_tokens),
        CivitaiSearch(catalogue, limiter),
        GitHub(rules.github, contents, storage),
        drive,
        Dropbox(rules.dropbox, storage),
        Kaggle(rules.kaggle, contents, storage),
        ModelScope(rules.modelscope, contents, storage),
        CivArchive(rules.civarchive, contents),
        Mirror(rules.mirror, contents),
        S3(rules.s3, contents),
        api,
        HubModels(repositories, api),
        Papers(rules.papers),
        HubFiles(repositories, storage),
        *(ZooFiles(place, rules, contents, limiter) for place in _ZOOS),
    )


def _storage_listeners() -> list[Listener]:
    """Listen on one port of both loopbacks, because Windows takes localhost for ::1 first."""
    for _ in range(3):
        listener = Listener("127.0.0.1", 0, "storage")
        try:
            return [listener, Listener("::1", listener.port, "storage")]
        except OSError:
            listener.server_close()
    return [Listener("127.0.0.1", 0, "storage")]
