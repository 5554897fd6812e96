"""What a Vite config takes from other files: objects, and functions that return them, followed through imports and arguments.

Nothing is run. A value is found only where every step to it is followed; else it is not known, never absent.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from msgspec import Struct
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_exports import exported, exported_elsewhere
from checks.parsers.javascript_scopes import FUNCTIONS, binding_of
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value
from checks.parsers.text import ParseError

Modules = Callable[[str], str | None]
"""Returns the text of a module by its name relative to the config, or None where it cannot be read."""

_DEPTH = 24
_EMPTY = frozenset({"false", "null", "undefined"})
_CHANGES = frozenset({"assignment_expression", "augmented_assignment_expression", "update_expression"})
_GROWS = frozenset({"push", "unshift", "splice"})


class Bound(Struct, frozen=True):
    """An expression with the arguments of the calls that lead to it, by function."""

    node: Node
    arguments: dict[int, tuple[Bound, ...]]


Layers = tuple[Bound, ...]
"""What is merged into one value, the first winning: one expression, but for `mergeConfig`. Empty: certainly not set."""


class _UnknownError(Exception):
    """A step to a value is not followed."""


class Shared:
    """The files around one config."""

    def __init__(self, modules: Modules, values: BuildValues | None = None) -> None:
        self.modules, self.values = modules, values
        self._trees: dict[str, Node | None] = {}
        self._homes: dict[int, str] = {}

    def find(self, node: Node | Layers, *keys: str) -> Layers | None:
        """Return what an object has at a path of keys: nothing where it certainly has none, None where that is not known."""
        found: Layers = (Bound(node, {}),) if isinstance(node, Node) else node
        try:
            for key in keys:
                found = tuple(one for layer in found for one in self._in(layer, key, _DEPTH))
        except _UnknownError:
            return None
        return found

    def is_object(self, node: Node) -> bool:
        """Return whether an expression gives an object that `mergeConfig` takes: no function, no promise, nothing unknown."""
        try:
            return self._merges(Bound(node, {}), _DEPTH)
        except _UnknownError:
            return False

    def _merges(self, value: Bound, depth: int) -> bool:
        value = self._follow(value, depth)
        node = value.node
        if node.type == "object":
            return True
        if node.type == "ternary_expression":
            return all(self._merges(b, depth - 1) for b in self._branches(value))
        if node.type != "call_expression" or depth == 0:
            return False
        given = _given(node)
        if _called(node) == "defineConfig":
            return bool(given) and self._merges(Bound(given[0], value.arguments), depth - 1)
        if _called(node) == "mergeConfig":
            return len(given) > 1 and all(self._merges(Bound(g, value.arguments), depth - 1) for g in given[:2])
        return all(self._merges(r, depth - 1) for r in self._returned(value, depth))

    def _in(self, value: Bound, key: str, depth: int) -> Layers:
        """Return what an object has under a key. Raises `_UnknownError`."""
        if depth == 0:
            raise _UnknownError
        value = self._follow(value, depth)
        node = value.node
        if node.type == "object":
            return self._in_object(value, key, depth)
        if node.type in _EMPTY:
            return ()
        if node.type == "ternary_expression":
            return self._same([self._in(b, key, depth - 1) for b in self._branches(value)])
        if node.type == "binary_expression" and js.text_of(node.children[1]) == "&&":
            condition = production_value(node.named_children[0], build=self.values)
            right = self._in(Bound(node.named_children[1], value.arguments), key, depth - 1)
            return (
                ()
                if condition is not UNKNOWN and not condition
                else self._same([right, right if condition is not UNKNOWN else ()])
            )
        if node.type == "await_expression":
            return self._in(Bound(node.named_children[0], value.arguments), key, depth - 1)
        if node.type != "call_expression":
            raise _UnknownError
        given = [Bound(g, value.arguments) for g in _given(node)]
        module = js.string_of(given[0].node) if _called(node) == "require" and given else None
        if module is not None:
            return (Bound(self._of_module(js.top(node), module, key), {}),)
        if _called(node) == "defineConfig" and given:
            return self._in(given[0], key, depth - 1)
        if _called(node) == "mergeConfig" and len(given) > 1:
            return (*self._in(given[1], key, depth - 1), *self._in(given[0], key, depth - 1))
        return self._same([self._in(r, key, depth - 1) for r in self._returned(value, depth)])

    def _in_object(self, value: Bound, key: str, depth: int) -> Layers:
        for child in reversed(value.node.named_children):
            if child.type == "comment":
                continue
            if child.type == "spread_element":
                found = self._in(Bound(child.named_children[0], value.arguments), key, depth - 1)
                if found:
                    return found
                continue
            own = next((v for n, part, v in js.properties(value.node) if n == key and part.id == child.id), None)
            if own is not None:
                return (Bound(own, value.arguments),)
            name = child.child_by_field_name("key")
            if (
                name is not None
                and name.type == "computed_property_name"
                and js.string_of(name.named_children[0]) is None
            ):
                raise _UnknownError
        return ()

    @staticmethod
    def _same(found: list[Layers]) -> Layers:
        """Return what every way gives. Raises `_UnknownError` where they differ."""
        if any(f != found[0] for f in found):
            raise _UnknownError
        return found[0]

    def _branches(self, value: Bound) -> list[Bound]:
        condition = value.node.child_by_field_name("condition")
        state = production_value(condition, build=self.values) if condition is not None else UNKNOWN
        names = ("consequence", "alternative") if state is UNKNOWN else ("consequence",) if state else ("alternative",)
        nodes = [n for name in names if (n := value.node.child_by_field_name(name)) is not None]
        return [Bound(n, value.arguments) for n in nodes]

    def _returned(self, call: Bound, depth: int) -> list[Bound]:
        """Return what a call of a function that is followed may return. Raises `_UnknownError`."""
        function = call.node.child_by_field_name("function")
        called = self._follow(Bound(function, call.arguments), depth) if function is not None else call
        node, body = called.node, called.node.child_by_field_name("body")
        if node.type not in FUNCTIONS or body is None or any(c.type in ("async", "*") for c in node.children):
            raise _UnknownError
        arguments = {**called.arguments, node.id: tuple(Bound(g, call.arguments) for g in _given(call.node))}
        if body.type != "statement_block":
            return [Bound(body, arguments)]
        returns = list(_returns(body))
        if not returns or any(not r.named_children for r in returns):
            raise _UnknownError
        return [Bound(r.named_children[0], arguments) for r in returns]

    def _follow(self, value: Bound, depth: int) -> Bound:
        """Follow names, members, imports and parameters. Raises `_UnknownError` for one that leads elsewhere."""
        for _ in range(depth):
            node = js.unwrap(value.node)
            if node.type in ("identifier", "shorthand_property_identifier"):
                value = self._named(Bound(node, value.arguments), js.text_of(node), depth)
            elif node.type == "member_expression":
                of, name = node.child_by_field_name("object"), node.child_by_field_name("property")
                if of is None or name is None:
                    raise _UnknownError
                value = self._one(self._in(Bound(of, value.arguments), js.text_of(name), depth - 1))
            else:
                return Bound(node, value.arguments)
        raise _UnknownError

    def _named(self, value: Bound, name: str, depth: int) -> Bound:
        bound = binding_of(value.node, name)
        top = js.top(value.node)
        if bound is not None and bound.index is not None and bound.node is not None:
            return self._argument(value, bound.node, (bound.index, bound.key), depth)
        if _is_changed(top, name):
            raise _UnknownError
        if bound is None or bound.node is None:
            return Bound(self._imported(top, name), {})
        if bound.key is None:
            return Bound(bound.node, value.arguments)
        return self._one(self._in(Bound(bound.node, value.arguments), bound.key, depth - 1))

    @staticmethod
    def _one(found: Layers) -> Bound:
        if len(found) != 1:
            raise _UnknownError
        return found[0]

    def _argument(self, value: Bound, function: Node, parameter: tuple[int, str | None], depth: int) -> Bound:
        index, key = parameter
        given = value.arguments.get(function.id)
        if given is None or index >= len(given):
            default = _default(function, index) if given is not None else None
            if default is None or key is not None:
                raise _UnknownError
            return Bound(default, value.arguments)
        return given[index] if key is None else self._one(self._in(given[index], key, depth - 1))

    def _imported(self, root: Node, name: str) -> Node:
        for module, names, _ in js.imports(root):
            if name in names:
                return self._of_module(root, module, names[name])
        raise _UnknownError

    def _of_module(self, root: Node, module: str, name: str) -> Node:
        found = self._exported(self._homes.get(root.id, ""), module, name, _DEPTH) if module[:1] == "." else None
        if found is None:
            raise _UnknownError
        return found

    def _exported(self, home: str, module: str, name: str, depth: int) -> Node | None:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(home), module))
        path = path if path.startswith("..") else f"./{path}"
        tree = self._tree(path)
        if tree is None or depth == 0 or _is_changed(tree, name):
            return None
        found = exported(tree, "default" if name == "*" else name)
        if found is not None:
            return found
        elsewhere = exported_elsewhere(tree, name)
        return (
            self._exported(path, *elsewhere, depth - 1) if elsewhere is not None and elsewhere[0][:1] == "." else None
        )

    def _tree(self, path: str) -> Node | None:
        if path not in self._trees:
            text = self.modules(path)
            try:
                tree = js.parse_javascript(text.encode(), "module.ts") if text is not None else None
            except ParseError:
                tree = None
            self._trees[path] = tree
            if tree is not None:
                self._homes[tree.id] = path
        return self._trees[path]


def _given(call: Node) -> list[Node]:
    arguments = call.child_by_field_name("arguments")
    return [a for a in arguments.named_children if a.type != "comment"] if arguments is not None else []


def _called(call: Node) -> str:
    function = call.child_by_field_name("function")
    return js.text_of(function).rpartition(".")[2] if function is not None else ""


def _returns(body: Node) -> Iterator[Node]:
    stack = list(reversed(body.named_children))
    while stack:
        node = stack.pop()
        if node.type == "return_statement":
            yield node
        elif node.type not in FUNCTIONS and node.type != "class_declaration":
            stack.extend(reversed(node.named_children))


def _default(function: Node, index: int) -> Node | None:
    """Return the default of a parameter."""
    parameters = function.child_by_field_name("parameters")
    parts = [p for p in parameters.named_children if p.type != "comment"] if parameters is not None else []
    return parts[index].child_by_field_name("value") if index < len(parts) else None


def _is_changed(scope: Node, name: str) -> bool:
    """Return whether a statement changes an object after its declaration: a member, a list of it, or `Object.assign`."""
    for node in js.descend(scope):
        target: Node | None = None
        if node.type in _CHANGES:
            target = node.child_by_field_name("left") or node.child_by_field_name("argument")
        elif node.type == "call_expression":
            function = node.child_by_field_name("function")
            given = _given(node)
            if function is not None and js.text_of(function) == "Object.assign" and given:
                target = given[0]
            elif function is not None and _called(node) in _GROWS:
                target = function.child_by_field_name("object")
        while target is not None and target.type in (
            "member_expression",
            "subscript_expression",
            "non_null_expression",
        ):
            target = target.child_by_field_name("object") or target.named_children[0]
        if target is not None and target.type == "identifier" and js.text_of(target) == name:
            return True
    return False
