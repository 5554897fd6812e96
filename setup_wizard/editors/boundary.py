"""What reports React's errors: root handlers (React 19) or an error boundary, added to the entry that makes the root."""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from setup_wizard.editors.base import (
    Edit,
    Edited,
    Refused,
    Unchanged,
    line_indent,
    line_start,
    not_utf8,
    read_text,
    splice,
)
from setup_wizard.editors.entry import style_of
from setup_wizard.editors.javascript_splices import Script, Splice

HANDLERS = ("onUncaughtError", "onCaughtError", "onRecoverableError")
"""https://docs.sentry.io/platforms/javascript/guides/react/ (Configure), and https://react.dev/reference/react-dom/client/createRoot."""

FALLBACK = "<p>Something went wrong.</p>"
_ROOTS = {"createRoot": 1, "hydrateRoot": 2}
_CLIENT = ("react-dom/client", "react-dom")


class NotFollowedError(Exception):
    """A shape that is not followed: why, and on which line (1-based)."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


def handlers_snippet(name: str = "Sentry", package: str = "@sentry/react") -> str:
    """Return what to write by hand for React 19."""
    rows = "".join(f"  {h}: {name}.reactErrorHandler(),\n" for h in HANDLERS)
    return (
        f"import * as {name} from '{package}'\n\ncreateRoot(document.getElementById('root')!, {{\n{rows}}}).render(…)\n"
    )


def boundary_snippet(name: str = "Sentry", package: str = "@sentry/react") -> str:
    """Return what to write by hand for older versions of React."""
    return (
        f"import * as {name} from '{package}'\n\n<{name}.ErrorBoundary fallback={{{FALLBACK}}}>\n  <App />\n"
        f"</{name}.ErrorBoundary>\n"
    )


def add_root_handlers(data: bytes, path: str, package: str) -> Edit:
    """Give each `createRoot` or `hydrateRoot` call of a module Sentry's three handlers (React 19 and newer)."""
    return edit_module(data, path, package, handlers_snippet(package=package), _handlers)


def add_boundary(data: bytes, path: str, package: str) -> Edit:
    """Wrap what a module renders into its root in Sentry's error boundary (any version of React)."""
    return edit_module(data, path, package, boundary_snippet(package=package), _boundary)


