"""The commands `sign-off` and `waive`: an entry in the configuration, written as a run that can be undone."""

from __future__ import annotations

import argparse
import datetime as dt
import sys

from checks.checklist import find_item
from checks.cli import repository_root
from checks.config import OWN_FILE, PYPROJECT, SIGNABLE_HINT, load_config
from checks.errors import ExitCode, UsageError
from checks.report.safe import printable, redact
from checks.repository.tree import DirectoryTree
from setup_wizard.editors import toml
from setup_wizard.editors.base import Edited, Refused
from setup_wizard.headless import say
from setup_wizard.plan.engine import Engine
from setup_wizard.plan.files import ConflictError, read_file
from setup_wizard.plan.model import FileChange, unified_diff

HOLDS = dt.timedelta(days=90)
"""How long a sign-off holds unless it says otherwise."""


def run_sign_off(arguments: argparse.Namespace) -> ExitCode:
    """Run `sign-off`. Raises `UsageError` for an item that evidence decides."""
    item = find_item(arguments.id)
    if not item.signable:
        raise UsageError(f"`{item.id}` takes no sign-off: its evidence decides", hint=SIGNABLE_HINT)
    today = dt.date.today()
    entry: dict[str, object] = {
        "id": item.id,
        "by": _text(arguments.by, "--by"),
        "note": _text(arguments.note, "--note"),
        "date": today,
        "until": _future(arguments.until, today) if arguments.until else today + HOLDS,
    }
    return _record(arguments, "sign-offs", entry)


def run_waive(arguments: argparse.Namespace) -> ExitCode:
    """Run `waive`."""
    item = find_item(arguments.id)
    entry: dict[str, object] = {
        "id": item.id,
        "reason": _text(arguments.reason, "--reason"),
        "until": _future(arguments.until, dt.date.today()),
    }
    return _record(arguments, "waivers", entry)


def _text(value: str, flag: str) -> str:
    text = " ".join(value.split())
    if not text:
        raise UsageError(f"{flag} is empty", hint="say it in a few words")
    return text


def _future(text: str, today: dt.date) -> dt.date:
    try:
        until = dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`--until {text}` is no date", hint="write it as 2027-01-31") from None
    if until < today:
        raise UsageError(f"`--until {text}` is in the past", hint="name a day to come")
    return until


def _record(arguments: argparse.Namespace, table: str, entry: dict[str, object]) -> ExitCode:
    root = repository_root(arguments.repo)
    config = load_config(DirectoryTree(root))
    path = config.path or (PYPROJECT if read_file(root, PYPROJECT) is not None else OWN_FILE)
    before = read_file(root, path)
    result = toml.record(before, table, entry, path)
    if isinstance(result, Refused):
        raise ConflictError(f"{result.reason}; nothing was written", hint=f"write it by hand:\n{result.snippet}")
    if not isinstance(result, Edited) or result.data == before:
        sys.stdout.write(f"{path} says so already\n")
        return ExitCode.OK
    change = FileChange(path=path, before=before, after=result.data)
    run = Engine(root, {}, say=say).write(arguments.command, (change,))
    lines = [printable(line, tabs=True) for line in unified_diff(change).splitlines()]
    sys.stdout.write(redact("\n".join([*lines, "", f"Undo it: sentry-setup undo {run.id}"])) + "\n")
    return ExitCode.OK
