"""Runs mutants: pytest collects once, then a forked process for each mutant puts it in place and runs its tests until one fails.

Forking saves the imports and the collection (seconds) for each mutant; the function's code is replaced in the child only. POSIX.
"""

from __future__ import annotations

import functools
import gc
import importlib
import os
import pkgutil
import shutil
import signal
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutation.mutants import Key, Mutant, Written

KILLED, SURVIVED, TIMEOUT, UNCOVERED, INVALID = "killed", "survived", "timeout", "not covered", "invalid"
_BROKEN = 4
_CODES = {0: SURVIVED, 1: KILLED, 3: INVALID}
_NEVER_IMPORTED = ("setup_wizard.runtime.child", "setup_wizard.sandbox.sample")


class Task(NamedTuple):
    """A mutant, the tests to run in their order, and how long they may take.

    `checking` is the task whose killer is run once without a mutant: a test that fails in any case kills nothing.
    """

    mutant: Mutant | Written
    tests: Sequence[str]
    seconds: float
    checking: Task | None = None


Running = dict[int, tuple[Task, float, Path]]
Start = Callable[[Task, Running], None]
Items = dict[str, pytest.Item]
Functions = dict[tuple[str, Key], list[types.FunctionType]]


class Server:
    """A pytest plugin that, in place of running the tests, lets `tasks` be decided and tells `done` each result."""

    def __init__(
        self,
        root: Path,
        tasks: Iterable[Task],
        jobs: int,
        until: float,
        done: Callable[[Mutant | Written, str, str], None],
    ) -> None:
        self.root, self.tasks, self.jobs, self.until, self.done = root, iter(tasks), jobs, until, done
        self.failed = ""
        self.sound: dict[str, bool] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        import_everything()
        gc.unfreeze()  # what is frozen is not listed
        functions = live_functions(self.root)
        gc.freeze()
        start = functools.partial(self._start, session, items, functions)
        running: Running = {}
        while True:
            while len(running) < self.jobs and time.monotonic() < self.until and (task := next(self.tasks, None)):
                tests = [t for t in task.tests if t in items and self.sound.get(t, True)]
                if tests:
                    start(task._replace(tests=tests), running)
                else:
                    self.done(task.mutant, UNCOVERED, "")
            if not running:
                return True
            self._reap(running, start)

    def _reap(self, running: Running, start: Start) -> None:
        late = [pid for pid, (task, began, _) in running.items() if time.monotonic() > began + task.seconds]
        for pid in late:
            os.killpg(pid, signal.SIGKILL)
        pid, status = os.waitpid(-1, 0 if late else os.WNOHANG)
        if pid not in running:
            time.sleep(0.01)
            return
        task, _, folder = running.pop(pid)
        code = os.waitstatus_to_exitcode(status)
        failed = folder / "failed"
        by = failed.read_text("utf-8") if failed.exists() else ""
        shutil.rmtree(folder, ignore_errors=True)
        if code == _BROKEN:
            raise RuntimeError(f"{task.mutant} could not be tried: {by}")
        if task.checking is not None:
            by = task.tests[0]
            self.sound[by] = code == 0
            task = task.checking
            others = [t for t in task.tests if self.sound.get(t, True)]
            if code and others:  # it fails in any case: go on without it
                start(task._replace(tests=others), running)
                return
            code = 0 if code else 1
        elif by and by not in self.sound:
            start(Task(task.mutant, [by], task.seconds, checking=task), running)
            return
        self.done(task.mutant, _CODES.get(code, TIMEOUT if pid in late else KILLED), by)

    def _start(self, session: pytest.Session, items: Items, functions: Functions, task: Task, running: Running) -> None:
        folder = Path(tempfile.mkdtemp(prefix="mutant-"))
        pid = os.fork()
        if pid:
            running[pid] = task, time.monotonic(), folder
            return
        code = 3
        try:
            os.setsid()
            null = os.open(os.devnull, os.O_RDWR)
            for number in range(3):
                os.dup2(null, number)
            session.config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
            code = self._run(items, functions, task, folder)
        except BaseException:
            (folder / "failed").write_text(traceback.format_exc(), "utf-8")
            code = _BROKEN
        finally:
            os._exit(code)

    def _run(self, items: Items, functions: Functions, task: Task, folder: Path) -> int:
        try:
            if task.checking is None:
                for key, code in task.mutant.codes(self.root).items():
                    for function in functions[str(self.root / task.mutant.path), key]:
                        function.__code__ = code
        except (ValueError, KeyError):  # no Python, another closure, or a function that nothing holds
            return 3
        wanted = [items[t] for t in task.tests]
        for item, following in zip(wanted, [*wanted[1:], None], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                (folder / "failed").write_text(self.failed, "utf-8")
                return 1
        return 0


def import_everything() -> None:
    """Import every module of the two packages: what is imported late would not be found for replacing."""
    for package in ("checks", "setup_wizard"):
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not found.name.startswith(_NEVER_IMPORTED) and not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def live_functions(root: Path) -> Functions:
    """Return the functions that live in this process by their file and `Key`."""
    found: Functions = {}
    for function in _functions():
        code = function.__code__
        if code.co_filename.startswith(str(root)):
            found.setdefault((code.co_filename, (code.co_qualname, code.co_firstlineno)), []).append(function)
    return found


def _functions() -> Iterator[types.FunctionType]:
    return (o for o in gc.get_objects() if isinstance(o, types.FunctionType))


def serve(root: Path, server: Server, tests: Sequence[str]) -> None:
    """Collect the tests and let the server run. Raises `SystemExit` when they cannot be collected."""
    os.chdir(root)
    out = os.dup(1)
    os.dup2(2, 1)  # what pytest says is no part of the result
    try:
        code = pytest.main(
            [
                "-q",
                "-p",
                "no:xdist",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:faulthandler",
                "-m",
                "not real and not thorough",
                *tests,
            ],
            plugins=[server],
        )
    finally:
        os.dup2(out, 1)
    if code not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        sys.exit(f"the tests cannot be collected: pytest ended with {code}")
