"""Calls and functions of a JavaScript module: what is given and called, what a function returns, what changes a value later."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_scopes import FUNCTIONS

_CHANGES = frozenset({"assignment_expression", "augmented_assignment_expression", "update_expression"})
_GROWS = frozenset({"push", "unshift", "splice"})


def given_to(call: Node) -> list[Node]:
    """Return the arguments of a call."""
    arguments = call.child_by_field_name("arguments")
    return [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []


def called_name(call: Node) -> str:
    """Return the last name of what a call calls."""
    function = call.child_by_field_name("function")
    return js.text_of(function).rpartition(".")[2] if function is not None else ""


def returns_of(body: Node) -> Iterator[Node]:
    """Yield the `return` statements of a function's body, none of a function inside."""
    stack = list(reversed(body.named_children))
    while stack:
        node = stack.pop()
        if node.type == "return_statement":
            yield node
        elif node.type not in FUNCTIONS and node.type != "class_declaration":
            stack.extend(reversed(node.named_children))


def is_changed(scope: Node, name: str) -> bool:
    """Return whether a statement changes an object after its declaration: a member, a list of it, or `Object.assign`."""
    for node in js.descend(scope):
        target: Node | None = None
        if node.type in _CHANGES:
            target = node.child_by_field_name("left") or node.child_by_field_name("argument")
        elif node.type == "call_expression":
            function = node.child_by_field_name("function")
            given = given_to(node)
            if function is not None and js.text_of(function) == "Object.assign" and given:
                target = given[0]
            elif function is not None and called_name(node) in _GROWS:
                target = function.child_by_field_name("object")
        while target is not None and target.type in (
            "member_expression",
            "subscript_expression",
            "non_null_expression",
        ):
            target = target.child_by_field_name("object") or target.named_children[0]
        if target is not None and target.type == "identifier" and js.text_of(target) == name:
            return True
    return False
