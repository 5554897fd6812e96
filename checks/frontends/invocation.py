"""Whether the functions around a call run when their module is loaded: what calls them, and what iterates over generators."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.conditions import held_back
from checks.frontends.exports import exports_from
from checks.frontends.functions import FUNCTIONS, GENERATORS
from checks.frontends.guards import called_at_once, enclosing, function_name, guards, runs_later
from checks.frontends.names import root_of
from checks.frontends.places import Place
from checks.frontends.production import followed
from checks.parsers import javascript as js
from checks.patterns import lazy_pattern
from checks.repository.browser import resolve, script
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend

Held = tuple[str, str]
"""`late` or `uncertain`, and why a call does not run, or may not."""

AFTER_RENDERING = lazy_pattern(
    r"^(use\w*Effect\(\)|onMounted\(\)|onMount\(\)|componentDidMount|.*\.then\(\)|setTimeout\(\)|requestIdleCallback\(\)|[\w.]*addEventListener\(\))$"
)
"""Names of functions that what they are given runs in only after the application rendered."""

_EACH = frozenset({"forEach", "map", "flatMap"})
_AT_ONCE = frozenset(
    {"startTransition", "React.startTransition", "Sentry.withScope", "Sentry.startSpan", "untrack", "batch"}
)
_ITERATING = frozenset({"Array.from", "new Set", "new Map", "Object.fromEntries"})
_DEEPEST = 4


class Call(Struct, frozen=True):
    """A call at a module's level that leads to a function; `on_the_way` are the calls in other functions that it makes to get there."""

    node: Node
    on_the_way: tuple[Node, ...] = ()


def calls_of(facts: Facts, frontend: Frontend, path: str, home: str, function: str, depth: int = 3) -> Iterator[Call]:
    """Yield the calls of a function of module `home` that run when module `path` is loaded, also through its other functions."""
    tree = script(facts, path)
    if not isinstance(tree, Node) or depth == 0:
        return
    names = {function} if path == home else set()
    first, dot, member = function.partition(".")
    for module, given, _ in js.imports(tree):
        there = resolve(facts, frontend, path, module) if path != home else None
        if there is None or not (there == home or exports_from(facts, frontend, there, home, first)):
            continue
        locals_ = {local for local, name in given.items() if name in (first, "default")}
        locals_ |= {f"{local}.{first}" for local, name in given.items() if name == "*"}
        names |= {local + dot + member for local in locals_}
    for node in js.descend(tree) if names else ():
        called = node.child_by_field_name("function") if node.type == "call_expression" else None
        if called is None or called.end_byte - called.start_byte > 80 or js.text_of(called) not in names:
            continue
        around = enclosing(node)
        if not around:
            yield Call(node)
        elif around.isidentifier() and around != function:
            for outer in calls_of(facts, frontend, path, path, around, depth - 1):
                yield Call(outer.node, (*outer.on_the_way, node))


def kept_from(place: Place, call: Call, target: Node) -> Held | None:
    """Return why a call found by `calls_of` does not get to a node in the function that it calls; None where nothing prevents it."""
    way = (call.node, *call.on_the_way)
    held = [h for n in way if (h := held_back(place, guards(n)) or inner_functions(place, n)) is not None]
    for at, node in enumerate(way):
        inner = way[at + 1] if at + 1 < len(way) else target
        function = _outermost(inner)
        found = _consumed(node, inner) if function is not None and function.type in GENERATORS else None
        held += [found] if found is not None else []
    return next((h for h in held if h[0] == "late"), held[0] if held else None)


def inner_functions(place: Place, node: Node, depth: int = _DEEPEST) -> Held | None:
    """Return why a function around a node, but for the outermost one, does not run when the one around it does."""
    around = list(_functions_around(node))
    held: Held | None = None
    for function, outer in pairwise(around):
        found = _invoked(place, function, outer, node, depth)
        if found is not None and found[0] == "late":
            return found
        held = held or found
    return held


def iterated_in_place(node: Node) -> Held | None:
    """Return why a generator that is called where it stands does not come to a node in it."""
    current = node.parent
    while current is not None:
        if current.type in GENERATORS and called_at_once(current):
            call = current.parent
            while call is not None and call.type != "call_expression":
                call = call.parent
            found = _consumed(call, node) if call is not None else None
            if found is not None:
                return found
        current = current.parent
    return None


def _functions_around(node: Node) -> Iterator[Node]:
    current = node.parent
    while current is not None:
        if runs_later(current, node) and not (current.type in GENERATORS and called_at_once(current)):
            yield current
        current = current.parent


def _outermost(node: Node) -> Node | None:
    return next(iter([*_functions_around(node)][-1:]), None)


