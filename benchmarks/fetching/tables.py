"""Results as Markdown: ratios, the goals they meet or miss, and seconds only as a side note."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .clients import Client
from .measuring import Result, Results


@dataclass(frozen=True)
class Goal:
    """A ratio and the most it may be; not a number where nothing was measured."""

    text: str
    value: float
    most: float

    def row(self) -> str:
        verdict = "not measured" if math.isnan(self.value) else "met" if self.value <= self.most else "missed"
        digits = max(2, len(f"{self.most:g}".partition(".")[2]) + 1)
        return f"| {self.text} | at most {self.most:g} | **{ratio(self.value, 1, digits)}** | {verdict} |"


def wall(results: Results, client: Client) -> float:
    """The median seconds of a client, not a number when it did not run."""
    return results.get(client, Result()).wall


def cpu(results: Results, client: Client) -> float:
    """The median processor seconds of a client, not a number when it did not run."""
    return results.get(client, Result()).cpu


def ratio(value: float, base: float, digits: int = 2) -> str:
    """Write a ratio, or a dash when there is none."""
    return "-" if math.isnan(value / base) else f"{value / base:.{digits}f}"


def table(results: Results, wall_base: tuple[str, float], cpu_base: tuple[str, float]) -> str:
    """One line for each client, in the order of their wall times."""
    head = f"| client | wall, x {wall_base[0]} | CPU, x {cpu_base[0]} | seconds here | rounds |\n|---|---|---|---|---|"
    ordered = sorted(results.items(), key=lambda item: (math.isnan(item[1].wall), item[1].wall))
    rows = [
        f"| {client.name} | {ratio(result.wall, wall_base[1])} | {ratio(result.cpu, cpu_base[1])} "
        f"| {result.failure or ratio(result.wall, 1)} | {len(result.samples)} |"
        for client, result in ordered
    ]
    return "\n".join([head, *rows])


def goals(*wanted: Goal) -> str:
    """One line for each goal."""
    return "\n".join(["| goal | | here | |\n|---|---|---|---|", *(goal.row() for goal in wanted)])
