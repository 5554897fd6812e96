"""The options that an init call of the browser SDK is given: written in the call, by a constant, spread, merged, changed before it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.configs import returned
from checks.frontends.functions import FUNCTIONS
from checks.frontends.places import Place
from checks.frontends.production import followed, value_of
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN
from checks.repository.browser import script

_DEPTH = 8
_READING = frozenset(
    {"console.log", "console.debug", "console.info", "Object.keys", "Object.entries", "JSON.stringify"}
)


class Given(Struct, frozen=True):
    """An option in the order in which options are set: its name (None: any), its value (None: not known), and its file."""

    name: str | None
    value: Node | None
    path: str


ANYTHING = Given(None, None, "")


def options_of(place: Place, argument: Node, call: Node, depth: int = _DEPTH) -> tuple[Given, ...]:
    """Return the options that an expression has when `call` is made; `ANYTHING` stands for what is not known."""
    node = js.unwrap(argument)
    if depth == 0:
        return (ANYTHING,)
    if node.type == "object":
        return tuple(_written(place, node, call, depth))
    if node.type in ("identifier", "member_expression"):
        there, value = followed(place, node)
        if js.unwrap(node).id == value.id:
            return () if value_of(place, node) is None else (ANYTHING,)
        if node.type == "member_expression":
            return options_of(there, value, call, depth - 1)
        name = js.text_of(node)
        made = [*options_of(there, value, call, depth - 1), *_changed(place, name, call)]
        return tuple(made if there.path == place.path else [*made, *_changed_at_home(there, value, call)])
    if node.type == "ternary_expression":
        return _either(place, node, call, depth)
    if node.type == "binary_expression":
        return _short(place, node, call, depth)
    if node.type == "call_expression":
        return _called(place, node, call, depth)
    return () if value_of(place, node) in (None, False) else (ANYTHING,)


def _written(place: Place, node: Node, call: Node, depth: int) -> Iterator[Given]:
    own = {prop.id: (name, value) for name, prop, value in js.properties(node)}
    for child in node.named_children:
        if child.type == "spread_element" and child.named_children:
            spread = options_of(place, child.named_children[0], call, depth - 1)
            yield from (Given(None, None, place.path) if g is ANYTHING else g for g in spread)
        elif child.id in own:
            name, value = own[child.id]
            computed = value.type == "method_definition" and any(c.type == "get" for c in value.children)
            yield Given(None if name.startswith("[") else name, None if computed else value, place.path)


def _either(place: Place, node: Node, call: Node, depth: int) -> tuple[Given, ...]:
    test, then, otherwise = (node.child_by_field_name(n) for n in ("condition", "consequence", "alternative"))
    if test is None or then is None or otherwise is None:
        return (ANYTHING,)
    known = value_of(place, test)
    if known is not UNKNOWN:
        return options_of(place, then if known else otherwise, call, depth - 1)
    return tuple(_perhaps((*options_of(place, then, call, depth - 1), *options_of(place, otherwise, call, depth - 1))))


def _short(place: Place, node: Node, call: Node, depth: int) -> tuple[Given, ...]:
    left, right, sign = (node.child_by_field_name(n) for n in ("left", "right", "operator"))
    if left is None or right is None or sign is None or js.text_of(sign) not in ("&&", "||", "??"):
        return (ANYTHING,)
    known = value_of(place, left)
    if js.text_of(sign) != "&&":
        return (ANYTHING,) if known is UNKNOWN else options_of(place, left if known else right, call, depth - 1)
    if known is UNKNOWN:
        return tuple(_perhaps(options_of(place, right, call, depth - 1)))
    return options_of(place, right, call, depth - 1) if known else ()


def _perhaps(given: tuple[Given, ...]) -> Iterator[Given]:
    """Yield the same options as what may be given or not."""
    yield from (Given(g.name, None, g.path) for g in given)


def _called(place: Place, node: Node, call: Node, depth: int) -> tuple[Given, ...]:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    name = js.text_of(function) if function is not None else ""
    if name == "Object.assign" and all(a.type != "spread_element" for a in given):
        return tuple(g for a in given for g in options_of(place, a, call, depth - 1))
    if name in ("Object.freeze", "structuredClone") and len(given) == 1:
        return options_of(place, given[0], call, depth - 1)
    there, body = followed(place, function) if function is not None else (place, node)
    if body.type not in FUNCTIONS or any(c.type == "async" for c in body.children):
        return (ANYTHING,)
    results = returned(body)
    return options_of(there, results[0], call, depth - 1) if len(results) == 1 else (ANYTHING,)


def _changed_at_home(there: Place, value: Node, call: Node) -> Iterator[Given]:
    """Yield what the module that declares an object changes in it."""
    above = value.parent
    while above is not None and above.type != "variable_declarator":
        above = above.parent
    name = above.child_by_field_name("name") if above is not None else None
    if name is not None and name.type == "identifier":
        yield from _changed(there, js.text_of(name), call)


def _changed(place: Place, name: str, call: Node) -> Iterator[Given]:
    """Yield what a module sets in an object before a call, or may set: by assignments, `delete`, `Object.assign`, other calls."""
    tree = script(place.facts, place.path)
    root = tree if isinstance(tree, Node) else None
    for node in js.descend(root) if root is not None else ():
        if node.type not in ("identifier", "shorthand_property_identifier") or js.text_of(node) != name:
            continue
        above = node.parent
        if above is None or (_same(root, call) and node.start_byte >= call.start_byte):
            continue
        if above.type in ("member_expression", "subscript_expression") and _is_object(above, node):
            yield from _set(place, above, call)
        elif above.type == "arguments" and above.parent is not None and above.parent.id != call.id:
            function = above.parent.child_by_field_name("function")
            called = js.text_of(function) if function is not None else ""
            merged = called == "Object.assign" and above.named_children[0].id != node.id
            if called not in _READING and not merged and function is not None:
                yield ANYTHING


def _set(place: Place, member: Node, call: Node) -> Iterator[Given]:
    top, above = member, member.parent
    key = member.child_by_field_name("property")
    name = js.text_of(key) if key is not None else js.string_of(member.child_by_field_name("index"))
    while above is not None and above.type in ("member_expression", "subscript_expression") and _is_object(above, top):
        top, above = above, above.parent
    if above is None:
        return
    left = above.child_by_field_name("left")
    deletes = above.type == "unary_expression" and js.text_of(above).startswith("delete")
    sets = above.type in ("assignment_expression", "augmented_assignment_expression")
    if deletes or (sets and left is not None and left.id == top.id):
        plain = above.type == "assignment_expression" and top.id == member.id and _runs_before(above, call)
        yield Given(name, above.child_by_field_name("right") if plain else None, place.path)


def _runs_before(assignment: Node, call: Node) -> bool:
    """Return whether an assignment is a statement of the module, or of the block that a call is in too."""
    statement = assignment.parent
    block = statement.parent if statement is not None and statement.type == "expression_statement" else None
    around = call.parent
    while around is not None and block is not None and around.id != block.id:
        around = around.parent
    return block is not None and (around is not None or block.type == "program")


def _is_object(member: Node, node: Node) -> bool:
    of = member.child_by_field_name("object")
    return of is not None and of.id == node.id


def _same(root: Node | None, call: Node) -> bool:
    current: Node = call
    while current.parent is not None:
        current = current.parent
    return root is not None and root.id == current.id
