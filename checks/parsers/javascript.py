"""JavaScript and TypeScript through the real grammar: nodes with byte offsets, and the few shapes that configs use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import PurePosixPath

from tree_sitter import Language, Node, Parser

from checks.parsers.grammars import language as grammar
from checks.parsers.position import Line
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern

_MAX_BYTES = 512 * 1024
"""Bytes that the grammar reads within a second, also when it has to recover from errors all the way."""

_STEPS, _CHUNK = 200, 64 * 1024

_WRAPPERS = frozenset({"parenthesized_expression", "satisfies_expression", "as_expression", "non_null_expression"})


def _language(name: str) -> Language:
    if name == "json":
        return grammar("tree_sitter_json")
    return grammar("tree_sitter_typescript", f"language_{name}")


_UNKNOWN_TYPES = lazy_pattern(
    rb"""\bimport\((['"])[^'"\r\n]{0,200}\1\)(?:\.\w+){1,9}(?=\[\]|[ ]*\|[\w. |]{1,200}\)\[\])|(?m:(?<=^export )type(?= \*))"""
)
"""Valid TypeScript that the grammar does not know: an array of an imported type, and `export type *`.

Nothing else can stand so: an index is never empty.
"""


def parse_javascript(data: bytes, path: str) -> Node:
    """Parse a module; the grammar follows the suffix (`.ts` has casts, all others may have JSX).

    Raises `ParseError` with the line of the first syntax error.
    """
    if len(data) > _MAX_BYTES:
        raise ParseError(f"larger than {_MAX_BYTES // 1024} KiB; it may be a bundle")
    language = "typescript" if PurePosixPath(path).suffix in (".ts", ".mts", ".cts") else "tsx"
    try:
        return _parse(data, language)
    except ParseError:
        # A name as long as the type, or spaces, in its place: the offsets of all other nodes stay.
        known = _UNKNOWN_TYPES.sub(lambda m: (b" " if m[0] == b"type" else b"_") * len(m[0]), data)
        if known == data:
            raise
    return _parse(known, language)


def parse_json(data: bytes) -> Node:
    """Parse JSON and return its top value; comments are let through. Raises `ParseError`."""
    root = _parse(data, "json")
    values = [child for child in root.named_children if child.type != "comment"]
    if len(values) != 1:
        raise ParseError("not one JSON value", 1)
    return values[0]


def _parse(data: bytes, language: str) -> Node:
    """Parse twice: first within a budget, because a few hundred bytes can keep the grammar's error recovery busy for minutes;
    then from the bytes, because only such a tree can tell the text of its nodes.

    The budget counts steps, so that every machine gives the same answer: the densest valid module takes 0.07 a byte. What one
    step costs is no better known than that, so there is a limit of processor time behind it, five times what such a module takes.
    """
    left, until = _STEPS + len(data) // 4, time.thread_time() + 0.5 + 6e-6 * len(data)

    def tired(*_: object) -> bool:
        nonlocal left
        left -= 1
        return left < 0 or time.thread_time() > until

    try:
        tree = Parser(_language(language)).parse(lambda at, _: data[at : at + _CHUNK], progress_callback=tired)
    except ValueError:
        raise ParseError("a syntax error") from None
    root = tree.root_node
    if root.has_error:
        raise ParseError("syntax error", line_of(_first_error(root)))
    return Parser(_language(language)).parse(data).root_node


def _first_error(root: Node) -> Node:
    """Return the first node that is an error, going into what holds one only."""
    node = root
    while not (node.is_error or node.is_missing):
        inner = next((c for c in node.children if c.has_error), None)
        if inner is None:
            return node
        node = inner
    return node


def descend(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, in source order, without recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))


def top(node: Node) -> Node:
    """Return the root of the tree that a node is in."""
    while node.parent is not None:
        node = node.parent
    return node


def text_of(node: Node) -> str:
    """Return a node's source text."""
    return (node.text or b"").decode("utf-8", errors="replace")


def line_of(node: Node) -> int:
    """Return the 1-based line on which a node begins, and where in it."""
    return Line(node.start_point[0] + 1, byte=node.start_point[1])


def string_of(node: Node | None) -> str | None:
    """Return the value of a plain string (or a template without holes), else None."""
    if node is None or node.type not in ("string", "template_string"):
        return None
    if any(child.type == "template_substitution" for child in node.named_children):
        return None
    return text_of(node)[1:-1]


def unwrap(node: Node) -> Node:
    """Strip parentheses, `satisfies`, `as` and `!` from an expression."""
    while node.type in _WRAPPERS and node.named_children:
        node = node.named_children[0]
    return node


def properties(node: Node) -> list[tuple[str, Node, Node]]:
    """List `(name, property node, value node)` of an object; shorthand and methods have the property as value.

    A computed name that is a text counts as that name, any other is `[expression]`.
    """
    found = []
    for child in node.named_children:
        if child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None:
                spelled = key.named_children[0] if key.type == "computed_property_name" and key.named_children else key
                name = string_of(spelled) if spelled.type == "string" else text_of(key)
                found.append((name or text_of(key), child, value))
        elif child.type == "shorthand_property_identifier":
            found.append((text_of(child), child, child))
        elif child.type == "method_definition":
            key = child.child_by_field_name("name")
            found.append((text_of(key) if key is not None else "", child, child))
    return found


def calls(node: Node, name: str) -> bool:
    """Return whether code below a node calls a function of that name, plain or as a member."""
    for inner in descend(node):
        function = inner.child_by_field_name("function") if inner.type == "call_expression" else None
        if function is not None and text_of(function).rpartition(".")[2] == name:
            return True
    return False


def has_spread(node: Node) -> bool:
    """Return whether an object or array takes in others by `...`."""
    return any(child.type == "spread_element" for child in node.named_children)


def imports(root: Node) -> Iterator[tuple[str, dict[str, str], Node]]:
    """Yield `(module, {local name: imported name}, node)` for each `import` and each top-level `const x = require()`."""
    for node in root.named_children:
        if node.type == "import_statement":
            yield from imports_of(node)
        elif node.type in ("lexical_declaration", "variable_declaration"):
            for declarator in node.named_children:
                value = declarator.child_by_field_name("value")
                module = _required_module(value)
                if module is not None:
                    pattern = declarator.child_by_field_name("name")
                    yield module, pattern_names(pattern), node


def imports_of(statement: Node) -> Iterator[tuple[str, dict[str, str], Node]]:
    """Yield `(module, {local name: imported name}, node)` of one `import` statement."""
    module = string_of(statement.child_by_field_name("source"))
    names: dict[str, str] = {}
    for part in descend(statement):
        if part.type == "import_specifier":
            name, alias = part.child_by_field_name("name"), part.child_by_field_name("alias")
            if name is not None:
                names[text_of(alias if alias is not None else name)] = text_of(name)
        elif part.type == "namespace_import":
            names[text_of(part.named_children[-1])] = "*"
        elif part.type == "identifier" and part.parent is not None and part.parent.type == "import_clause":
            names[text_of(part)] = "default"
    if module is not None:
        yield module, names, statement


def modules_by_name(root: Node) -> Iterator[tuple[str, dict[str, str], Node]]:
    """Yield what `imports` does, then the modules that a name is given later, each with its assignment.

    After `let x; if (…) { x = require("a") } else { x = require("b") }` the name may mean either of them.
    """
    yield from imports(root)
    for part in descend(root):
        if part.type == "assignment_expression":
            left, module = part.child_by_field_name("left"), _required_module(part.child_by_field_name("right"))
            if module is not None and left is not None and left.type == "identifier":
                yield module, {text_of(left): "default"}, part


def _required_module(value: Node | None) -> str | None:
    if value is None:
        return None
    while value.type == "member_expression" and value.named_children:
        value = value.named_children[0]
    if value.type != "call_expression":
        return None
    function, arguments = value.child_by_field_name("function"), value.child_by_field_name("arguments")
    if function is None or arguments is None or text_of(function) != "require" or not arguments.named_children:
        return None
    return _spelled(arguments.named_children[0])


def _spelled(module: Node) -> str | None:
    """Return the module that a text names, or `path.resolve("./x")` and `path.join(__dirname, "x")`."""
    plain = string_of(module)
    function, arguments = module.child_by_field_name("function"), module.child_by_field_name("arguments")
    if plain is not None or function is None or arguments is None:
        return plain
    given = [a for a in arguments.named_children if text_of(a) != "__dirname"]
    if text_of(function) not in ("path.resolve", "path.join") or len(given) != 1:
        return None
    named = string_of(given[0])
    return f"./{named.removeprefix('./')}" if named and not named.startswith(("/", "../")) else named


def pattern_names(pattern: Node | None) -> dict[str, str]:
    """Return `{local name: key}` of what a declaration binds; `default` for one name that takes the whole value."""
    if pattern is None:
        return {}
    if pattern.type == "identifier":
        return {text_of(pattern): "default"}
    names = {}
    for part in pattern.named_children:
        if part.type == "shorthand_property_identifier_pattern":
            names[text_of(part)] = text_of(part)
        elif part.type == "pair_pattern":
            key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
            if key is not None and value is not None:
                names[text_of(value)] = text_of(key)
    return names


def declared(scope: Node, name: str) -> Node | None:
    """Return the initial value of `const name = …` among a block's own statements, if declared exactly once and `const`."""
    found = []
    for statement in scope.named_children:
        inner = statement
        if statement.type == "export_statement":
            inner = statement.child_by_field_name("declaration") or statement
        if inner.type in ("lexical_declaration", "variable_declaration"):
            constant = text_of(inner.children[0]) == "const"
            for declarator in inner.named_children:
                target = declarator.child_by_field_name("name")
                if target is not None and text_of(target) == name:
                    value = declarator.child_by_field_name("value")
                    found.append(value if constant else None)
    return found[0] if len(found) == 1 else None
