"""Vue's entry: `Sentry.init({ app, … })` between making the application and mounting it, as the SDK asks for.

Source: https://docs.sentry.io/platforms/javascript/guides/vue/#configure
"""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.text import ParseError
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, not_utf8, read_text, splice
from setup_wizard.editors.entry import InstrumentOptions, first_place, init_lines, style_of
from setup_wizard.editors.import_places import line_end, place_in_entry


def initialize(data: bytes, path: str, options: InstrumentOptions) -> Edit:
    """Import the SDK and initialize it with the application; a chain `createApp(App).mount(…)` is taken apart."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    style = style_of(data, path)
    end, quote, newline = style.semicolon, style.quote, style.newline
    imported = f"import * as Sentry from {quote}{options.package}{quote}{end}"
    snippet = "\n".join([imported, "", *init_lines(options, style, "app,")])
    place = f"{path}:1"
    raw = text.body.encode()
    try:
        root = js.parse_javascript(raw, path)
    except ParseError as error:
        return Refused(f"{path} is not valid: {error.message}", snippet, f"{path}:{error.line or 1}")
    if any(module.startswith("@sentry/") for module, _, _ in js.imports(root)):
        return Unchanged(f"{path} already imports Sentry")
    made = [n for n in js.descend(root) if n.type == "call_expression" and _called(n) in ("createApp", "createSSRApp")]
    imports = [n for n in root.named_children if n.type == "import_statement"]
    if len(made) != 1 or not imports:
        return Refused(f"{path} does not make one application with createApp()", snippet, place)

    def at(offset: int) -> int:
        return len(raw[:offset].decode())

    call, statement = made[0], made[0]
    while statement.parent is not None and statement.type not in _STATEMENTS:
        statement = statement.parent
    place = f"{path}:{js.line_of(statement)}"
    among = place_in_entry(imports, options.package)
    if among is not None and among[1]:
        first = line_end(text.body, at(among[0].end_byte))
        edits = [(first, first, newline + imported)]
    else:
        first = at(among[0].start_byte if among is not None else first_place(root))
        edits = [(first, first, imported + newline)]
    declared = call.parent
    if statement.type in ("lexical_declaration", "variable_declaration") and declared is not None:
        name = declared.child_by_field_name("name") if declared.type == "variable_declarator" else None
        if name is None or name.type != "identifier" or len(statement.named_children) != 1:
            return Refused(f"{path}: the application is not kept in a variable of its own", snippet, place)
        own = js.text_of(name)
        block = init_lines(options, style, "app," if own == "app" else f"app: {own},")
        start = text.body.rfind("\n", 0, at(statement.start_byte)) + 1
        indent = text.body[start : at(statement.start_byte)]
        if indent.strip():
            return Refused(f"{path}: the application is made in an unsupported way", snippet, place)
        where = at(statement.end_byte)
        gap = newline if indent else newline * 2
        edits.append((where, where, gap + newline.join(indent + row if row else row for row in block)))
    elif statement.type == "expression_statement" and statement.parent == root and _chain(call, statement):
        if any(js.text_of(n) == "app" for n in js.descend(root) if n.type == "identifier"):
            return Refused(f"{path} has another `app`", snippet, place)
        start, close = at(statement.start_byte), at(call.end_byte)
        rows = newline.join(init_lines(options, style, "app,"))
        edits += [(start, start, "const app = "), (close, close, f"{end}{newline * 2}{rows}{newline * 2}app")]
    else:
        return Refused(f"{path}: the application is made in an unsupported way", snippet, place)
    body = splice(text.body, edits)
    try:
        js.parse_javascript(body.encode(), path)
    except ParseError:
        return Refused(f"{path} would not parse after the edit", snippet, place)
    return Edited(text.encode(body))


_STATEMENTS = frozenset(
    {"lexical_declaration", "variable_declaration", "expression_statement", "return_statement", "export_statement"}
)


def makes_application(root: Node) -> bool:
    """Return whether a module calls `createApp` itself."""
    return any(n.type == "call_expression" and _called(n) in ("createApp", "createSSRApp") for n in js.descend(root))


def _called(node: Node) -> str:
    function = node.child_by_field_name("function")
    return js.text_of(function) if function is not None and function.type == "identifier" else ""


def _chain(call: Node, statement: Node) -> bool:
    """Return whether a statement is nothing but calls on what a call returns: `createApp(App).use(router).mount("#app")`."""
    node = call
    while node.parent is not None and node.parent.id != statement.id:
        above = node.parent
        field = {"member_expression": "object", "call_expression": "function"}.get(above.type)
        inner = above.child_by_field_name(field) if field else None
        if inner is None or inner.id != node.id:
            return False
        node = above
    return node.id != call.id
