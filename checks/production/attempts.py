"""`try`: what a body surely raises is handled, and where it may raise both ways are tried."""

from __future__ import annotations

import ast
import builtins

from checks.parsers.position import line_of, written
from checks.production.core import PYTHON_ERRORS, RaisesError, python_error
from checks.production.matching import Matching
from checks.production.steps import CannotTell, Secret, apply
from checks.production.values import FromEnvironment, Guard

_STATEMENT = "`raise "


class Attempts(Matching):
    """Runs `try`."""

    def attempt(self, node: ast.Try) -> str:
        """Run the body, and the handler of what it raises; both where a variable or a package may be missing."""
        tolerant = any(h.type is None or _catches_imports(h.type) for h in node.handlers)
        before, kept, inits, maybe = len(self.raises), self.heap.snapshot(), len(self.inits), len(self.may_raise)
        returned, calls = len(self.frame.returned), len(self.noted)
        self.frame.optional += tolerant
        # Production runs: what would end it if it were missing is there.
        self.catching.append([h for h in node.handlers if not _ends(h.body)])
        try:
            how = self.run(node.body)
        finally:
            self.frame.optional -= tolerant
            self.catching.pop()
        noted = self.may_raise[maybe:]
        uncertainties = [u for u in noted if catches(node.handlers, f" raises {u[0]}")]
        self.may_raise[maybe:] = [u for u in noted if u not in uncertainties]  # an outer handler's
        self.raises[before:] = [r for r in self.raises[before:] if not catches(node.handlers, r.message)]
        if uncertainties and how != "raise":
            kind, test, because = uncertainties[0]
            handler = next(h for h in node.handlers if catches([h], f" raises {kind}"))
            self.heap.restore(kept)
            del self.inits[inits:], self.noted[calls:]
            known = (None, False, because)
            how = self.branch(test, known, [*node.body, *node.orelse], handler.body, line_of(node))
        elif how == "raise" and node.handlers:
            chosen = next((h for h in node.handlers if catches([h], self.frame.raised)), None)
            missing = self._replaced_by_development(node.body, chosen)
            how = self.run(chosen.body) if chosen is not None else how
            if missing is not None:
                name = _dotted(missing)
                self.opaque.append((self.frame.path, line_of(missing), name))
                self.heap.blur(self.frame.scopes[0], self.unknown(missing, f"from {name} import *"))
            for other in node.handlers:
                if other is not chosen:
                    self.shadow(other.body, self.excepted(other))
        else:
            for other in node.handlers:
                self.shadow(other.body, self.excepted(other))
            if how == "next":
                how = self.run(node.orelse)
        so_far = len(self.frame.returned)
        last = self.run(node.finalbody)
        if last == "return":
            # The last `return` is the one that counts, also where something was raised before it.
            del self.frame.returned[returned:so_far], self.raises[before:]
        return last if last != "next" else how

    def may_be_missing(self, kind: str, test: ast.expr, because: str, *, present: bool | None) -> None:
        """Note that what is read here may be missing, where a handler catches the error of that kind; raise it where it surely is.

        Raises `RaisesError`.
        """
        if present is True or not any(catches(handlers, f" raises {kind}") for handlers in self.catching):
            return
        if present is False:
            raise RaisesError(f"`{written(test)}` is false, which raises {kind}")
        self.may_raise.append((kind, test, because))

    def may_fail(self, read: FromEnvironment, name: str, arguments: tuple[object, ...], node: ast.AST) -> None:
        """Raise what an operation raises on the text that production gives a variable, where a handler catches it.

        Where nothing declares the variable and its default is only assumed, both ways are tried. Raises `RaisesError`.
        """
        given, assumed = self.environment.resolve(read) if self.catching else (None, False)
        if given is None or isinstance(given.value, Secret):
            return
        try:
            apply(name, given.value, *arguments)
        except CannotTell:
            return
        except PYTHON_ERRORS as error:
            kind = python_error(error)
            if not any(catches(handlers, f" raises {kind}") for handlers in self.catching):
                return
            if not assumed:
                raise RaisesError(f"`{written(node)[:120]}` raises {kind}") from error
            test = ast.copy_location(ast.Constant(value=f"{read.name} is set"), node)
            self.may_raise.append((kind, test, self.environment.says(read.name, read.default)))

    def _replaced_by_development(
        self, body: list[ast.stmt], handler: ast.ExceptHandler | None
    ) -> ast.ImportFrom | None:
        """Return the import of all names that fails here only, where a module of development takes its place.

        Production has the module then: each host makes its own, and no commit has it.
        """
        missing = next(
            (i for i in _stars(body) if self.frame.raised.startswith(f"`{_dotted(i)}` is not in this")), None
        )
        instead = [_dotted(i) for i in _stars(handler.body if handler is not None else [])]
        develops = self.repository.develops
        if missing is None or not any(develops(name) for name in instead) or develops(_dotted(missing)):
            return None
        return missing

    def excepted(self, handler: ast.ExceptHandler) -> Guard:
        """Return the condition of a handler: that something was raised."""
        return Guard(test="an exception was raised", path=self.frame.path, line=line_of(handler), truth=None)


def _stars(body: list[ast.stmt]) -> list[ast.ImportFrom]:
    """Return the imports of all names of a module in a block, conditions in it included."""
    nodes = (n for statement in body for n in ast.walk(statement))
    return [n for n in nodes if isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names)]


def _dotted(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")


def _ends(body: list[ast.stmt]) -> bool:
    last = body[-1]
    return isinstance(last, ast.Raise) or (
        isinstance(last, ast.Expr) and written(last).startswith(("sys.exit(", "exit(", "os._exit("))
    )


def catches(handlers: list[ast.ExceptHandler], message: str) -> bool:
    """Return whether one of some handlers may catch what is raised, by the name of its class in the message."""
    raised = message.rpartition(" raises ")[2].partition(":")[0]
    if message.startswith(_STATEMENT):
        named = message.removeprefix(_STATEMENT).partition("(")[0].strip("`")
        raised = named if _builtin(named) is not None else ""
    if not raised.isidentifier():
        return bool(handlers)
    known = _builtin(raised)
    able = {c.__name__ for c in known.__mro__} if known is not None else {raised, "Exception", "BaseException"}
    ends = "Exception" not in able  # which no class of the application catches
    return any(
        h.type is None
        or any(
            isinstance(n, ast.Name) and (n.id in able or (not ends and not hasattr(builtins, n.id)))
            for n in ast.walk(h.type)
        )
        for h in handlers
    )


def _builtin(name: str) -> type[BaseException] | None:
    """Return the exception that Python itself has under a name."""
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _catches_imports(node: ast.expr) -> bool:
    return any(
        isinstance(n, (ast.Name, ast.Attribute))
        and (n.id if isinstance(n, ast.Name) else n.attr)
        in ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
        for n in ast.walk(node)
    )
