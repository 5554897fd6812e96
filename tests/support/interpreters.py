"""Finds another version of Python on this machine: this one, one on the PATH, one of pyenv's, or one that uv installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


def python_between(oldest: tuple[int, int], newest: tuple[int, int]) -> str | None:
    """Return an interpreter of a version in a range, this one where it is in it, else the newest; None where there is none."""
    if oldest <= sys.version_info[:2] <= newest:
        return sys.executable
    versions = range(newest[1], oldest[1] - 1, -1)
    return next((found for minor in versions if (found := python_of(f"3.{minor}")) is not None), None)


def python_of(version: str) -> str | None:
    """Return an interpreter of a version (`3.12`), or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    found = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))]
    if (uv := shutil.which("uv")) is not None:
        done = subprocess.run(
            [uv, "python", "find", "--no-python-downloads", version], capture_output=True, text=True, check=False
        )
        found.append(done.stdout.strip())
    # One of pyenv's on the PATH starts only where its version is chosen.
    return next((python for python in found if python and _starts(python, version)), None)


def _starts(python: str, version: str) -> bool:
    shown = [python, "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(shown, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version
