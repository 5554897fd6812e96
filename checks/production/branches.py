"""Conditions: the side that production takes runs, the other is looked at; where neither can be told, both are tried and joined."""

from __future__ import annotations

import ast

from checks.parsers.position import written
from checks.production.core import RaisesError
from checks.production.env_files import EnvFiles
from checks.production.values import (
    FromEnvironment,
    Guard,
    Known,
    OneOf,
    Unknown,
    Value,
)


class Branches(EnvFiles):
    """Runs conditions."""

    def shadow(self, body: list[ast.stmt], guard: Guard) -> None:
        """Look at code that production does not run, for the calls of init in it; nothing that it does stays."""
        if self.shadows >= 2 or not body:
            return
        kept, guards, files = self.heap.snapshot(), list(self.guards), len(self.files)
        problems, opaque, frames = len(self.problems), len(self.opaque), len(self.frames)
        returned, raised = list(self.frame.returned), self.frame.raised
        self.guards.append(guard)
        self.shadows += 1
        try:
            self.run(body)
        except RaisesError:
            pass
        finally:
            self.shadows -= 1
            self.heap.restore(kept)
            self.guards[:] = guards
            del self.files[files:], self.problems[problems:], self.opaque[opaque:], self.frames[frames:]
            self.frame.returned[:], self.frame.raised = returned, raised

    def evaluate_test(self, test: ast.expr) -> tuple[bool | None, bool, str]:
        """Return whether a condition holds, whether that is only assumed, and the values that say so."""
        self.assumed.clear()
        self.undecided.clear()
        self.missing.clear()
        truth = self.holds(test)
        self.tested = test if self.missing else None
        assumed = bool(self.assumed)
        undecided = next((u for u in self.undecided if u), "")
        because = self.describe(test)
        if truth is None and undecided and undecided not in because:
            because = f"{because}, and " * bool(because) + f"`{undecided}` is not known"
        return truth, assumed, because

    def branch(
        self,
        test: ast.expr,
        known: tuple[bool | None, bool, str],
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        line: int,
    ) -> str:
        """Run the side that production takes and look at the other; where that cannot be determined, try both and join them."""
        truth, assumed, because = known

        def guard(side: bool, holds: bool | None) -> Guard:
            return self.condition(test, side=side, holds=holds, because=because, line=line)

        if truth is not None:
            taken, other = (body, orelse) if truth else (orelse, body)
            kept = self.heap.snapshot() if self.tested is test else None
            self.guards.append(guard(truth, True))
            how = self.run(taken)
            self._pop(guard(truth, True))
            if how == "raise" and kept is not None:
                # Production runs: a variable whose absence ends it is set, though no file declares it.
                self.heap.restore(kept)
                self.tested = None
                self.raises[:] = [r for r in self.raises if r.message != self.frame.raised]
                return self.branch(test, (not truth, assumed, because), body, orelse, line)
            self.shadow(other, guard(not truth, None if assumed else False))
            return how
        before = self.heap.snapshot()
        self.guards.append(guard(True, None))
        first = self.run(body)
        self._pop(guard(True, None))
        after_first = self.heap.snapshot()
        self.heap.restore(before)
        self.guards.append(guard(False, None))
        second = self.run(orelse)
        self._pop(guard(False, None))
        if first == "next" and second == "next":
            self.heap.join(after_first, test, self.frame.path, because)
            return "next"
        if first != "next" and second != "next":
            return second if first == "raise" else first
        if first == "next":
            self.heap.restore(after_first)
        ended = second if first == "next" else first
        if ended in ("return", "break", "continue"):
            # The rest runs only where this side was not taken.
            self.guards.append(guard(first == "next", None))
        return "next"

    def condition(self, test: ast.expr, *, side: bool, holds: bool | None, because: str, line: int) -> Guard:
        """Return the condition of a block: that a test holds, or that it does not."""
        text = written(test)
        shown = text if side else f"not ({text})"
        return Guard(test=shown[:160], path=self.frame.path, line=line, truth=holds, because=because)

    def _pop(self, guard: Guard) -> None:
        if guard in self.guards:
            position = len(self.guards) - 1 - self.guards[::-1].index(guard)
            del self.guards[position]

    def describe(self, test: ast.expr) -> str:
        """Say what decides a condition: its names and variables with their values in production."""
        said: list[str] = []
        waiting: list[ast.AST] = [test]
        while waiting and len(said) < 3:
            node = waiting.pop(0)
            if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
                try:
                    value = self.evaluate(node)
                except RaisesError:
                    continue
                text = self._said(node, value)
                if text:
                    said.append(text)
                    continue
            waiting += ast.iter_child_nodes(node)
        return ", ".join(dict.fromkeys(said))

    def _said(self, node: ast.expr, value: Value) -> str:
        if isinstance(value, FromEnvironment):
            return self.environment.says(value.name, value.default)
        named = isinstance(node, (ast.Name, ast.Attribute))
        if named and isinstance(value, Known):
            return f"{written(node)} is {value.value!r}"
        if named and isinstance(value, Unknown):
            return f"`{value.because or value.expression}` is not known"
        if named and isinstance(value, OneOf):
            return f"{written(node)} depends on {self.reason(value) or 'what cannot be determined'}"
        return ""
