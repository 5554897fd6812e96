"""Whether a plugin call of a Vite config is in effect in one build: every condition on its way to `plugins`, three-valued."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value

_DEPTH = 6
_KEEPING = frozenset({"flat", "concat", "sort", "reverse", "toSorted", "toReversed", "push", "unshift", "forEach"})
_TAKING = frozenset({"pop", "shift", "splice", "fill", "copyWithin"})
_FUNCTIONS = frozenset({"arrow_function", "function_expression", "function", "function_declaration"})


class Gate(Struct, frozen=True):
    """A condition in front of a call: its text and line, and whether it lets the call through (None: not known)."""

    text: str
    line: int
    opens: bool | None


def gate_of(call: Node, build: BuildValues) -> Gate | None:
    """Return the first condition that keeps a call out, else the first that is not known, else None: it is in effect."""
    ways = list(_ways(call, build, _DEPTH))
    if not ways:
        return Gate("nothing uses it", js.line_of(call), False)
    if any(w is None for w in ways):
        return None
    return next((w for w in ways if w is not None and w.opens is None), ways[0])


def _ways(node: Node, build: BuildValues, depth: int) -> Iterator[Gate | None]:
    """Yield for each way from a node to the config what closes it."""
    worst: Gate | None = None
    current = node
    while current.parent is not None:
        above = current.parent
        found = _gate(current, above, build)
        if found is not None and (worst is None or worst.opens is None):
            worst = found if worst is None or found.opens is False else worst
        name = _named(current, above)
        if name is not None and depth:
            uses = list(_uses(current, name))
            changed = next((g for u in uses if (g := _changes(u)) is not None), None)
            worst = worst if worst is not None else changed
            for use in (u for u in uses if _changes(u) is None):
                for way in _ways(use, build, depth - 1):
                    yield worst if worst is not None and (way is None or worst.opens is False) else way
            return
        current = above
    yield worst


def _gate(node: Node, above: Node, build: BuildValues) -> Gate | None:
    """Return what a parent asks before it comes to a node, unless it lets it through."""
    condition, wanted = None, True
    if above.type in ("ternary_expression", "if_statement"):
        condition = above.child_by_field_name("condition")
        if condition is None or condition.id == node.id:
            return None
        then = above.child_by_field_name("consequence")
        wanted = then is not None and then.id == node.id
    elif above.type == "binary_expression":
        left, operator = above.child_by_field_name("left"), above.child_by_field_name("operator")
        if left is None or left.id == node.id or operator is None:
            return None
        condition, wanted = left, js.text_of(operator) == "&&"
    elif above.type == "statement_block":
        return _left_before(node, above, build)
    elif above.type == "member_expression":
        return _picked(node, above)
    elif above.type == "object":
        return _replaced(node, above)
    if condition is None:
        return None
    value = production_value(condition, build=build)
    if value is not UNKNOWN and bool(value) is wanted:
        return None
    text = " ".join(js.text_of(js.unwrap(condition)).split())[:60]
    return Gate(text if wanted else f"not {text}", js.line_of(condition), None if value is UNKNOWN else False)


def _picked(node: Node, above: Node) -> Gate | None:
    """Return that a method may leave out or replace what a list holds; `.filter(Boolean)`, `.flat()` and their like leave plugins in."""
    of, name, call = above.child_by_field_name("object"), above.child_by_field_name("property"), above.parent
    called = call.child_by_field_name("function") if call is not None and call.type == "call_expression" else None
    if call is None or of is None or of.id != node.id or name is None or called is None or called.id != above.id:
        return None
    arguments = call.child_by_field_name("arguments")
    given = js.text_of(arguments) if arguments is not None else ""
    if js.text_of(name) in _KEEPING or (js.text_of(name) == "filter" and given == "(Boolean)"):
        return None
    return Gate(f".{js.text_of(name)}{given}"[:60], js.line_of(name), None)


def _replaced(node: Node, literal: Node) -> Gate | None:
    """Return what in an object comes after one of its parts and takes its place, or keeps a plugin that is spread from builds."""
    given = js.properties(literal)
    if node.type == "pair":
        key = node.child_by_field_name("key")
        later = [p for n, p, _ in given if key is not None and n == js.text_of(key) and p.start_byte > node.start_byte]
        return Gate(f"no other `{js.text_of(key)}` follows", js.line_of(later[0]), False) if key and later else None
    apply = next((v for n, _, v in given if n == "apply"), None) if node.type == "spread_element" else None
    if apply is None or js.string_of(apply) == "build":
        return None
    known = js.string_of(apply)
    return Gate(f"apply: {js.text_of(apply)[:40]}", js.line_of(apply), None if known is None else False)


def _changes(use: Node) -> Gate | None:
    """Return that a use of a name changes what it holds: a new value, `plugins` or `build` assigned again, plugins taken out."""
    top, above, first = use, use.parent, ""
    while above is not None and above.type in ("member_expression", "subscript_expression"):
        of, name = above.child_by_field_name("object"), above.child_by_field_name("property")
        if of is None or of.id != top.id:
            return None
        first = first or (js.text_of(name) if name is not None else "[]")
        top, above = above, above.parent
    if above is None:
        return None
    left = above.child_by_field_name("left") if above.type.endswith("assignment_expression") else None
    function = above.child_by_field_name("function") if above.type == "call_expression" else None
    sets = left is not None and left.id == top.id and first in ("", "[]", "plugins", "build", "length")
    takes = function is not None and function.id == top.id and js.text_of(top).rpartition(".")[2] in _TAKING
    text = " ".join(js.text_of(above).split())[:60]
    return Gate(f"`{text}` leaves it", js.line_of(above), None) if sets or takes else None


def _left_before(node: Node, block: Node, build: BuildValues) -> Gate | None:
    """Return the earlier `if (…) return` of a block that production takes, or may take."""
    for earlier in block.named_children:
        if earlier.start_byte >= node.start_byte:
            return None
        then = earlier.child_by_field_name("consequence") if earlier.type == "if_statement" else None
        condition = earlier.child_by_field_name("condition") if then is not None else None
        last = (
            then.named_children[-1]
            if then is not None and then.type == "statement_block" and then.named_children
            else then
        )
        if condition is None or last is None or last.type != "return_statement":
            continue
        value = production_value(condition, build=build)
        if value is UNKNOWN or value:
            text = " ".join(js.text_of(js.unwrap(condition)).split())[:60]
            return Gate(f"not {text}", js.line_of(condition), None if value is UNKNOWN else False)
    return None


def _named(node: Node, above: Node) -> str | None:
    """Return the name that holds a node from here on: of a constant, or of a function that returns it."""
    if above.type == "variable_declarator" or above.type == "function_declaration":
        name = above.child_by_field_name("name")
        if name is not None and name.type == "identifier" and name.id != node.id:
            return js.text_of(name)
    return None


def _uses(node: Node, name: str) -> Iterator[Node]:
    """Yield the places that read a name, apart from its own declaration."""
    root = node
    while root.parent is not None:
        root = root.parent
    own = node.parent
    count = 0
    for found in js.descend(root):
        if found.type not in ("identifier", "shorthand_property_identifier") or js.text_of(found) != name:
            continue
        inside = own is not None and own.start_byte <= found.start_byte < own.end_byte
        if inside or (found.parent is not None and found.parent.type == "import_specifier"):
            continue
        push = found.parent
        if push is not None and push.type == "member_expression" and js.text_of(push) == f"{name}.push":
            continue
        count += 1
        if count > 20:
            return
        yield found
