"""Lists, dictionaries, comprehensions and f-strings."""

from __future__ import annotations

import ast

from checks.production.objects import Objects
from checks.production.steps import LONGEST
from checks.production.values import Binding, Items, Known, Names, Ref, Value

_SETS = {"&": "intersection", "|": "union", "-": "difference"}


class Displays(Objects):
    """Makes containers and texts."""

    def display(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        """Return a list, tuple or set."""
        found: list[Binding] = []
        is_open = False
        for part in node.elts:
            if isinstance(part, ast.Starred):
                self.consumed.add(id(part.value))
            bound = self.bind(part)
            if isinstance(part, ast.Starred):
                items = self.items(bound.value)
                found += items.items if items else ()
                is_open = is_open or items is None or items.open
            else:
                found.append(bound)
        made = Items(type(node).__name__.lower(), tuple(found), is_open)
        return Ref(self.heap.new(self.unique(made) if isinstance(node, ast.Set) else made))

    def unique(self, items: Items) -> Items:
        """Return the items of a set, each once; open where one of them is not known."""
        kept: dict[object, Binding] = {}
        whole = not items.open
        for bound in items.items:
            plain = self.plain(bound.value)
            whole = whole and plain is not None
            kept.setdefault(plain.value if plain is not None else id(bound), bound)
        return Items(items.kind, tuple(kept.values()), not whole)

    def dictionary_display(self, node: ast.Dict) -> Value:
        """Return a dictionary."""
        made = self.heap.new(Names({}))
        for key, part in zip(node.keys, node.values, strict=True):
            bound = self.bind(part)
            if key is None:
                names = self.dictionary(bound.value)
                if names is None or names.open:
                    self.heap.blur(made, self.unknown(part))
                if names is not None:
                    self.heap.update(made, names)
                continue
            name = self.plain(self.evaluate(key))
            if name is None:
                self.heap.blur(made, self.unknown(key))
            else:
                self.heap.set(made, name.value, bound)
        return Ref(made)

    def joined(self, node: ast.JoinedStr) -> Value:
        """Return the text of an f-string."""
        first = node.values[0] if node.values else None
        return self.joined_from(node, self.evaluate(first.value) if isinstance(first, ast.FormattedValue) else None)

    def joined_from(self, node: ast.JoinedStr, start: Value | None) -> Value:
        """Return the text of an f-string whose first part is a value, evaluated already, or (None) a text."""
        text = ""
        for number, part in enumerate(node.values):
            if isinstance(part, ast.FormattedValue):
                value = self.evaluate(part.value) if number or start is None else start
                plain = self.plain(value)
                if plain is None or part.format_spec is not None or part.conversion not in (-1, 115):
                    return self.unknown(node, self.reason(value))
                text += str(plain.value)
            else:
                text += str(part.value) if isinstance(part, ast.Constant) else ""
            if len(text) > LONGEST:
                return self.unknown(node)
        return Known(text)

    def generator(self, node: ast.GeneratorExp) -> Value:
        """Return what a generator expression gives; what it does waits, where nothing goes over it at once."""
        if id(node) in self.consumed:
            return self.comprehension(node)
        self.guards.append(self.later(node))
        try:
            return self.comprehension(node)
        finally:
            self.guards.pop()

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp) -> Value:
        """Return what a comprehension gives; where a condition cannot be determined, it is open."""
        frame = self.frame
        outer, frame.scopes = frame.scopes, (self.heap.new(Names({})), *frame.scopes)
        around, frame.comprehended = frame.comprehended, frame.comprehended + 1
        found: list[Binding] = []
        pairs: dict[object, Binding] = {}
        try:
            is_whole = self._generated(node, 0, found, pairs)
        finally:
            frame.scopes, frame.comprehended = outer, around
        if isinstance(node, ast.DictComp):
            return Ref(self.heap.new(Names(pairs, not is_whole)))
        made = Items("set" if isinstance(node, ast.SetComp) else "list", tuple(found), not is_whole)
        return Ref(self.heap.new(self.unique(made) if isinstance(node, ast.SetComp) else made))

    def _generated(self, node: ast.expr, level: int, found: list[Binding], pairs: dict[object, Binding]) -> bool:
        """Add what a comprehension gives; return whether that is all of it and sure."""
        generators = node.generators  # type: ignore[attr-defined]
        if level == len(generators):
            if isinstance(node, ast.DictComp):
                key = self.plain(self.evaluate(node.key))
                if key is not None:
                    pairs[key.value] = self.bind(node.value)
                return key is not None
            found.append(self.bind(node.elt))  # type: ignore[attr-defined]
            return True
        if not isinstance(node, ast.GeneratorExp) or id(node) in self.consumed:
            self.consumed.add(id(generators[level].iter))
        items = self.items(self.evaluate(generators[level].iter))
        if items is None:
            return False
        is_whole = not items.open and len(items.items) <= 200
        for bound in items.items[:200]:
            self.assign(generators[level].target, bound)
            tests = [self.holds(t) for t in generators[level].ifs]
            if False not in tests:
                is_whole = self._generated(node, level + 1, found, pairs) and None not in tests and is_whole
            if id(node) in self.stopping and found and self.truth(found[-1].value) is self.stopping[id(node)]:
                return is_whole
        return is_whole

    def set_operation(self, name: str, one: Items, other: Items, node: ast.expr) -> Value:
        """Return what an operation on two sets of plain values gives."""
        sides = [[self.plain(b.value) for b in side.items] for side in (one, other)]
        if one.open or other.open or any(p is None for side in sides for p in side):
            return self.unknown(node)
        left, right = ([p for p in side if p is not None] for side in sides)
        name = _SETS.get(name, name)
        if name == "isdisjoint":
            return Known(not any(p in right for p in left))
        found = {
            "intersection": [p for p in left if p in right],
            "union": left + [p for p in right if p not in left],
            "difference": [p for p in left if p not in right],
        }[name]
        return Ref(self.heap.new(Items("set", tuple(Binding(p, None, self.frame.path) for p in found))))
