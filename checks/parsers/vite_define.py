"""What a Vite config puts into the bundle by `define`: single values, or the whole environment with every secret of the build."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_values import environment_source
from checks.parsers.vite_objects import resolve

_PICKS = frozenset({"filter", "pick", "startsWith"})


class Defined(Struct, frozen=True):
    """A finding about `define`: what it puts there, its place, and whether that is certain (False: it cannot be determined)."""

    what: str
    node: Node
    certain: bool


def defined_secrets(root: Node, define: Node) -> Iterator[Defined]:
    """Yield what of a `define` may hold the Sentry token (https://vite.dev/config/shared-options.html#define)."""
    waiting, seen = [define], 0
    while waiting and seen < 40:
        seen += 1
        value = resolve(waiting.pop(), root)
        if value.type != "object":
            yield from _computed(value, root)
            continue
        for child in value.named_children:
            if child.type == "spread_element":
                waiting.append(child.named_children[0])
        for name, pair, inner in js.properties(value):
            if pair.type == "method_definition":
                continue
            inner = resolve(inner, root)
            whole = _whole(inner)
            if whole is not None:
                yield Defined("the whole environment", pair, not _picked(inner))
            elif "AUTH_TOKEN" in name.strip("'\"") or any(_reads_token(n) for n in js.descend(inner)):
                yield Defined(name, pair, True)


def everything_exposed(root: Node) -> Iterator[Defined]:
    """Yield the calls of vite-plugin-environment that put every variable into the bundle, or Sentry's token by name.

    https://github.com/ElMassimo/vite-plugin-environment#readme
    """
    names = {n for m, local, _ in js.imports(root) if m == "vite-plugin-environment" for n in local}
    for node in js.descend(root) if names else ():
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or arguments is None or js.text_of(function) not in names:
            continue
        first = resolve(arguments.named_children[0], root) if arguments.named_children else None
        if first is not None and js.string_of(first) == "all":
            yield Defined("the whole environment", node, True)
        elif first is not None and "AUTH_TOKEN" in js.text_of(first):
            yield Defined("SENTRY_AUTH_TOKEN", node, True)


def _computed(value: Node, root: Node) -> Iterator[Defined]:
    """Judge a `define`, or what is spread into one, that is no object literal."""
    value = resolve(value, root)
    if value.type in ("false", "null", "undefined"):
        return
    if value.type in ("ternary_expression", "binary_expression"):
        for name in ("consequence", "alternative", "left", "right"):
            part = value.child_by_field_name(name)
            if part is not None and part.type in ("object", "call_expression", "identifier"):
                yield from defined_secrets(root, part) if part.type == "object" else _computed(part, root)
        return
    if environment_source(value) == "public":
        return
    whole = _whole(value)
    if whole is not None:
        yield Defined("the whole environment", value, not _picked(value))
        return
    if any(_reads_token(n) for n in js.descend(value)):
        yield Defined("SENTRY_AUTH_TOKEN", value, True)
    elif not _is_public(value):
        yield Defined(f"`{' '.join(js.text_of(value).split())[:50]}`", value, False)


def _is_public(value: Node) -> bool:
    """Return whether an expression is computed from variables that Vite hands out anyway."""
    return any(
        environment_source(n) == "public" for n in js.descend(value) if n.type in ("identifier", "call_expression")
    )


def _whole(value: Node) -> Node | None:
    """Return the place that takes the environment as a whole, not one variable of it."""
    for node in js.descend(value):
        if node.type not in ("identifier", "member_expression", "call_expression", "shorthand_property_identifier"):
            continue
        above = node.parent
        if above is not None and above.type in ("member_expression", "subscript_expression") and node.id != value.id:
            of = above.child_by_field_name("object")
            index = above.child_by_field_name("index")
            if of is not None and of.id == node.id and (index is None or js.string_of(index) is not None):
                continue
        if above is not None and above.type == "member_expression" and above.child_by_field_name("property") == node:
            continue
        if environment_source(node) in ("process", "all"):
            return node
        if node.type == "identifier" and js.text_of(node) == "env" and not _declared(node):
            return node
    return None


def _declared(node: Node) -> bool:
    found = resolve(node, node)
    return found.id != node.id


def _picked(value: Node) -> bool:
    """Return whether variables are picked from the environment, by a filter or a computed name: which, is not known here."""
    computed = [n for n in js.descend(value) if n.type == "subscript_expression"]
    whole = [
        n for n in js.descend(value) if environment_source(n) in ("process", "all") and n.type == "member_expression"
    ]
    if computed and whole and all(n.parent is not None and n.parent.type == "subscript_expression" for n in whole):
        return True
    return any(n.type == "property_identifier" and js.text_of(n) in _PICKS for n in js.descend(value))


def _reads_token(node: Node) -> bool:
    name = node.child_by_field_name("property") or node.child_by_field_name("index")
    if node.type not in ("member_expression", "subscript_expression") or name is None:
        return False
    return js.text_of(name).strip("'\"`").endswith("AUTH_TOKEN")
