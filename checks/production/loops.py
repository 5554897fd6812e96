"""Loops: over what is known turn by turn, over anything else as one turn that may not happen."""

from __future__ import annotations

import ast

from checks.production.attempts import Attempts
from checks.production.values import Binding

_LONGEST_LOOP = 60


class Loops(Attempts):
    """Runs loops."""

    def loop(self, node: ast.For | ast.AsyncFor) -> str:
        """Run a `for`."""
        items = self.items(self.evaluate(node.iter))
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
        del self.guards[guards:]
        return self.run(node.orelse)

    def while_loop(self, node: ast.While) -> str:
        """Run a `while`: how often is not known."""
        truth, assumed, because = self.evaluate_test(node.test)
        if truth is not False:
            self._carried(node)
        return self._once(node.test, (None if truth else truth, assumed, because), node)

    def _once(
        self, test: ast.expr, known: tuple[bool | None, bool, str], node: ast.For | ast.AsyncFor | ast.While
    ) -> str:
        guards = len(self.guards)
        how = self.branch(test, known, node.body, [], node.lineno)
        if how not in ("return", "raise"):
            del self.guards[guards:]
        return how if how in ("return", "raise") else "next"

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
                    self.assign_name(target.id, Binding(self.unknown(target), target, self.frame.path))
