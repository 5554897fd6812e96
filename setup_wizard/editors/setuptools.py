"""`install_requires` of setup.py and setup.cfg: one requirement more, in the list as it is written; nothing is run."""

from __future__ import annotations

import ast
import re

from checks.parsers.flow import walk
from checks.parsers.python import parse_python
from checks.parsers.requirements import Dependency, parse_setup_cfg, parse_setup_py
from checks.parsers.text import ParseError
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, line_starts, not_utf8, read_text

_Splice = tuple[int, int, str]


def add_requirement(data: bytes, name: str, specifier: str, path: str) -> Edit:
    """Add a runtime requirement to a setup.py or setup.cfg (https://setuptools.pypa.io/en/latest/userguide/dependency_management.html)."""
    text, requirement = read_text(data), name + specifier
    if text is None:
        return not_utf8(path)
    place = f"install_requires of {path}"
    if text.mixed:
        return Refused(f"{path} mixes line ends", requirement, place)
    body = text.body.replace("\r\n", "\n")
    script = path.endswith(".py")
    parse = parse_setup_py if script else parse_setup_cfg
    try:
        before = parse(body)
        if any(d.name == name and not d.group for d in before):
            return Unchanged(f"{path} already requires {name}")
        found = _in_script(body, requirement) if script else _in_configuration(body, requirement)
        if found is None:
            return Refused(f"{path} has no install_requires that could be followed", requirement, place)
        start, end, new = found
        edited = body[:start] + new + body[end:]
        if _told(parse(edited)) != sorted([*_told(before), (name, "")]):
            return Refused(f"{path} would require something else after the edit", requirement, place)
    except ParseError as error:
        return Refused(f"{path} cannot be read: {error.message}", requirement, f"{path}:{error.line or 1}")
    return Edited(text.encode(edited.replace("\n", text.newline)))


def _told(dependencies: list[Dependency]) -> list[tuple[str, str]]:
    return sorted((d.name, d.group) for d in dependencies)


def _in_script(body: str, requirement: str) -> _Splice | None:
    """Return the splice for a list literal, given to the call or assigned once to the name that is given to it."""
    tree = parse_python(body)
    values = [k.value for n in walk(tree) if isinstance(n, ast.Call) for k in n.keywords if k.arg == "install_requires"]
    if len(values) != 1:
        return None
    value = values[0]
    if isinstance(value, ast.Name):
        assigned = [
            n.value
            for n in walk(tree)
            if isinstance(n, ast.Assign) and any(isinstance(t, ast.Name) and t.id == value.id for t in n.targets)
        ]
        if len(assigned) != 1:
            return None
        value = assigned[0]
    if not isinstance(value, ast.List):
        return None
    quote = "'" if body.count("'") > body.count('"') else '"'
    new = f"{quote}{requirement}{quote}"
    if not value.elts:
        inside = _offset(body, value.lineno, value.col_offset) + 1
        closing = _offset(body, value.end_lineno or 1, value.end_col_offset or 0) - 1
        return (inside, closing, new) if not body[inside:closing].strip() else None
    last = value.elts[-1]
    end = _offset(body, last.end_lineno or 1, last.end_col_offset or 0)
    if last.end_lineno == value.end_lineno:
        return end, end, f", {new}"
    row = body[body.rfind("\n", 0, _offset(body, last.lineno, last.col_offset)) + 1 :]
    indent = row[: len(row) - len(row.lstrip(" \t"))]
    rest = re.compile(r"([ \t]*,)?([ \t]*#[^\n]*)?").match(body, end)
    comma, comment = (rest[1], rest[2]) if rest else (None, None)
    if comma:
        at = end + len(comma) + len(comment or "")
        return at, at, f"\n{indent}{new},"
    return end, end + len(comment or ""), f",{comment or ''}\n{indent}{new}"


def _offset(body: str, line: int, column: int) -> int:
    """Return the offset in characters of a place that `ast` gives as line (1-based) and column in bytes."""
    return line_starts(body)[line - 1] + len(body.split("\n")[line - 1].encode()[:column].decode())


def _in_configuration(body: str, requirement: str) -> _Splice | None:
    """Return the splice for a list over several lines in the section `options`.

    Where comments divide the list, it goes to the end of the first part: what is needed for tests is listed behind it.
    """
    rows = body.splitlines(keepends=True)
    inside, last, key, divided = False, None, False, False
    for number, row in enumerate(rows):
        if re.match(r"\[", row):
            inside, key = row.strip() == "[options]", False
        elif inside and re.match(r"install_requires[ \t]*[=:][ \t]*$", row.rstrip("\n")):
            key = True
        elif re.match(r"\S", row) and not row.startswith(("#", ";")):
            key = False
        elif key and row.strip().startswith(("#", ";")):
            divided = last is not None
        elif key and row.strip() and not divided:
            last = number
    if last is None or not rows[last].endswith("\n"):
        return None
    indent = rows[last][: len(rows[last]) - len(rows[last].lstrip(" \t"))]
    at = sum(len(r) for r in rows[: last + 1])
    return at, at, f"{indent}{requirement}\n"
