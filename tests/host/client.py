"""A program that asks a host with the pack: like the panel, or like somebody who should not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import requests

Json = dict[str, Any]


class Host(Protocol):
    """A running host: the stand-in or a real one."""

    @property
    def url(self) -> str: ...


class Client:
    """Sends what the panel sends, the token included."""

    def __init__(self, host: Host) -> None:
        self.url = host.url
        self.token: str = requests.get(f"{self.url}/modelget/settings", timeout=30).json()["token"]

    def get(self, path: str) -> Json:
        answer = requests.get(f"{self.url}/modelget/{path}", timeout=60)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def send(self, path: str, body: Json | None = None) -> requests.Response:
        return requests.post(
            f"{self.url}/modelget/{path}",
            json=body or {},
            headers={"X-Modelget-Token": self.token},
            timeout=60,
        )

    def post(self, path: str, body: Json | None = None, status: int = 200) -> Json:
        answer = self.send(path, body)
        assert answer.status_code == status, answer.text
        found: Json = answer.json()
        return found

    def plan(self, *nodes: Json, **more: Any) -> Json:
        """Plan a UI workflow of these nodes."""
        return self.post("plan", {"workflow": {"nodes": list(nodes), "links": [], "version": 0.4}, **more})

    def file(self, name: str) -> Json:
        """Return the state of a file, with an empty phase when there is none."""
        found = [file for file in self.get("state")["files"] if file["file"] == name]
        return found[0] if found else {"phase": ""}

    def wait_for(self, name: str, *phases: str) -> Json:
        """Wait until a file is in one of the phases, and return its state."""
        return until(lambda: self.file(name), lambda file: file["phase"] in phases)

    def queue(self, prompt: Json, **more: Any) -> requests.Response:
        """Queue a prompt as API clients do."""
        return requests.post(f"{self.url}/prompt", json={"prompt": prompt, **more}, timeout=120)

    def outcome(self, prompt_id: str) -> Json:
        """Wait until a prompt has run, and return its entry in the history."""
        ask = f"{self.url}/history/{prompt_id}"
        found = until(lambda: requests.get(ask, timeout=30).json(), lambda history: prompt_id in history)
        entry: Json = found[prompt_id]
        return entry


def until(ask: Callable[[], Json], reached: Callable[[Json], bool], seconds: float = 60) -> Json:
    """Ask again and again until the answer is as wanted."""
    deadline = time.monotonic() + seconds
    while not reached(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found
