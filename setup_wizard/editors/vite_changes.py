"""Whether a Vite config is changed after it is made: what an editor puts into a literal might not be last, or not be there."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js

_GROWS = frozenset({"push", "unshift", "splice"})
_IN_PLACE = _GROWS | {"reverse", "sort", "pop", "shift", "fill", "copyWithin"}
_ASSIGNMENTS = ("assignment_expression", "augmented_assignment_expression")


def changed_later(root: Node) -> str | None:
    """Return the name of an object whose `plugins` or `build` a statement changes, or that `Object.assign` adds to; None: none."""
    for node in js.descend(root):
        owner: Node | None = None
        if node.type in _ASSIGNMENTS:
            owner = _owner(node.child_by_field_name("left"))
        elif node.type == "call_expression":
            owner = _grown(node)
        if owner is not None:
            return js.text_of(owner)
    return None


def list_changed(root: Node, name: str) -> bool:
    """Return whether a list that is named is changed in place: by a method, by an element or by its length."""
    for node in js.descend(root):
        target: Node | None = None
        if node.type == "call_expression":
            target = node.child_by_field_name("function")
            method = target.child_by_field_name("property") if target is not None else None
            if method is None or js.text_of(method) not in _IN_PLACE:
                continue
        elif node.type in _ASSIGNMENTS:
            target = _bare(node.child_by_field_name("left"))
        if target is not None and target.type in ("member_expression", "subscript_expression"):
            owner = _bare(target.child_by_field_name("object"))
            if owner is not None and owner.type == "identifier" and js.text_of(owner) == name:
                return True
    return False


def _owner(target: Node | None) -> Node | None:
    """Return the identifier `x` of `x.plugins`, `x.build`, `x.build.y`, `x["build"]`, with any `!` and `?.` between."""
    names: list[str | None] = []
    node = _bare(target)
    while node is not None and node.type in ("member_expression", "subscript_expression"):
        key = node.child_by_field_name("property") or node.child_by_field_name("index")
        names.insert(0, js.string_of(key) if node.type == "subscript_expression" else key and js.text_of(key))
        node = _bare(node.child_by_field_name("object"))
    touched = bool(names) and (names[0] == "build" or names == ["plugins"])
    return node if touched and node is not None and node.type == "identifier" else None


def _bare(node: Node | None) -> Node | None:
    while node is not None and node.type in ("non_null_expression", "parenthesized_expression", "as_expression"):
        node = node.named_children[0] if node.named_children else None
    return node


def _grown(call: Node) -> Node | None:
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if function is None or function.type != "member_expression" or arguments is None:
        return None
    method, target = function.child_by_field_name("property"), function.child_by_field_name("object")
    if method is not None and js.text_of(method) in _GROWS:
        return _owner(target)
    if js.text_of(function) == "Object.assign" and arguments.named_children:
        first = _bare(arguments.named_children[0])
        return first if first is not None and first.type == "identifier" else _owner(first)
    return None
