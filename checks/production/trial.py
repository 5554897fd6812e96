"""Calls a function of the repository with arguments that production would give it, and says what it returns or raises."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from msgspec import Struct

from checks.parsers.position import line_of, written
from checks.production.core import Frame, Raised, RaisesError, TooMuchError
from checks.production.machine import Machine
from checks.production.traced import RAISED, Given, Loss, Traced
from checks.production.values import (
    Binding,
    Function,
    Items,
    Known,
    Names,
    Partial,
    Ref,
    Suspended,
    Unknown,
    Value,
    members,
)

Keys = Mapping[str, str | None]
"""A dictionary's keys with their values; None is a value that cannot be determined."""


class Trial(Struct, frozen=True, kw_only=True):
    """What one call gave: the values it may return, which of them are its first argument, and what it may raise.

    `whole` says that the call was followed to its end, `odd` are answers that are plain values, or another of the arguments,
    `losses` are answers that may be nothing though what it is given does not decide so.
    """

    returned: tuple[Value, ...] = ()
    first: tuple[bool, ...] = ()
    raised: tuple[Raised, ...] = ()
    whole: bool = True
    odd: tuple[Value, ...] = ()
    losses: tuple[Loss, ...] = ()

    @property
    def gives_nothing(self) -> bool:
        """Whether the call surely returns None, or another value that is false."""
        return self.whole and bool(self.returned) and all(_is_false(v) for v in self.returned)

    @property
    def may_give_nothing(self) -> bool:
        """Whether the call may return None."""
        return any(_is_false(v) for v in self.returned)

    @property
    def gives_first(self) -> bool:
        """Whether the call surely returns its first argument."""
        return self.whole and bool(self.first) and all(self.first)

    @property
    def unclear(self) -> Unknown | None:
        """A value it may return that cannot be determined."""
        return next((v for v in self.returned if isinstance(v, Unknown)), None)


def _is_false(value: Value) -> bool:
    return isinstance(value, Known) and not value.value


def _is_odd(value: Value, others: Sequence[Ref]) -> bool:
    """A coroutine or generator is not an answer either: the SDK does not wait for it."""
    plain = isinstance(value, Given) or (isinstance(value, Known) and bool(value.value))
    return plain or isinstance(value, Suspended) or (isinstance(value, Ref) and value in others)


def call_with(machine: Machine, function: Function, arguments: Sequence[Keys], preset: Partial | None = None) -> Trial:
    """Call a function with dictionaries that hold just the given keys; what it changes is restored in the end.

    `preset` has the arguments that `functools.partial` puts before them.
    """
    heap, inits, noted, guards, frames = (
        machine.heap.snapshot(),
        len(machine.inits),
        len(machine.noted),
        list(machine.guards),
        list(machine.frames),
    )
    tried = Traced.of(machine, function)
    tried.steps, tried.raises, tried.guards[:] = 0, [], []
    tried.frames[:] = [Frame(path=function.path, scopes=function.scopes)]
    node = ast.copy_location(
        ast.Call(func=ast.Name(id=getattr(function.node, "name", "<lambda>")), args=[], keywords=[]), function.node
    )
    try:
        refs = [_dictionary(tried, function, given) for given in arguments]
        _forget_counts(tried, function)
        tried.whole.update(ref.cell for ref in refs)
        bound = [Binding(ref, None, function.path) for ref in refs]
        try:
            before, named = (list(preset.given), preset.named) if preset is not None else ([], {})
            found = tuple(members(tried.call_function(function, node, [*before, *bound], named)))
        except RaisesError as error:
            return Trial(raised=tuple(tried.raises) or (Raised(str(error), function.path, line_of(function.node)),))
        except (TooMuchError, RecursionError):
            return Trial(whole=False)
        first = tuple(isinstance(v, Ref) and v == refs[0] for v in found)
        odd = tuple(v for v in found if _is_odd(v, refs[1:]))
        losses = tuple(dict.fromkeys(tried.losses))
        return Trial(returned=found, first=first, raised=tuple(tried.raises), odd=odd, losses=losses)
    finally:
        machine.heap.restore(heap)
        machine.guards[:], machine.frames[:] = guards, frames
        del machine.inits[inits:], machine.noted[noted:]


