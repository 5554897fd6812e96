"""Whether a plugin call, in whatever file, is in the list of plugins that a config ends up with: three-valued, by every step to it."""

from __future__ import annotations

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.imported_names import origin_of, origins
from checks.parsers.javascript_calls import given_to
from checks.parsers.javascript_values import UNKNOWN, production_value
from checks.parsers.vite_following import Bound, UnfollowedError
from checks.parsers.vite_shared import Shared

_DEPTH = 16
_PLAIN = frozenset({"(Boolean)", "()", "(Infinity)", "(p => !!p)", "(Boolean as any)"})
_LISTS = frozenset({"filter", "flat"})
_EMPTY = frozenset({"false", "null", "undefined", "comment", "true", "number", "string"})


class Held(Struct, frozen=True):
    """`state` is True, False, or None where that is not known; `at` is the call as the config comes to it, `why` the first open step."""

    state: bool | None
    at: Bound | None = None
    why: Node | None = None


_OUT = Held(False)


def held(shared: Shared, export: Node, call: Node) -> Held:
    """Return whether the plugins of a config have a call, whatever makes the config."""
    layers = shared.find_made(export, "plugins")
    return Held(None, why=export) if layers is None else _any([_holds(shared, layer, call, _DEPTH) for layer in layers])


def _any(parts: list[Held]) -> Held:
    for wanted in (True, None):
        found = next((p for p in parts if p.state is wanted), None)
        if found is not None:
            return found
    return next((p for p in parts if p.at is not None), _OUT)


def _all(parts: list[Held], why: Node) -> Held:
    """Return what every way of several says."""
    first = next((p for p in parts if p.at is not None), parts[0])
    return first if all(p.state is first.state for p in parts) else Held(None, first.at, why)


def _holds(shared: Shared, value: Bound, call: Node, depth: int) -> Held:
    node = js.unwrap(value.node)
    if node.id == call.id:
        return Held(True, Bound(node, value.arguments))
    if depth == 0:
        return Held(None, why=node)
    if node.type in _EMPTY:
        return _OUT

    def inner(part: Node) -> Held:
        return _holds(shared, Bound(part, value.arguments), call, depth - 1)

    if node.type == "array":
        return _any([inner(n) for n in node.named_children])
    if node.type in ("spread_element", "await_expression"):
        return inner(node.named_children[0])
    if node.type == "ternary_expression":
        condition, then, other = (node.child_by_field_name(n) for n in ("condition", "consequence", "alternative"))
        if condition is None or then is None or other is None:
            return Held(None, why=node)
        known = production_value(condition, build=shared.values_at(value))
        if known is UNKNOWN:
            return _all([inner(then), inner(other)], condition)
        taken, left = (inner(n) for n in ((then, other) if known else (other, then)))
        return Held(False, left.at, condition) if taken.state is False and left.at is not None else taken
    if node.type == "binary_expression":
        return _by_condition(shared, value, node, call, depth)
    if node.type == "call_expression":
        return _of_call(shared, Bound(node, value.arguments), call, depth)
    if node.type == "object":  # a copy of a plugin, perhaps with another `apply`
        found = _any([inner(n) for n in node.named_children if n.type == "spread_element"])
        apply = next((v for n, _, v in js.properties(node) if n == "apply"), None)
        return found if apply is None or js.string_of(apply) == "build" else Held(None, found.at, apply)
    try:
        followed = shared.follow(Bound(node, value.arguments))
    except UnfollowedError:
        return Held(None, why=node)
    return _holds(shared, followed, call, depth - 1) if followed.node.id != node.id else Held(None, why=node)


def _by_condition(shared: Shared, value: Bound, node: Node, call: Node, depth: int) -> Held:
    left, right, operator = (node.child_by_field_name(n) for n in ("left", "right", "operator"))
    if left is None or right is None or operator is None:
        return Held(None, why=node)
    then = _holds(shared, Bound(right, value.arguments), call, depth - 1)
    known = production_value(left, build=shared.values_at(value))
    if js.text_of(operator) != "&&":
        first = _holds(shared, Bound(left, value.arguments), call, depth - 1)
        return _all([first, then], left) if known is UNKNOWN else first if known else then
    if known is UNKNOWN:
        return _all([then, _OUT], left)
    return then if known else Held(False, then.at, left)


def _of_call(shared: Shared, value: Bound, call: Node, depth: int) -> Held:
    """Follow a list's own methods and functions of the repository; a plugin of a package holds what it is given or nothing."""
    node = value.node
    function = node.child_by_field_name("function")
    of = function.child_by_field_name("object") if function is not None else None
    name = function.child_by_field_name("property") if function is not None else None
    arguments = node.child_by_field_name("arguments")
    if of is not None and name is not None and arguments is not None:
        if js.text_of(name) in _LISTS and js.text_of(arguments) in _PLAIN:
            return _holds(shared, Bound(of, value.arguments), call, depth - 1)
        if js.text_of(name) == "concat":
            return _any([_holds(shared, Bound(n, value.arguments), call, depth - 1) for n in (of, *given_to(node))])
    origin = origin_of(function, origins(js.top(node))) if function is not None else None
    foreign = origin is not None and shared.is_foreign(node, origin.module)
    if foreign:
        inside = any(n.id == call.id for n in js.descend(node))
        return Held(None, why=node) if inside else _OUT
    try:
        return _all([_holds(shared, r, call, depth - 1) for r in shared.returned(value)], node)
    except UnfollowedError:
        return Held(None, why=node)