def edit_module(
    data: bytes,
    path: str,
    package: str,
    snippet: str,
    how: Callable[[Script, str], list[Splice]],
    *,
    react: bool = True,
) -> Edit:
    """Edit a module by splices that are made with the name of the SDK in it; with `react` it has to import React's client.

    The SDK is imported only where something is made.
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    try:
        root = js.parse_javascript(text.body.encode(), path)
    except ParseError as error:
        return Refused(f"{path} is not valid: {error.message}", snippet, f"{path}:{error.line or 1}")
    script = Script(text.body, root, text.newline)
    try:
        name, edits = _sentry(script, package, path, _CLIENT if react else ())
        made = how(script, name)
    except NotFollowedError as refusal:
        return Refused(f"{path} {refusal}", snippet, f"{path}:{refusal.line}")
    if not made:
        return Unchanged(f"{path} already reports React's errors")
    body = splice(text.body, [*edits, *made])
    try:
        js.parse_javascript(body.encode(), path)
    except ParseError:
        return Refused(f"{path} would not parse after the edit", snippet, f"{path}:1")
    return Edited(text.encode(body))


def _sentry(script: Script, package: str, path: str, beside: tuple[str, ...]) -> tuple[str, list[Splice]]:
    """Return the name by which the module knows the SDK, and the import to add where it does not yet."""
    found = list(js.imports(script.root))
    for module, names, _ in found:
        space = next((local for local, imported in names.items() if imported == "*"), None)
        if module == package and space is not None:
            return space, []
    statements = [(m, n) for m, _, n in found if n.type == "import_statement"]
    client = next((n for m, n in statements if m in beside), None)
    if client is None and not beside:
        client = next((n for m, n in statements if not m.startswith(".")), None)
    if client is None:
        raise NotFollowedError(f"does not import {beside[0]}" if beside else "imports nothing")
    if any(n.type in ("identifier", "type_identifier") and js.text_of(n) == "Sentry" for n in js.descend(script.root)):
        raise NotFollowedError("uses the name Sentry for something else")
    style = style_of(script.body.encode(), path)
    line = f"import * as Sentry from {style.quote}{package}{style.quote}{style.semicolon}{script.newline}"
    at = script.at(client.start_byte)
    return "Sentry", [(at, at, line)]


def _root_calls(script: Script) -> list[tuple[Node, list[Node], str]]:
    """List the calls that make a root: the call, its arguments, and which of the two functions it is."""
    names: dict[str, str] = {}
    for module, local, _ in js.imports(script.root):
        if module in _CLIENT:
            names |= {k: v for k, v in local.items() if v in _ROOTS}
            names |= {f"{k}.{r}": r for k, v in local.items() if v in ("*", "default") for r in _ROOTS}
    found = []
    for node in js.descend(script.root):
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is not None and js.text_of(function) in names:
            found.append((node, _arguments(node), names[js.text_of(function)]))
    return found


def _arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    return [n for n in given.named_children if n.type != "comment"] if given is not None else []


def _roots(script: Script) -> list[tuple[Node, list[Node], str]]:
    calls = _root_calls(script)
    if not calls:
        raise NotFollowedError("makes no root with createRoot or hydrateRoot")
    for call, given, kind in calls:
        if any(n.type == "spread_element" for n in given) or len(given) < _ROOTS[kind]:
            raise NotFollowedError(f"calls {kind} in an unsupported way", js.line_of(call))
    return calls


def _handlers(script: Script, name: str) -> list[Splice]:
    return [edit for call, given, kind in _roots(script) for edit in _call_handlers(script, name, call, given, kind)]


def _call_handlers(script: Script, name: str, call: Node, given: list[Node], kind: str) -> list[Splice]:
    rows = [f"{h}: {name}.reactErrorHandler()" for h in HANDLERS]
    if len(given) > _ROOTS[kind]:
        options = js.unwrap(given[-1])
        if options.type != "object" or js.has_spread(options):
            raise NotFollowedError(f"gives {kind} options that are not a literal", js.line_of(given[-1]))
        present = [n for n, _, _ in js.properties(options) if n in HANDLERS]
        if len(present) == len(HANDLERS) and "reactErrorHandler" in js.text_of(options):
            return []
        if present:
            raise NotFollowedError(f"has a handler of its own: {present[0]}", js.line_of(options))
        return script.insert_properties(options, rows)
    last = given[-1]
    end = script.at(last.end_byte)
    arguments = call.child_by_field_name("arguments")
    assert arguments is not None
    own = line_indent(script.body, end)
    inner = f",\n{own}{script.unit}".join(rows)
    literal = f"{{\n{own}{script.unit}{inner}{script.comma}\n{own}}}"
    closing = script.at(arguments.end_byte) - 1
    if last.end_point[0] == arguments.end_point[0]:
        return [(end, end, script.lines(f", {literal}"))]
    return script.after(last, end, f"{own}{literal}", closing)


def _boundary(script: Script, name: str) -> list[Splice]:
    return [edit for shown in _shown(script) for edit in _wrap(script, name, shown)]


def _wrap(script: Script, name: str, shown: Node) -> list[Splice]:
    for node in js.descend(shown):
        if node.type in ("jsx_opening_element", "jsx_self_closing_element"):
            tag = node.child_by_field_name("name")
            if tag is not None and js.text_of(tag) == f"{name}.ErrorBoundary":
                return []
    start, end = script.at(shown.start_byte), script.at(shown.end_byte)
    first = line_start(script.body, start)
    alone = not script.body[first:start].strip()
    home = line_indent(script.body, start)
    outer = home if alone else home + script.unit
    # The rest of the element moves by as much as its first line does; text in quotes or backticks over lines stays.
    shift = "" if _holds_lines(shown) else script.unit if alone else script.unit * 2
    moved = re.sub(r"\n(?=[^\r\n])", lambda _: "\n" + shift, script.body[start:end])
    opening, closing = f"<{name}.ErrorBoundary fallback={{{FALLBACK}}}>", f"</{name}.ErrorBoundary>"
    head = "" if alone else f"\n{outer}"
    tail = "" if alone else f"\n{home}"
    nl = script.newline
    made = (
        f"{head}{opening}\n{outer}{script.unit}".replace("\n", nl)
        + moved
        + f"\n{outer}{closing}{tail}".replace("\n", nl)
    )
    before = script.body[:start].rstrip(" \t") if not alone else script.body[:start]
    return [(len(before), end, made)]


def _holds_lines(node: Node) -> bool:
    return any(
        n.type in ("template_string", "string", "comment") and n.start_point[0] != n.end_point[0]
        for n in js.descend(node)
    )


def _shown(script: Script) -> list[Node]:
    """Return the element that is rendered into each root."""
    roots = _roots(script)
    found = [given[1] for _, given, kind in roots if kind == "hydrateRoot"]
    made = [call for call, _, kind in roots if kind == "createRoot"]
    names = {js.text_of(call) for call in made} | {_variable(call) for call in made}
    rendered = []
    for node in js.descend(script.root):
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is None or function.type != "member_expression":
            continue
        owner, method = function.child_by_field_name("object"), function.child_by_field_name("property")
        if owner is not None and method is not None and js.text_of(method) == "render" and js.text_of(owner) in names:
            rendered.append(_arguments(node))
    if len(rendered) != len(made) or any(len(given) != 1 for given in rendered):
        raise NotFollowedError("does not render into each root just once", js.line_of(roots[0][0]))
    return [_element(node) for node in (*found, *(given[0] for given in rendered))]


def _variable(call: Node) -> str:
    """Return the name of the variable that holds a root, nothing where none does."""
    holder = call.parent
    while holder is not None and holder.type in ("parenthesized_expression", "non_null_expression"):
        holder = holder.parent
    target = holder.child_by_field_name("name") if holder is not None and holder.type == "variable_declarator" else None
    return js.text_of(target) if target is not None else ""


def _element(node: Node) -> Node:
    inner = js.unwrap(node)
    if inner.type not in ("jsx_element", "jsx_self_closing_element"):
        raise NotFollowedError("renders something other than an element written in place", js.line_of(node))
    return inner
