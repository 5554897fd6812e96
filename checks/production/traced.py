"""What decides the answer of a function that is tried: what it is given, chance, the host, the environment, or something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Self

from msgspec import Struct

from checks.parsers.position import line_of, written
from checks.production.core import Frame, RaisesError
from checks.production.environ import Named
from checks.production.machine import Machine
from checks.production.values import (
    Binding,
    External,
    FromEnvironment,
    Function,
    Guard,
    Known,
    Late,
    OneOf,
    Ref,
    Unknown,
    Value,
    members,
)

GIVEN = "given"
"""What the caller gives, whose content selects."""
CHANCE = "chance"
"""Random numbers, and an event's id, which is one."""
CLOCK = "clock"
HOST = "host"
_KINDS = (
    (("random.", "secrets.", "uuid.", "numpy.random.", "os.urandom"), CHANCE),
    (("time.", "datetime.", "django.utils.timezone."), CLOCK),
    (("socket.", "platform.", "os.uname", "os.getpid"), HOST),
)
"""Beginnings of names whose values say nothing of what is given, with what they depend on."""
_OF_EACH_CALL = {"event_id": CHANCE, "timestamp": CLOCK, "start_timestamp": CLOCK, "server_name": HOST}
"""Keys of an event that say nothing of what happened (https://develop.sentry.dev/sdk/data-model/event-payloads/)."""
_NOT_GIVEN = frozenset({CHANCE, CLOCK})
RAISED = ("exc_type", "exc_value")
"""The parts of `exc_info` that are an exception's class, and the exception."""
_EVERY_ERROR = frozenset({"builtins.Exception", "builtins.BaseException"})
_DEEPEST_NAME = 6


class Given(Unknown, frozen=True, kw_only=True):
    """A value that the caller gives, by its key: nothing else is known of it."""


class Loss(Struct, frozen=True, kw_only=True):
    """An answer that may be nothing without what was given deciding it: the condition, its place, and what decides it.

    `by` is `chance`, `clock`, `host`, `error` (what is caught), or else the text of what decides. `alone` says that nothing of
    what was given has a part in it.
    """

    test: str
    path: str
    line: int
    by: str
    alone: bool = True


