"""Starts the child on Linux, keeps count of all that it starts, and ends every process of it, whatever group it moved to.

Run as a program of its own (`process.run_child`), with the child's environment: nothing of the caller can be read from it. Where the
kernel lets the user, the child gets namespaces of its own (`namespaces`). Imports only the standard library besides.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from setup_wizard.runtime.namespaces import LIBC, NotIsolatedError, drop_capabilities, map_users, prepare, unshare

_SUBREAPER = 36  # prctl(2)
_GRACE = 0.2
_TOO_MANY = "it started more than {limit} processes"


def main() -> None:
    """Run the child of the request in the first argument, and end all of it. The socket `fd` carries what is said."""
    asked = json.loads(sys.argv[1])
    line = socket.socket(fileno=asked["fd"])
    os.set_inheritable(asked["fd"], False)
    LIBC.prctl(_SUBREAPER, 1, 0, 0, 0)
    with contextlib.suppress(OSError):  # a superuser's: it comes to its turn however many processes there are
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    started, inner, why = None, None, "not asked for"
    if asked["isolate"]:
        started, inner, why = _isolated(asked, line)
    if started is None:
        socket.send_fds(line, [json.dumps({"isolated": False, "why": why}).encode()], [])
        if line.recv(16) != b"go":
            return
        try:
            started = _start(asked, os.setsid).pid
        except (OSError, subprocess.SubprocessError) as error:
            _say(line, {"failed": getattr(error, "strerror", None) or str(error)})
            return
    stopped = _watch(started, line, asked["limit"])
    if stopped is None and len(_descendants()) > asked["limit"]:  # it ended before its processes were counted
        stopped = _TOO_MANY.format(limit=asked["limit"])
    ended: dict[str, Any] = {"stopped": stopped}
    if stopped is None and inner is not None:
        inner.settimeout(0.5)
        with contextlib.suppress(OSError, ValueError):
            ended |= json.loads(inner.recv(65536))
    elif stopped is None:
        ended["left"] = _left()
    _end_all()
    _say(line, ended)


def _start(asked: dict[str, Any], also: Callable[[], None] = lambda: None) -> subprocess.Popen[bytes]:
    """Start the command of the request. Raises `OSError`, or `SubprocessError` where what bounds it fails."""

    def bounded() -> None:
        _bound_processes(asked["limit"])
        also()

    return subprocess.Popen(asked["command"], cwd=asked["folder"], stdin=subprocess.DEVNULL, preexec_fn=bounded)


def _bound_processes(limit: int) -> None:
    """Let the kernel refuse what the child forks beyond its limit and what the user runs now; it exempts a superuser."""
    if os.geteuid() != 0:
        own = 0
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if entry.stat().st_uid == os.geteuid():
                    own += sum(1 for _ in (entry / "task").iterdir())
        most = own + 4 * limit  # threads count, too
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _say(line: socket.socket, what: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        line.sendall(json.dumps(what).encode())


# ---- watching


def _watch(child: int, line: socket.socket, limit: int) -> str | None:
    """Wait until the child ends, or the caller says so; returns why it was stopped, or None.

    The child leads a session of its own, to which Linux gives a share of the processor like this process's, whatever it starts
    (sched(7), autogroups), and a group that can be halted by one call: counting a thousand processes takes long beside them.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    counted, running = 0.0, _running()
    while child not in _reaped():
        ready, _, _ = select.select([line.fileno(), woken], [], [], 0.1)
        if line.fileno() in ready:
            return "the caller ended it"
        if woken in ready:
            os.read(woken, 512)
        grown = _running() > running + limit
        if grown or time.monotonic() - counted > 0.1:
            if grown:
                _signal_group(child, signal.SIGSTOP)
            if len(_descendants()) > limit:
                return _TOO_MANY.format(limit=limit)
            if grown:  # by somebody else's
                _signal_group(child, signal.SIGCONT)
                running = _running()
            counted = time.monotonic()
    return None


def _running() -> int:
    """Return how many processes this machine has, and a few more: one call, which does not take longer the more there are."""
    return Path("/proc").stat().st_nlink


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(OSError):  # it ended, or leads no group yet
        os.killpg(leader, number)


