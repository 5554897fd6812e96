"""Faults at every effect: an audit hook counts what a forked process is about to do to files, and kills it or lets it fail.

https://docs.python.org/3/library/audit_events.html : `open` for writing, rename, remove, mkdir, rmdir, chmod, fork and exec.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

_ALWAYS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate", "shutil.rmtree"})
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Hook:
    """Counts effects below some folders; at the `at`-th (1-based) it acts. `at` 0 never acts."""

    def __init__(self, folders: tuple[Path, ...], at: int, act: Callable[[], None]) -> None:
        self.folders = tuple(str(f) for f in folders)
        self.at, self.act, self.count = at, act, 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = (isinstance(flags, int) and flags & _WRITES) or (isinstance(mode, str) and set(mode) & set("wax+"))
            if not writes:
                return
        elif event not in _ALWAYS:
            return
        path = arguments[0]
        text = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
        if not text.startswith(self.folders) or text.endswith("/lock"):
            return
        self.count += 1
        if self.count == self.at:
            self.act()


def kill() -> None:
    """End this process at once, as the system does when it runs out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def failing(number: int) -> Callable[[], None]:
    """Return an action that fails with an error number."""

    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return fail


def run_with_fault(
    work: Callable[[], int], folders: tuple[Path, ...], at: int, act: Callable[[], None]
) -> tuple[int | None, int]:
    """Run some work in a forked process with a fault; returns its exit code (None: killed) and the effects it counted."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # The runner's own threads hold nothing that the child needs (https://docs.python.org/3/library/os.html#os.fork).
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 99
        hook = Hook(folders, at, act)
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            sys.addaudithook(hook)
            code = work()
        except BaseException:
            os.write(writing, traceback.format_exc().encode()[-3000:])
        finally:
            hook.at = 0
            os.write(writing, f"\ncount={hook.count}".encode())
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None, 0
    if os.WEXITSTATUS(status) == 99:
        raise AssertionError(said)
    return os.WEXITSTATUS(status), int(said.rpartition("count=")[2])
