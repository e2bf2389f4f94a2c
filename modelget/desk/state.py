"""Where every file stands, numbered so that a listener can tell whether it missed something."""

from __future__ import annotations

from dataclasses import dataclass

from ..progress import Progress

OVER = frozenset({"present", "failed", "stopped"})


@dataclass(frozen=True, slots=True)
class FileState:
    """One file on its way, or arrived, or given up."""

    progress: Progress
    plans: tuple[str, ...]
    """Ids of the plans that want it."""
    sequence: int
    """The number of its last change."""

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will happen by itself."""
        return self.progress.phase in OVER


@dataclass(frozen=True, slots=True)
class State:
    """All files that changed after ``since``, and sums over all files."""

    run: str
    sequence: int
    since: int
    files: tuple[FileState, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the files that are not over, and counts of the others."""

    files: int
    running: int
    arrived: int
    failed: int
    paused: int
    done: int
    total: int
    speed: float

    @property
    def seconds_left(self) -> float | None:
        """Time to the last byte at this speed, None when nobody can tell."""
        return (self.total - self.done) / self.speed if self.speed else None


def totals_of(files: list[FileState]) -> Totals:
    """Sum up."""
    phases = [file.progress.phase for file in files]
    under_way = [file.progress for file in files if not file.is_over]
    return Totals(
        files=len(files),
        running=sum(phase not in ("paused",) for phase in (one.phase for one in under_way)),
        arrived=phases.count("present"),
        failed=phases.count("failed"),
        paused=phases.count("paused"),
        done=sum(one.done for one in under_way),
        total=sum(max(one.total or 0, one.done) for one in under_way),
        speed=sum(one.speed for one in under_way if one.phase == "fetching"),
    )