def _reaped() -> set[int]:
    """Return the processes that ended and were waited for."""
    found = set()
    with contextlib.suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            found.add(pid)
    return found


def _processes() -> dict[int, tuple[int, str]]:
    """Return parent and name of every process that runs, by its number (proc(5))."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            before, _, after = (entry / "stat").read_text("utf-8", "replace").rpartition(")")
            state, parent = after.split()[:2]
            if state not in ("Z", "X"):
                found[int(entry.name)] = (int(parent), before.partition("(")[2])
    return found


def _descendants() -> dict[int, str]:
    """Return the names of all that this process started, and of what those started: orphans are given to it."""
    processes = _processes()
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in processes.items():
        children.setdefault(parent, []).append(pid)
    found: dict[int, str] = {}
    waiting = [os.getpid()]
    while waiting:
        for pid in children.get(waiting.pop(), ()):
            if pid not in found:
                found[pid] = processes[pid][1]
                waiting.append(pid)
    return found


def _left() -> list[str]:
    """Return the names of processes that outlive the child; those that are about to end have a moment."""
    deadline = time.monotonic() + _GRACE
    while (found := _descendants()) and time.monotonic() < deadline:
        time.sleep(0.02)
        _reaped()
    return sorted(found.values())[:50]


def _end_all() -> None:
    """End every descendant: all are stopped first, so that none can start another."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        stopped: set[int] = set()
        while (new := _descendants().keys() - stopped) and time.monotonic() < deadline:
            _signal(new, signal.SIGSTOP)
            stopped |= new
        if not stopped:
            return
        _signal(stopped, signal.SIGKILL)
        time.sleep(0.01)
        _reaped()


def _signal(processes: set[int], number: signal.Signals) -> None:
    for pid in processes:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


# ---- isolating


def _isolated(asked: dict[str, Any], line: socket.socket) -> tuple[int | None, socket.socket | None, str]:
    """Start the child in namespaces; returns its outermost process and what it says at its end, or None and why not."""
    inner, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            inner.close()
            line.close()
            _enter(asked, theirs)
        finally:
            os._exit(0)
    theirs.close()
    inner.settimeout(10)
    try:
        said = json.loads(inner.recv(4096) or b'{"why": "it ended"}')
        if said.get("unshared"):
            map_users(pid)
            inner.sendall(b"mapped")
            text, fds, _, _ = socket.recv_fds(inner, 4096, 1)
            said = json.loads(text or b'{"why": "it ended"}')
            if said.get("ready") and fds:
                socket.send_fds(line, [json.dumps({"isolated": True}).encode()], fds)
                os.close(fds[0])
                if line.recv(16) == b"go":
                    inner.sendall(b"go")
                return pid, inner, ""
        why = str(said.get("why"))
    except (OSError, ValueError) as error:
        why = str(error)
    inner.close()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None, None, why


def _enter(asked: dict[str, Any], line: socket.socket) -> None:
    """Leave the caller's namespaces, and become the parent of the first process of the new ones."""
    try:
        unshare()
    except NotIsolatedError as error:
        _say(line, {"why": str(error)})
        return
    _say(line, {"unshared": True})
    if line.recv(16) != b"mapped":
        return
    pid = os.fork()
    if pid:
        line.close()
        os.waitpid(pid, 0)
        return
    try:
        listener = prepare(asked)
    except (NotIsolatedError, OSError) as error:
        _say(line, {"why": str(error)})
        os._exit(0)
    socket.send_fds(line, [b'{"ready": true}'], [listener.fileno()])
    listener.close()
    if line.recv(16) == b"go":
        _run_as_first(asked, line)
    os._exit(0)


def _run_as_first(asked: dict[str, Any], line: socket.socket) -> None:
    """Run the child as the first process of a namespace: orphans come to it, and when it ends, everything does."""
    try:
        child = _start(asked, drop_capabilities)
    except (OSError, subprocess.SubprocessError) as error:
        _say(line, {"failed": getattr(error, "strerror", None) or str(error)})
        return
    while os.waitpid(-1, 0)[0] != child.pid:
        pass
    _say(line, {"left": _left()})
