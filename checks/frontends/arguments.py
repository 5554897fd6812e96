"""What a function's parameter is given: the argument of its one call in a frontend's code, else its default."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.frontends.places import Place
from checks.parsers import javascript as js
from checks.repository.browser import resolve, script, sources

_MAX_SCRIPTS = 60


def argument_of(place: Place, function: Node, at: int, key: str | None) -> tuple[Place, Node] | None:
    """Return what a parameter is given; None where no call, or more than one, decides."""
    name = name_of(function)
    calls = list(_calls(place, name)) if name else []
    if len(calls) != 1:
        return None
    there, call = calls[0]
    arguments = call.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    if any(a.type == "spread_element" for a in given):
        return None
    if at >= len(given):
        default = _default(function, at) if key is None else None
        return (place, default) if default is not None else None
    if key is None:
        return there, given[at]
    from checks.frontends.production import followed

    there, owner = followed(there, given[at])
    found = [v for n, _, v in js.properties(owner) if n == key] if owner.type == "object" else []
    return (there, found[-1]) if found else None


def _default(function: Node, at: int) -> Node | None:
    parameters = function.child_by_field_name("parameters")
    given = [p for p in parameters.named_children if p.type != "comment"] if parameters is not None else []
    return given[at].child_by_field_name("value") if at < len(given) else None


def name_of(function: Node) -> str:
    """Return the name that a function is called by: its own, its constant's or `default`; nothing without one."""
    name = function.child_by_field_name("name")
    above = function.parent
    if name is None and above is not None and above.type == "variable_declarator":
        name = above.child_by_field_name("name")
    if name is None and above is not None and above.type == "export_statement":
        return "default"
    return js.text_of(name) if name is not None and name.type in ("identifier", "property_identifier") else ""


def _calls(place: Place, function: str) -> Iterator[tuple[Place, Node]]:
    """Yield the calls of a function of a module: in it, and in the modules that import it."""
    looked_at = 0
    module_name = place.path.rpartition("/")[2].partition(".")[0].encode()
    for path in dict.fromkeys((place.path, *sources(place.facts, place.frontend))):
        data = place.facts.read(path) or b""
        if path != place.path and function.encode() not in data and module_name not in data:
            continue
        looked_at += 1
        tree = script(place.facts, path) if looked_at <= _MAX_SCRIPTS else None
        if not isinstance(tree, Node):
            continue
        names = {function} if path == place.path else set()
        for module, given, _ in js.imports(tree) if path != place.path else ():
            if resolve(place.facts, place.frontend, path, module) == place.path:
                names |= {local for local, name in given.items() if name == function}
                names |= {f"{local}.{function}" for local, name in given.items() if name == "*"}
        for node in js.descend(tree) if names else ():
            called = node.child_by_field_name("function") if node.type == "call_expression" else None
            if called is not None and called.end_byte - called.start_byte < 80 and js.text_of(called) in names:
                yield place.at(path), node
