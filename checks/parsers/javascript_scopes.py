"""What a name of a JavaScript module is bound to where it is read: a constant, a pattern's key, a parameter, an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js

FUNCTIONS = frozenset(
    {"arrow_function", "function_expression", "function", "function_declaration", "method_definition"}
)
_DECLARATIONS = frozenset({"lexical_declaration", "variable_declaration"})
_AROUND = frozenset(
    {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression"}
)


class Binding(Struct, frozen=True):
    """The nearest declaration of a name.

    `node` is its value: of a constant, or what a pattern takes `key` from, with the pattern's `default`; a function; for a
    parameter the function that has it at position `index`. It is None for what has no one value: an import, `let`, a name that is
    declared twice.
    """

    node: Node | None = None
    key: str | None = None
    index: int | None = None
    default: Node | None = None


def binding_of(node: Node, name: str) -> Binding | None:
    """Return what a name is bound to at a node, or None where the module does not declare it."""
    current: Node | None = node
    while current is not None:
        found = None
        if current.type in FUNCTIONS:
            parameter = parameter_of(current, name)
            found = Binding(current, parameter[1], parameter[0]) if parameter is not None else None
        elif current.type in ("statement_block", "program"):
            found = _in_block(current, name, node)
        if found is not None:
            return found
        current = current.parent
    return None


def parameter_of(function: Node, name: str) -> tuple[int, str | None] | None:
    """Return the position of a parameter, with the key where an object's pattern names it; None without such a parameter."""
    single = function.child_by_field_name("parameter")
    if single is not None:
        return (0, None) if js.text_of(single) == name else None
    parameters = function.child_by_field_name("parameters")
    given = [p for p in parameters.named_children if p.type != "comment"] if parameters is not None else []
    for at, part in enumerate(given):
        pattern = part.child_by_field_name("pattern") or part
        if pattern.type == "identifier" and js.text_of(pattern) == name:
            return at, None
        key = _taken(pattern, name) if pattern.type == "object_pattern" else None
        if key is not None:
            return at, key
    return None


def default_of(function: Node, index: int, key: str | None = None) -> Node | None:
    """Return the default of a parameter, or of a key that its pattern takes; None where it has none."""
    parameters = function.child_by_field_name("parameters")
    parts = [p for p in parameters.named_children if p.type != "comment"] if parameters is not None else []
    if index >= len(parts):
        return None
    if key is None:
        return parts[index].child_by_field_name("value")
    return _default_in(parts[index].child_by_field_name("pattern") or parts[index], key)


def _default_in(pattern: Node, key: str) -> Node | None:
    """Return the default that an object's pattern has for a key."""
    for part in pattern.named_children if pattern.type == "object_pattern" else ():
        name, value = part.child_by_field_name("key"), part.child_by_field_name("value")
        own = part if part.type == "object_assignment_pattern" else value
        left = own.child_by_field_name("left") if own is not None else None
        spelled = name if name is not None else left
        if own is not None and left is not None and spelled is not None and js.text_of(spelled) == key:
            return own.child_by_field_name("right")
    return None


def _taken(pattern: Node, name: str) -> str | None:
    """Return the key under which an object's pattern takes a name, also with a default."""
    for part in pattern.named_children:
        key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
        own = part.child_by_field_name("left") if part.type == "object_assignment_pattern" else part
        if own is not None and own.type == "shorthand_property_identifier_pattern" and js.text_of(own) == name:
            return name
        if key is None or value is None:
            continue
        local = value.child_by_field_name("left") if value.type == "assignment_pattern" else value
        if local is not None and js.text_of(local) == name:
            return js.string_of(key) or js.text_of(key)
    return None


