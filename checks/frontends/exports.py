"""What modules export from others, and whether anything can call a function that is written in one."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.repository.browser import resolve, script, sources
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend

_DEEPEST = 4


def exports_from(facts: Facts, frontend: Frontend, barrel: str, home: str, name: str, depth: int = _DEEPEST) -> bool:
    """Return whether a module exports a name of another module again, by `export *` or by that name."""
    tree = script(facts, barrel) if depth else None
    for node in tree.named_children if isinstance(tree, Node) else ():
        source = node.child_by_field_name("source") if node.type == "export_statement" else None
        module = js.string_of(source) if source is not None else None
        there = resolve(facts, frontend, barrel, module) if module else None
        if there is None:
            continue
        given = [js.text_of(n) for n in js.descend(node) if n.type == "identifier"]
        if (not given or name in given) and (
            there == home or exports_from(facts, frontend, there, home, name, depth - 1)
        ):
            return True
    return False


def is_never_called(facts: Facts, frontend: Frontend, path: str, node: Node, function: str) -> bool:
    """Return whether nothing can call the function around a node: its name is written once, in its own declaration.

    An exported one may be called by a framework or a package, unless its name says that it is the application's own.
    """
    root = node
    while root.parent is not None:
        root = root.parent
    if not function.isidentifier():
        return False
    kinds = ("identifier", "property_identifier", "shorthand_property_identifier", "export_specifier")
    if sum(n.type in kinds and js.text_of(n) == function for n in js.descend(root)) != 1:
        return False
    above: Node | None = node
    while above is not None and above.parent is not None and above.parent.type != "program":
        above = above.parent
    if above is None or above.type not in ("function_declaration", "lexical_declaration", "export_statement"):
        return False
    if above.type == "export_statement":
        if js.text_of(above).startswith("export default") or "sentry" not in function.lower():
            return False
        word = function.encode()
        return not any(word in (facts.read(p) or b"") for p in sources(facts, frontend) if p != path)
    return True
