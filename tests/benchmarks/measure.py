"""What the benchmarks share: a row of the table, and the time of a whole process."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A measured ratio (or figure) with what it is measured against and the reach (None: a figure only)."""

    what: str
    against: str
    value: float
    unit: str
    reach: float | None

    @property
    def met(self) -> bool:
        """Whether the reach is kept."""
        return self.reach is None or self.value <= self.reach


Run = tuple[Sequence[str], Path]
"""A command line, and the folder it runs in."""


class Times:
    """The wall times of whole processes, run in turn, by name: a machine that is slow for a while is so for all of them."""

    def __init__(self, took: dict[str, list[float]]) -> None:
        self._took = took

    def ratio(self, of: str, *against: str, less: str = "") -> float:
        """Return the median, over the turns, of one process' time (less another's) against the sum of others' in that turn."""
        turns = range(len(self._took[of]))
        return statistics.median(
            (self._took[of][n] - (self._took[less][n] if less else 0)) / sum(self._took[a][n] for a in against)
            for n in turns
        )

    def least(self, name: str) -> float:
        """Return the shortest time of a process, in seconds."""
        return min(self._took[name])


def in_turn(runs: dict[str, Run], times: int, *, before: Callable[[str], None] = lambda _: None) -> Times:
    """Run each whole process in turn, so many times; `before` each of them something may be done that is not measured."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SENTRY_", "PYTHONDONTWRITE"))}
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(times):
        for name, (command, cwd) in runs.items():
            before(name)
            start = time.perf_counter()
            subprocess.run(
                command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )
            found[name].append(time.perf_counter() - start)
    return Times(found)


def seconds(command: Sequence[str], cwd: Path, *, times: int) -> float:
    """Return the shortest wall time of a whole process."""
    return in_turn({"": (command, cwd)}, times).least("")
