"""Report what a boundary of one's own catches: in Solid, in Preact and other class components, and in React Router's root route."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_exports import exported, exported_elsewhere
from setup_wizard.editors.base import Edit, line_indent
from setup_wizard.editors.boundary import FALLBACK, NotFollowedError, edit_module
from setup_wizard.editors.javascript_splices import Script, Splice

_FUNCTIONS = ("function_declaration", "arrow_function", "function_expression", "function", "method_definition")
_ROUTE_ERRORS = "isRouteErrorResponse"


def solid_snippet(name: str = "ErrorBoundary") -> str:
    """Return what to write by hand for Solid (https://docs.sentry.io/platforms/javascript/guides/solid/features/error-boundary/)."""
    return (
        "import * as Sentry from '@sentry/solid'\n\n"
        f"const SentryErrorBoundary = Sentry.withSentryErrorBoundary({name})\n\n"
        f"<SentryErrorBoundary fallback={{{FALLBACK}}}>\n  <App />\n</SentryErrorBoundary>\n"
    )


def report_solid(data: bytes, path: str, package: str) -> Edit:
    """Put Sentry's boundary in the place of each `ErrorBoundary` of Solid in a module; the fallbacks stay."""
    return edit_module(data, path, package, solid_snippet(), _solid, react=False)


def _solid(script: Script, name: str) -> list[Splice]:
    own = {
        n: node
        for m, names, node in js.imports(script.root)
        if m == "solid-js"
        for n, i in names.items()
        if i == "ErrorBoundary"
    }
    tags = [
        tag
        for node in js.descend(script.root)
        if node.type in ("jsx_opening_element", "jsx_self_closing_element", "jsx_closing_element")
        and (tag := node.child_by_field_name("name")) is not None
        and js.text_of(tag) in own
    ]
    if not tags:
        return []
    if len(own) != 1 or any(js.text_of(n) == "SentryErrorBoundary" for n in js.descend(script.root)):
        raise NotFollowedError("names a boundary in an unsupported way", js.line_of(tags[0]))
    (local, statement), *_ = own.items()
    last = [n for n in script.root.named_children if n.type == "import_statement"][-1]
    end = script.at(last.end_byte)
    semicolon = ";" if js.text_of(statement).rstrip().endswith(";") else ""
    made = f"\n\nconst SentryErrorBoundary = {name}.withSentryErrorBoundary({local}){semicolon}"
    return [
        (end, end, script.lines(made)),
        *((script.at(t.start_byte), script.at(t.end_byte), "SentryErrorBoundary") for t in tags),
    ]


def report_caught(line: int) -> Callable[[bytes, str, str], Edit]:
    """Return an editor that reports in the `componentDidCatch` or `useErrorBoundary()` of a line (1-based)."""

    def editor(data: bytes, path: str, package: str) -> Edit:
        snippet = f"import * as Sentry from '{package}'\n\n  Sentry.captureException(error)\n"
        return edit_module(data, path, package, snippet, lambda script, name: _caught(script, name, line), react=False)

    return editor


def _caught(script: Script, name: str, line: int) -> list[Splice]:
    for node in js.descend(script.root):
        if js.line_of(node) != line:
            continue
        if node.type == "method_definition":
            own = node.child_by_field_name("name")
            if own is not None and js.text_of(own) == "componentDidCatch":
                return _first_in(script, node, lambda error: [f"{name}.captureException({error})@"])
        elif node.type == "call_expression" and js.text_of(node.children[0]) == "useErrorBoundary":
            arguments = node.child_by_field_name("arguments")
            if arguments is not None and not arguments.named_children:
                place = script.at(arguments.start_byte) + 1
                return [(place, place, f"(error) => {name}.captureException(error)")]
            raise NotFollowedError("gives useErrorBoundary a handler of its own", line)
    return []


def _first_in(script: Script, function: Node, rows: Callable[[str], list[str]]) -> list[Splice]:
    """Put rows first into a function's body; they are made with the name of its error."""
    body, error = function.child_by_field_name("body"), _error_of(function)
    if body is None or body.type != "statement_block" or error is None:
        raise NotFollowedError("catches an error in an unsupported way", js.line_of(function))
    statements = [n for n in body.named_children if n.type != "comment"]
    anchor = next((n for n in statements if "useRouteError(" in js.text_of(n)), None)
    ends = ";" if any(js.text_of(n).rstrip().endswith(";") for n in statements) else ""
    if anchor is not None:
        indent, place = line_indent(script.body, script.at(anchor.start_byte)), script.at(anchor.end_byte)
    else:
        multiline = bool(statements) and statements[0].start_point[0] != body.start_point[0]
        home = line_indent(script.body, script.at(body.start_byte))
        indent = line_indent(script.body, script.at(statements[0].start_byte)) if multiline else home + script.unit
        place = script.at(body.start_byte) + 1
        if statements and not multiline:
            raise NotFollowedError("has a function in one line", js.line_of(function))
    text = "".join(f"\n{indent}{row.replace('@', ends).replace('    ', script.unit)}" for row in rows(error))
    if not statements:
        text += f"\n{line_indent(script.body, script.at(body.start_byte))}"
    return [(place, place, script.lines(text))]


def _error_of(function: Node) -> str | None:
    """Return the name of the error that a function is given, or takes by `useRouteError()`."""
    body = function.child_by_field_name("body")
    for node in js.descend(body) if body is not None else ():
        value = node.child_by_field_name("value") if node.type == "variable_declarator" else None
        own = node.child_by_field_name("name") if value is not None else None
        if value is not None and own is not None and js.text_of(value).startswith("useRouteError("):
            return js.text_of(own)
    parameters = function.child_by_field_name("parameters")
    first = parameters.named_children[0] if parameters is not None and parameters.named_children else None
    pattern = first.child_by_field_name("pattern") if first is not None and first.type.endswith("_parameter") else first
    if pattern is None:
        return None
    if pattern.type == "identifier":
        return js.text_of(pattern) if function.type == "method_definition" else f"{js.text_of(pattern)}.error"
    if pattern.type != "object_pattern":
        return None
    for part in pattern.named_children:
        if part.type == "shorthand_property_identifier_pattern" and js.text_of(part) == "error":
            return "error"
        key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
        if key is not None and value is not None and js.text_of(key) == "error" and value.type == "identifier":
            return js.text_of(value)
    return None


def route_snippet(package: str) -> str:
    """Return what to write by hand for React Router (https://reactrouter.com/how-to/error-boundary)."""
    return (
        f"import * as Sentry from '{package}'\n\nexport function ErrorBoundary({{ error }}) {{\n"
        f"  if (error instanceof Error) {{\n    Sentry.captureException(error)\n  }}\n  return {FALLBACK}\n}}\n"
    )


def report_route_errors(data: bytes, path: str, package: str) -> Edit:
    """Report in the root route's `ErrorBoundary`; one is added where the route has none and a `Layout` draws the page."""
    typed = path.endswith("tsx")

    def how(script: Script, name: str) -> list[Splice]:
        return _route(script, name, typed)

    return edit_module(data, path, package, route_snippet(package), how, react=False)


def _route(script: Script, name: str, typed: bool) -> list[Splice]:
    present = exported(script.root, "ErrorBoundary")
    ends = ";" if any(js.text_of(n).rstrip().endswith(";") for n in script.root.named_children) else ""
    if exported_elsewhere(script.root, "ErrorBoundary") is not None:
        raise NotFollowedError("takes its ErrorBoundary from elsewhere")
    if present is None:
        if exported(script.root, "Layout") is None:
            raise NotFollowedError("has no Layout, so a boundary has to draw the whole page")
        parameter = "{ error }: { error: unknown }" if typed else "{ error }"
        unit = script.unit
        text = (
            f"\nexport function ErrorBoundary({parameter}) {{\n{unit}if (error instanceof Error) {{\n"
            f"{unit * 2}{name}.captureException(error){ends}\n{unit}}}\n{unit}return {FALLBACK}{ends}\n}}\n"
        )
        end = len(script.body)
        return [(end, end, script.lines(text if script.body.endswith("\n") else f"\n{text}"))]
    if f"{name}.captureException" in js.text_of(present):
        return []
    if present.type not in _FUNCTIONS:
        raise NotFollowedError("takes its ErrorBoundary from elsewhere", js.line_of(present))
    routes = any(_ROUTE_ERRORS in names.values() for _, names, _ in js.imports(script.root))

    def rows(error: str) -> list[str]:
        condition = f"!{_ROUTE_ERRORS}({error})" if routes else f"{error} instanceof Error"
        return [f"if ({condition}) {{", f"    {name}.captureException({error})@", "}"]

    return _first_in(script, present, rows)
