"""Where a module renders the application: the calls of frameworks that put it on the page, when the module is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.frontends.guards import enclosing
from checks.parsers import javascript as js

_ROOTS = frozenset({"createRoot", "hydrateRoot", "hydrate", "bootstrapApplication", "bootstrapModule"})
_AT_ONCE = ("", "startTransition()", "React.startTransition()")
"""What may be around a call that runs while the module is loaded."""


def renderings(tree: Node) -> Iterator[Node]:
    """Yield the calls of a module that render or mount something while it is loaded."""
    for node in js.descend(tree):
        if node.type == "new_expression":
            made = node.child_by_field_name("constructor")
            if made is not None and js.text_of(made) == "Vue" and not enclosing(node):
                yield node
        elif node.type == "call_expression" and _renders(node) and enclosing(node) in _AT_ONCE:
            yield node


def render_calls(node: Node) -> Iterator[Node]:
    """Yield the calls below a node that render or mount something, whatever function they are in."""
    yield from (n for n in js.descend(node) if n.type == "call_expression" and _renders(n))


def _renders(call: Node) -> bool:
    function = call.child_by_field_name("function")
    if function is None:
        return False
    if function.type == "identifier":
        return js.text_of(function) in _ROOTS | {"render", "mount"}
    name = function.child_by_field_name("property") if function.type == "member_expression" else None
    return name is not None and js.text_of(name) in _ROOTS | {"render", "mount", "$mount"}


def renders_before(tree: Node | None, byte: int) -> bool:
    """Return whether a module renders the application before a place in it."""
    return tree is not None and any(call.start_byte < byte for call in renderings(tree))


def renders_the_page(tree: Node | None) -> bool:
    """Return whether a module that is no entry puts the application on the page: onto a root, or an element by its id."""
    for call in renderings(tree) if tree is not None else ():
        function = call.child_by_field_name("function")
        if function is None or function.type != "member_expression":
            continue
        of, name = function.child_by_field_name("object"), js.text_of(function.named_children[-1])
        owner = js.text_of(of) if of is not None else ""
        arguments = call.child_by_field_name("arguments")
        first = (
            js.string_of(arguments.named_children[0]) if arguments is not None and arguments.named_children else None
        )
        if name == "render" and (owner == "ReactDOM" or "createRoot(" in owner):
            return True
        if name in ("mount", "$mount") and (first or "").startswith("#"):
            return True
    return False
