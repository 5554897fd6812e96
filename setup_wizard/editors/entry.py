"""The browser's entry module: Sentry's own module imported first, and that module's text in the entry's style."""

from __future__ import annotations

import re

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, indent_unit, not_utf8, read_text, splice
from setup_wizard.editors.javascript_splices import trailing_comma


class Style(Struct, frozen=True, kw_only=True):
    """How a module is written: quote, end of statements, a level of indentation, line end, and what follows the last of several lines."""

    quote: str = "'"
    semicolon: str = ""
    unit: str = "  "
    newline: str = "\n"
    comma: str = ","


_ENDED = frozenset({"import_statement", "expression_statement", "lexical_declaration", "return_statement"})
"""Statements that a semicolon may end; behind a function's or a class's brace there is none in any style."""


def style_of(data: bytes | None, path: str) -> Style:
    """Read the style of a module; the plain one where it does not parse."""
    text = read_text(data)
    if text is None:
        return Style()
    try:
        root = js.parse_javascript(text.body.encode(), path)
    except ParseError:
        return Style()
    quotes = [js.text_of(n)[0] for n in js.descend(root) if n.type == "string"]
    ends = [js.text_of(n).rstrip().endswith(";") for n in js.descend(root) if n.type in _ENDED]
    return Style(
        quote='"' if quotes.count('"') > quotes.count("'") else "'",
        semicolon=";" if ends.count(True) * 2 > len(ends) else "",
        unit=indent_unit(text.body),
        newline=text.newline,
        comma=trailing_comma(root),
    )


def import_first(data: bytes, path: str, module: str) -> Edit:
    """Import a module for its effect before every other import of the entry; directives and leading comments stay first."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    style = style_of(data, path)
    line = f"import {style.quote}{module}{style.quote}{style.semicolon}"
    try:
        root = js.parse_javascript(text.body.encode(), path)
    except ParseError as error:
        return Refused(f"{path} is not valid: {error.message}", line, f"{path}:{error.line or 1}")
    imports = [n for n in root.named_children if n.type == "import_statement"]
    present = [n for n in imports if js.string_of(n.child_by_field_name("source")) == module]
    if present:
        if imports[0].id == present[0].id:
            return Unchanged(f"{path} already imports {module} first")
        place = f"{path}:{js.line_of(present[0])}"
        return Refused(f"{path} imports {module}, but not first", line, place)
    if not imports and re.search(r"\brequire\s*\(", text.body):
        return Refused(
            f"{path} is CommonJS", f"require({style.quote}{module}{style.quote}){style.semicolon}", f"{path}:1"
        )
    at = len(text.body.encode()[: first_place(root)].decode())
    gap = "" if text.body[:at].endswith("\n") or not text.body[:at].strip() else text.newline
    body = splice(text.body, [(at, at, gap + line + text.newline)])
    try:
        made = [n for n in js.parse_javascript(body.encode(), path).named_children if n.type == "import_statement"]
    except ParseError:
        made = []
    if not made or js.string_of(made[0].child_by_field_name("source")) != module:
        return Refused(f"{path} would not begin with the import after the edit", line, f"{path}:1")
    return Edited(text.encode(body))


_OF_THE_FILE = lazy_pattern(
    r"(?i)///\s*<|licen[cs]e|copyright|spdx|\(c\)|©|eslint|oxlint|biome|prettier|tslint|jshint|istanbul|@ts-|@jsx|@flow|@refresh|\bglobals?\b"
)
"""What a comment that speaks of the whole file, or to a tool, has in it."""


def first_place(root: Node) -> int:
    """Return the byte offset of the first import, else of the first statement after directives.

    Lines of comment right above it speak of it and stay there, unless they are the file's head or a tool's.
    """
    above: list[Node] = []
    for node in root.named_children:
        directive = (
            node.type == "expression_statement" and node.named_children[:1] and node.named_children[0].type == "string"
        )
        if node.type == "comment" and js.text_of(node).startswith("//"):
            if above and above[-1].end_point.row != node.start_point.row - 1:
                above = []
            above.append(node)
            continue
        if node.type in ("comment", "hash_bang_line") or directive:
            above = []
            continue
        told = above and above[-1].end_point.row == node.start_point.row - 1
        own = told and not any(_OF_THE_FILE.search(js.text_of(c)) for c in above)
        return int(above[0].start_byte if own else node.start_byte)
    return int(root.end_byte)


class InstrumentOptions(Struct, frozen=True, kw_only=True):
    """What Sentry's module holds: SDK package, sample rate, whether its major asks for `dataCollection`, what traces pages.

    `targets` are origins beside the page's own that get the trace's headers; `replay`, `logs` and `feedback` switch these on.
    `width` is the longest line (characters) of the code around it, `comma` what its formatter ends the last element of several
    lines with (None: the module tells). `dsn` and `environment` are the expressions of these options.
    """

    package: str
    sample_rate: float
    data_collection: bool
    tracing: str = "browserTracingIntegration"
    targets: tuple[str, ...] = ()
    replay: bool = False
    logs: bool = False
    feedback: bool = False
    width: int = 80
    comma: str | None = None
    dsn: str = "import.meta.env.VITE_SENTRY_DSN"
    environment: str = "import.meta.env.VITE_SENTRY_ENVIRONMENT || import.meta.env.MODE"


def instrument_text(options: InstrumentOptions, style: Style) -> str:
    """Return the module's text (https://docs.sentry.io/platforms/javascript/guides/react/#configure)."""
    lines = [
        f"import * as Sentry from {style.quote}{options.package}{style.quote}{style.semicolon}",
        "",
        "// The entry imports this first: errors before this line runs are not reported.",
        *init_lines(options, style),
    ]
    return style.newline.join(lines) + style.newline


