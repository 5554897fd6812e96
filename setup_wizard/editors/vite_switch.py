"""What a `build.sourcemap` becomes so that the production build writes hidden maps, and other builds keep what they have."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_environment import environment_source
from checks.parsers.javascript_scopes import binding_of
from checks.parsers.javascript_values import UNKNOWN, production_value
from setup_wizard.editors.javascript_splices import Script, Splice

_DEPTH = 12
_LOGICAL = frozenset({"===", "!==", "==", "!=", "&&", "||", "??"})
_TIGHTER = frozenset({"===", "!==", "==", "!="})
"""Operators that bind tighter than `||` and `&&`."""


def hidden_maps(script: Script, value: Node, hidden: str) -> list[Splice] | None:
    """Return the splices that make a switch of maps write hidden ones in production; None where it is not followed.

    A literal becomes `'hidden'`, also `'inline'`, which leaves no file to upload. Of a condition that production decides, only
    production's side changes. A switch that hangs on variables of the environment gives way to `'hidden'`: the maps are uploaded
    and deleted whatever it says.
    """
    prefix = "sourcemap: " if value.type == "shorthand_property_identifier" else ""
    node = js.unwrap(value)
    for _ in range(_DEPTH):
        taken = _taken(node)
        if taken is None:
            break
        node = taken
    start, end = script.at(node.start_byte), script.at(node.end_byte)
    known = production_value(node)
    if js.text_of(node) in ("true", "false", "undefined") or known == "inline":
        return [(start, end, f"{prefix}{hidden}")]
    if known is UNKNOWN:
        return [(start, end, f"{prefix}{hidden}")] if _switch(node) else None
    if known is True and prefix:
        return [(start, end, f"{prefix}{hidden}")]
    if known is True or not known:
        sign = "&&" if known else "||"
        written = js.text_of(node)
        if not prefix and not _binds_tighter(node):
            return [(start, start, "("), (end, end, f") {sign} {hidden}")]
        return [(start, end, f"{prefix}{written} {sign} {hidden}")]
    return []


def _taken(node: Node) -> Node | None:
    """Return the side of `condition ? a : b` that production takes, where that can be told."""
    condition = node.child_by_field_name("condition") if node.type == "ternary_expression" else None
    value = production_value(condition) if condition is not None else UNKNOWN
    side = node.child_by_field_name("consequence" if value else "alternative") if value is not UNKNOWN else None
    return js.unwrap(side) if side is not None else None


def _binds_tighter(node: Node) -> bool:
    operator = node.child_by_field_name("operator")
    if node.type == "binary_expression":
        return operator is not None and js.text_of(operator) in _TIGHTER
    return node.type in (
        "identifier",
        "shorthand_property_identifier",
        "member_expression",
        "subscript_expression",
        "call_expression",
        "unary_expression",
    )


def _switch(node: Node, depth: int = _DEPTH) -> bool:
    """Return whether an expression only turns variables of the environment into a value of its own."""
    node = js.unwrap(node)
    if depth == 0:
        return False
    if production_value(node) is not UNKNOWN:
        return True
    if node.type in ("member_expression", "subscript_expression"):
        of = node.child_by_field_name("object")
        return of is not None and environment_source(of) is not None
    if node.type in ("identifier", "shorthand_property_identifier"):
        bound = binding_of(node, js.text_of(node))
        if bound is None or bound.node is None or bound.index is not None:
            return False
        if bound.key is not None:
            return environment_source(bound.node) is not None
        return _switch(bound.node, depth - 1)
    if node.type == "unary_expression":
        return js.text_of(node.children[0]) == "!" and _switch(node.children[-1], depth - 1)
    if node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        if operator is None or js.text_of(operator) not in _LOGICAL:
            return False
    elif node.type == "call_expression":
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        named = function is not None and js.text_of(function) == "Boolean"
        given = arguments.named_children if named and arguments is not None else []
        return len(given) == 1 and _switch(given[0], depth - 1)
    elif node.type != "ternary_expression":
        return False
    return all(_switch(n, depth - 1) for n in node.named_children if n.type != "comment")
