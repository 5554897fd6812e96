"""package.json and app.json: one member inserted, in order where its table is in order, all other bytes kept."""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.catalogs import PROTOCOL
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, indent_unit, not_utf8, read_text, splice


def add_dependency(
    data: bytes,
    name: str,
    version: str,
    path: str = "package.json",
    *,
    group: str = "devDependencies",
    beside: str = "",
) -> Edit:
    """Add `"name": "version"` to a group (`dependencies`, `devDependencies`), made where it is missing.

    The version is exact where every other one is. `beside` is a package whose group is taken where it has one: what a build needs is
    installed with its bundler, also by an `npm install --omit=dev`.
    """
    group = _group_of(data, beside) or group
    version = version.removeprefix("^") if _pins_all(data) else version
    others = ("devDependencies", "dependencies", "optionalDependencies")
    return _add_member(data, group, name, f'"{version}"', path, others=others)


def catalog_of(data: bytes, beside: str = "") -> str | None:
    """Return the catalog (`catalog:` or `catalog:NAME`) that a package.json takes all of its versions from, None for any other.

    Packages of the workspace itself have none. Of several catalogs it is the one of `beside`, else the default one.
    """
    given = {k: v for k, v in _versions(data) if not v.startswith(_ELSEWHERE)}
    asked = set(given.values())
    if len(given) < 2 or not all(v.startswith(PROTOCOL) for v in asked):
        return None
    return given.get(beside) or (next(iter(asked)) if len(asked) == 1 else PROTOCOL)


_ELSEWHERE = ("workspace:", "file:", "link:", "portal:")
"""Beginnings of what is no version: a package of the workspace, or of the machine."""


def _pins_all(data: bytes) -> bool:
    """Return whether a package.json names exact versions only, two of them or more."""
    given = [v for _, v in _versions(data)]
    return len(given) > 1 and all(_EXACT.fullmatch(g) for g in given)


def _versions(data: bytes) -> list[tuple[str, str]]:
    """Return the packages that a package.json depends on, each with what is written as its version."""
    text = read_text(data)
    try:
        top = js.parse_json(text.body.encode()) if text is not None else None
    except ParseError:
        return []
    tables = (
        [v for k, _, v in js.properties(top) if k in ("dependencies", "devDependencies")] if top is not None else []
    )
    return [(k, js.string_of(v) or "") for t in tables if t.type == "object" for k, _, v in js.properties(t)]


