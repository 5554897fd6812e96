"""The object literals that a Vite config can be: through functions, conditions, `mergeConfig`, constants and spreads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace
from tree_sitter import Node

from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN, BuildValues, production_value, scopes
from checks.parsers.vite_following import Layers
from checks.parsers.vite_functions import is_vite, reached
from checks.parsers.vite_shared import Shared

_FUNCTIONS = ("arrow_function", "function_expression", "function", "function_declaration", "method_definition")
_DEPTH = 12
CannotDefine = Callable[[Node, str], bool]
"""Whether an expression that is not followed cannot define a key of the config."""


def assume_may_define(node: Node, key: str) -> bool:
    """Return False: without more knowledge, any expression may define any key."""
    return False


class NotFollowedError(Exception):
    """A shape of config that is not followed; the message names it."""


class UnresolvedSource(Struct, frozen=True):
    """A key that comes from an expression of the config, as `...shared` or the first part of `mergeConfig`.

    `brought` is what another file certainly gives it (None: that is not known, nor whether it is given at all), `known` what that
    is in the build.
    """

    node: Node
    brought: Layers | None = None
    known: object = UNKNOWN

    @property
    def value(self) -> Node | None:
        """The expression of the other file, where it is known."""
        return self.brought[0].node if self.brought else None


class ConfigObject(Struct, frozen=True, kw_only=True):
    """An object literal that the config can be.

    `bases` are what it is merged onto (`mergeConfig`), nearest first. `production` is False where a condition keeps it out
    of the production build. `plugins` is its own list; `build`, `sourcemap`, `out_dir` and `vite_root` are the values in
    effect: a node, None where nothing sets them, or `UnresolvedSource`.
    """

    node: Node
    bases: tuple[ConfigObject | UnresolvedSource, ...] = ()
    production: bool = True
    plugins: Node | UnresolvedSource | None = None
    build: Node | UnresolvedSource | None = None
    sourcemap: Node | UnresolvedSource | None = None
    out_dir: Node | UnresolvedSource | None = None
    vite_root: Node | UnresolvedSource | None = None


def resolve(node: Node, root: Node) -> Node:
    """Follow an identifier to the `const` or function that it names; other nodes stay as they are."""
    node = js.unwrap(node)
    for _ in range(_DEPTH):
        if node.type not in ("identifier", "shorthand_property_identifier"):
            break
        name = js.text_of(node)
        values = (js.declared(scope, name) or _function(scope, name) for scope in [*scopes(node), root])
        value = next((v for v in values if v is not None), None)
        if value is None:
            break
        node = js.unwrap(value)
    return node


def production_branch(node: Node, root: Node, values: BuildValues | None = None) -> Node:
    """Return the branch that a production build takes of `condition ? a : b`, where that can be told."""
    for _ in range(_DEPTH):
        condition = node.child_by_field_name("condition") if node.type == "ternary_expression" else None
        value = production_value(condition, build=values) if condition is not None else UNKNOWN
        branch = None if value is UNKNOWN else node.child_by_field_name("consequence" if value else "alternative")
        if branch is None:
            break
        node = resolve(branch, root)
    return node


def _effect(base: ConfigObject) -> dict[str, Node | UnresolvedSource | None]:
    return {"build": base.build, "sourcemap": base.sourcemap, "outDir": base.out_dir, "root": base.vite_root}


def _function(scope: Node, name: str) -> Node | None:
    for statement in scope.named_children:
        inner = statement.child_by_field_name("declaration") if statement.type == "export_statement" else statement
        if inner is not None and inner.type == "function_declaration":
            own = inner.child_by_field_name("name")
            if own is not None and js.text_of(own) == name:
                return inner
    return None


def distinct(objects: Iterator[ConfigObject]) -> tuple[ConfigObject, ...]:
    """List each literal once. Raises `NotFollowedError` where one is merged onto different ones."""
    found: dict[int, ConfigObject] = {}
    for config in objects:
        known = found.get(config.node.start_byte)
        if known is not None and known.bases != config.bases:
            raise NotFollowedError("one object is merged onto different ones")
        found[config.node.start_byte] = replace(
            config, production=config.production or bool(known and known.production)
        )
    return tuple(found.values())


class Reader:
    """Follows the expressions of one config."""

    def __init__(
        self,
        root: Node,
        cannot_define: CannotDefine,
        values: BuildValues | None = None,
        shared: Shared | None = None,
    ) -> None:
        self.root = root
        self.values = values
        self.cannot_define = cannot_define
        self.shared = shared

    def objects(self, node: Node, production: bool, depth: int = _DEPTH) -> Iterator[ConfigObject]:
        """Yield the object literals that an expression can be. Raises `NotFollowedError`."""
        if depth == 0:
            raise NotFollowedError("the config is nested too deeply")
        node = resolve(node, self.root)
        if node.type == "object":
            yield self._read(node, (), production)
        elif node.type == "await_expression":
            yield from self.objects(node.named_children[0], production, depth - 1)
        elif node.type == "ternary_expression":
            condition, then, otherwise = (
                node.child_by_field_name(n) for n in ("condition", "consequence", "alternative")
            )
            if condition is None or then is None or otherwise is None:
                raise NotFollowedError("a condition in the config is not followed")
            value = production_value(condition, build=self.values)
            yield from self.objects(then, production and (value is UNKNOWN or bool(value)), depth - 1)
            yield from self.objects(otherwise, production and (value is UNKNOWN or not value), depth - 1)
        elif node.type in _FUNCTIONS:
            yield from self._returned(node, production, depth)
        elif node.type == "call_expression":
            yield from self._called(node, production, depth)
        else:
            written = js.text_of(node).split("\n")[0]
            raise NotFollowedError(f"the config is `{written[:40]}`, which is not followed")

    def _called(self, node: Node, production: bool, depth: int) -> Iterator[ConfigObject]:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None:
            raise NotFollowedError("the config comes from a call that is not followed")
        given = [a for a in arguments.named_children if a.type != "comment"]
        name = js.text_of(function)
        last = name.rpartition(".")[2]
        if given and (last == "defineConfig" or name == "Promise.resolve"):
            self._refuse_foreign(function, last)
            yield from self.objects(given[0], production, depth - 1)
        elif last == "mergeConfig" and len(given) >= 2:
            bases = self._bases(given[0], depth)
            for config in self.objects(given[1], production, depth - 1):
                yield self._read(config.node, (*config.bases, *bases), config.production)
        else:
            called = resolve(function, self.root)
            if called.type not in _FUNCTIONS:
                raise NotFollowedError(
                    f"the config comes from `{name.split(chr(10))[0][:40]}()`, which is not followed"
                )
            yield from self._returned(called, production, depth)

    def _refuse_foreign(self, function: Node, name: str) -> None:
        """Refuse a `defineConfig` that another package brings: what it takes need not be a config of Vite."""
        called = js.text_of(function).partition(".")[0]
        for module, names, _ in js.imports(self.root):
            if called in names and not is_vite(module):
                raise NotFollowedError(f"the config goes through `{name}` of `{module}`, which is not followed")

    def _bases(self, node: Node, depth: int) -> tuple[ConfigObject | UnresolvedSource, ...]:
        try:
            found = [c for c in self.objects(node, True, depth - 1) if c.production]
        except NotFollowedError:
            return (UnresolvedSource(js.unwrap(node)),)
        if len(found) != 1:
            return (UnresolvedSource(js.unwrap(node)),)
        return (found[0], *found[0].bases)

    def _returned(self, function: Node, production: bool, depth: int) -> Iterator[ConfigObject]:
        body = function.child_by_field_name("body")
        if body is None:
            raise NotFollowedError("the config function has no body")
        if body.type != "statement_block":
            yield from self.objects(body, production, depth - 1)
            return
        returns = []
        stack = list(reversed(body.named_children))
        while stack:
            node = stack.pop()
            if node.type == "return_statement":
                returns.append(node)
            elif node.type not in _FUNCTIONS and node.type != "class_declaration":
                stack.extend(reversed(node.named_children))
        if not returns:
            raise NotFollowedError("the config function returns nothing that is followed")
        for node in returns:
            value = next((c for c in node.named_children if c.type != "comment"), None)
            if value is None:
                raise NotFollowedError("the config function has a `return` without a config")
            yield from self.objects(value, production and reached(node, body, self.values), depth - 1)

    def _read(self, node: Node, bases: tuple[ConfigObject | UnresolvedSource, ...], production: bool) -> ConfigObject:
        found: dict[str, Node | UnresolvedSource | None] = {k: self.lookup(node, k) for k in ("build", "root")}
        build = found["build"]
        found |= {k: self._inside(build, k) for k in ("sourcemap", "outDir")}
        own = dict(found)
        for base in bases:
            known = {} if isinstance(base, UnresolvedSource) else _effect(base)
            for key, value in found.items():
                if value is None:
                    path = (key,) if key in ("build", "root") else ("build", key)
                    found[key] = self._brought(base, *path) if isinstance(base, UnresolvedSource) else known.get(key)
        return ConfigObject(
            node=node,
            bases=bases,
            production=production,
            plugins=self.lookup(node, "plugins"),
            build=own["build"],
            sourcemap=found["sourcemap"],
            out_dir=found["outDir"],
            vite_root=found["root"],
        )

    def elsewhere(self, export: Node) -> ConfigObject | None:
        """Return what another file makes of the config, None where that is not followed; its `node` is what the module exports."""
        if self.shared is None or self.shared.find_made(export) is None:
            return None

        def found(*keys: str) -> UnresolvedSource | None:
            layers = self.shared.find_made(export, *keys) if self.shared is not None else None
            if layers is None or self.shared is None:
                return UnresolvedSource(export)
            return UnresolvedSource(export, layers, self.shared.production(layers)) if layers else None

        return ConfigObject(
            node=export,
            plugins=found("plugins"),
            build=found("build"),
            sourcemap=found("build", "sourcemap"),
            out_dir=found("build", "outDir"),
            vite_root=found("root"),
        )

    def _brought(self, source: UnresolvedSource, *keys: str) -> UnresolvedSource | None:
        """Return the value at a path of keys of what an expression brings, None where it certainly brings none."""
        layers = source.brought if source.brought is not None else source.node
        found = self.shared.find(layers, *keys) if self.shared is not None else None
        if found is not None and self.shared is not None:
            return UnresolvedSource(source.node, found, self.shared.production(found)) if found else None
        return None if self.cannot_define(source.node, keys[-1]) else UnresolvedSource(source.node)

    def _inside(self, build: Node | UnresolvedSource | None, key: str) -> Node | UnresolvedSource | None:
        """Return the value of a key of `build`."""
        if build is None:
            return None
        if isinstance(build, UnresolvedSource):
            if build.brought is not None:
                return self._brought(build, key)
            return None if self.cannot_define(build.node, key) else build
        literal = production_branch(resolve(build, self.root), self.root, self.values)
        return self.lookup(literal, key) if literal.type == "object" else self._brought(UnresolvedSource(literal), key)

    def lookup(self, node: Node, key: str) -> Node | UnresolvedSource | None:
        """Return the value that an object literal ends up with under a key, through the objects that it spreads."""
        for child in reversed(node.named_children):
            if child.type == "spread_element":
                found = self._spread(child.named_children[0], key)
                if found is not None:
                    return found
                continue
            named = next(
                (value for name, part, value in js.properties(node) if name == key and part.id == child.id), None
            )
            if named is not None:
                return named
            name = child.child_by_field_name("key") if child.type == "pair" else None
            computed = name is not None and name.type == "computed_property_name" and name.named_children
            if computed and js.string_of(computed[0]) is None and not self.cannot_define(child, key):
                return UnresolvedSource(child)
        return None

    def _spread(self, node: Node, key: str) -> Node | UnresolvedSource | None:
        node = resolve(node, self.root)
        if node.type == "object":
            return self.lookup(node, key)
        if node.type in ("ternary_expression", "binary_expression"):
            first = node.child_by_field_name("condition") or node.child_by_field_name("left")
            value = production_value(first, build=self.values) if first is not None else UNKNOWN
            fields = ("consequence", "alternative") if node.type == "ternary_expression" else ("right",)
            found = [self._spread(p, key) for n in fields if (p := node.child_by_field_name(n)) is not None]
            if all(f is None for f in found):
                return None
            if value is UNKNOWN or (node.type == "binary_expression" and "&&" not in js.text_of(node)):
                return UnresolvedSource(node)
            if node.type == "binary_expression":
                return found[0] if value else None
            return found[0] if value else found[1]
        if node.type in ("false", "null", "undefined"):
            return None
        made = self._made(node)
        return self.lookup(made, key) if made is not None else self._brought(UnresolvedSource(node), key)

    def _made(self, node: Node) -> Node | None:
        """Return the object literal that a call of a function of this file gives back, where production has only one."""
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is None or resolve(function, self.root).type not in _FUNCTIONS:
            return None
        try:
            found = [o for o in self.objects(node, True) if o.production]
        except NotFollowedError:
            return None
        return found[0].node if len(found) == 1 else None
