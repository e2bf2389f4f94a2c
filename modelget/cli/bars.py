"""Progress: bars with files, bytes, speed and time left on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..progress import Progress, Reporter, Silent
from ..types import Plan, to_fetch
from ..units import size
from .terminal import plain

if TYPE_CHECKING:
    from tqdm import tqdm

_SECONDS_BETWEEN_LINES = 10.0
_LABEL_WIDTH = 38


@contextmanager
def reporter_for(plans: Sequence[Plan]) -> Iterator[Reporter]:
    """Watch the downloads of these plans, on standard error."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    files = {download.destination for plan in plans for download in plan.downloads}
    bars = Bars(len(files), sum(download.candidate.fetch_size or 0 for download in to_fetch(plans)))
    try:
        yield bars
    finally:
        bars.close()


@contextmanager
def hashing_reporter() -> Iterator[Reporter]:
    """Watch files being read, to be hashed or loaded: a bar on a terminal, silence otherwise."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    bar = HashingBar()
    try:
        yield bar
    finally:
        bar.close()


class Lines:
    """One line when a file starts, one now and then, one when it is done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def report(self, progress: Progress) -> None:
        """Print the state when it is new or when some time has passed."""
        now, key = time.monotonic(), progress.name
        with self._lock:
            if progress.phase == "fetching" and key not in self._started:
                self._started[key] = self._told[key] = now
                self._print(f"fetching  {key}  {size(progress.total)}")
            elif progress.phase == "present":
                seconds = now - self._started.get(key, now)
                self._print(f"placed    {key}  {size(progress.done)} in {seconds:.1f} s")
            elif progress.message:
                self._print(_sentence(progress))
            elif progress.phase == "fetching" and now - self._told[key] >= _SECONDS_BETWEEN_LINES:
                self._told[key] = now
                self._print(self._state(progress))

    def _state(self, progress: Progress) -> str:
        share = f"{100 * progress.done / progress.total:.0f} %, " if progress.total else ""
        left = "" if progress.seconds_left is None else f", {progress.seconds_left:.0f} s left"
        return (
            f"fetching  {progress.name}  {share}{size(progress.done)} at {size(int(progress.speed))}/s{left}"
        )

    def _print(self, line: str) -> None:
        print(plain(line), file=sys.stderr, flush=True)


class Bars:
    """A bar for each file on its way, and one for everything."""

    def __init__(self, files: int, total: int) -> None:
        self._lock = threading.Lock()
        self._files, self._finished = files, 0
        self._bars: dict[str, tqdm[Any]] = {}
        self._whole = make_bar("", total, 0)
        self._show_count()

    def report(self, progress: Progress) -> None:
        """Move the bars."""
        with self._lock:
            if progress.message:
                self._whole.write(plain(_sentence(progress)), file=sys.stderr)
            if progress.phase in ("present", "failed", "stopped"):
                self._end(progress)
            elif progress.phase == "fetching":
                self._move(progress)
            elif progress.name in self._bars:
                self._bars[progress.name].set_postfix_str(progress.phase)

    def close(self) -> None:
        """Take the bars off the screen."""
        for bar in (*self._bars.values(), self._whole):
            bar.close()

    def _move(self, progress: Progress) -> None:
        bar = self._bars.get(progress.name)
        if bar is None:
            bar = self._bars[progress.name] = make_bar(progress.name, progress.total, len(self._bars) + 1)
            bar.initial = bar.n = progress.done  # what an earlier run fetched does not count as speed
            self._whole.update(progress.done)
            return
        self._whole.update(progress.done - bar.n)
        bar.update(progress.done - bar.n)

    def _end(self, progress: Progress) -> None:
        bar = self._bars.pop(progress.name, None)
        if bar is not None:
            bar.close()
        if progress.phase == "present":
            self._finished += 1
            self._whole.write(plain(f"placed  {progress.name}  {size(progress.done)}"), file=sys.stderr)
        self._show_count()

    def _show_count(self) -> None:
        self._whole.set_description_str(f"{self._finished} of {self._files} files".ljust(_LABEL_WIDTH))


class HashingBar:
    """One bar for the file that is being read."""

    def __init__(self) -> None:
        self._name = ""
        self._bar: tqdm[Any] | None = None

    def report(self, progress: Progress) -> None:
        """Move the bar, or begin one for the next file."""
        if self._bar is None or progress.name != self._name:
            self.close()
            self._name, self._bar = progress.name, make_bar(progress.name, progress.total)
        self._bar.update(progress.done - self._bar.n)

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.close()


def _sentence(progress: Progress) -> str:
    """Say what happened; most messages begin with the file's name already."""
    message = progress.message
    return f"{progress.phase:<9} " + (
        message if message.startswith(progress.name) else f"{progress.name}: {message}"
    )


def make_bar(label: str, total: int | None, position: int = 0) -> tqdm[Any]:
    """Make a bar with bytes, speed and time left, gone from the screen when it is closed."""
    from tqdm import tqdm

    return tqdm(
        total=total,
        desc=plain(label[-_LABEL_WIDTH:]).ljust(_LABEL_WIDTH),
        position=position,
        unit="B",
        unit_scale=True,
        leave=False,
        dynamic_ncols=True,
        file=sys.stderr,
        bar_format="{desc} {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} {rate_fmt} {remaining}{postfix}",
    )
