"""`with`: what its managers do before and after the body, and which errors they keep."""

from __future__ import annotations

import ast

from msgspec import Struct

from checks.production.attempts import catches
from checks.production.functions import is_context_manager
from checks.production.loops import Loops
from checks.production.readers import READER_PREFIX
from checks.production.values import Binding, Function, Instance, Known, Reader, Suspended, Value


class _Parts(Struct, frozen=True):
    """A function of `contextlib.contextmanager`: what it does before the body, gives to it, and does after it.

    `always` is what it does after an error as well.
    """

    before: list[ast.stmt]
    given: ast.expr | None
    after: list[ast.stmt]
    always: list[ast.stmt]


class Managers(Loops):
    """Runs `with`."""

    def with_managers(self, node: ast.With | ast.AsyncWith) -> str:
        """Run the managers' beginnings in their order, the body, and their ends the other way round."""
        tolerant = any("suppress" in ast.unparse(i.context_expr) for i in node.items)
        entered: list[tuple[ast.expr, Value]] = []
        prefixed: list[tuple[int, Binding | None]] = []
        for item in node.items:
            bound = self.bind(item.context_expr)
            entered.append((item.context_expr, bound.value))
            if isinstance(bound.value, Reader) and bound.value.prefix:
                prefixed.append(self._prefixed(bound.value))
            if isinstance(bound.value, Instance):
                given = self.own_method(bound.value, "__enter__", item.context_expr)
                bound = Binding(given, None, self.frame.path) if given is not None else bound
            if isinstance(bound.value, Suspended) and is_context_manager(bound.value.function):
                bound = Binding(self._entered(bound.value, item.context_expr), None, self.frame.path)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, bound)
        self.frame.optional += tolerant
        try:
            how = self.run(node.body)
        finally:
            self.frame.optional -= tolerant
            for cell, old in reversed(prefixed):
                self.heap.set(cell, READER_PREFIX, old or Binding(Known(""), None, self.frame.path))
        for written, value in reversed(entered):
            how = self._left(written, value, how)
        return how

    def _prefixed(self, reader: Reader) -> tuple[int, Binding | None]:
        """Put a reader's prefix behind the one that is in force, and return that one."""
        cell, old = reader.scheme, self.heap.names(reader.scheme).items.get(READER_PREFIX)
        before = self.plain(old.value) if old else None
        text = (str(before.value) if before else "") + reader.prefix
        self.heap.set(cell, READER_PREFIX, Binding(Known(text), None, self.frame.path))
        return cell, old

    def _entered(self, made: Suspended, node: ast.expr) -> Value:
        """Run a manager's function to its `yield` and return what that gives; the whole of it where that is not followed."""
        parts = _parts(made.function)
        name = getattr(made.function.node, "name", "")
        if parts is None:
            self._body(made.function, made.scope, name)
            return self.unknown(node)
        gives = ast.copy_location(ast.Return(value=parts.given), node)
        return self._body(made.function, made.scope, name, [*parts.before, gives])

    def _left(self, node: ast.expr, value: Value, how: str) -> str:
        """Run what a manager does after the body, and return how the statement ends then."""
        if isinstance(value, Suspended) and (parts := _parts(value.function)) is not None:
            raised = self.frame.raised
            self._body(value.function, value.scope, "", parts.always if how == "raise" else parts.after)
            self.frame.raised = raised
        elif isinstance(value, Instance):
            return self._exited(value, node, how)
        elif how == "raise" and isinstance(node, ast.Call) and "suppress" in ast.unparse(node.func):
            handler = ast.ExceptHandler(type=ast.Tuple(elts=node.args), name=None, body=[])
            return "next" if catches([handler], self.frame.raised) else how
        return how

    def _exited(self, value: Instance, node: ast.expr, how: str) -> str:
        """Call `__exit__`, which keeps an error where it gives what is true."""
        found = self.class_member(value.of, "__exit__")
        own = found[0].value if found is not None else None
        if found is None or not isinstance(own, Function):
            return how
        call = ast.copy_location(ast.Call(func=ast.Name(id="__exit__"), args=[], keywords=[]), node)
        error: Value = self.unknown(node) if how == "raise" else Known(None)
        given = self.call_function(own.of(value, found[1]), call, [Binding(error, None, self.frame.path)] * 3, {})
        return "next" if how == "raise" and self.truth(given) is True else how


def _parts(function: Function) -> _Parts | None:
    """Divide a function at its one `yield`, a statement of its own or of a `try` in it; None where it stands elsewhere."""
    body = getattr(function.node, "body", None)
    if not is_context_manager(function) or not isinstance(body, list):
        return None
    for at, statement in enumerate(body):
        given = _yielded(statement)
        if given is not None:
            return _Parts(body[:at], given[0], body[at + 1 :], [])
        inner = statement.body if isinstance(statement, ast.Try) else []
        for place, part in enumerate(inner):
            given = _yielded(part)
            if given is not None and isinstance(statement, ast.Try):
                after = [*inner[place + 1 :], *statement.orelse, *statement.finalbody, *body[at + 1 :]]
                return _Parts([*body[:at], *inner[:place]], given[0], after, statement.finalbody)
    return None


def _yielded(statement: ast.stmt) -> tuple[ast.expr | None] | None:
    """Return what a statement yields, in a tuple; None for one that is no `yield`."""
    value = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
    return (value.value,) if isinstance(value, ast.Yield) else None
