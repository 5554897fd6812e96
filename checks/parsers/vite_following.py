"""The steps from an expression of a Vite config to what it means: names, members, imports, parameters, calls of functions.

Nothing is run. A step that cannot be followed raises `UnfollowedError`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_calls import called_name, given_to, is_changed, returns_of
from checks.parsers.javascript_exports import exported, exported_elsewhere, wholly_exported
from checks.parsers.javascript_scopes import FUNCTIONS, binding_of, default_of
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value, usual_variable
from checks.parsers.text import ParseError
from checks.parsers.vite_functions import reached, vite_function

DEPTH = 24
_EMPTY = frozenset({"false", "null", "undefined"})
_USUAL = BuildValues("production", usual_variable)


def _no_package(_module: str, _home: str) -> str | None:
    return None


class Modules(Struct, frozen=True):
    """The modules around a config: the `text` of one by its name relative to the config, None where it cannot be read.

    `package` gives the name of what a module (the config itself: `""`) imports from a package of the repository.
    """

    text: Callable[[str], str | None]
    package: Callable[[str, str], str | None] = _no_package


class Bound(Struct, frozen=True):
    """An expression with the arguments of the calls that lead to it, by function; None for what Vite itself calls."""

    node: Node
    arguments: dict[int, tuple[Bound, ...] | None]


Layers = tuple[Bound, ...]
"""What is merged into one value, the first winning: one expression, but for `mergeConfig`. Empty: certainly not set."""


class UnfollowedError(Exception):
    """A step to a value is not followed."""


class _AbsentError(UnfollowedError):
    """An object certainly has no such key."""


class Followed:
    """The files around one config, and the steps from an expression to what it means in one build."""

    def __init__(self, root: Node, modules: Modules, values: BuildValues | None = None) -> None:
        self.root, self.modules, self.values = root, modules, values
        self._trees: dict[str, Node | None] = {}
        self._homes: dict[int, str] = {}

    def values_at(self, at: Bound) -> BuildValues:
        """Return the values of the build, in which parameters are what the calls that lead to an expression give them."""

        def given(function: Node, index: int) -> tuple[Node, BuildValues] | object | None:
            calls = at.arguments.get(function.id)
            if calls is None:
                by_vite = function.id in at.arguments or js.top(function).id == self.root.id
                return None if by_vite else UNKNOWN
            if index < len(calls):
                return calls[index].node, self.values_at(calls[index])
            default = default_of(function, index)
            return UNKNOWN if default is None else (default, self.values_at(at))

        return replace(self.values or _USUAL, given=given)

    def _in(self, value: Bound, key: str, depth: int, *, awaited: bool = False) -> Layers:
        """Return what an object has under a key. Raises `UnfollowedError`."""
        if depth == 0:
            raise UnfollowedError
        value = self._follow(value, depth)
        node = value.node
        if node.type == "object":
            return self._in_object(value, key, depth)
        if node.type in _EMPTY:
            return ()
        if node.type == "ternary_expression":
            return self._same([self._in(b, key, depth - 1) for b in self._branches(value)])
        if node.type == "binary_expression" and js.text_of(node.children[1]) == "&&":
            condition = production_value(node.named_children[0], build=self.values_at(value))
            right = self._in(Bound(node.named_children[1], value.arguments), key, depth - 1)
            return (
                ()
                if condition is not UNKNOWN and not condition
                else self._same([right, right if condition is not UNKNOWN else ()])
            )
        if node.type == "await_expression":
            return self._in(Bound(node.named_children[0], value.arguments), key, depth - 1, awaited=True)
        if node.type != "call_expression":
            raise UnfollowedError
        given = [Bound(g, value.arguments) for g in given_to(node)]
        module = js.string_of(given[0].node) if called_name(node) == "require" and given else None
        if module is not None:
            return (Bound(self._of_module(js.top(node), module, key), {}),)
        name = vite_function(node)
        if name == "defineConfig" and given:
            return self._in(given[0], key, depth - 1)
        if name == "mergeConfig" and len(given) > 1:
            return (*self._in(given[1], key, depth - 1), *self._in(given[0], key, depth - 1))
        return self._same([self._in(r, key, depth - 1) for r in self._returned(value, depth, awaited=awaited)])

    def _in_object(self, value: Bound, key: str, depth: int) -> Layers:
        for child in reversed(value.node.named_children):
            if child.type == "comment":
                continue
            if child.type == "spread_element":
                spread = Bound(child.named_children[0], value.arguments)
                found = () if self._is_absent(spread, depth) else self._in(spread, key, depth - 1)
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
                raise UnfollowedError
        return ()

    def _is_absent(self, value: Bound, depth: int) -> bool:
        """Return whether an expression is a member that its object certainly does not have: to spread it brings nothing."""
        if js.unwrap(value.node).type != "member_expression":
            return False
        try:
            self._follow(value, depth)
        except _AbsentError:
            return True
        except UnfollowedError:
            return False
        return False

    @staticmethod
    def _same(found: list[Layers]) -> Layers:
        """Return what every way gives. Raises `UnfollowedError` where they differ."""
        if any(f != found[0] for f in found):
            raise UnfollowedError
        return found[0]

    def _branches(self, value: Bound) -> list[Bound]:
        condition = value.node.child_by_field_name("condition")
        state = production_value(condition, build=self.values_at(value)) if condition is not None else UNKNOWN
        names = ("consequence", "alternative") if state is UNKNOWN else ("consequence",) if state else ("alternative",)
        nodes = [n for name in names if (n := value.node.child_by_field_name(name)) is not None]
        return [Bound(n, value.arguments) for n in nodes]

    def _callee(self, value: Bound, depth: int) -> Bound:
        """Return the function that an expression is, also one that another function returns. Raises `UnfollowedError`."""
        called = self._follow(value, depth)
        if called.node.type != "call_expression" or depth == 0:
            return called
        given = given_to(called.node)
        if vite_function(called.node) == "defineConfig" and given:
            return self._callee(Bound(given[0], called.arguments), depth - 1)
        results = self._returned(called, depth - 1)
        if len(results) != 1:
            raise UnfollowedError
        return self._callee(results[0], depth - 1)

    def _returned(self, call: Bound, depth: int, *, awaited: bool = False) -> list[Bound]:
        """Return what a call of a function that is followed may return. Raises `UnfollowedError`."""
        function = call.node.child_by_field_name("function")
        if function is None or depth == 0:
            raise UnfollowedError
        called = self._callee(Bound(function, call.arguments), depth)
        node, given = called.node, given_to(call.node)
        if node.type not in FUNCTIONS or any(g.type == "spread_element" for g in given):
            raise UnfollowedError
        if is_async(node) and not awaited:
            raise UnfollowedError
        return self._results(node, {**called.arguments, node.id: tuple(Bound(g, call.arguments) for g in given)})

    def _results(self, function: Node, arguments: dict[int, tuple[Bound, ...] | None]) -> list[Bound]:
        body = function.child_by_field_name("body")
        if body is None or any(c.type == "*" for c in function.children):
            raise UnfollowedError
        if body.type != "statement_block":
            return [Bound(body, arguments)]
        values = self.values_at(Bound(body, arguments))
        returns = [r for r in returns_of(body) if reached(r, body, values)]
        if not returns or any(not r.named_children for r in returns):
            raise UnfollowedError
        return [Bound(r.named_children[0], arguments) for r in returns]

    def _follow(self, value: Bound, depth: int) -> Bound:
        """Follow names, members, imports and parameters. Raises `UnfollowedError` for one that leads elsewhere."""
        for _ in range(depth):
            node = js.unwrap(value.node)
            if node.type in ("identifier", "shorthand_property_identifier"):
                value = self._named(Bound(node, value.arguments), js.text_of(node), depth)
            elif node.type == "member_expression":
                of, name = node.child_by_field_name("object"), node.child_by_field_name("property")
                if of is None or name is None:
                    raise UnfollowedError
                value = self._one(self._in(Bound(of, value.arguments), js.text_of(name), depth - 1))
            else:
                return Bound(node, value.arguments)
        raise UnfollowedError

    def _named(self, value: Bound, name: str, depth: int) -> Bound:
        bound = binding_of(value.node, name)
        top = js.top(value.node)
        if bound is not None and bound.index is not None and bound.node is not None:
            return self._argument(value, bound.node, (bound.index, bound.key), depth)
        if is_changed(top, name):
            raise UnfollowedError
        if bound is None or bound.node is None:
            return Bound(self._imported(top, name), {})
        if bound.key is None:
            return Bound(bound.node, value.arguments)
        found = self._in(Bound(bound.node, value.arguments), bound.key, depth - 1)
        return self._one(found or self._default(bound.default, value.arguments))

    @staticmethod
    def _one(found: Layers) -> Bound:
        if not found:
            raise _AbsentError
        if len(found) > 1:
            raise UnfollowedError
        return found[0]

    @staticmethod
    def _default(node: Node | None, arguments: dict[int, tuple[Bound, ...] | None]) -> Layers:
        return () if node is None else (Bound(node, arguments),)

    def _argument(self, value: Bound, function: Node, parameter: tuple[int, str | None], depth: int) -> Bound:
        index, key = parameter
        calls = value.arguments.get(function.id)
        if calls is None:
            raise UnfollowedError
        whole = calls[index : index + 1] or self._default(default_of(function, index), value.arguments)
        if key is None or not whole:
            return self._one(whole)
        found = self._in(whole[0], key, depth - 1)
        return self._one(found or self._default(default_of(function, index, key), value.arguments))

    def _imported(self, root: Node, name: str) -> Node:
        for module, names, _ in js.imports(root):
            if name in names:
                return self._of_module(root, module, names[name])
        raise UnfollowedError

    def _of_module(self, root: Node, module: str, name: str) -> Node:
        found = self._exported(self._homes.get(root.id, ""), module, name, DEPTH)
        if found is None:
            raise UnfollowedError
        return found

    def _path(self, home: str, module: str) -> str | None:
        """Return the name, relative to the config, of a module that another imports; None for one of a package from elsewhere."""
        if module[:1] != ".":
            return self.modules.package(module, home)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(home), module))
        return path if path.startswith("..") else f"./{path}"

    def _exported(self, home: str, module: str, name: str, depth: int) -> Node | None:
        path = self._path(home, module)
        tree = self._tree(path) if path is not None else None
        if path is None or tree is None or depth == 0 or is_changed(tree, name):
            return None
        found = exported(tree, "default" if name == "*" else name)
        if found is not None:
            return found
        elsewhere = exported_elsewhere(tree, name)
        if elsewhere is not None:
            return self._exported(path, *elsewhere, depth - 1)
        for other in wholly_exported(tree) if name not in ("default", "*") else ():
            found = self._exported(path, other, name, depth - 1)
            if found is not None:
                return found
        return None

    def _tree(self, path: str) -> Node | None:
        if path not in self._trees:
            text = self.modules.text(path)
            try:
                tree = js.parse_javascript(text.encode(), "module.ts") if text is not None else None
            except ParseError:
                tree = None
            self._trees[path] = tree
            if tree is not None:
                self._homes[tree.id] = path
        return self._trees[path]


def is_async(function: Node) -> bool:
    """Return whether a function gives a promise."""
    return any(c.type == "async" for c in function.children)
