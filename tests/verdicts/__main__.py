"""`python -m tests.verdicts --update [PATHS]`: write anew what the tests saw checks say; without `--update`, list the drift.

Records of tests that are gone are taken out when no path is given.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.support.verdicts import FOLDER

ROOT = Path(__file__).parents[2]
HEARS = ("check_one", "hear(", "assert_case", "assert_outcome")


def listeners() -> list[str]:
    """Return the test files in which results are heard: those with a record, which may hear through a helper, and new ones."""
    files = [p for p in (ROOT / "tests").rglob("test_*.py") if p.parent != FOLDER]
    recorded = {p.stem for p in FOLDER.glob("*.txt")}
    names = {p: p.relative_to(ROOT).as_posix() for p in files}
    own = {
        p for p, name in names.items() if name.removeprefix("tests/").removesuffix(".py").replace("/", ".") in recorded
    }
    return sorted(name for p, name in names.items() if p in own or any(w in p.read_text("utf-8") for w in HEARS))


def main() -> int:
    """Run the tests that hear results; returns pytest's exit code."""
    arguments = argparse.ArgumentParser(prog="python -m tests.verdicts", description=__doc__)
    arguments.add_argument("--update", action="store_true", help="write the record")
    arguments.add_argument("--jobs", default="auto", help="processes (as pytest -n)")
    arguments.add_argument("paths", nargs="*", help="test files (default: all that hear results)")
    given = arguments.parse_args()
    paths = given.paths or listeners()
    if given.update and not given.paths:
        for path in FOLDER.glob("*.txt"):
            path.unlink()
    update = ["--update-verdicts"] if given.update else []
    command = [sys.executable, "-m", "pytest", "-q", "-n", given.jobs, *update, *paths]
    return subprocess.run(command, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
