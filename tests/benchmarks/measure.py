"""What the benchmarks share: a row of the table, and the time of a whole process."""

from __future__ import annotations

import math
import os
import subprocess
import time
from collections.abc import Sequence
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


def in_turn(runs: dict[str, Run], times: int) -> dict[str, float]:
    """Return the shortest wall time of each whole process, run in turn: a machine that is slow for a while is so for all of them."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SENTRY_", "PYTHONDONTWRITE"))}
    found = dict.fromkeys(runs, math.inf)
    for _ in range(times):
        for name, (command, cwd) in runs.items():
            start = time.perf_counter()
            subprocess.run(
                command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )
            found[name] = min(found[name], time.perf_counter() - start)
    return found


def seconds(command: Sequence[str], cwd: Path, *, times: int) -> float:
    """Return the shortest wall time of a whole process."""
    return in_turn({"": (command, cwd)}, times)[""]
