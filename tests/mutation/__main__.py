"""`python -m tests.mutation [--budget SECONDS] [--seed N] [--sample N] [PATHS]`: how many small changes of the code the tests notice.

A random sample of mutants of PATHS (default: what decides and edits) is tried until the budget is used up; each runs the tests that run its
line until one fails. `--log FILE` keeps the score by folder and the survivors. With `--least PERCENT`, a lower score is an error.
A survivor is code that could be wrong without anyone noticing: write the test, or find that the change means nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.mutation import coverage_map
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.server import INVALID, KILLED, SURVIVED, TIMEOUT, UNCOVERED, Server, Task, serve

ROOT = Path(__file__).parents[2]
PATHS = (
    "checks/items", "checks/parsers", "checks/production", "checks/ci", "checks/targets", "setup_wizard/editors", "setup_wizard/plan",
    "setup_wizard/steps",
)  # fmt: skip
TESTS = ("tests/checks", "tests/setup_wizard")
PATIENCE = 15.0
"""How many times its tests' time a mutant may take, beside a minute: then it does not end."""


def mutants(paths: list[str]) -> list[Mutant]:
    """Return every mutant of the modules of some folders, or of single modules."""
    files: list[Path] = []
    for path in paths:
        files += [ROOT / path] if path.endswith(".py") else sorted((ROOT / path).rglob("*.py"))
    return [m for file in files for m in mutants_of(ROOT, file.relative_to(ROOT).as_posix())]


def tasks(chosen: list[Mutant], lines: coverage_map.LineMap, most: int) -> Iterator[Task]:
    """Yield each mutant with its tests, fast and different ones first."""
    for mutant in chosen:
        covering = lines.tests_of(mutant.path, mutant.line, mutant.statement)
        tests = coverage_map.in_turn(covering, lines.times, most)
        yield Task(mutant, tests, 60 + PATIENCE * sum(lines.times[t] for t in tests))


def folder_of(path: str, paths: list[str]) -> str:
    """Return the given path that a module belongs to."""
    return next((p for p in paths if path == p or path.startswith(p.rstrip("/") + "/")), path)


def table(results: list[tuple[Mutant, str, str]], paths: list[str]) -> list[str]:
    """Return the score of each folder and of all, as lines of Markdown."""
    counts: dict[str, Counter[str]] = {}
    for mutant, result, _ in results:
        for name in (folder_of(mutant.path, paths), "all"):
            counts.setdefault(name, Counter())[result] += 1
    lines = ["| folder | tried | killed | survived | not covered | score |", "|---|---|---|---|---|---|"]
    for name in sorted(counts, key=lambda n: (n == "all", n)):
        count = counts[name]
        killed, tried = count[KILLED] + count[TIMEOUT], sum(count.values()) - count[INVALID]
        lines.append(
            f"| {name} | {tried} | {killed} | {count[SURVIVED]} | {count[UNCOVERED]} | {100 * killed / max(tried, 1):.1f} % |"
        )
    return lines


def main() -> int:
    """Try a sample; returns 1 for a score below `--least`."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--budget", type=float, default=600, help="seconds for the mutants (default: 600)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default: 1)")
    parser.add_argument("--sample", type=int, default=10**9, help="at most so many mutants")
    parser.add_argument("--most", type=int, default=150, help="at most so many tests for a mutant (default: 150)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--least", type=float, default=0, help="the score below which this fails")
    parser.add_argument(
        "--map", type=Path, default=ROOT / ".mutation", help="folder of the map (made where it is missing)"
    )
    parser.add_argument("--tests", nargs="*", default=list(TESTS), help="tests that may kill")
    parser.add_argument("--log", type=Path, help="file for the score and the survivors")
    parser.add_argument("paths", nargs="*", default=list(PATHS))
    given = parser.parse_args()
    if not (given.map / coverage_map.TIMES).exists():
        coverage_map.make(ROOT, given.map, given.tests, str(given.jobs))
    found = mutants(given.paths)
    chosen = random.Random(given.seed).sample(found, min(given.sample, len(found)))
    results: list[tuple[Mutant, str, str]] = []

    def done(mutant: Mutant, result: str, by: str) -> None:
        results.append((mutant, result, by))
        if result in (SURVIVED, UNCOVERED):
            print(f"{len(results)} {result}: {mutant}", file=sys.stderr, flush=True)

    until = time.monotonic() + given.budget
    work = tasks(chosen, coverage_map.LineMap(given.map), given.most)
    serve(ROOT, Server(ROOT, work, given.jobs, until, done), given.tests)
    lines = [f"Seed {given.seed}: {len(results)} of {len(found)} mutants.", "", *table(results, given.paths), ""]
    survivors = sorted(f"- {result}: {mutant}" for mutant, result, _ in results if result in (SURVIVED, UNCOVERED))
    if given.log is not None:
        given.log.write_text("\n".join(["# Mutants that no test notices", "", *lines, *survivors, ""]), "utf-8")
    print("\n".join(lines if given.log else [*lines, *survivors]))
    valid = [result for _, result, _ in results if result != INVALID]
    score = 100 * sum(r in (KILLED, TIMEOUT) for r in valid) / max(len(valid), 1)
    return 1 if score < given.least else 0


if __name__ == "__main__":
    sys.exit(main())