def init_lines(options: InstrumentOptions, style: Style, *first: str) -> list[str]:
    """Return the call of `Sentry.init` in a module's style; `first` are options that stand before the others."""
    unit = style.unit
    integrations = [f"Sentry.{options.tracing}()"]
    chosen = {"replayIntegration": options.replay, "feedbackIntegration": options.feedback}
    integrations += [f"Sentry.{name}()" for name, on in chosen.items() if on]
    lines = [
        "Sentry.init({",
        *(unit + row for row in first),
        f"{unit}dsn: {options.dsn},",
        f"{unit}environment: {options.environment},",
        f"{unit}integrations: [{', '.join(integrations)}],",
        f"{unit}tracesSampleRate: {options.sample_rate:g},",
    ]
    if options.targets:
        patterns = [r"/^\//", *map(origin_pattern, options.targets)]
        lines += [
            f"{unit}// The page's own paths, and the API's origin: no other host gets the headers.",
            *_listed(f"{unit}tracePropagationTargets: [", patterns, unit, options.width),
        ]
    if options.replay:
        lines += [
            f"{unit}// Text and media are masked, unless replayIntegration() is given other options.",
            f"{unit}replaysSessionSampleRate: 0.1,",
            f"{unit}replaysOnErrorSampleRate: 1,",
        ]
    if options.logs:
        lines.append(f"{unit}enableLogs: true,")
    if options.data_collection:
        lines += privacy_rows(unit)
    lines.append(f"}}){style.semicolon}")
    return lines if (style.comma if options.comma is None else options.comma) else without_trailing_commas(lines)


def without_trailing_commas(lines: list[str]) -> list[str]:
    """Return the lines of a call without the comma behind the last element of each list and object."""
    ends = [following.lstrip()[:1] in ("}", "]", ")") for following in lines[1:]]
    return [line.removesuffix(",") if last else line for line, last in zip(lines, [*ends, False], strict=True)]


def _listed(opening: str, elements: list[str], unit: str, width: int) -> list[str]:
    """Return an option whose value is a list: on one line, or one element a line where that is longer than the lines are here."""
    whole = f"{opening}{', '.join(elements)}],"
    return [whole] if len(whole) <= width else [opening, *(f"{unit * 2}{e}," for e in elements), f"{unit}],"]