def _invoked(place: Place, function: Node, outer: Node, node: Node, depth: int) -> Held | None:
    name = function_name(function)
    label = name or "a function"
    unknown = ("uncertain", f"is in {label}, and its caller was not found")
    if AFTER_RENDERING.match(name):
        return "late", f"runs inside {name}, after the application rendered"
    if name.endswith("()"):
        return None if _runs_argument(place, function) else unknown
    if _is_executor(function):
        return None
    if not name.isidentifier() or function.type in ("method_definition", "public_field_definition") or depth == 0:
        return unknown
    uses = [
        n
        for n in js.descend(outer)
        if n.type in ("identifier", "shorthand_property_identifier")
        and js.text_of(n) == name
        and not function.start_byte <= n.start_byte < function.end_byte
        and not _names(function, n)
    ]
    if not uses:
        return "late", f"is in {name}, which nothing calls"
    best: Held | None = unknown
    for use in uses:
        call = use.parent
        called = call.child_by_field_name("function") if call is not None and call.type == "call_expression" else None
        if call is None or called is None or called.id != use.id:
            continue
        found = held_back(place, guards(call, outer)) or inner_functions(place, call, depth - 1)
        if found is None and function.type in GENERATORS:
            found = _consumed(call, node)
        if found is None:
            return None
        best = found
    return best


def _is_executor(function: Node) -> bool:
    """Return whether a function is what `new Promise` calls at once."""
    made = function.parent.parent if function.parent is not None else None
    constructor = made.child_by_field_name("constructor") if made is not None else None
    return constructor is not None and js.text_of(constructor) == "Promise"


def _names(function: Node, node: Node) -> bool:
    above = function.parent
    own = above.child_by_field_name("name") if above is not None and above.type == "variable_declarator" else None
    return own is not None and own.id == node.id


def _runs_argument(place: Place, function: Node) -> bool:
    """Return whether what a call is given runs at once: for each element of a list that has one, in a promise, in a scope."""
    call = function.parent.parent if function.parent is not None else None
    called = call.child_by_field_name("function") if call is not None else None
    if called is None:
        return False
    if js.text_of(called) in _AT_ONCE:
        return True
    of, name = called.child_by_field_name("object"), called.child_by_field_name("property")
    if of is None or name is None or js.text_of(name) not in _EACH:
        return False
    listed = followed(place, of)[1]
    return listed.type == "array" and any(c.type not in ("comment", "spread_element") for c in listed.named_children)


def _consumed(call: Node, target: Node) -> Held | None:
    """Return why what a generator's call returns is not iterated as far as a node in it; None where it is."""
    above = call.parent
    while above is not None and above.type in ("parenthesized_expression", "await_expression", "non_null_expression"):
        above = above.parent
    name = "a generator"
    if above is None or above.type == "expression_statement":
        return "late", f"is in {name} that is called and never iterated"
    if above.type == "spread_element" or (
        above.type == "yield_expression" and any(c.type == "*" for c in above.children)
    ):
        return None
    if above.type == "for_in_statement":
        body = above.child_by_field_name("body")
        leaves = body is not None and any(n.type in ("break_statement", "return_statement") for n in js.descend(body))
        return ("uncertain", _UNTOLD) if leaves and _behind_yield(target) else None
    if above.type == "arguments" and above.parent is not None:
        function = above.parent.child_by_field_name("function") or above.parent.child_by_field_name("constructor")
        made = "new " if above.parent.type == "new_expression" else ""
        if function is not None and made + js.text_of(function) in _ITERATING:
            return None
    member = above.child_by_field_name("property") if above.type == "member_expression" else None
    outer = above.parent
    if member is not None and js.text_of(member) == "next" and outer is not None and outer.type == "call_expression":
        return ("uncertain", _UNTOLD) if _behind_yield(target) else None
    if above.type == "variable_declarator" and _is_unused(above):
        return "late", f"is in {name} that is called and never iterated"
    return "uncertain", _UNTOLD


_UNTOLD = "is in a generator, and whether it is iterated so far cannot be determined here"


def _behind_yield(target: Node) -> bool:
    """Return whether the generator around a node may stop at a `yield` before it."""
    current = target.parent
    while current is not None and current.type not in FUNCTIONS:
        current = current.parent
    inside = js.descend(current) if current is not None else iter(())
    return any(n.type == "yield_expression" and n.start_byte < target.start_byte for n in inside)


def _is_unused(declarator: Node) -> bool:
    """Return whether nothing reads a constant: its name stands once, and it is not exported."""
    name, statement = declarator.child_by_field_name("name"), declarator.parent
    outer = statement.parent if statement is not None else None
    if name is None or name.type != "identifier" or (outer is not None and outer.type == "export_statement"):
        return False
    kinds = ("identifier", "shorthand_property_identifier")
    return sum(n.type in kinds and js.text_of(n) == js.text_of(name) for n in js.descend(root_of(declarator))) == 1
