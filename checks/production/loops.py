"""Loops: over what is known turn by turn, over anything else as one turn that may not happen."""

from __future__ import annotations

import ast

from checks.parsers.position import line_of, written
from checks.production.attempts import Attempts
from checks.production.core import RaisesError
from checks.production.values import Binding, Ref, Suspended, one_of

_LONGEST_LOOP = 60


class Loops(Attempts):
    """Runs loops."""

    def loop(self, node: ast.For | ast.AsyncFor) -> str:
        """Run a `for`."""
        stops = breaks(node) or any(isinstance(n, ast.Return) for s in node.body for n in ast.walk(s))
        if not stops:
            self.consumed.add(id(node.iter))
        value = self.evaluate(node.iter)
        items = self.items(
            self.advance(value, node.iter) if stops and isinstance(value, Suspended) else self.finish(value)
        )
        if items is None or items.open or len(items.items) > _LONGEST_LOOP:
            test = ast.copy_location(ast.Call(func=ast.Name(id="any"), args=[node.iter], keywords=[]), node)
            self._carried(node)
            self.assign(node.target, Binding(self.unknown(node.iter), None, self.frame.path))
            turn = len(self.guards)
            self.turns.add(turn)
            try:
                return self._once(test, (None, False, ""), node)
            finally:
                self.turns.discard(turn)
        guards = len(self.guards)
        for bound in items.items:
            self.assign(node.target, bound)
            how = self.run(node.body)
            if how in ("return", "raise"):
                return how
            if how == "break":
                del self.guards[guards:]
                return "next"
        left = any(g.truth is None for g in self.guards[guards:])
        del self.guards[guards:]
        return self._without_break(node, left=left and breaks(node))

    def _without_break(self, node: ast.For | ast.AsyncFor | ast.While, *, left: bool) -> str:
        """Run `else`, which a loop comes to that no `break` left; where one may have, both are tried."""
        if not node.orelse or not left:
            return self.run(node.orelse)
        test = ast.copy_location(ast.Name(id="no iteration breaks"), node)
        return self.branch(test, (None, False, ""), node.orelse, [], line_of(node))

    def while_loop(self, node: ast.While) -> str:
        """Run a `while`: how often is not known."""
        truth, assumed, because = self.evaluate_test(node.test)
        if truth is not False:
            self._carried(node)
        if truth and not assumed:
            return self._first_turn(node)
        return self._once(node.test, (None if truth else truth, assumed, because), node)

    def _first_turn(self, node: ast.While) -> str:
        """Run the turn that a `while` surely takes; what the turns after it do is what the first may do."""
        guards = len(self.guards)
        how = self.run(node.body)
        if how in ("return", "raise"):
            return how
        del self.guards[guards:]
        if how == "next" and isinstance(node.test, ast.Constant) and not breaks(node):
            raise RaisesError(f"`while {written(node.test)}` does not end")
        return "next" if how == "break" else self._without_break(node, left=breaks(node))

    def _once(
        self, test: ast.expr, known: tuple[bool | None, bool, str], node: ast.For | ast.AsyncFor | ast.While
    ) -> str:
        guards = len(self.guards)
        how = self.branch(test, known, node.body, [], line_of(node))
        if how in ("return", "raise"):
            return how
        del self.guards[guards:]
        left = known[0] is not False and breaks(node)
        return self._without_break(node, left=left) if node.orelse else "next"

    def _carried(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        """Forget the names that a turn makes from what the turn before has left (`n += 1`)."""
        assigned = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for part in ast.walk(node):
            targets: list[ast.expr] = []
            if isinstance(part, ast.AugAssign):
                targets = [part.target]
            elif isinstance(part, ast.Assign):
                read = {n.id for n in ast.walk(part.value) if isinstance(n, ast.Name)}
                targets = part.targets if read & assigned else []
            for target in targets:
                if isinstance(target, ast.Name):
                    before = self.evaluate(ast.copy_location(ast.Name(id=target.id, ctx=ast.Load()), target))
                    # A list or dictionary it still is in the first turn, where what is done to it is done to that one.
                    sides = [before] if isinstance(before, Ref) else []
                    value = one_of([*sides, self.unknown(target)])
                    self.assign_name(target.id, Binding(value, target, self.frame.path))


def breaks(loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Return whether a loop's own body may `break` it."""
    waiting: list[ast.AST] = list(loop.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Break):
            return True
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            waiting += node.orelse  # a `break` in its body is its own
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return False