_EXACT = lazy_pattern(r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")


def _group_of(data: bytes, name: str) -> str | None:
    text = read_text(data)
    try:
        top = js.parse_json(text.body.encode()) if text is not None and name else None
    except ParseError:
        top = None
    groups = [(k, v) for k, _, v in js.properties(top) if k in ("dependencies", "devDependencies")] if top else []
    return next((k for k, v in groups if v.type == "object" and any(n == name for n, _, _ in js.properties(v))), None)


def declare_variables(data: bytes, variables: Mapping[str, str | None], path: str = "app.json") -> Edit:
    """Declare variables in the `env` of Heroku's app.json; None as value leaves it to the dashboard.

    https://devcenter.heroku.com/articles/app-json-schema#env
    """
    result: Edit = Unchanged(f"{path} already declares them")
    described = _describes(data)
    for name, value in variables.items():
        pairs = [("value", f'"{value}"')] if value is not None else [("required", "false")]
        if described:
            about = _ABOUT_DSN if value is None else _ABOUT_ENVIRONMENT
            pairs.insert(0, ("description", f'"{about}"'))
        told = "{" + ", ".join(f'"{k}": {v}' for k, v in pairs) + "}"
        step = _add_member(data, "env", name, told, path, rows=tuple(f'"{k}": {v}' for k, v in pairs))
        if isinstance(step, Refused):
            return step
        if isinstance(step, Edited):
            result, data = step, step.data
    return result


_ABOUT_DSN = "The DSN of the Sentry project that errors are reported to; empty reports none."
_ABOUT_ENVIRONMENT = "The environment that Sentry shows events under."


def _describes(data: bytes) -> bool:
    """Return whether most variables of an app.json say what they are."""
    text = read_text(data)
    try:
        top = js.parse_json(text.body.encode()) if text is not None else None
    except ParseError:
        top = None
    env = next((v for k, _, v in js.properties(top) if k == "env"), None) if top is not None else None
    entries = [v for _, _, v in js.properties(env) if v.type == "object"] if env is not None else []
    described = sum(any(k == "description" for k, _, _ in js.properties(v)) for v in entries)
    return described * 2 > len(entries)


def _add_member(
    data: bytes,
    group: str,
    name: str,
    value: str,
    path: str,
    *,
    others: tuple[str, ...] = (),
    rows: tuple[str, ...] = (),
) -> Edit:
    """Add `"name": value` to a table of the top object, unless it is there or in one of the others.

    Where the objects of the table are written over several lines, the members of the value (`rows`) are too.
    """
    snippet = f'"{group}": {{ "{name}": {value} }}'
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    raw = text.body.encode()
    try:
        top = js.parse_json(raw)
    except ParseError as error:
        return Refused(f"{path} is not JSON: {error.message}", snippet, f"{path}:{error.line or 1}")
    if top.type != "object":
        return Refused(f"{path} is not a JSON object", snippet, path)
    tables = {k: v for k, _, v in js.properties(top)}
    for other in (group, *others):
        table = tables.get(other)
        if table is not None and any(k == name for k, _, _ in js.properties(table)):
            return Unchanged(f"{name} is already in {path}")
    unit = indent_unit(text.body)
    newline = text.newline
    table = tables.get(group)
    if rows and table is not None and table.type == "object" and _spread(table):
        value = "{" + ",".join(f"{newline}{unit * 3}{row}" for row in rows) + f"{newline}{unit * 2}}}"
    entry = f'"{name}": {value}'
    if table is not None and table.type != "object":
        return Refused(f"`{group}` in {path} is not an object", snippet, path)
    if table is None:
        entries = js.properties(top)
        after = next((p for k, p, _ in entries if k in others), entries[-1][1] if entries else None)
        block = f'"{group}": {{{newline}{unit}{unit}{entry}{newline}{unit}}}'
        body = _insert(text.body, top, after, block, newline + unit, newline)
    else:
        body = _into(text.body, table, name, entry, unit, newline)
    return Edited(text.encode(body))


def _spread(table: Node) -> bool:
    """Return whether the objects in a table are written over several lines."""
    return any(v.type == "object" and v.start_point[0] != v.end_point[0] for _, _, v in js.properties(table))


def _chars(body: str, offset: int) -> int:
    return len(body.encode()[:offset].decode())


def _into(body: str, table: Node, name: str, entry: str, unit: str, newline: str) -> str:
    entries = js.properties(table)
    if not entries:
        start, end = _chars(body, table.start_byte), _chars(body, table.end_byte)
        return splice(body, [(start, end, f"{{{newline}{unit}{unit}{entry}{newline}{unit}}}")])
    several_lines = table.start_point[0] != table.end_point[0]
    lead = newline + unit * 2 if several_lines else " "
    following = (
        next((p for k, p, _ in entries if k > name), None)
        if [k for k, _, _ in entries] == sorted(k for k, _, _ in entries)
        else None
    )
    if following is not None:
        at = _chars(body, following.start_byte)
        return splice(body, [(at, at, f"{entry},{lead}")])
    return _insert(body, table, entries[-1][1], entry, lead, newline)


def _insert(body: str, table: Node, after: Node | None, entry: str, lead: str, newline: str) -> str:
    if after is None:
        start, end = _chars(body, table.start_byte), _chars(body, table.end_byte)
        return splice(body, [(start, end, f"{{{lead}{entry}{newline}}}")])
    at = _chars(body, after.end_byte)
    return splice(body, [(at, at, f",{lead}{entry}")])
