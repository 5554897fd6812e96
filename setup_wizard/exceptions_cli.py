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
    until = _future(arguments.until, dt.date.today()) if arguments.until else None
    entry = sign_off_entry(arguments.id, _text(arguments.by, "--by"), _text(arguments.note, "--note"), until)
    return _record(arguments, "sign-offs", entry)


def sign_off_entry(item_id: str, by: str, note: str, until: dt.date | None = None) -> dict[str, object]:
    """Return a sign-off of today. Raises `UsageError` for an item that evidence decides."""
    item = find_item(item_id)
    if not item.signable:
        raise UsageError(f"`{item.id}` takes no sign-off: its evidence decides", hint=SIGNABLE_HINT)
    today = dt.date.today()
    return {"id": item.id, "by": by, "note": note, "date": today, "until": until or today + HOLDS}


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
        raise UsageError(f"{flag} is empty", hint="write a few words")
    return text


def _future(text: str, today: dt.date) -> dt.date:
    try:
        until = dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`--until {text}` is not a valid date", hint="write it as 2027-01-31") from None
    if until < today:
        raise UsageError(f"`--until {text}` is in the past", hint="choose a future date")
    return until


def write_entry(
    engine: Engine, command: str, table: str, entry: dict[str, object]
) -> tuple[str, FileChange | None, str]:
    """Write an entry as a run of its own; returns the file, what changed in it (None: it already has this), and the run.

    Raises `ConflictError` for a configuration that is not edited.
    """
    root = engine.root
    config = load_config(DirectoryTree(root))
    path = config.path or (PYPROJECT if read_file(root, PYPROJECT) is not None else OWN_FILE)
    before = read_file(root, path)
    result = toml.record(before, table, entry, path)
    if isinstance(result, Refused):
        raise ConflictError(f"{result.reason}; nothing was written", hint=f"write it by hand:\n{result.snippet}")
    if not isinstance(result, Edited) or result.data == before:
        return path, None, ""
    change = FileChange(path=path, before=before, after=result.data)
    return path, change, engine.write(command, (change,)).id


def _record(arguments: argparse.Namespace, table: str, entry: dict[str, object]) -> ExitCode:
    engine = Engine(repository_root(arguments.repo), {}, say=say)
    path, change, run = write_entry(engine, arguments.command, table, entry)
    if change is None:
        sys.stdout.write(f"{path} already has this\n")
        return ExitCode.OK
    lines = [printable(line, tabs=True) for line in unified_diff(change).splitlines()]
    sys.stdout.write(redact("\n".join([*lines, "", f"Undo it: sentry-setup undo {run}"])) + "\n")
    return ExitCode.OK
