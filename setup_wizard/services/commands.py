"""Package managers: which command brings a lock file up to date, and running it without the repository's scripts."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from checks.repository.facts import Facts, join, parent
from setup_wizard.plan.model import Command

_LOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("package-lock.json", ("npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund")),
    ("pnpm-lock.yaml", ("pnpm", "install", "--lockfile-only", "--ignore-scripts")),
    ("bun.lock", ("bun", "install", "--lockfile-only", "--ignore-scripts")),
)
_PYTHON_LOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("uv.lock", ("uv", "lock")),
    ("poetry.lock", ("poetry", "lock")),
    ("pdm.lock", ("pdm", "lock", "--update-reuse")),
    ("Pipfile.lock", ("pipenv", "lock")),
)


def node_lock(facts: Facts, root: str) -> Command | None:
    """Return the command that updates the lock file of a package (its own, or its workspace's), or None without one."""
    # npm finds the package that it works on by package.json, and writes the lock file of the workspace that it belongs to.
    folders = [f for f in _upwards(root) if join(f, "package.json") in facts.paths]
    outer = next((f for f in reversed(folders) if folders[0] != f and _has_member(facts, f, folders[0])), None)
    return _lock(facts, folders if outer is None else [outer, *folders], _LOCKS)


def _has_member(facts: Facts, folder: str, member: str) -> bool:
    """Return whether a package's `workspaces` name another one (https://docs.npmjs.com/cli/using-npm/workspaces)."""
    try:
        package = json.loads(facts.text(join(folder, "package.json")) or "")
    except (ValueError, RecursionError):
        return False
    named = package.get("workspaces") if isinstance(package, dict) else None
    patterns = named.get("packages") if isinstance(named, dict) else named
    texts = [p for p in patterns if isinstance(p, str)] if isinstance(patterns, list) else []
    return any(fnmatchcase(member, join(folder, p.rstrip("/"))) for p in texts)


def unhandled_node_lock(facts: Facts, root: str) -> str | None:
    """Return a lock file that only its own tool can update in full (`yarn.lock`, `bun.lock`), or None."""
    for folder in _upwards(root):
        for name in ("yarn.lock", "bun.lock", "bun.lockb"):
            if join(folder, name) in facts.paths:
                return join(folder, name)
    return None


def python_lock(facts: Facts, root: str) -> Command | None:
    """Return the command that updates a Python lock file, or None without one."""
    return _lock(facts, _upwards(root), _PYTHON_LOCKS)


def _upwards(root: str) -> list[str]:
    folders = [root]
    while folders[-1] != ".":
        folders.append(parent(folders[-1]))
    return folders


def _lock(facts: Facts, folders: list[str], known: tuple[tuple[str, tuple[str, ...]], ...]) -> Command | None:
    for folder in folders:
        for name, argv in known:
            path = join(folder, name)
            if path in facts.paths:
                return Command(argv=argv, folder=folder, touches=(path,))
    return None


class CommandFailed(Struct, frozen=True, kw_only=True):
    """Why a command did not work, in one line, and its last output."""

    reason: str
    output: str


async def run_command(root: Path, command: Command, timeout: float = 300.0) -> CommandFailed | None:
    """Run a command in the repository; None when it worked. Cancelling ends the program and all it started."""
    program = shutil.which(command.argv[0])
    if program is None:
        return CommandFailed(reason=f"{command.argv[0]} is not installed", output="")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SENTRY_")}
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *command.argv[1:],
            cwd=root / command.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
        )
    except OSError as error:
        return CommandFailed(reason=f"{command.argv[0]} cannot be started: {error.strerror or error}", output="")
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout)
    except (TimeoutError, asyncio.CancelledError) as stopped:
        _end(process)
        await process.wait()
        if isinstance(stopped, asyncio.CancelledError):
            raise
        return CommandFailed(reason=f"{command.argv[0]} did not end within {timeout:.0f} seconds", output="")
    if process.returncode:
        tail = output.decode(errors="replace").strip().splitlines()[-8:]
        return CommandFailed(reason=f"{' '.join(command.argv)} ended with {process.returncode}", output="\n".join(tail))
    return None


def _end(process: asyncio.subprocess.Process) -> None:
    if os.name == "posix":
        with_group = os.getpgid(process.pid)
        os.killpg(with_group, signal.SIGTERM)
    else:
        process.terminate()
