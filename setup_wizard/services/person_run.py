"""Runs a command that is the person's to run, in their own terminal, after they agreed to the very words of it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

CLIENTS = frozenset({"gh", "glab", "fly", "heroku", "railway", "vercel", "netlify", "cf", "clever"})
"""Clients of forges and hosts: what such a command changes is on their side, and they ask for what they need."""

_SHELL = frozenset("|&;<>$`*?(){}[]~#!\\\n\r")
"""Characters that mean something to a shell; no shell runs the command, so one with any of them is left to the person."""


def runnable(command: str | None) -> tuple[str, ...] | None:
    """Return a command's words where it is one call of an installed client, None where it is anything else."""
    if not command or _SHELL & set(command):
        return None
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        return None
    return words if words and words[0] in CLIENTS and shutil.which(words[0]) else None


def run_in_terminal(root: Path, words: tuple[str, ...]) -> int:
    """Run a command with the terminal as its own, wait for Enter, and return its exit code (127: it cannot be started).

    It inherits no token of Sentry's: what it stores is typed or pasted by the person.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SENTRY_")}
    sys.stdout.write(f"$ {shlex.join(words)}\n")
    sys.stdout.flush()
    try:
        code = subprocess.run([shutil.which(words[0]) or words[0], *words[1:]], cwd=root, env=environment).returncode
    except OSError as error:
        sys.stdout.write(f"{words[0]} cannot be started: {error.strerror or error}\n")
        code = 127
    sys.stdout.write(f"It ended with {code}. Press Enter to return to sentry-setup. ")
    sys.stdout.flush()
    sys.stdin.readline()
    return code
