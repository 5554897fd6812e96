"""Runs the child: its own process group, a time limit, bounded output, and a look at the repository before and after."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec import Struct

MAX_OUTPUT = 8 * 1024 * 1024
"""Bytes that the child may print before it is ended."""
_TAIL = 2_000
_HOMES = ("HOME", "USERPROFILE", "TMPDIR", "TEMP")
LOADER = """
import importlib.util, json, sys
asked = json.loads(sys.argv[1])
name, folder = "sentry_setup_probe", asked["package"]
spec = importlib.util.spec_from_file_location(name, folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules[name] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
importlib.import_module(name + ".main").main(asked)
"""
"""Loads the child's package by its path: `sys.path` is what the application's server would have."""
_SKIPPED = frozenset({".git", "node_modules", ".venv", "venv", "env", "__pycache__"})


class Ended(Struct, frozen=True, kw_only=True):
    """How a child ended: what it reported (None when it reported nothing), why it was ended, the end of its output."""

    seen: dict[str, Any] | None
    stopped: str | None
    output: str


def child_package() -> str:
    """Return the folder of what runs in the application's interpreter."""
    return str(files("setup_wizard.runtime").joinpath("child"))


def run_child(
    python: str,
    script: str,
    asked: dict[str, object],
    folder: Path,
    environ: Mapping[str, str],
    timeout: float,
    *,
    own_home: bool = True,
) -> Ended:
    """Run a script under an interpreter in a folder and return how it ended; never raises for what the child does.

    Its home and its temporary folder are its own (`own_home`), else the caller's.
    The child and all that it started are ended after `timeout` seconds, or when it prints more than `MAX_OUTPUT` bytes.
    """
    with tempfile.TemporaryDirectory(prefix="sentry-setup-runtime-", ignore_cleanup_errors=True) as scratch:
        scratch = os.path.realpath(scratch)
        report, printed, overlay = Path(scratch, "report.json"), Path(scratch, "output"), Path(scratch, "written")
        overlay.mkdir()
        own = {"report": str(report), "overlay": str(overlay)}
        command = [python, "-B", "-c", script, json.dumps({**asked, **own})]
        with printed.open("wb") as output:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**environ, **dict.fromkeys(_HOMES if own_home else (), scratch)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=os.name == "posix",
                )
            except OSError as error:
                return Ended(seen=None, stopped=f"{python} cannot be started: {error.strerror or error}", output="")
            stopped = _wait(process, printed, timeout, scratch)
        with printed.open("rb") as text:
            text.seek(max(0, printed.stat().st_size - _TAIL))
            tail = text.read().decode(errors="replace")
        seen: dict[str, Any] | None = None
        with contextlib.suppress(OSError, ValueError):
            if report.stat().st_size < 4 * 1024 * 1024:
                found = json.loads(report.read_text("utf-8"))
                seen = found if isinstance(found, dict) else None
        return Ended(seen=seen, stopped=stopped, output=tail)


def _wait(process: subprocess.Popen[bytes], printed: Path, timeout: float, mark: str) -> str | None:
    deadline, stopped = time.monotonic() + timeout, None
    try:
        while process.poll() is None:
            if time.monotonic() > deadline:
                stopped = f"it did not end within {timeout:.0f} seconds"
                break
            if printed.stat().st_size > MAX_OUTPUT:
                stopped = f"it printed more than {MAX_OUTPUT // 1024 // 1024} MB"
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    finally:
        _end(process, mark)
    return stopped


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """End the child, every process of its group, and those that left the group: their home is the child's (Linux)."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for variables in Path("/proc").glob("[0-9]*/environ") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError, ValueError):
            if f"HOME={mark}\0".encode() in variables.read_bytes():
                os.kill(int(variables.parent.name), signal.SIGKILL)


def fingerprint(root: Path) -> dict[str, tuple[int, str]]:
    """Return size and digest of every file of the repository; installed packages and git's own folder are left out."""
    found: dict[str, tuple[int, str]] = {}
    for folder, names, found_files in os.walk(root):
        names[:] = [n for n in names if n not in _SKIPPED and not Path(folder, n).is_symlink()]
        for name in found_files:
            path = Path(folder, name)
            with contextlib.suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    data = path.read_bytes()
                    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
                    found[path.relative_to(root).as_posix()] = (len(data), digest)
    return found


def changed_files(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> list[str]:
    """Return the files that were changed, made or removed, sorted; at most fifty."""
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))[:50]
