"""What can be wrong with a wish: it names what is not there, or what cannot be done now."""

from __future__ import annotations

from ..errors import ModelgetError


class Unknown(ModelgetError):
    """An id names nothing (any more)."""

    def __init__(self, what: str, shown: str) -> None:
        super().__init__(
            f"there is no {what} {shown[:80]!r}", "Plan again: ids hold for one run of the server."
        )
        self.what = what


class NothingToDo(ModelgetError):
    """Nothing of the plan can be installed, paused, resumed, cancelled or tried again now."""
