"""Which statements leave a block, so that what follows them does not run: `return`, `throw`, `break` and `continue`."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.frontends.functions import FUNCTIONS
from checks.parsers import javascript as js

_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
_CLASSES = frozenset({"class_declaration", "class"})
_LEAVING = frozenset({"return_statement", "throw_statement", "break_statement", "continue_statement"})
_PLAIN = frozenset(
    {"import_statement", "lexical_declaration", "variable_declaration", "expression_statement", "comment"}
)
_MOST = 20


def exits(statement: Node, reached: Node) -> Iterator[Node]:
    """Yield what in a statement leaves the block around it, before a later child of that block is reached; a few of many."""
    if statement.type in _PLAIN or statement.type in FUNCTIONS or statement.type in _CLASSES:
        return
    stack, found = [statement], 0
    while stack and found < _MOST:
        node = stack.pop()
        if node.type in _LEAVING and _leaves(node, statement):
            found += 1
            yield node
        elif node.type not in FUNCTIONS and node.type not in _CLASSES:
            stack.extend(reversed(node.named_children))


def _leaves(node: Node, statement: Node) -> bool:
    """Return whether a statement jumps out of the one around it: nothing in there catches it, and no loop in there ends with it."""
    if node.type in ("break_statement", "continue_statement") and node.child_by_field_name("label") is not None:
        return js.text_of(node.child_by_field_name("label")) not in _labels(node, statement)  # type: ignore[arg-type]
    child, current = node, node.parent
    while current is not None and child.id != statement.id:
        if node.type == "throw_statement" and current.type == "try_statement":
            body, handler = current.child_by_field_name("body"), current.child_by_field_name("handler")
            if body is not None and body.id == child.id and handler is not None:
                return False
        if node.type == "break_statement" and (current.type in _LOOPS or current.type == "switch_statement"):
            return False
        if node.type == "continue_statement" and current.type in _LOOPS:
            return False
        child, current = current, current.parent
    return True


def _labels(node: Node, statement: Node) -> set[str]:
    found, current = set(), node.parent
    while current is not None:
        label = current.child_by_field_name("label") if current.type == "labeled_statement" else None
        found |= {js.text_of(label)} if label is not None else set()
        if current.id == statement.id:
            break
        current = current.parent
    return found
