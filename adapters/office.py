"""The one desk of this ComfyUI: its folders, its settings, its pages that are told what changes."""

from __future__ import annotations

import logging
import os
import threading
from functools import cache
from typing import Any

from ..modelget.desk import Desk
from ..modelget.errors import InvalidSetting
from ..modelget.pipeline import Workshop, open_workshop
from ..modelget.settings import Settings, load_settings
from .events import Events
from .folders import Folders, home, loaders
from .shown import Shown

logger = logging.getLogger("modelget")


class Office:
    """What routes, queue and nodes share."""

    def __init__(self, send: Any) -> None:
        """``send`` is ``PromptServer.send_sync``."""
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        self.folders, self.loaders = Folders(), loaders()
        self.events = Events(send, self._state)
        self.desk = Desk(
            self._open, self.folders.library, changed=self.events.changed, planned=self.events.planned
        )

    @property
    def settings(self) -> Settings:
        """The settings in force; raise InvalidSetting when one is wrong."""
        return self.desk.shop.settings

    @property
    def rules(self) -> Settings:
        """The settings, or the strict ones when what the owner wrote cannot be read."""
        try:
            return self.settings
        except InvalidSetting as error:
            logger.warning("Modelget: %s. %s", error, error.hint)
            return Settings(autofetch="off")

    @property
    def shown(self) -> Shown:
        """How paths are told to pages: never whole."""
        return Shown(self.folders.library(), home())

    def _open(self) -> Workshop:
        return open_workshop(load_settings(home=home()), self.folders.library())

    def _state(self, since: int) -> dict[str, Any]:
        from .answers import state_answer

        return state_answer(self.desk.transfers.state(since), self.shown)


_opening = threading.Lock()


def office() -> Office:
    """Return the office of this process, opened at the first use."""
    with _opening:
        return _opened()


@cache
def _opened() -> Office:
    from server import PromptServer

    return Office(PromptServer.instance.send_sync)
