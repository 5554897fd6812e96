"""A file's change in parts, as `git add --patch` has them: a person may leave some out. Pure; every kept byte is as planned.

A part that is left out leaves its lines as they were. What then no longer reads in its language is refused, because the parts
belong together.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from checks.parsers.javascript import descend, imports, parse_javascript, text_of
from checks.parsers.text import ParseError
from setup_wizard.editors.strict import problem_of
from setup_wizard.plan.files import ConflictError
from setup_wizard.plan.model import FileChange, Plan

CONTEXT = 3
"""Unchanged lines that are shown around a change; parts have more than twice as many between them."""

_AGAIN = "plan again, and review the new diff"

Opcode = tuple[str, int, int, int, int]

LeftOut = Mapping[str, frozenset[int]]
"""The parts that are left out, by the path of their file."""


class Part(Struct, frozen=True):
    """A part of a change: its opcodes over the lines before and after, context included (`difflib`)."""

    opcodes: tuple[Opcode, ...]


def lines(data: bytes | None) -> list[bytes]:
    """Return the lines with their line ends, as an editor counts them: a form feed or U+2028 ends none."""
    if not data:
        return []
    found = [line + b"\n" for line in data.split(b"\n")]
    return [*found[:-1], found[-1][:-1]] if found[-1] != b"\n" else found[:-1]


def parts_of(change: FileChange) -> tuple[Part, ...]:
    """Return a change's parts; a file that is made, and one that git ignores, is a single part."""
    before, after = lines(change.before), lines(change.after)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    context = 0 if change.secret else CONTEXT
    return tuple(Part(tuple(group)) for group in matcher.get_grouped_opcodes(context))


def without_parts(change: FileChange, left_out: frozenset[int]) -> FileChange | None:
    """Return a change without some of its parts (by their numbers), None where nothing is left of it.

    Raises `ConflictError` for a number that the change does not have: it is not the one that was shown.
    """
    if not left_out:
        return change
    parts = parts_of(change)
    if max(left_out) >= len(parts):
        raise ConflictError(f"the change of {change.path} has other parts than the plan that was shown", hint=_AGAIN)
    if change.before is None or change.secret or not set(range(len(parts))) - left_out:
        return None
    before, after = lines(change.before), lines(change.after)
    made: list[bytes] = []
    at = 0
    for number, part in enumerate(parts):
        first, last = part.opcodes[0], part.opcodes[-1]
        made += before[at : first[1]]
        made += before[first[1] : last[2]] if number in left_out else after[first[3] : last[4]]
        at = last[2]
    made += before[at:]
    return replace(change, after=b"".join(made))


def broken_by(change: FileChange, left_out: frozenset[int]) -> str | None:
    """Return why a file no longer reads without some parts of its change, or None where it still does."""
    kept = without_parts(change, left_out)
    if kept is None or kept.after == change.after:
        return None
    names = _names(change.path)
    if names is None:
        return problem_of(change.path, change.after, kept.after)
    try:
        whole = names(change.after)
    except _UNREADABLE:
        return None  # it did not read before either
    try:
        left = names(kept.after)
    except _UNREADABLE as error:
        return str(error)
    lost = sorted((whole.imported - left.imported) & left.used)
    return f"`{lost[0]}` is used and no longer imported" if lost else None


class _Names(Struct, frozen=True):
    """The names that a module imports, and all that it uses."""

    imported: frozenset[str]
    used: frozenset[str]


_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, ParseError)
_SCRIPTS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")


def _names(path: str) -> Callable[[bytes], _Names] | None:
    """Return what reads the names of a file's language, None where it has none."""
    if path.endswith(".py"):
        return _python_names
    return (lambda data: _script_names(data, path)) if path.endswith(_SCRIPTS) else None


def _python_names(data: bytes) -> _Names:
    nodes = list(ast.walk(ast.parse(data)))
    aliases = [a for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names]
    imported = frozenset((a.asname or a.name).partition(".")[0] for a in aliases)
    return _Names(imported, frozenset(n.id for n in nodes if isinstance(n, ast.Name)))


def _script_names(data: bytes, path: str) -> _Names:
    root = parse_javascript(data, path)
    imported = frozenset(n for _, names, _ in imports(root) for n in names)
    used = frozenset(text_of(n) for n in descend(root) if n.type == "identifier")
    return _Names(imported, used)


def plan_without(plan: Plan, left_out: LeftOut) -> Plan:
    """Return the plan of one step without what a person left out of its files."""
    if not left_out:
        return plan
    steps = []
    for step in plan.steps:
        kept = (without_parts(c, left_out.get(c.path, frozenset())) for c in step.changes)
        steps.append(replace(step, changes=tuple(c for c in kept if c is not None)))
    return replace(plan, steps=tuple(steps))
