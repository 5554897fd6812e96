"""What the benchmarks share: a row of the table, and the time of a whole process."""

from __future__ import annotations

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


def seconds(command: Sequence[str], cwd: Path, *, times: int) -> float:
    """Return the shortest wall time of a whole process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SENTRY_", "PYTHONDONTWRITE"))}
    found = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(
            command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        found.append(time.perf_counter() - start)
    return min(found)
