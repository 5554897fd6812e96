"""From which module, and under which name there, a JavaScript module takes what it calls."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js


class Origin(Struct, frozen=True):
    """A module, and the name under which it exports something: `default` and `*` for the whole of it."""

    module: str
    name: str


_WHOLE = ("default", "*")


def origins(root: Node) -> dict[str, Origin | None]:
    """Return where each name that a module imports comes from; None for a name that it takes from several places.

    `import`, `require()` and `await import()` count, in functions too.
    """
    found: dict[str, Origin | None] = {}
    for node in js.descend(root):
        for local, origin in _taken(node):
            found[local] = origin if found.get(local, origin) == origin else None
    return found


def origin_of(called: Node, known: Mapping[str, Origin | None]) -> Origin | None:
    """Return where a called function comes from, `known` being what its module imports; None where it is not imported."""
    called = js.unwrap(called)
    if called.type == "identifier":
        return known.get(js.text_of(called))
    of, name = called.child_by_field_name("object"), called.child_by_field_name("property")
    if called.type != "member_expression" or of is None or name is None:
        return _loaded(called)
    owner = origin_of(of, known)
    return Origin(owner.module, js.text_of(name)) if owner is not None and owner.name in _WHOLE else None


def _taken(node: Node) -> list[tuple[str, Origin]]:
    if node.type == "import_statement":
        return [(n, Origin(m, of)) for m, names, _ in js.imports_of(node) for n, of in names.items()]
    fields = {"variable_declarator": ("name", "value"), "assignment_expression": ("left", "right")}.get(node.type)
    target, value = (node.child_by_field_name(f) for f in fields) if fields is not None else (None, None)
    origin = origin_of(value, {}) if value is not None else None
    if target is None or origin is None or target.type not in ("identifier", "object_pattern"):
        return []
    names = js.pattern_names(target)
    if origin.name not in _WHOLE:
        return [(n, origin) for n, of in names.items() if of == "default"]
    return [(n, Origin(origin.module, of)) for n, of in names.items()]


def _loaded(node: Node) -> Origin | None:
    """Return the module that `require()` or `await import()` loads."""
    while node.type in ("await_expression", "parenthesized_expression") and node.named_children:
        node = node.named_children[0]
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if node.type != "call_expression" or function is None or arguments is None or not arguments.named_children:
        return None
    module = js.string_of(arguments.named_children[0])
    return Origin(module, "default") if module and js.text_of(function) in ("require", "import") else None
