"""Runs the child: a process that keeps it, a time limit, bounded output, and a look at the repository before and after."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

from msgspec import Struct
from msgspec.structs import replace

MAX_OUTPUT = 8 * 1024 * 1024
"""Bytes that the child may print before it is ended."""
MAX_PROCESSES = 256
"""How many processes it may have at a time before it is ended (Linux)."""
_TAIL = 2_000
_KEEPER = "import sys; sys.path.append(sys.argv[2] + '/..'); from setup_wizard.runtime.keeper import main; main()"
_KEPT = sys.platform == "linux"
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
    """How a child ended: what it reported (None when it reported nothing), why it was ended, the end of its output.

    `left` are the names of processes that outlived it and were ended. `not_isolated` says why the kernel did not isolate it from
    the network, other processes and the repository; None where it did.
    """

    seen: dict[str, Any] | None
    stopped: str | None
    output: str
    left: tuple[str, ...] = ()
    not_isolated: str | None = "not asked for"


class Isolation(Struct, frozen=True, kw_only=True):
    """What an isolated child still reaches: the repository, to read, and the sandbox, which `serve` serves on a socket of its network."""

    root: Path
    port: int
    serve: Callable[[socket.socket], AbstractContextManager[None]]


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
    isolation: Isolation | None = None,
    stop: threading.Event | None = None,
) -> Ended:
    """Run a script under an interpreter in a folder and return how it ended; never raises for what the child does.

    Its home and its temporary folder are its own (`own_home`), else the caller's. It is isolated as far as the system allows.
    The child and all that it started are ended after `timeout` seconds, when it prints more than `MAX_OUTPUT` bytes, or when
    `stop` is set.
    """
    with tempfile.TemporaryDirectory(prefix="sentry-setup-runtime-", ignore_cleanup_errors=True) as scratch:
        scratch = os.path.realpath(scratch)
        report, printed, overlay = Path(scratch, "report.json"), Path(scratch, "output"), Path(scratch, "written")
        overlay.mkdir()
        own = {"report": str(report), "overlay": str(overlay)}
        command = [python, "-B", "-c", script, json.dumps({**asked, **own})]
        variables = {**environ, **dict.fromkeys(_HOMES if own_home else (), scratch)}
        with printed.open("wb") as output:
            starting = _Starting(
                command=command, folder=folder, environ=variables, output=output, scratch=scratch, stop=stop
            )
            try:
                how = _kept(starting, printed, timeout, isolation) if _KEPT else _plain(starting, printed, timeout)
            except OSError as error:
                return Ended(seen=None, stopped=f"{python} cannot be started: {error.strerror or error}", output="")
        with printed.open("rb") as text:
            text.seek(max(0, printed.stat().st_size - _TAIL))
            tail = text.read().decode(errors="replace")
        seen: dict[str, Any] | None = None
        with contextlib.suppress(OSError, ValueError):
            if report.stat().st_size < 4 * 1024 * 1024:
                found = json.loads(report.read_text("utf-8"))
                seen = found if isinstance(found, dict) else None
        return replace(how, seen=seen, output=tail)


class _Starting(Struct, frozen=True, kw_only=True):
    """What is started: its output is written to a file, and `scratch` is its home."""

    command: list[str]
    folder: Path
    environ: dict[str, str]
    output: IO[bytes]
    scratch: str
    stop: threading.Event | None = None

    def popen(self, command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        """Start a command with it. Raises `OSError`."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
            **more,
        )


def _plain(starting: _Starting, printed: Path, timeout: float) -> Ended:
    """Run the child in a process group of its own. Raises `OSError`."""
    process = starting.popen(starting.command)
    why = "this system has no namespaces"
    return Ended(seen=None, stopped=_wait(process, printed, timeout, starting), output="", not_isolated=why)


def _kept(starting: _Starting, printed: Path, timeout: float, isolation: Isolation | None) -> Ended:
    """Run the child below a keeper, a program of ours that ends all of it (Linux). Raises `OSError`."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        asked: dict[str, object] = {"command": starting.command, "folder": str(starting.folder)}
        asked |= {
            "scratch": starting.scratch,
            "fd": theirs.fileno(),
            "limit": MAX_PROCESSES,
            "isolate": isolation is not None,
            "homes": _homes(),
        }
        if isolation is not None:
            asked |= {"root": str(isolation.root), "port": isolation.port}
        command = [sys.executable, "-I", "-S", "-B", "-c", _KEEPER, json.dumps(asked), str(files("setup_wizard"))]
        process = starting.popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        said: dict[str, Any] = {}
        stopped = None
        try:
            ours.settimeout(30)
            text, fds, _, _ = socket.recv_fds(ours, 65536, 1)
            with contextlib.ExitStack() as stack:
                for fd in fds:
                    listener = stack.enter_context(socket.socket(fileno=fd))
                    if isolation is not None:
                        stack.enter_context(isolation.serve(listener))
                said = json.loads(text)
                ours.sendall(b"go")
                stopped = _watched(process, printed, timeout, starting.stop)
                ours.shutdown(socket.SHUT_WR)
                said |= json.loads(ours.recv(65536) or b"{}")
        except (OSError, ValueError) as error:
            stopped = stopped or f"what keeps it did not answer: {error}"
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            _end(process, starting.scratch)
    if said.get("failed"):
        raise OSError(0, str(said["failed"]))
    return Ended(
        seen=None,
        stopped=stopped or said.get("stopped"),
        output="",
        left=tuple(map(str, said.get("left") or ())),
        not_isolated=None if said.get("isolated") else str(said.get("why")),
    )


def _homes() -> list[str]:
    """Return the homes of the user: the one that the system knows, and what HOME says."""
    import pwd

    return sorted({str(Path.home()), pwd.getpwuid(os.geteuid()).pw_dir})


def _wait(process: subprocess.Popen[bytes], printed: Path, timeout: float, starting: _Starting) -> str | None:
    try:
        return _watched(process, printed, timeout, starting.stop)
    finally:
        _end(process, starting.scratch)


def _watched(
    process: subprocess.Popen[bytes], printed: Path, timeout: float, stop: threading.Event | None
) -> str | None:
    """Wait for a process; returns why it has to be ended, or None where it ended."""
    deadline = time.monotonic() + timeout
    while process.poll() is None:
        if stop is not None and stop.is_set():
            return "it was stopped"
        if time.monotonic() > deadline:
            return f"it did not end within {timeout:.0f} seconds"
        if printed.stat().st_size > MAX_OUTPUT:
            return f"it printed more than {MAX_OUTPUT // 1024 // 1024} MB"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    return None


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
