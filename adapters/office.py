"""The one desk of this ComfyUI: its folders, its settings, its pages that are told what changes."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from ..modelget.desk import Desk
from ..modelget.errors import InvalidSetting
from ..modelget.pipeline import Workshop, open_workshop
from ..modelget.settings import Settings, load_settings
from .answers import Json, state_answer
from .events import Events, Send
from .folders import Folders, home, installation, loaders
from .shown import Shown

logger = logging.getLogger("modelget")
T = TypeVar("T")
_THREADS = 8


class Office:
    """What routes, queue and nodes share."""

    def __init__(self, send: Send) -> None:
        """``send`` is ``PromptServer.send_sync``."""
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        logging.getLogger("httpx").addFilter(_not_ours)
        self.folders, self.loaders = Folders(), loaders()
        # Of our own: the event loop's threads are few, and everybody's.
        self._threads = ThreadPoolExecutor(_THREADS, "modelget answer")
        self.events = Events(send, self.state)
        self.desk = Desk(
            self._open, self.folders.library, changed=self.events.changed, planned=self.events.planned
        )

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Run something that takes its time off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)

    @property
    def settings(self) -> Settings:
        """The settings in force; raise InvalidSetting when one is wrong."""
        return self.desk.shop.settings

    def rules(self) -> Settings:
        """Return the settings, or the strict ones when what the owner wrote cannot be read."""
        try:
            return self.settings
        except InvalidSetting as error:
            logger.warning("Modelget: %s. %s", error, error.hint)
            return Settings(autofetch="off")

    @property
    def shown(self) -> Shown:
        """How paths are told to pages: never whole."""
        return Shown(self.folders.library(), home())

    def state(self, since: int = 0) -> Json:
        """Return where the files stand that changed after a number, as pages are told."""
        return state_answer(self.desk.transfers.state(since), self.shown)

    def _open(self) -> Workshop:
        return open_workshop(load_settings(home=home()), self.folders.library(), comfyui=installation())


def _not_ours(record: logging.LogRecord) -> bool:
    """Keep a line for each of our questions to the Hub out of ComfyUI's log; other packs' lines stay."""
    return not (record.threadName or "").startswith("modelget") or record.levelno >= logging.WARNING


_opening = threading.Lock()


def office() -> Office:
    """Return the office of this process, opened at the first use."""
    with _opening:
        return _opened()


@cache
def _opened() -> Office:
    from server import PromptServer

    return Office(PromptServer.instance.send_sync)
