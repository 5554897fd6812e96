"""Methods of texts, lists and dictionaries, and the built-in functions."""

from __future__ import annotations

import ast

from checks.parsers.position import line_of, written
from checks.production.core import RaisesError
from checks.production.environ import Named
from checks.production.iterables import Iterables
from checks.production.readers import (
    ENVIRON,
    INIT,
)
from checks.production.steps import LONGEST, TEXT_METHODS
from checks.production.values import (
    Binding,
    Class,
    External,
    FromEnvironment,
    Function,
    Guard,
    Instance,
    Items,
    Known,
    Method,
    ModuleOf,
    Names,
    Reader,
    Ref,
    Unknown,
    Value,
)

_LISTS = frozenset(
    {"append", "extend", "insert", "remove", "add", "update", "discard", "pop", "clear", "sort", "reverse", "copy"}
    | {"index", "count"}
)

_PLAIN = tuple(f"builtins.{n}" for n in ("property", "staticmethod", "classmethod", "print", "callable", "type"))
_WRAPPING = ("functools.", "atexit.", "django.dispatch.", "django.urls.", "contextlib.", *_PLAIN)
"""Packages whose functions do not call at once what they are given, or call it when it is too late."""


class Containers(Iterables):
    """Evaluates methods and built-in functions."""

    def unclear(self, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Return the value of a call that is not followed; it may change what it is given."""
        for bound in (*given, *named.values()):
            if isinstance(bound.value, External) and bound.value.name in INIT:
                # Something that is not followed is given init itself, and may call it.
                test = f"{written(node.func)[:80]} calls it"
                self.guards.append(Guard(test=test, path=self.frame.path, line=line_of(node), truth=None))
                self.call(bound.value, node, [], named)
                self.guards.pop()
            if isinstance(bound.value, Function) and not self.shadows and not self._only_wraps(node):
                self._may_be_called(bound.value, node)
            kept = self.heap.names(bound.value.cell).items.values() if isinstance(bound.value, Instance) else ()
            for held in (bound, *kept):
                if isinstance(held.value, Ref):
                    self.heap.open(held.value.cell)
        return self.unknown(node, self.reason(*(b.value for b in given)))

    def _only_wraps(self, node: ast.Call) -> bool:
        called = self.evaluate(node.func)
        return isinstance(called, External) and called.name.startswith(_WRAPPING)

    def _may_be_called(self, function: Function, node: ast.Call) -> None:
        """Look for calls of init in a function that something else is given; what it changes does not stay."""
        kept, frames, steps = self.heap.snapshot(), len(self.frames), self.steps
        test = f"{written(node.func)[:80]} calls it"
        self.guards.append(Guard(test=test, path=self.frame.path, line=line_of(node), truth=None))
        self.shadows += 1
        try:
            self.call(function, node, [], {"**": Binding(self.unknown(node), None, self.frame.path)})
        except RaisesError:
            del self.frames[frames:]
        finally:
            self.shadows -= 1
            self.guards.pop()
            self.heap.restore(kept)
            self.steps = steps

    def _method(self, called: Method, node: ast.Call, given: list[Binding], named: Named) -> Value:
        owner, name = called.owner, called.name
        if isinstance(owner, Reader):
            if name == "prefixed" and given:
                plain = self.plain(given[0].value)
                if plain is None:
                    return self.unknown(node)
                return Reader(kind=owner.kind, scheme=owner.scheme, prefix=owner.prefix + str(plain.value))
            if name in ("read_env", "read_envfile", "seal"):
                return Known(None)
            return self._read(owner, name, node, given, named)
        names = self.dictionary(owner)
        if names is not None and isinstance(owner, Ref):
            return self._dictionary_method(owner, names, name, node, given, named)
        items = self.items(owner)
        if items is not None and isinstance(owner, Ref):
            return self._list_method(owner, items, name, node, given, named)
        if isinstance(owner, (Known, FromEnvironment)) and (name in TEXT_METHODS or name == "geturl"):
            return self.do(name, owner, node, *(b.value for b in given))
        return self.unclear(node, given, named)

    def _dictionary_method(
        self, owner: Ref, names: Names, name: str, node: ast.Call, given: list[Binding], named: Named
    ) -> Value:
        match name:
            case "get" | "pop" if given:
                default = given[1].value if len(given) > 1 else Known(None) if name == "get" else None
                found = self.item(names, given[0].value, node, default)
                key = self.plain(given[0].value)
                if name == "pop" and key is not None:
                    self.heap.delete(owner.cell, key.value)
                return found
            case "update":
                for bound in given:
                    other = self.dictionary(bound.value)
                    if other is None or other.open:
                        self.heap.blur(owner.cell, self.unknown(node))
                    if other is not None:
                        self.heap.update(owner.cell, other)
                if "**" in named:
                    self.heap.blur(owner.cell, self.unknown(node))
                self.heap.update(
                    owner.cell, Names({k: v for k, v in named.items() if not k.startswith("*")}, "**" in named)
                )
                return Known(None)
            case "setdefault" if given:
                key = self.plain(given[0].value)
                if key is not None and key.value not in names.items and len(given) > 1:
                    self.heap.set(owner.cell, key.value, given[1])
                return self.item(self.heap.names(owner.cell), given[0].value, node, Known(None))
            case "copy":
                return Ref(self.heap.new(Names(dict(names.items), names.open)))
            case "clear":
                self.heap.cells[owner.cell] = Names({})
                return Known(None)
            case "items" | "keys" | "values":
                return self._view(names, name)
        self.heap.blur(owner.cell, self.unknown(node))
        return self.unclear(node, given, named)

    def _view(self, names: Names, name: str) -> Value:
        found: list[Binding] = []
        for key, bound in names.items.items():
            told = Binding(Known(key), None, bound.path)
            pair = Ref(self.heap.new(Items("tuple", (told, bound)))) if name == "items" else None
            found.append(Binding(pair, None, bound.path) if pair else told if name == "keys" else bound)
        return Ref(self.heap.new(Items("list", tuple(found), names.open)))

    def _list_method(
        self, owner: Ref, items: Items, name: str, node: ast.Call, given: list[Binding], named: Named
    ) -> Value:
        if name in ("intersection", "union", "difference", "isdisjoint") and len(given) == 1:
            other = self.items(given[0].value)
            return self.set_operation(name, items, other, node) if other is not None else self.unknown(node)
        if name not in _LISTS:
            return self.unknown(node)
        found, is_open = items.items, items.open
        match name:
            case "append" | "add" if given:
                found, is_open = ((*found, given[0]), is_open) if len(found) < LONGEST else (found, True)
            case "insert" if len(given) > 1:
                place = self.plain(given[0].value)
                if place is None or not isinstance(place.value, int):
                    found, is_open = (given[1], *found), True
                else:
                    rest = list(found)
                    rest.insert(place.value, given[1])
                    found = tuple(rest)
            case "sort" | "reverse":
                ordered = Items("list", found[::-1], is_open) if name == "reverse" else self._sorted(items, named)
                found, is_open = (ordered.items, is_open) if ordered is not None else (found, True)
            case "copy":
                return Ref(self.heap.new(items))
            case "index" | "count" if len(given) == 1:
                return self._looked_for(name, items, given[0].value, node)
            case "extend" | "update" if given:
                more = self.items(given[0].value)
                found, is_open = (found + (more.items if more else ()))[:LONGEST], is_open or more is None or more.open
            case "remove" | "discard" if given:
                plain = self.plain(given[0].value)
                values = [self.plain(b.value) for b in found]
                if plain is None or (plain not in values and None in values):
                    is_open = True
                elif plain in values:
                    at = values.index(plain)
                    found, is_open = (*found[:at], *found[at + 1 :]), is_open or None in values[:at]
                elif name == "remove" and not is_open:
                    raise RaisesError(f"`{written(node)[:120]}` raises ValueError")
            case "clear":
                found = ()
            case "pop":
                which = self.plain(given[0].value) if given else Known(-1)
                whole = which is not None and isinstance(which.value, int) and -len(found) <= which.value < len(found)
                if which is None or not whole or is_open or items.kind == "set":
                    self.heap.cells[owner.cell] = Items(items.kind, (), True)
                    return self.unknown(node)
                index = which.value % len(found)  # type: ignore[operator]
                taken = found[index]
                self.heap.cells[owner.cell] = Items(items.kind, (*found[:index], *found[index + 1 :]), is_open)
                return taken.value
        made = Items(items.kind, found, is_open)
        self.heap.cells[owner.cell] = self.unique(made) if items.kind == "set" else made
        return Known(None)

    def _looked_for(self, name: str, items: Items, value: Value, node: ast.Call) -> Value:
        wanted, values = self.plain(value), [self.plain(b.value) for b in items.items]
        if wanted is None or items.open or None in values:
            return self.unknown(node)
        if name == "index" and wanted not in values:
            raise RaisesError(f"`{written(node)[:120]}` raises ValueError")
        return Known(values.index(wanted) if name == "index" else values.count(wanted))

    def _builtin(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        first: Value = given[0].value if given else Known(None)
        match name:
            case "bool" | "str" | "int" | "float" | "len" if len(given) == 1:
                if name == "bool" and not isinstance(first, FromEnvironment):
                    holds = self.truth(first)
                    return self.unknown(node, self.reason(first)) if holds is None else Known(holds)
                items = self.items(first)
                if name == "len" and items is not None:
                    return self.unknown(node) if items.open else Known(len(items.items))
                return self.do(name, first, node)
            case "dict":
                made = self.heap.new(Names({}))
                for bound in given:
                    names, pairs = self.dictionary(bound.value), self._pairs(bound.value)
                    if isinstance(bound.value, External) and bound.value.name == ENVIRON and not named:
                        return bound.value
                    if names is not None or pairs is not None:
                        self.heap.update(made, names or Names(pairs or {}))
                    else:
                        self.heap.open(made)
                if "**" in named:
                    self.heap.blur(made, self.unknown(node))
                self.heap.update(made, Names({k: v for k, v in named.items() if not k.startswith("*")}))
                return Ref(made)
            case "range" | "enumerate" | "zip" | "reversed" | "map" | "filter":
                return self.iterable(name, node, given)
            case "list" | "tuple" | "set" | "frozenset" | "sorted":
                items = self.items(first) if given else Items(name, ())
                names = self.dictionary(first)
                if names is not None:
                    return self._view(names, "keys")
                if items is not None and name == "sorted":
                    items = self._sorted(items, named)
                elif items is not None:
                    items = Items("set" if name == "frozenset" else name, items.items, items.open)
                    items = self.unique(items) if items.kind == "set" else items
                return Ref(self.heap.new(items)) if items is not None else self.unknown(node, self.reason(first))
            case "getattr" if len(given) > 1:
                attribute = self.plain(given[1].value)
                if attribute is not None:
                    if len(given) > 2 and self.dictionary(first) and not hasattr(dict, str(attribute.value)):
                        return given[2].value
                    found = self.attribute(first, str(attribute.value), node)
                    is_missing = isinstance(found, Unknown) or (isinstance(found, Method) and isinstance(first, Known))
                    scope = self.heap.names(self.settings) if self.settings is not None else None
                    # Of an object that is not known, nobody knows whether it has the attribute.
                    closed = not isinstance(first, External) or (scope is not None and not scope.open)
                    closed = closed and not isinstance(first, Unknown)
                    return given[2].value if is_missing and closed and len(given) > 2 else found
            case "globals":
                return Ref(self.frame.scopes[-1])
            case "locals" | "vars":
                return Ref(self.frame.scopes[0]) if not given else self.attribute(first, "__dict__", node)
            case "dir" if len(given) == 1:
                scope = self.dictionary(self.attribute(first, "__dict__", node))
                return self._view(scope, "keys") if scope is not None else self.unknown(node)
            case "exec" if given:
                return self._exec(node, given)
            case "setattr" if len(given) == 3:
                return self._set_attribute(node, given)
            case "any" | "all" if len(given) == 1:
                items = self.items(first)
                if items is not None and not items.open:
                    truths = {self.truth(b.value) for b in items.items}
                    if (name == "any") in truths:
                        return Known(name == "any")
                    if None not in truths:
                        return Known(name == "all")
            case "print":
                return Known(None)
            case "super":
                return self._super(node)
            case "min" | "max" if given and named == {}:
                reads = [b.value for b in given if isinstance(b.value, FromEnvironment)]
                if len(reads) == 1:
                    others = [b.value for b in given if not isinstance(b.value, FromEnvironment)]
                    return self.do(name, reads[0], node, *others)
                numbers = [self.plain(b.value) for b in given]
                if all(n is not None and isinstance(n.value, (int, float)) for n in numbers):
                    return Known((min if name == "min" else max)(n.value for n in numbers if n))  # type: ignore[type-var]
                return self.unknown(node, self.reason(*(b.value for b in given)))
            case "round" if given:
                return self.do(name, first, node, *(b.value for b in given[1:]))
            case "isinstance" | "hasattr" | "callable":
                return self.unknown(node, self.reason(first))
        return self.unclear(node, given, named)

    def _pairs(self, value: Value) -> dict[object, Binding] | None:
        """Return the dictionary that a list of pairs makes."""
        items = self.items(value)
        if items is None or items.open:
            return None
        found: dict[object, Binding] = {}
        for bound in items.items:
            pair = self.items(bound.value)
            key = self.plain(pair.items[0].value) if pair is not None and len(pair.items) == 2 else None
            if pair is None or key is None:
                return None
            found[key.value] = pair.items[1]
        return found

    def _exec(self, node: ast.Call, given: list[Binding]) -> Value:
        """Run a literal text in the scope it is given, else the module's; anything else may change every name there."""
        into = given[1].value if len(given) > 1 else None
        scope = into.cell if isinstance(into, Ref) else self.frame.scopes[-1]
        text = self.plain(given[0].value)
        tree = None
        if text is not None and isinstance(text.value, str) and len(text.value) <= LONGEST:
            try:
                tree = ast.parse(text.value)
            except (SyntaxError, ValueError, RecursionError) as error:
                raise RaisesError(f"`{written(node)[:120]}` raises SyntaxError") from error
        if tree is None:
            # Under a condition it is a file that may be missing, as one of local settings; a loop's turn is no such condition.
            if all(g.truth for n, g in enumerate(self.guards) if n not in self.turns):
                self.opaque.append((self.frame.path, line_of(node), written(node)[:80]))
            self.heap.blur(scope, self.unknown(node, written(node)[:80]))
            return Known(None)
        frame = self.frame
        outer, frame.scopes = frame.scopes, (scope,)
        for part in ast.walk(tree):
            if hasattr(part, "lineno"):
                ast.copy_location(part, node)
        try:
            self.run(tree.body)
        finally:
            frame.scopes = outer
        return Known(None)

    def _set_attribute(self, node: ast.Call, given: list[Binding]) -> Value:
        owner, name = given[0].value, self.plain(given[1].value)
        place = owner.cell if isinstance(owner, (Instance, Class)) else None
        if isinstance(owner, ModuleOf):
            place = self.module_scope(owner.path)
        if name is not None and isinstance(owner, (Instance, Class)):
            self.set_member(owner, str(name.value), given[2], node)
        elif place is not None and name is not None:
            self.heap.set(place, str(name.value), given[2])
        elif place is not None:
            self.heap.blur(place, self.unknown(node))
        elif isinstance(owner, External) and name is not None and "(" not in owner.name:
            self.heap.set(self.replaced, f"{owner.name}.{name.value}", given[2])
        return Known(None)

    def _sorted(self, items: Items, named: Named) -> Items | None:
        """Return items in their order; None where that is not known."""
        if len(items.items) < 2 and not items.open:
            return items
        values = [self.plain(b.value) for b in items.items]
        if items.open or named or any(v is None for v in values):
            return None
        try:
            order = sorted(zip(values, items.items, strict=True), key=lambda pair: pair[0].value if pair[0] else None)  # type: ignore[arg-type, return-value]
        except TypeError:
            return None
        return Items("list", tuple(b for _, b in order))

    def _super(self, node: ast.Call) -> Value:
        of = self.frame.of
        if of is None or of.defined_in is None or of.owner is None:
            return self.unknown(node)
        found = [b for b in of.defined_in.bases if isinstance(b, Class)]
        if not found:
            return self.unknown(node)
        base = found[0]
        if isinstance(of.owner, Instance):
            return Instance(of.owner.of, of.owner.cell, base)
        return base
