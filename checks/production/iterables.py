"""What the built-in functions of iteration give."""

from __future__ import annotations

import ast

from checks.production.environ import Environ
from checks.production.values import Binding, Items, Known, Ref, Value

_LONGEST_RANGE = 60


class Iterables(Environ):
    """Evaluates iterables."""

    def iterable(self, name: str, node: ast.Call, given: list[Binding]) -> Value:
        """Return what `range`, `enumerate`, `zip`, `reversed`, `map` or `filter` goes over, as a list."""
        if name == "range":
            return self._range(node, given)
        lists = [self.items(b.value) for b in (given[1:] if name in ("map", "filter") else given)]
        whole = [i for i in lists if i is not None and not i.open]
        if not lists or len(whole) != len(lists):
            return self._not_followed(name, node, given)
        found: list[Binding]
        match name:
            case "enumerate":
                start = self._counted_from(node)
                if start is None:
                    return self._not_followed(name, node, given)
                found = [self._tuple([self._known(n), b]) for n, b in enumerate(whole[0].items, start)]
            case "zip":
                found = [self._tuple(list(row)) for row in zip(*(i.items for i in whole), strict=False)]
            case "reversed":
                found = list(reversed(whole[0].items))
            case "map":
                rows = zip(*(i.items for i in whole), strict=False)
                if id(node) not in self.consumed:
                    self.guards.append(self.later(node))
                try:
                    found = [Binding(self.call(given[0].value, node, list(r), {}), None, self.frame.path) for r in rows]
                finally:
                    if id(node) not in self.consumed:
                        self.guards.pop()
            case _:
                kept = [(b, self._passes(given[0], b, node)) for b in whole[0].items]
                if any(passes is None for _, passes in kept):
                    return self.unknown(node)
                found = [b for b, passes in kept if passes]
        return Ref(self.heap.new(Items("list", tuple(found))))

    def _counted_from(self, node: ast.Call) -> int | None:
        """Return the number that `enumerate` counts from, None where it is not known."""
        given = next((k.value for k in node.keywords if k.arg == "start"), None)
        plain = self.plain(self.evaluate(given)) if given is not None else Known(0)
        return plain.value if plain is not None and isinstance(plain.value, int) else None

    def _not_followed(self, name: str, node: ast.Call, given: list[Binding]) -> Value:
        if name in ("map", "filter") and given:
            return self.unclear(node, given[:1], {})
        return self.unknown(node, self.reason(*(b.value for b in given)))

    def unclear(self, node: ast.Call, given: list[Binding], named: dict[str, Binding]) -> Value:
        """Return the value of a call that is not followed; it may change what it is given."""
        raise NotImplementedError

    def _range(self, node: ast.Call, given: list[Binding]) -> Value:
        numbers = [self.plain(b.value) for b in given]
        ints = [n.value for n in numbers if n is not None and isinstance(n.value, int)]
        if not given or len(ints) != len(given) or (len(ints) == 3 and not ints[2]):
            return self.unknown(node)
        steps = range(*ints[:3])
        if len(steps) > _LONGEST_RANGE:
            return self.unknown(node)
        return Ref(self.heap.new(Items("list", tuple(self._known(n) for n in steps))))

    def _passes(self, function: Binding, bound: Binding, node: ast.Call) -> bool | None:
        if function.value == Known(None):
            return self.truth(bound.value)
        return self.truth(self.call(function.value, node, [bound], {}))

    def _known(self, value: object) -> Binding:
        return Binding(Known(value), None, self.frame.path)

    def _tuple(self, parts: list[Binding]) -> Binding:
        return Binding(Ref(self.heap.new(Items("tuple", tuple(parts)))), None, self.frame.path)
