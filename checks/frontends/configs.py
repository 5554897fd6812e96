"""The values of a bundler's configuration, followed through functions, helpers, spreads, constants and other files.

Nothing is run. What a helper is given and what it returns both count: `merge(common, {…})` and `withX({…})` keep both.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_exports import exported
from checks.parsers.javascript_values import UNKNOWN, production_value, scopes
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, join, parent

_DEPTH = 14
_MAX_VALUES = 200
_FUNCTIONS = frozenset(
    {"arrow_function", "function_expression", "function", "function_declaration", "method_definition"}
)
_SUFFIXES = ("", ".js", ".cjs", ".mjs", ".ts", ".mts", ".cts", ".json", "/index.js", "/index.ts")


class Value(Struct, frozen=True):
    """An expression, and the file in which it stands."""

    path: str
    node: Node


def tree_of(facts: Facts, path: str) -> Node | None:
    """Return a module's tree, or None where there is none that parses."""
    if path not in facts.paths:
        return None
    tree = facts.parsed("javascript", path, lambda text: js.parse_javascript(text.encode(), path))
    return tree if isinstance(tree, Node) else None


def module_path(facts: Facts, path: str, module: str) -> str | None:
    """Return the file of the repository that a configuration imports by a relative name, or None."""
    if not module.startswith("."):
        return None
    base = join(parent(path), module)
    return next((p for s in _SUFFIXES if (p := base + s) in facts.paths), None)


def modules_of(facts: Facts, path: str) -> frozenset[str]:
    """Return a configuration file and the files of the repository that it takes in, and these."""
    found, left = {path}, [path]
    while left:
        current = left.pop()
        tree = tree_of(facts, current)
        named = {js.string_of(n) for n in js.descend(tree) if n.type == "string"} if tree is not None else set()
        for module in named:
            target = module_path(facts, current, module) if module else None
            if target is not None and target not in found:
                found.add(target)
                left.append(target)
    return frozenset(found)


def follow(facts: Facts, value: Value, depth: int = _DEPTH) -> Value:
    """Follow a name to the constant, function or export of another file that it stands for; other expressions stay."""
    node = js.unwrap(value.node)
    if depth == 0 or node.type not in (
        "identifier",
        "shorthand_property_identifier",
        "member_expression",
        "call_expression",
    ):
        return Value(value.path, node)
    if node.type == "call_expression":
        target = _required(facts, value.path, node)
        return follow(facts, target, depth - 1) if target is not None else Value(value.path, node)
    if node.type == "member_expression":
        return _member(facts, Value(value.path, node), depth)
    name = js.text_of(node)
    tree = node
    while tree.parent is not None:
        tree = tree.parent
    for scope in [*scopes(node), tree]:
        found = js.declared(scope, name) or function_in(scope, name)
        if found is not None and found.id != node.id:
            return follow(facts, Value(value.path, found), depth - 1)
    for module, names, _ in js.imports(tree):
        target_path = module_path(facts, value.path, module) if name in names else None
        target_tree = tree_of(facts, target_path) if target_path else None
        if target_path and target_tree is not None:
            given = exported(target_tree, "default" if names[name] in ("*", "default") else names[name])
            if given is not None:
                return follow(facts, Value(target_path, given), depth - 1)
    return Value(value.path, node)


def _member(facts: Facts, value: Value, depth: int) -> Value:
    of, name = value.node.child_by_field_name("object"), value.node.child_by_field_name("property")
    if of is None or name is None or js.text_of(of) in ("path", "process", "process.env", "import.meta"):
        return value
    owner = follow(facts, Value(value.path, of), depth - 1)
    if js.text_of(name) == "default":
        return owner
    found = next(values(facts, owner, js.text_of(name), depth - 1), None) if owner.node.type == "object" else None
    return follow(facts, found, depth - 1) if found is not None else value


