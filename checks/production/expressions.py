"""Expressions: operators, comparisons, conditions and displays on values of production."""

from __future__ import annotations

import ast

from checks.parsers.position import line_of, written
from checks.production.comparisons import Comparisons
from checks.production.core import RaisesError
from checks.production.readers import OPEN_ARGUMENTS, derive
from checks.production.steps import LONGEST
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
    ModuleOf,
    Names,
    OneOf,
    Reader,
    Ref,
    Unknown,
    Value,
    members,
    one_of,
)

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_STOPS = {"builtins.any": True, "builtins.all": False}
"""Functions that go over what they are given until an item has this truth."""


class Expressions(Comparisons):
    """Evaluates expressions."""

    def evaluate(self, node: ast.expr) -> Value:
        """Return an expression's value in production. Raises `RaisesError`, `TooMuchError`."""
        self.step()
        match node:
            case ast.Constant():
                return Known(node.value)
            case ast.Name():
                return self.lookup(node)
            case ast.Attribute():
                return self.attribute(self.evaluate(node.value), node.attr, node)
            case ast.Call():
                return self._call(node)
            case ast.BoolOp():
                return self._bool_op(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Compare():
                return self.compare(node)
            case ast.IfExp():
                return self._if_exp(node)
            case ast.NamedExpr():
                bound = self.bind(node.value)
                self.assign_around(node.target.id, bound)
                return bound.value
            case ast.List() | ast.Tuple() | ast.Set():
                return self.display(node)
            case ast.Dict():
                return self.dictionary_display(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.BinOp():
                return self.operated(node, self.evaluate(node.left), self.evaluate(node.right))
            case ast.JoinedStr():
                return self.joined(node)
            case ast.Lambda():
                return Function(node, self.frame.path, self.frame.scopes, defaults=self.defaults_of(node.args))
            case ast.Await():
                self.awaited.add(id(node.value))
                return self.finish(self.evaluate(node.value))
            case ast.Yield() | ast.YieldFrom():
                if node.value is not None:
                    self.consumed.add(id(node.value))
                    self.finish(self.evaluate(node.value))
                return self.unknown(node)
            case ast.Starred():
                return self.evaluate(node.value)
            case ast.ListComp() | ast.SetComp() | ast.DictComp():
                return self.comprehension(node)
            case ast.GeneratorExp():
                return self.generator(node)
        return self.unknown(node)

    def _call(self, node: ast.Call) -> Value:
        called = self.evaluate(node.func)
        given: list[Binding] = []
        named: dict[str, Binding] = {}
        goes_over = self.consumes(called, node)
        stops = _STOPS.get(called.name) if isinstance(called, External) else None
        for argument in node.args:
            if stops is not None:
                self.stopping[id(argument)] = stops
            if goes_over or isinstance(argument, ast.Starred):
                self.consumed.add(id(argument.value if isinstance(argument, ast.Starred) else argument))
            bound = self.bind(argument)
            if isinstance(argument, ast.Starred):
                more = self.characters(bound.value) or Items("list", (), True)
                given += more.items
                if more.open:
                    named[OPEN_ARGUMENTS] = Binding(self.unknown(argument), None, self.frame.path)
            else:
                given.append(bound)
        for keyword in node.keywords:
            bound = self.bind(keyword.value)
            if keyword.arg is not None:
                named[keyword.arg] = bound
            else:
                named |= self._spread(bound)
        value = self.call(called, node, given, named)
        asked = self.unknown(node) if isinstance(value, (Unknown, OneOf)) else None
        if asked is not None and asked.is_dsn and all(isinstance(v, (Unknown, Known)) for v in members(value)):
            return asked  # a reader of the repository that was not followed to its end
        return value

    def characters(self, value: Value) -> Items | None:
        """Return what going over a value gives: the items of a list, the characters of a text, the keys of a dictionary."""
        plain, names = self.plain(value), self.dictionary(value)
        if plain is not None and isinstance(plain.value, str) and len(plain.value) <= LONGEST:
            return Items("list", tuple(Binding(Known(c), None, self.frame.path) for c in plain.value))
        if names is not None:
            return Items("list", tuple(Binding(Known(k), None, self.frame.path) for k in names.items), names.open)
        return self.items(value)

    def _spread(self, bound: Binding) -> dict[str, Binding]:
        names = self.dictionary(bound.value)
        if names is None:
            return {"**": bound}
        found = {str(k): v for k, v in names.items.items()}
        return found | ({"**": bound} if names.open else {"*": bound})

    def _bool_op(self, node: ast.BoolOp) -> Value:
        is_or = isinstance(node.op, ast.Or)
        possible: list[Value] = []
        guards = len(self.guards)
        try:
            self._operands(node, possible, is_or=is_or)
        finally:  # also where a part raises
            del self.guards[guards:]
        # `unclear and False` is false whatever the unclear part is.
        return possible[-1] if not is_or and self.truth(possible[-1]) is False else one_of(possible)

    def _operands(self, node: ast.BoolOp, possible: list[Value], *, is_or: bool) -> None:
        """Add the operands that may be what `and` or `or` gives; each is evaluated under what was left open before it."""
        for position, part in enumerate(node.values):
            value = self.evaluate(part)
            if position == len(node.values) - 1:
                possible.append(value)
                break
            if is_or and isinstance(value, FromEnvironment) and position == len(node.values) - 2:
                if self._passed_over(value, node.values[-1:]):
                    continue
                last = self.evaluate(node.values[-1])
                if isinstance(last, Known):
                    possible.append(derive(value, "or", last.value))
                    break
                if self.truth(value) is not False:
                    possible.append(value)
                if self.truth(value) is not True:
                    possible.append(last)
                break
            later = node.values[position + 1 :]
            holds = False if is_or and self._passed_over(value, later) else self.truth(value)
            if holds is is_or:
                possible.append(value)
                break
            if holds is None:
                possible.append(value)
                self.guards.append(
                    self._uncertainty(part if not is_or else ast.UnaryOp(op=ast.Not(), operand=part), node)
                )

    def _passed_over(self, value: Value, later: list[ast.expr]) -> bool:
        """Return whether a variable is not set, and one of those that are read instead of it is declared."""
        if not (isinstance(value, FromEnvironment) and self.environment.closed and value.default == Known(None)):
            return False
        others = [v for v in map(self.evaluate, later) if isinstance(v, FromEnvironment)]
        declared = self.environment.declared
        return value.name not in declared and any(o.name in declared for o in others)

    def holds(self, node: ast.expr) -> bool | None:
        """Return whether a condition holds: what cannot be determined in it may be decided by its other parts."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.holds(node.operand)
            return None if inner is None else not inner
        if isinstance(node, ast.BoolOp):
            ends = isinstance(node.op, ast.Or)
            clear = True
            for part in node.values:
                found = self.holds(part)
                if found is ends:
                    return ends
                clear = clear and found is not None
            return not ends if clear else None
        return self.truth(self.evaluate(node))

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            if isinstance(value, FromEnvironment):
                return derive(value, "not")
            holds = self.truth(value)
            return self.unknown(node, self.reason(value)) if holds is None else Known(not holds)
        if isinstance(node.op, ast.USub) and isinstance(value, Known) and isinstance(value.value, (int, float)):
            return Known(-value.value)
        return self.unknown(node)

    def _if_exp(self, node: ast.IfExp) -> Value:
        holds = self.holds(node.test)
        if holds is not None:
            return self.evaluate(node.body if holds else node.orelse)
        sides: list[Value] = []
        for side, test in ((node.body, node.test), (node.orelse, ast.UnaryOp(op=ast.Not(), operand=node.test))):
            self.guards.append(self._uncertainty(test, node))
            try:
                sides.append(self.evaluate(side))
            finally:
                self.guards.pop()
        return one_of(sides)

    def _uncertainty(self, test: ast.expr, node: ast.expr) -> Guard:
        """Return the condition of a part of an expression, which cannot be determined."""
        return Guard(test=written(test)[:160], path=self.frame.path, line=line_of(node), truth=None)

    def _subscript(self, node: ast.Subscript) -> Value:
        owner = self.evaluate(node.value)
        if isinstance(owner, Class) and self.is_enum(owner):
            member = self.plain(self.evaluate(node.slice))
            return self.attribute(owner, str(member.value), node) if member is not None else self.unknown(node)
        if isinstance(owner, Class):
            return owner  # a generic class with its parameters (https://docs.python.org/3/library/typing.html#typing.Generic)
        if isinstance(owner, Function) or (isinstance(owner, External) and owner.name == "os.getenv"):
            raise RaisesError(f"`{written(node)}` raises TypeError: a function has no items")
        if isinstance(node.slice, ast.Slice):
            return self._sliced(owner, node)
        key = self.evaluate(node.slice)
        if isinstance(owner, External) and owner.name == "sys.modules":
            own = self.plain(key) == Known("module")
            return ModuleOf(self.frame.path) if own else self.unknown(node)
        if isinstance(owner, (External, Reader)):
            return self.call(
                self.attribute(owner, "__getitem__", node),
                _as_call(node),
                [Binding(key, node.slice, self.frame.path)],
                {},
            )
        getter = self.class_member(owner.of, "__getitem__") if isinstance(owner, Instance) else None
        if getter is not None and isinstance(owner, Instance) and isinstance(getter[0].value, Function):
            method = getter[0].value.of(owner, getter[1])
            return self.call(method, _as_call(node), [Binding(key, node.slice, self.frame.path)], {})
        names = self.dictionary(owner)
        if names is not None:
            return self.item(names, key, node, None)
        items = self.items(owner)
        index = self.plain(key)
        if items is not None and index is not None and isinstance(index.value, int):
            if -len(items.items) <= index.value < len(items.items):
                return items.items[index.value].value
            if not items.open:
                raise RaisesError(f"`{written(node)}` raises IndexError")
        return self.do("[]", owner, node, key) if isinstance(owner, (Known, FromEnvironment)) else self.unknown(node)

    def _sliced(self, owner: Value, node: ast.Subscript) -> Value:
        taken = self.slice_of(node.slice)
        items, plain = self.items(owner) if isinstance(owner, Ref) else None, self.plain(owner)
        if taken is None or (
            (items is None or items.open) and (plain is None or not isinstance(plain.value, (str, tuple)))
        ):
            return self.unknown(node, self.reason(owner))
        if items is not None:
            return Ref(self.heap.new(Items(items.kind, items.items[taken])))
        return Known(plain.value[taken])  # type: ignore[index, union-attr]

    def slice_of(self, node: ast.expr) -> slice | None:
        """Return what `first:last:step` takes; None where that is not known. Raises `RaisesError`."""
        if not isinstance(node, ast.Slice):
            return None
        bounds = [self.plain(self.evaluate(b)) if b else Known(None) for b in (node.lower, node.upper, node.step)]
        numbers = [b.value for b in bounds if b is not None and (b.value is None or isinstance(b.value, int))]
        if len(numbers) < len(bounds):
            return None
        if numbers[2] == 0:
            raise RaisesError(f"`{written(node)}` raises ValueError: a step is not 0")
        return slice(*numbers)

    def item(self, names: Names, key: Value, node: ast.AST, default: Value | None) -> Value:
        """Return a dictionary's value for a key, or the default."""
        found = self.plain(key)
        if found is None:
            pairs = [(k, self.plain(v.value)) for k, v in names.items.items()]
            if isinstance(key, FromEnvironment) and default is not None and all(p is not None for _, p in pairs):
                other = self.plain(default)
                if other is not None and not names.open:
                    return derive(key, "lookup", tuple((k, p.value) for k, p in pairs if p), other.value)
            if callable_values := [v.value for v in names.items.values() if isinstance(v.value, (Function, Class))]:
                return one_of([*callable_values, self.unknown(node, self.reason(key))])
            return self.unknown(node, self.reason(key))
        try:
            bound = names.items.get(found.value)
        except TypeError as error:
            raise RaisesError(f"`{written(node)}` raises TypeError") from error
        if bound is not None:
            return self.settled(bound.value, node)
        if names.open:
            return self.unknown(node)
        if default is None:
            raise RaisesError(f"`{written(node)}` raises KeyError")
        return default

    def operated(self, node: ast.BinOp, left: Value, right: Value) -> Value:
        """Return what an operator makes of two values."""
        if isinstance(node.op, ast.BitOr):
            one, other = self.dictionary(left), self.dictionary(right)
            if one is not None and other is not None:
                return Ref(self.heap.new(Names({**one.items, **other.items}, one.open or other.open)))
        if isinstance(node.op, ast.Add):
            items, more = self.items(left), self.items(right)
            if items is not None or more is not None:
                a, b = items or Items("list", (), True), more or Items("list", (), True)
                if len(a.items) + len(b.items) > LONGEST:
                    return Ref(self.heap.new(Items(a.kind, a.items, True)))
                return Ref(self.heap.new(Items(a.kind, a.items + b.items, a.open or b.open)))
        name = _OPERATORS.get(type(node.op))
        sets = self.items(left), self.items(right)
        if sets[0] is not None and sets[1] is not None and name in ("&", "|", "-"):
            return self.set_operation(name, sets[0], sets[1], node)
        if name is None:
            return self.unknown(node, self.reason(left, right))
        if isinstance(right, FromEnvironment) and name == "+" and not isinstance(left, FromEnvironment):
            return self.do("before +", right, node, left)
        return self.do(name, left, node, right)


def _as_call(node: ast.Subscript) -> ast.Call:
    return ast.copy_location(ast.Call(func=node.value, args=[node.slice], keywords=[]), node)