def origin_pattern(origin: str) -> str:
    """Return the regular expression for the URLs of an origin, as `tracePropagationTargets` takes it.

    https://docs.sentry.io/platforms/javascript/tracing/distributed-tracing/dealing-with-cors-issues/
    """
    escaped = origin.replace("/", "\\/").replace(".", "\\.")
    return f"/^{escaped}(?:\\/|$)/"


def privacy_rows(unit: str) -> list[str]:
    """Return the option that keeps personal data out, which version 11 collects otherwise.

    https://docs.sentry.io/platforms/javascript/migration/v10-to-v11/
    """
    return [
        f"{unit}// Version 11 collects everything that is not switched off here.",
        f"{unit}dataCollection: {{",
        f"{unit * 2}userInfo: false,",
        f"{unit * 2}cookies: false,",
        f"{unit * 2}httpBodies: [],",
        f"{unit * 2}graphQL: {{ document: false, variables: false }},",
        f"{unit * 2}genAI: {{ inputs: false, outputs: false }},",
        f"{unit}}},",
    ]


def write_instrument(data: bytes | None, options: InstrumentOptions, style: Style, path: str) -> Edit:
    """Make Sentry's module; a file that is there already stays as it is."""
    text = instrument_text(options, style)
    if data is None:
        return Edited(text.encode())
    if data == text.encode():
        return Unchanged(f"{path} already exists")
    return Refused(f"{path} already exists, with other content", text, path)


def is_module(text: str, path: str) -> bool | None:
    """Return whether a file imports or exports at its top, so that what it declares is its own; None for one that does not parse."""
    try:
        root = js.parse_javascript(text.encode(), path)
    except ParseError:
        return None
    return any(n.type in ("import_statement", "export_statement") for n in root.named_children)


_ENVIRONMENT_TYPES = lazy_pattern(
    r"(?m)^interface ImportMetaEnv \{[ \t]*\r?\n(?P<rows>(?:[ \t]+(?:readonly |//)[^{}\n]*\n)*)\}[ \t]*\r?$"
)
"""An interface of one variable a line, to which others are added; any other shape gets a second one, which TypeScript merges
(https://www.typescriptlang.org/docs/handbook/declaration-merging.html)."""


def declare_types(data: bytes | None, style: Style, path: str) -> Edit:
    """Declare the variables that Sentry's module reads in `vite-env.d.ts` (https://vite.dev/guide/env-and-mode#intellisense-for-typescript)."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    unit, end = style.unit, style.semicolon
    block = [
        "interface ImportMetaEnv {",
        f"{unit}readonly VITE_SENTRY_DSN?: string{end}",
        f"{unit}readonly VITE_SENTRY_ENVIRONMENT?: string{end}",
        "}",
    ]
    snippet = "\n".join(block)
    if "VITE_SENTRY_DSN" in text.body:
        return Unchanged(f"{path} already declares them")
    module = is_module(text.body, path)
    if module is None:
        return Refused(f"{path} cannot be read as TypeScript", snippet, path)
    if module:
        # https://www.typescriptlang.org/docs/handbook/declaration-merging.html#global-augmentation
        block = ["declare global {", *(unit + row for row in block), "}"]
    newline = text.newline if text.body else style.newline
    present = _ENVIRONMENT_TYPES.search(text.body) if not module else None
    if present is not None:
        rows = text.body[present.start("rows") : present.end("rows")]
        indent = re.match(r"[ \t]*", rows.splitlines()[0] if rows.strip() else unit)
        own = [(indent[0] if indent else unit) + row.strip() + newline for row in block[1:-1]]
        at = present.end("rows")
        return Edited(text.encode(text.body[:at] + "".join(own) + text.body[at:]))
    head = text.body if text.body.endswith("\n") or not text.body else text.body + newline
    if "vite/client" not in head:
        head = f'/// <reference types="vite/client" />{newline}' + head
    return Edited(text.encode(head + newline + newline.join(block) + newline))