def _required(facts: Facts, path: str, call: Node) -> Value | None:
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if function is None or arguments is None or js.text_of(function) != "require" or not arguments.named_children:
        return None
    target = module_path(facts, path, js.string_of(arguments.named_children[0]) or "")
    tree = tree_of(facts, target) if target else None
    given = exported(tree) if tree is not None else None
    return Value(target, given) if target and given is not None else None


def function_in(scope: Node, name: str) -> Node | None:
    """Return the function of a name that is declared among a block's own statements, or None."""
    for statement in scope.named_children:
        inner = statement.child_by_field_name("declaration") if statement.type == "export_statement" else statement
        own = inner.child_by_field_name("name") if inner is not None and inner.type == "function_declaration" else None
        if own is not None and js.text_of(own) == name:
            return inner
    return None


def values(facts: Facts, value: Value, key: str, depth: int = _DEPTH) -> Iterator[Value]:
    """Yield what a configuration may have under a key, the object itself before what it spreads."""
    if depth == 0:
        return
    value = follow(facts, value, depth)
    node = value.node
    if node.type == "object":
        own = [v for n, _, v in js.properties(node) if n == key]
        if own:
            yield Value(value.path, own[-1])
            return
        for child in node.named_children:
            if child.type == "spread_element":
                yield from values(facts, Value(value.path, child.named_children[0]), key, depth - 1)
    elif node.type in _FUNCTIONS:
        for given in returned(node):
            yield from values(facts, Value(value.path, given), key, depth - 1)
    elif node.type == "array":
        for child in node.named_children:
            yield from values(facts, Value(value.path, child), key, depth - 1)
    elif node.type == "ternary_expression":
        for branch in branches(node):
            yield from values(facts, Value(value.path, branch), key, depth - 1)
    elif node.type == "await_expression" or node.type == "binary_expression":
        for child in node.named_children:
            yield from values(facts, Value(value.path, child), key, depth - 1)
    elif node.type == "call_expression":
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        for given in arguments.named_children if arguments is not None else ():
            yield from values(facts, Value(value.path, given), key, depth - 1)
        if function is not None:
            called = follow(facts, Value(value.path, function), depth - 1)
            if called.node.type in _FUNCTIONS or called.node.type == "call_expression":
                yield from values(facts, called, key, depth - 1)


def branches(node: Node) -> list[Node]:
    """Return the branches of a ternary that a production build may take."""
    condition = node.child_by_field_name("condition")
    state = production_value(condition) if condition is not None else UNKNOWN
    names = ("consequence", "alternative") if state is UNKNOWN else ("consequence",) if state else ("alternative",)
    return [b for n in names if (b := node.child_by_field_name(n)) is not None]


def returned(function: Node) -> list[Node]:
    """Return the expressions that a function may return."""
    body = function.child_by_field_name("body")
    if body is None:
        return []
    if body.type != "statement_block":
        return [body]
    found, stack = [], list(reversed(body.named_children))
    while stack:
        node = stack.pop()
        if node.type == "return_statement":
            found += [c for c in node.named_children if c.type != "comment"][:1]
        elif node.type not in _FUNCTIONS and node.type != "class_declaration":
            stack.extend(reversed(node.named_children))
    return found


def assigned(facts: Facts, path: str, key: str) -> Iterator[Value]:
    """Yield what a module assigns to a key of any object: `config.entry = …`."""
    tree = tree_of(facts, path)
    for node in js.descend(tree) if tree is not None else ():
        if node.type == "assignment_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            name = (
                left.child_by_field_name("property") if left is not None and left.type == "member_expression" else None
            )
            if name is not None and right is not None and js.text_of(name) == key:
                yield Value(path, right)


def exports_of(facts: Facts, path: str) -> list[Value]:
    """Return what a configuration file exports: one value, or what it gives `module.exports` in branches."""
    tree = tree_of(facts, path)
    given = exported(tree) if tree is not None else None
    if tree is None or given is not None:
        return [Value(path, given)] if given is not None else []
    found = []
    for node in js.descend(tree):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type == "assignment_expression" and left is not None and right is not None:
            found += [Value(path, right)] if js.text_of(left) == "module.exports" else []
    return found


