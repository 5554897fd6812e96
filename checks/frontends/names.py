"""What a module calls parts of the browser SDK."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js


def sentry_names(root: Node) -> dict[str, str]:
    """Return what a module calls parts of the SDK: local names, `*` for the whole of it."""
    return {
        local: "*" if name in ("*", "default") else name
        for module, names, _ in js.imports(root)
        if module.startswith("@sentry/")
        for local, name in names.items()
    }


def sentry_part(node: Node, names: dict[str, str]) -> str | None:
    """Return which part of the SDK an expression or an element's name is, or None."""
    if node.type == "member_expression":
        of, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if of is None or name is None:
            return None
        return js.text_of(name) if names.get(js.text_of(of)) == "*" else None
    if node.type in ("identifier", "shorthand_property_identifier"):
        return names.get(js.text_of(node))
    return None


def sdk_part(node: Node) -> str | None:
    """Return which part of the SDK an expression is, by the imports of its own module, or None."""
    return sentry_part(node, sentry_names(root_of(node)))


def root_of(node: Node) -> Node:
    """Return the program around a node."""
    while node.parent is not None:
        node = node.parent
    return node
