"""Whether CI makes a release: one small repository a case, of every provider; the cases are in ci_cases.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.repo import backend, check_one

CASES = Path(__file__).with_name("ci_cases.txt")


def cases() -> Iterator[object]:
    """Yield `(files, outcomes)`: a line `# name: outcome outcome`, then files under `-- path --`."""
    name, outcomes, files, path = "", "", {}, ""
    for line in [*CASES.read_text("utf-8").splitlines(), "# end: "]:
        if line.startswith("# ") and ": " in line and not line.startswith("# -"):
            if name:
                yield pytest.param(files, outcomes.split(), id=name)
            name, _, outcomes = line[2:].partition(": ")
            files = {}
        elif line.startswith("-- ") and line.endswith(" --"):
            path = line[3:-3]
            files[path] = ""
        else:
            files[path] += line + "\n"


@pytest.mark.parametrize(("files", "outcomes"), list(cases()))
def test_ci_makes_a_release(files, outcomes):
    found = check_one("release-tracking", backend() | files)
    assert str(found.outcome) in outcomes, found.verdicts
