"""What a Vite config takes from other files: objects, and functions that return them, followed through imports and arguments.

Nothing is run. A value is found only where every step to it is followed; else it is not known, never absent.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_calls import called_name, given_to
from checks.parsers.javascript_scopes import FUNCTIONS
from checks.parsers.javascript_values import production_value
from checks.parsers.vite_following import DEPTH, Bound, Followed, Layers, UnfollowedError, is_async
from checks.parsers.vite_functions import vite_function

_MOST = 60
"""Modules around one config that are read."""


class Shared(Followed):
    """What a config is and has, whatever makes it."""

    def find(self, node: Node | Layers, *keys: str) -> Layers | None:
        """Return what an object has at a path of keys: nothing where it certainly has none, None where that is not known."""
        found: Layers = (Bound(node, {}),) if isinstance(node, Node) else node
        try:
            for key in keys:
                found = tuple(one for layer in found for one in self._in(layer, key, DEPTH))
        except UnfollowedError:
            return None
        return tuple(self._end(layer) for layer in found)

    def _end(self, value: Bound) -> Bound:
        """Return the expression that a name or a parameter leads to, itself where that cannot be followed."""
        try:
            return self._follow(value, DEPTH)
        except UnfollowedError:
            return value

    def find_made(self, export: Node, *keys: str) -> Layers | None:
        """Return what a config has at a path of keys, whatever makes it: functions are called as Vite calls them."""
        try:
            made = self._made(Bound(export, {}), DEPTH)
        except UnfollowedError:
            return None
        every = [self.find((one,), *keys) for one in made]
        return every[0] if all(found == every[0] for found in every) else None

    def production(self, layers: Layers) -> object:
        """Return the value of what was found in the build: a text, number or truth, None where nothing sets it, `OBJECT` or `UNKNOWN`."""
        if not layers:
            return None
        return production_value(layers[0].node, build=self.values_at(layers[0]))

    def kind(self, node: Node) -> str:
        """Return what `mergeConfig` would get of an expression: `object`, `function`, `async`; empty where that is not known.

        `async` is a function that returns a promise. A type that says less than the code is not followed: a compiler takes its word.
        """
        try:
            return self._kind(Bound(node, {}), DEPTH)
        except UnfollowedError:
            return ""

    def home(self, node: Node) -> str:
        """Return the file that an expression is in, relative to the config; empty for the config itself."""
        return self._homes.get(js.top(node).id, "")

    def is_foreign(self, node: Node, module: str) -> bool:
        """Return whether what an expression's file imports is a package's from elsewhere."""
        return module[:1] != "." and self._path(self.home(node), module) is None

    def reached_modules(self) -> Iterator[tuple[str, Node]]:
        """Yield the modules of the repository that a config imports, and those that they import, each with its name."""
        waiting: list[tuple[str, Node]] = [("", self.root)]
        seen: set[str] = set()
        while waiting and len(seen) < _MOST:
            home, tree = waiting.pop(0)
            named = [m for m, _, _ in js.imports(tree)]
            named += [js.string_of(s.child_by_field_name("source")) or "" for s in tree.named_children]
            for module in dict.fromkeys(m for m in named if m):
                path = self._path(home, module)
                inner = self._tree(path) if path is not None and path not in seen else None
                if path is not None and inner is not None:
                    seen.add(path)
                    waiting.append((path, inner))
                    yield path, inner

    def follow(self, value: Bound) -> Bound:
        """Follow names, members, imports and parameters. Raises `UnfollowedError` for one that leads elsewhere."""
        return self._follow(value, DEPTH)

    def returned(self, call: Bound) -> list[Bound]:
        """Return what a call of a function that is followed may return in the build. Raises `UnfollowedError`."""
        return self._returned(call, DEPTH)

    def _made(self, value: Bound, depth: int) -> list[Bound]:
        """Return the expressions that a config may be after Vite has called and awaited what it exports. Raises `UnfollowedError`."""
        if depth == 0:
            raise UnfollowedError
        value = self._follow(value, depth)
        node = value.node
        if node.type in FUNCTIONS:
            results = self._results(node, {**value.arguments, node.id: None})
            return [made for r in results for made in self._made(r, depth - 1)]
        if node.type == "await_expression":
            return self._made(Bound(node.named_children[0], value.arguments), depth - 1)
        if node.type == "ternary_expression":
            return [made for b in self._branches(value) for made in self._made(b, depth - 1)]
        if node.type != "call_expression" or (called_name(node) == "require" and js.string_of(given_to(node)[0])):
            return [value]
        name, given = vite_function(node), given_to(node)
        if name == "mergeConfig":
            return [value]
        if name == "defineConfig" and given:
            return self._made(Bound(given[0], value.arguments), depth - 1)
        return [made for r in self._returned(value, depth, awaited=True) for made in self._made(r, depth - 1)]

    def _kind(self, value: Bound, depth: int) -> str:
        if depth == 0:
            raise UnfollowedError
        value = self._follow(value, depth)
        node = value.node
        if node.type == "object":
            return "object"
        if node.type in FUNCTIONS:
            _refuse_types(node)
            results = self._results(node, {**value.arguments, node.id: None})
            plain = all(self._kind(r, depth - 1) == "object" for r in results)
            return "" if not plain else "async" if is_async(node) else "function"
        if node.type == "ternary_expression":
            kinds = {self._kind(b, depth - 1) for b in self._branches(value)}
            return kinds.pop() if len(kinds) == 1 else ""
        if node.type != "call_expression":
            return ""
        given = given_to(node)
        if vite_function(node) == "defineConfig":
            return self._kind(Bound(given[0], value.arguments), depth - 1) if given else ""
        if vite_function(node) == "mergeConfig":
            parts = [self._kind(Bound(g, value.arguments), depth - 1) for g in given[:2]]
            return "object" if parts == ["object"] * 2 else ""
        function = node.child_by_field_name("function")
        if function is not None:
            _refuse_types(self._callee(Bound(function, value.arguments), depth).node)
        kinds = {self._kind(r, depth - 1) for r in self._returned(value, depth)}
        return kinds.pop() if len(kinds) == 1 else ""


def _refuse_types(function: Node) -> None:
    """Refuse a function whose type says less than its code: `UserConfigExport` may be a promise or a function too."""
    typed = function.child_by_field_name("return_type")
    name = js.text_of(typed).strip(": ").rpartition(".")[2] if typed is not None else ""
    if name in ("UserConfigExport", "UserConfigFn", "ViteUserConfigExport"):
        raise UnfollowedError
