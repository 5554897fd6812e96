"""`python -m tests.mutation.by_hand [--budget SECONDS] [--jobs N]`: changes that people wrote, each with the test that has to notice it.

`by_hand.txt` has a block for each: the module, `- text` (some lines), `+ text in its place`, `= test`. A change that its test does not notice is an
error, and one whose text is gone: rewrite the block. What the budget leaves untried is said.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.mutation.mutants import Mutant, Written
from tests.mutation.server import KILLED, TIMEOUT, Server, Task, serve

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("by_hand.txt")
_SECONDS = 30.0


def read(text: str) -> list[Written]:
    """Return the changes of a file. Raises `ValueError` for a block of another shape."""
    found = []
    for block in text.split("\n\n"):
        path, *lines = [line for line in block.splitlines() if not line.startswith("#")] or [""]
        before, after, test = (
            "\n".join(line[2:] for line in lines if line.startswith(mark)) for mark in ("- ", "+ ", "= ")
        )
        if path and not (before and after and test):
            raise ValueError(f"not a path, `- `, `+ ` and `= `: {block}")
        if path:
            found.append(Written(path, before, after, test))
    return found


def main() -> int:
    """Try each change; returns 1 where one is not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.by_hand", description=__doc__)
    parser.add_argument("--budget", type=float, default=60, help="seconds (default: 60)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    written = read(FILE.read_text("utf-8"))
    for one in written:
        one.codes(ROOT)
    results: dict[str, str] = {}

    def done(mutant: Mutant | Written, result: str, by: str) -> None:
        results[str(mutant)] = result

    until = time.monotonic() + given.budget
    tasks = (Task(one, [one.test], _SECONDS) for one in written)
    serve(ROOT, Server(ROOT, tasks, given.jobs, until, done), sorted({one.test.partition("::")[0] for one in written}))
    noticed = [name for name, result in results.items() if result in (KILLED, TIMEOUT)]
    for name, result in results.items():
        if name not in noticed:
            print(f"{result}: {name}")
    print(
        f"{len(noticed)} of {len(written)} changes are noticed by their tests, {len(written) - len(results)} were not tried"
    )
    return 1 if len(noticed) < len(results) else 0


if __name__ == "__main__":
    sys.exit(main())