def _in_block(block: Node, name: str, reader: Node) -> Binding | None:
    found: list[Binding] = []
    for statement in block.named_children:
        inner = statement.child_by_field_name("declaration") if statement.type == "export_statement" else statement
        if inner is None:
            continue
        own = inner.child_by_field_name("name")
        if inner.type in _DECLARATIONS:
            constant = js.text_of(inner.children[0]) == "const"
            found += [b for d in inner.named_children if (b := _of_declarator(d, name, reader, constant)) is not None]
        elif inner.type in FUNCTIONS and own is not None and js.text_of(own) == name:
            found.append(Binding(inner))
        elif inner.type == "import_statement" and any(
            n.type == "identifier" and js.text_of(n) == name for n in js.descend(inner)
        ):
            found.append(Binding())
    return None if not found else found[0] if len(found) == 1 else Binding()


def _of_declarator(declarator: Node, name: str, reader: Node, constant: bool) -> Binding | None:
    target, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
    if target is None or (value is not None and value.start_byte <= reader.start_byte < value.end_byte):
        return None
    key = _taken(target, name) if target.type == "object_pattern" else None
    if key is None and not (target.type == "identifier" and js.text_of(target) == name):
        return None
    default = _default_in(target, key) if key is not None else None
    return Binding(value, key, default=default) if constant else Binding()


def calls_of(function: Node) -> Sequence[Node]:
    """Return the calls, by its name, of a function that its module declares."""
    name = function.child_by_field_name("name")
    above = function.parent
    if name is None and above is not None and above.type == "variable_declarator":
        name = above.child_by_field_name("name")
    if name is None or name.type != "identifier":
        return ()
    root = function
    while root.parent is not None:
        root = root.parent
    return _calls(root).get(js.text_of(name), ())


@lru_cache(maxsize=8)
def _calls(root: Node) -> Mapping[str, Sequence[Node]]:
    """Return all calls of a module by what is called; kept, for a parameter that is handed on is asked for again and again."""
    found: dict[str, list[Node]] = {}
    for node in js.descend(root):
        called = node.child_by_field_name("function") if node.type == "call_expression" else None
        if called is not None and called.type == "identifier":
            found.setdefault(js.text_of(called), []).append(node)
    return found


def is_configuration(function: Node) -> bool:
    """Return whether a function is what a configuration exports: itself, by its name, or as the argument of a helper."""
    top: Node = function
    while top.parent is not None and top.parent.type in _AROUND:
        top = top.parent
    above = top.parent
    if above is None:
        return False
    if above.type == "arguments" and above.parent is not None:
        called = above.parent.child_by_field_name("function")
        helper = js.text_of(called).rpartition(".")[2] if called is not None else ""
        return helper.startswith("defineConfig") or is_configuration(above.parent)
    if above.type == "export_statement":
        return any(c.type in ("default", "=") for c in above.children)
    if above.type == "assignment_expression":
        left = above.child_by_field_name("left")
        return left is not None and js.text_of(left) in ("module.exports", "exports.default")
    name = above.child_by_field_name("name") if above.type == "variable_declarator" else None
    name = function.child_by_field_name("name") if function.type == "function_declaration" else name
    return name is not None and name.type == "identifier" and _exported(name)


def _exported(name: Node) -> bool:
    root = name
    while root.parent is not None:
        root = root.parent
    for node in js.descend(root):
        if node.type not in ("identifier", "shorthand_property_identifier") or js.text_of(node) != js.text_of(name):
            continue
        above = node.parent
        declares = above is not None and above.child_by_field_name("name")
        if node.id != name.id and not (declares and declares.id == node.id) and _leads_out(node):
            return True
    return False


def _leads_out(node: Node) -> bool:
    """Return whether a name's use is the module's export or the argument of a configuration's helper."""
    current: Node = node
    while current.parent is not None:
        above = current.parent
        if above.type == "export_statement":
            return any(c.type in ("default", "=") for c in above.children)
        if above.type == "assignment_expression":
            left = above.child_by_field_name("left")
            return left is not None and js.text_of(left) in ("module.exports", "exports.default")
        if above.type == "call_expression":
            called = above.child_by_field_name("function")
            if called is None or called.id == current.id:
                return False
            if js.text_of(called).rpartition(".")[2].startswith("defineConfig"):
                return True
        elif above.type not in _AROUND and above.type != "arguments":
            return False
        current = above
    return False
