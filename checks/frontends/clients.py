"""The client of the browser SDK in code that runs after `init`: what gets it, what changes its options, what takes it away."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.frontends.names import sdk_part
from checks.frontends.places import Place
from checks.frontends.production import followed
from checks.parsers import javascript as js

_GETTERS = frozenset({"getClient", "init"})
"""Functions of the SDK that return the client (https://docs.sentry.io/platforms/javascript/apis/)."""


def is_client(place: Place, node: Node) -> bool:
    """Return whether an expression is the SDK's client: `Sentry.getClient()`, what `init` returns, or a name for one."""
    _, node = followed(place, js.unwrap(node))
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    if function is None:
        return False
    if sdk_part(function) in _GETTERS:
        return True
    name = function.child_by_field_name("property") if function.type == "member_expression" else None
    return name is not None and js.text_of(name) == "getClient"


def is_client_options(place: Place, node: Node) -> bool:
    """Return whether an expression is the options that the client has: `Sentry.getClient()?.getOptions()`, or a name for them."""
    _, node = followed(place, js.unwrap(node))
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    name = function.child_by_field_name("property") if function is not None else None
    return name is not None and js.text_of(name) == "getOptions"


def changes(place: Place, tree: Node) -> Iterator[tuple[Node, str | None, Node | None]]:
    """Yield `(statement, option, value)` for each change of the client's options after `init`.

    The option is None where it is not written out; the value is None where it is not one expression.
    """
    for node in js.descend(tree):
        if node.type == "assignment_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            of = left.child_by_field_name("object") if left is not None else None
            if left is None or of is None or not is_client_options(place, of):
                continue
            name = left.child_by_field_name("property")
            key = js.text_of(name) if name is not None else js.string_of(left.child_by_field_name("index"))
            yield node, key, right
        elif node.type == "call_expression":
            function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
            if function is None or js.text_of(function) != "Object.assign" or len(given) < 2:
                continue
            if not is_client_options(place, given[0]):
                continue
            for source in given[1:]:
                if source.type != "object" or js.has_spread(source):
                    yield node, None, None
                else:
                    yield from ((node, name, value) for name, _, value in js.properties(source))


def removals(tree: Node) -> Iterator[tuple[Node, Node]]:
    """Yield `(call, argument)` where a scope of the SDK loses its client: `getCurrentScope().setClient(undefined)`."""
    for node in js.descend(tree):
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or arguments is None:
            continue
        name = function.child_by_field_name("property")
        given = [a for a in arguments.named_children if a.type != "comment"]
        gone = len(given) == 1 and js.text_of(js.unwrap(given[0])) in ("undefined", "null")
        if name is not None and js.text_of(name) == "setClient" and gone:
            yield node, given[0]
