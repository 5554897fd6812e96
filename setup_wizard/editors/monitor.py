"""A job that runs on a schedule: the SDK's `monitor` around its function, with the schedule that Sentry expects."""

from __future__ import annotations

import ast

from checks.targets.triggers import Schedule
from setup_wizard.editors.base import Edit, Refused, Unchanged, line_starts, read_text, splice
from setup_wizard.editors.python_imports import add_imports
from setup_wizard.editors.settings import finish_edit, parse_for_edit

_NAMES = frozenset({"sentry_sdk.monitor", "sentry_sdk.crons.monitor", "monitor"})


def decorator_text(slug: str, schedule: Schedule, indent: str = "") -> str:
    """Return the decorator; its schedule makes the monitor at the first check-in (https://docs.sentry.io/platforms/python/crons/)."""
    written = f'"type": "{schedule.kind}", "value": "{schedule.value}"'
    if schedule.kind == "interval":
        written = f'"type": "interval", "value": {schedule.value}, "unit": "{schedule.unit}"'
    rows = [
        "@sentry_sdk.monitor(",
        f'    monitor_slug="{slug}",',
        "    monitor_config={",
        f'        "schedule": {{{written}}},',
        *([f'        "timezone": "{schedule.zone}",'] if schedule.zone else []),
        "    },",
        ")",
    ]
    return "".join(f"{indent}{row}\n" for row in rows)


def add_monitor(data: bytes, function: str, line: int, slug: str, schedule: Schedule, path: str) -> Edit:
    """Decorate a function, which begins near a line (1-based), with a monitor, below the decorators that it has.

    A function that has one stays as it is.
    """
    snippet = f"import sentry_sdk\n\n{decorator_text(slug, schedule)}def {function}(…):\n"
    place = f"{path}:{line}"
    opened = parse_for_edit(read_text(data), path, snippet, place)
    if isinstance(opened, Refused):
        return opened
    text, body, tree = opened
    named = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == function]
    exact = [n for n in named if n.lineno == line] or named
    if len(exact) != 1:
        return Refused(f"{place} has no function {function} that could be followed", snippet, place)
    found = exact[0]
    if any(isinstance(d, ast.Call) and ast.unparse(d.func) in _NAMES for d in found.decorator_list):
        return Unchanged(f"{path} already monitors {function}()")
    rows = body.split("\n")
    row = rows[found.lineno - 1]
    indent = row[: len(row) - len(row.lstrip())]
    written = decorator_text(slug, schedule, indent)
    if "'" in body and body.count("'") > body.count('"') * 2:
        written = written.replace('"', "'")
    start = line_starts(body)[found.lineno - 1]
    edits = [*add_imports(body, tree, path, ("sentry_sdk",)), (start, start, written)]
    return finish_edit(text, splice(body, edits), path, snippet, place)
