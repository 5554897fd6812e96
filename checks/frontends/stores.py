"""Actions of a store that a module exports (zustand, a plain object made by a call): where a frontend calls one, and when."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.frontends.exports import exports_from
from checks.frontends.functions import FUNCTIONS
from checks.frontends.guards import function_name
from checks.parsers import javascript as js
from checks.parsers.javascript_scopes import binding_of
from checks.repository.browser import resolve, script, sources
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend


def action_around(node: Node) -> tuple[str, str] | None:
    """Return `(store, action)` where a node is in a function of an object that a call makes the constant `store` of, or None."""
    action = None
    current = node.parent
    while current is not None:
        member = current.type in FUNCTIONS and current.parent is not None and current.parent.type == "pair"
        if action is None and (member or current.type == "method_definition"):
            action = function_name(current)
        above = current.parent
        if current.type == "call_expression" and above is not None and above.type == "variable_declarator":
            name = above.child_by_field_name("name")
            return (js.text_of(name), action) if action and name is not None else None
        current = above
    return None


def action_calls(
    facts: Facts, frontend: Frontend, home: str, store: str, action: str
) -> Iterator[tuple[str, Node, bool]]:
    """Yield each call of an action in a frontend: its file, the call, and whether it is seen to be that store's.

    `store.getState().action()` is, and a constant that `store(…)` gives. Any other call of that name may be.
    """
    word = action.encode()
    for path in dict.fromkeys((home, *sources(facts, frontend))):
        tree = script(facts, path) if word in (facts.read(path) or b"") else None
        if not isinstance(tree, Node):
            continue
        names = _names(facts, frontend, path, home, store, tree)
        for node in js.descend(tree):
            called = node.child_by_field_name("function") if node.type == "call_expression" else None
            last = called.child_by_field_name("property") if called is not None else None
            if called is None or js.text_of(last if last is not None else called) != action:
                continue
            yield path, node, _is_of(called, names)


def _names(facts: Facts, frontend: Frontend, path: str, home: str, store: str, tree: Node) -> set[str]:
    names = {store} if path == home else set()
    for module, given, _ in js.imports(tree):
        there = resolve(facts, frontend, path, module)
        if there is not None and (there == home or exports_from(facts, frontend, there, home, store)):
            names |= {local for local, name in given.items() if name == store}
    return names


def _is_of(called: Node, names: set[str]) -> bool:
    source: Node | None = called.child_by_field_name("object")
    if called.type == "identifier":
        bound = binding_of(called, js.text_of(called))
        source = bound.node if bound is not None else None
    while source is not None and source.type in ("call_expression", "member_expression"):
        source = source.child_by_field_name("function") or source.child_by_field_name("object")
    if source is not None and source.type == "identifier" and js.text_of(source) not in names:
        bound = binding_of(called, js.text_of(source))
        made = bound.node if bound is not None else None
        source = made.child_by_field_name("function") if made is not None and made.type == "call_expression" else None
    return source is not None and js.text_of(source) in names