def value_in(machine: Machine, path: str, node: ast.expr, names: Mapping[str, ast.expr]) -> Value:
    """Return what an expression is in a module of production; `names` are those that are visible at its place."""
    seen: set[str] = set()
    while isinstance(node, ast.Name) and node.id in names and node.id not in seen:
        seen.add(node.id)
        node = names[node.id]
    scope = machine.heap.modules.get(path)
    frames, steps = list(machine.frames), machine.steps
    machine.frames[:] = [Frame(path=path, scopes=(scope if scope is not None else machine.heap.new(Names({}, True)),))]
    machine.steps = 0
    try:
        return machine.resolved(machine.evaluate(node))
    except (RaisesError, TooMuchError, RecursionError):
        return Unknown(expression=written(node)[:160], path=path, line=line_of(node))
    finally:
        machine.frames[:], machine.steps = frames, steps


def holds_in(machine: Machine, path: str, test: ast.expr) -> bool | None:
    """Return whether a condition of a module of the application holds in production; None when that cannot be determined."""
    heap, steps, inits, noted = machine.heap.snapshot(), machine.steps, len(machine.inits), len(machine.noted)
    files, problems, opaque = len(machine.files), len(machine.problems), len(machine.opaque)
    frames, guards = list(machine.frames), list(machine.guards)
    machine.steps, machine.frames[:], machine.guards[:] = 0, [], []
    try:
        scope = machine.module_scope(path)
        if scope is None:
            return None
        machine.frames[:] = [Frame(path=path, scopes=(scope,))]
        return machine.holds(test)
    except (RaisesError, TooMuchError, RecursionError):
        return None
    finally:
        machine.heap.restore(heap)
        machine.steps, machine.frames[:], machine.guards[:] = steps, frames, guards
        del machine.inits[inits:], machine.noted[noted:]
        del machine.files[files:], machine.problems[problems:], machine.opaque[opaque:]


def _forget_counts(machine: Machine, function: Function) -> None:
    """Forget the names of its module that a function binds, for which it says `global`: earlier calls left another value there."""
    bound = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    statements = [n for n in ast.walk(function.node) if isinstance(n, ast.Global)]
    for scope in function.scopes[-1:]:
        for statement, name in ((s, n) for s in statements for n in sorted(bound & {*s.names})):
            left = Unknown(expression=name, path=function.path, line=line_of(statement))
            machine.heap.set(scope, name, Binding(left, None, function.path))


def _dictionary(machine: Traced, function: Function, keys: Keys) -> Ref:
    at = line_of(function.node)

    def given(key: str) -> Given:
        return Given(expression=key, path=function.path, line=at)

    def made(cell: Names | Items) -> Ref:
        machine.full.add(number := machine.heap.new(cell))
        return Ref(number)

    def bound(value: Value) -> Binding:
        return Binding(value, None, function.path)

    items: dict[object, Binding] = {}
    for key, text in keys.items():
        value: Value = Known(text) if text is not None else given(key)
        if key == "exception":
            # There is one, of which nothing is known (https://develop.sentry.dev/sdk/data-model/event-payloads/exception/).
            parts: dict[object, Binding] = {
                part: bound(given(part)) for part in ("type", "value", "module", "mechanism", "stacktrace")
            }
            values = made(Items("list", (bound(made(Names(parts, True))),)))
            value = made(Names({"values": bound(values)}, True))
        elif key == "exc_info":
            value = made(Items("tuple", tuple(bound(given(part)) for part in (*RAISED, "traceback"))))
        elif key == "request":
            parts = {part: bound(given(part)) for part in ("url", "method", "headers")}
            value = made(Names(parts, True))
        items[key] = bound(value)
    return made(Names(items))