class Traced(Machine):
    """Interprets as the machine that it is made of, and notes what each condition depends on."""

    tried: ast.AST
    losses: list[Loss]
    full: set[int]
    """Lists and dictionaries that the caller gives, which are not empty."""
    whole: set[int]
    """Those of them that are an argument: what is read from one says what decides."""
    _sources: dict[int, frozenset[str]]
    _values: dict[Unknown, frozenset[str]]
    _conditions: dict[Guard, tuple[frozenset[str], ...]]
    _handling: set[Guard]
    _current: set[str]
    _seen: set[int]
    _names: int

    @classmethod
    def of(cls, machine: Machine, function: Function) -> Self:
        """Return a machine with the state of another, in which a function is tried."""
        made = cls.__new__(cls)
        vars(made).update(vars(machine))
        made.tried, made.losses, made.full, made.whole = function.node, [], set(), set()
        made._sources, made._values, made._conditions = {}, {}, {}
        made._handling, made._current, made._seen, made._names = set(), set(), set(), 0
        return made

    def evaluate(self, node: ast.expr) -> Value:
        """Return an expression's value, and note what it depends on."""
        outer, self._current = self._current, set()
        try:
            value = super().evaluate(node)
            if self._is_full(value):
                self._seen.add(id(node))
            self._current |= self._own(node, value)
        finally:
            found = frozenset(self._current)
            self._sources[id(node)] = self._sources.get(id(node), frozenset()) | found
            self._current = outer | found
        if node is getattr(self.tried, "body", None):
            self._answered(node, value, line_of(node))
        return value

    def call(self, called: Value, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Return what a call gives; one of the standard library may depend on chance, or on the host."""
        name = called.name if isinstance(called, External) else ""
        for beginnings, kind in _KINDS:
            if name.startswith(beginnings):
                self._current.add(kind)
        if not isinstance(called, Function) and any(self._is_full(b.value) for b in (*given, *named.values())):
            self._current.add(GIVEN)
        return super().call(called, node, given, named)

    def truth(self, value: Value) -> bool | None:
        """Return whether a value is true; what the caller gives surely has content, where that is known."""
        return True if self._is_full(value) else super().truth(value)

    def unknown(self, node: ast.AST, because: str = "") -> Unknown:
        """Return the value of an expression that is not interpreted, which depends on what its parts depend on."""
        value = super().unknown(node, because)
        parts = (self._sources.get(id(part), frozenset()) for part in ast.walk(node))
        self._values[value] = self._values.get(value, frozenset()).union(self._current, *parts)
        return value

    def condition(self, test: ast.expr, *, side: bool, holds: bool | None, because: str, line: int) -> Guard:
        """Return the condition of a block, and note what each of the parts that must hold together depends on."""
        guard = super().condition(test, side=side, holds=holds, because=because, line=line)
        parts = [p for p in _together(test, holds=side) if holds is None and self._is_open(p)]
        found = tuple(self._depends_on(part) for part in parts)
        self._conditions[guard] = tuple(s for s in found if s) or (frozenset({written(test)[:80]}),)
        return guard

    def _is_open(self, part: ast.expr) -> bool:
        """Return whether a part of a condition cannot be determined: one that surely holds selects nothing."""
        try:
            return self.holds(part) is None
        except RaisesError:
            return True

    def excepted(self, handler: ast.ExceptHandler) -> Guard:
        """Return the condition of a handler."""
        guard = super().excepted(handler)
        self._handling.add(guard)
        return guard

    def statement(self, node: ast.stmt) -> str:
        """Run one statement; note where the function that is tried may return nothing."""
        how = super().statement(node)
        if isinstance(node, ast.Return) and self.frame.function_node is self.tried:
            self._answered(node.value, self.frame.returned[-1], line_of(node))
        return how

    def _builtin(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        if name in ("isinstance", "issubclass") and len(given) == 2 and self._is_raised(given[0].value):
            classes = self.items(given[1].value)
            named_ones = [b.value for b in classes.items] if classes is not None else [given[1].value]
            if any(isinstance(c, External) and c.name in _EVERY_ERROR for c in named_ones):
                return Known(True)
        return super()._builtin(name, node, given, named)

    def _is_full(self, value: Value) -> bool:
        return isinstance(value, Ref) and value.cell in self.full

    def _is_raised(self, value: Value) -> bool:
        return isinstance(value, Given) and value.expression in RAISED

    def _own(self, node: ast.expr, value: Value) -> set[str]:
        """Return what a value depends on by itself; where nothing says so, its own text does."""
        found: set[str] = set()
        if isinstance(value, Ref) and value.cell in self.full and value.cell not in self.whole:
            found.add(GIVEN)
        open_ones = [m for m in members(value) if isinstance(m, (Unknown, FromEnvironment))]
        for member in open_ones:
            if isinstance(member, Given):
                found.add(_OF_EACH_CALL.get(member.expression, GIVEN))
            elif isinstance(member, FromEnvironment):
                found |= {member.name} if self.environment.resolve(member)[0] is None else set()
            else:
                found |= self._values.get(member, frozenset())
        if isinstance(value, OneOf) or (open_ones and not found):
            bound = self._binding(node) if isinstance(node, ast.Name) and not self._current else None
            found |= self._of_binding(bound) if bound is not None else set()
        if isinstance(value, (Unknown, OneOf)) and not found and not self._current:
            found.add(GIVEN if self._reads_given(node) else written(node)[:80])
        return found

    def _reads_given(self, node: ast.expr, depth: int = _DEEPEST_NAME) -> bool:
        """Return whether an expression reads what the caller gives, though what it finds there is known."""
        for part in ast.walk(node):
            bound = self._binding(part) if isinstance(part, ast.Name) and depth else None
            if id(part) in self._seen or (
                bound is not None and bound.node is not None and self._reads_given(bound.node, depth - 1)
            ):
                return True
        return False

    def _binding(self, node: ast.Name) -> Binding | None:
        """Return what a name is bound to, in the module that it is imported from where it is."""
        bound = next((b for s in self.frame.scopes if (b := self.heap.names(s).items.get(node.id))), None)
        for _ in range(_DEEPEST_NAME):
            late = bound.value if bound is not None else None
            if not isinstance(late, Late):
                break
            scope = self.heap.modules.get(late.path)
            bound = self.heap.names(scope).items.get(late.name) if scope is not None else None
        return bound

    def _of_binding(self, bound: Binding) -> frozenset[str]:
        """Return what the expression of a name depends on; one that ran before the call is evaluated for it."""
        node, scope = bound.node, self.heap.modules.get(bound.path)
        if node is None:
            return frozenset()
        known = self._depends_on(node)
        if known or scope is None or self._names >= _DEEPEST_NAME:
            return known
        self._names += 1
        self.frames.append(Frame(path=bound.path, scopes=(scope,)))
        try:
            self.evaluate(node)
        finally:
            self.frames.pop()
            self._names -= 1
        return self._depends_on(node)

    def _depends_on(self, node: ast.expr) -> frozenset[str]:
        return frozenset().union(*(self._sources.get(id(part), frozenset()) for part in ast.walk(node)))

    def _answered(self, node: ast.expr | None, value: Value, line: int) -> None:
        """Note an answer that may be nothing, unless what was given selects it."""
        nothing = [m for m in members(value) if isinstance(m, Known) and not m.value]
        guards = [g for g in self.guards if g.truth is not True]
        handling = [g for g in guards if g in self._handling]
        if not nothing or any(g.truth is False for g in guards) or (self.shadows and not handling):
            return
        parts = [s for g in guards for s in self._conditions.get(g, ())]
        if isinstance(value, OneOf) and node is not None:
            parts.append(self._depends_on(node))
        if any(s.isdisjoint(_NOT_GIVEN) and GIVEN in s for s in parts):
            return
        place = {"path": self.frame.path, "line": line}
        if handling:
            self.losses.append(Loss(test=handling[0].test, by="error", **place))  # type: ignore[arg-type]
        elif parts:
            test = next((g.test for g in guards), written(node)[:160] if node is not None else "")
            self.losses.append(_loss(parts, test, **place))  # type: ignore[arg-type]


def _loss(parts: list[frozenset[str]], test: str, path: str, line: int) -> Loss:
    """Return the loss that chance or the clock decides where one part depends on nothing else, else the first that is not known."""
    surely = [kind for s in parts for kind in (CHANCE, CLOCK) if kind in s and GIVEN not in s]
    every = sorted(frozenset().union(*parts) - {GIVEN})
    by = surely[0] if surely else next((s for s in every if s not in (*_NOT_GIVEN, HOST)), every[0])
    return Loss(test=test, path=path, line=line, by=by, alone=bool(surely))


def _together(test: ast.expr, *, holds: bool) -> Iterator[ast.expr]:
    """Yield the parts of a condition that all have to be so where it holds, or where it does not."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _together(test.operand, holds=not holds)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is holds:
        for part in test.values:
            yield from _together(part, holds=holds)
    else:
        yield test