def configured(facts: Facts, path: str, *keys: str) -> list[Value]:
    """Return what a configuration file sets under a key, or under keys of keys."""
    found = exports_of(facts, path)
    for number, key in enumerate(keys):
        following = [v for f in found for v in values(facts, f, key)][:_MAX_VALUES]
        found = following or (list(assigned(facts, path, key)) if number == 0 else [])
    return found


def path_text(facts: Facts, value: Value, cwd: str, depth: int = _DEPTH) -> str | None:
    """Return the path that an expression spells: from the repository's root with a leading `/`, else as it is written."""
    if depth == 0:
        return None
    value = follow(facts, value, depth)
    node, text = value.node, js.text_of(value.node)
    plain = js.string_of(node)
    if plain is not None:
        return plain if not plain.startswith("/") else None
    folder = "/" + ("" if parent(value.path) == "." else parent(value.path))
    if text in ("__dirname", "import.meta.dirname"):
        return folder
    if text in ("import.meta.url", "import.meta.filename", "__filename"):
        return f"/{value.path}"
    if text == "process.cwd()":
        return "/" + ("" if cwd == "." else cwd)
    if node.type == "template_string":
        pieces: list[str] = []
        for child in node.named_children:
            inner = child.named_children[0] if child.type == "template_substitution" else None
            part = (
                path_text(facts, Value(value.path, inner), cwd, depth - 1) if inner is not None else js.text_of(child)
            )
            if part is None:
                return None
            pieces.append(part)
        return "".join(pieces)
    if node.type == "binary_expression":
        first, *rest = node.named_children
        sides = [path_text(facts, Value(value.path, first), cwd, depth - 1)]
        sides += [js.string_of(js.unwrap(c)) or path_text(facts, Value(value.path, c), cwd, depth - 1) for c in rest]
        return None if len(sides) != 2 or None in sides else f"{sides[0]}{sides[1]}"
    if node.type == "member_expression" and text.endswith((".pathname", ".href")):
        return path_text(facts, Value(value.path, node.named_children[0]), cwd, depth - 1)
    arguments = node.child_by_field_name("arguments")
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []
    if node.type == "new_expression" and given and js.text_of(node.named_children[0]) == "URL":
        relative = js.string_of(given[0])
        based = len(given) > 1 and js.text_of(given[1]) == "import.meta.url"
        return posixpath.normpath(f"{folder}/{relative}") if relative and based else None
    function = node.child_by_field_name("function")
    called = js.text_of(function).rpartition(".")[2] if node.type == "call_expression" and function is not None else ""
    parts = [path_text(facts, Value(value.path, a), cwd, depth - 1) for a in given]
    known = [p for p in parts if p is not None]
    if not known or len(known) != len(parts):
        return None
    if called == "fileURLToPath":
        return known[0]
    if called == "dirname":
        return posixpath.dirname(known[0])
    if called == "resolve":
        return posixpath.normpath(posixpath.join("/" + ("" if cwd == "." else cwd), *known))
    if called == "join":
        return posixpath.normpath("/".join(known))
    return None


def below_root(text: str, base: str) -> str | None:
    """Return a spelled path as a path of the repository; `base` is the folder that one without a leading `/` is meant from."""
    found = join(base, text) if not text.startswith("/") else join(".", text.lstrip("/") or ".")
    return None if found.startswith("../") else found


def json_of(facts: Facts, path: str) -> Value | None:
    """Return the object of a JSON file with comments and trailing commas, as TypeScript's compiler reads its own."""
    if path not in facts.paths:
        return None
    parsed = facts.parsed(
        "json with comments", path, lambda text: js.parse_javascript(f"({text.lstrip(chr(65279))}\n)".encode(), "x.ts")
    )
    if parsed is None or isinstance(parsed, ParseError) or not parsed.named_children:
        return None
    node = next((n for n in js.descend(parsed) if n.type == "object"), None)
    return Value(path, node) if node is not None else None
