"""Which tests run which lines: made once by coverage.py with a context for each test, and read back by module.

The map is a file of coverage.py's own (`.coverage` with contexts) and a table of the tests that passed, with what each took.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from coverage import CoverageData

DATA, TIMES = "lines.coverage", "passed.tsv"
PLUGIN = "tests.mutation.coverage_map"


def make(root: Path, folder: Path, tests: Sequence[str], jobs: str) -> None:
    """Run the tests once with coverage, and keep the map in a folder. Raises `SystemExit` when pytest cannot run them."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "coverage.ini"
    settings.write_text(
        f"[run]\ndata_file = {folder / DATA}\nsource = checks,setup_wizard\nrelative_files = true\n", "utf-8"
    )
    command = [
        sys.executable, "-m", "pytest", "-q", "-n", jobs, "-p", PLUGIN, f"--times={folder / TIMES}", "-p", "no:cacheprovider",
        "-m", "not real and not thorough", "--cov", "--cov-report=", "--cov-context=test", f"--cov-config={settings}", *tests,
    ]  # fmt: skip
    code = subprocess.run(command, cwd=root, stdout=sys.stderr).returncode
    if code not in (0, 1):  # 1: some tests failed; those are not used
        raise SystemExit(f"the tests cannot be run for the map: pytest ended with {code}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--times", help="a file for the tests that pass, with their times")


def pytest_configure(config: pytest.Config) -> None:
    """Write the table in the process that sees every report."""
    path = config.getoption("--times")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Times(Path(path)))


class _Times:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.passed: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.passed[report.nodeid] = report.duration

    def pytest_sessionfinish(self) -> None:
        rows = (
            f"{took:.4f}\t{nodeid.encode('unicode_escape').decode('ascii')}\n" for nodeid, took in self.passed.items()
        )
        self.path.write_text("".join(rows), "utf-8")


class LineMap:
    """The tests that run a line. `times` are those that passed, with the seconds that each took."""

    def __init__(self, folder: Path) -> None:
        self._data = CoverageData(str(folder / DATA))
        self._data.read()
        self._files: dict[str, Mapping[int, list[str]]] = {}
        self.times: dict[str, float] = {}
        for line in (folder / TIMES).read_text("utf-8").splitlines():
            took, _, nodeid = line.partition("\t")
            self.times[nodeid.encode("ascii").decode("unicode_escape")] = float(took)

    def tests_of(self, path: str, *choices: int) -> list[str]:
        """Return the tests that run the first line of some that any test runs; a part of a statement may have no line of its own.

        Tests that fail without a mutant are left out, and what runs at import belongs to no test.
        """
        lines = self._files.get(path)
        if lines is None:
            lines = self._files[path] = self._data.contexts_by_lineno(path)
        for line in choices:
            found = {context.rpartition("|")[0] for context in lines.get(line, [])} & self.times.keys()
            if found:
                return sorted(found)
        return []


def in_turn(tests: Sequence[str], times: Mapping[str, float], most: int) -> list[str]:
    """Return the tests to run, at most so many: the fastest case of each test function, then the second one of each, and so on."""
    functions: dict[str, list[str]] = {}
    for nodeid in sorted(tests, key=lambda t: (times[t], t)):
        functions.setdefault(nodeid.partition("[")[0], []).append(nodeid)
    order: list[str] = []
    depth = 0
    while len(order) < min(most, len(tests)):
        order += [cases[depth] for cases in functions.values() if depth < len(cases)]
        depth += 1
    return order[:most]
