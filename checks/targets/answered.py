"""What becomes of an exception in a function that may answer it: every way through its body, with what is reported on it.

Django asks the functions of middleware (https://docs.djangoproject.com/en/stable/topics/http/middleware/#process-exception), Django REST
framework its handler (https://www.django-rest-framework.org/api-guide/exceptions/#custom-exception-handling): where one returns a
response, nobody sends `got_request_exception`, to which the SDK listens; where it returns None, the exception continues.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from enum import Enum

from msgspec import Struct, field
from msgspec.structs import replace

from checks.backends.applications import dotted_name
from checks.parsers.flow import walk
from checks.parsers.position import line_of, written

_MOST_WAYS = 400
_HANDLER = "rest_framework.views.exception_handler"
_EVERY = frozenset({"Exception", "BaseException"})


class Given(Enum):
    """What a function returns on one way: nothing, an answer, what it does not know, or what its framework's handler gives."""

    NOTHING = "nothing"
    ANSWER = "answer"
    OPEN = "open"
    FRAMEWORK = "framework"


class Answered(Struct, frozen=True):
    """A way on which any exception may end in an answer that nobody reports; `why` is what decides that, "" where it is sure."""

    line: int
    why: str


class _Way(Struct, frozen=True):
    """A way through a function: whether it reports, whether only some exceptions take it, what decides, what names hold."""

    reported: bool | None = False
    some: bool = False
    why: str = ""
    names: dict[str, Given] = {}


class Answers(Struct, kw_only=True):
    """Follows code that is given an exception: `given` are the names of its arguments, `names` the module's imports.

    `helpers` are its functions. `reports` tells whether a call reports the exception, `holds` whether a condition holds in production.
    `ends` says that the exception has ended where the code returns nothing, or comes to its end, as behind `except`.
    """

    body: list[ast.stmt]
    exception: str
    given: frozenset[str]
    names: Mapping[str, tuple[str, int]]
    helpers: Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]
    reports: Callable[[ast.Call], bool | None]
    holds: Callable[[ast.expr], bool | None]
    ends: bool = False
    found: list[Answered] = field(default_factory=list)

    def answered(self) -> Answered | None:
        """Return the way on which an exception surely ends unreported, else one on which it may; None without either."""
        for way in self._block(self.body, [_Way()]):
            if self.ends:
                self._ends(self.body[-1], Given.ANSWER, way)
        sure = next((a for a in self.found if not a.why), None)
        return sure or next(iter(self.found), None)

    def _block(self, body: list[ast.stmt], ways: list[_Way]) -> list[_Way]:
        for statement in body:
            ways = [after for way in ways for after in self._statement(statement, way)]
            if len(ways) > _MOST_WAYS:
                why = "the number of ways through it"
                self.found.append(Answered(line_of(self.body[0]), why))
                return []
        return ways

    def _statement(self, node: ast.stmt, way: _Way) -> list[_Way]:
        match node:
            case ast.Return():
                given_back = self._values(node.value, way) if node.value is not None else [(Given.NOTHING, way)]
                for given, end in given_back:
                    self._ends(node, Given.ANSWER if self.ends else given, end)
                return []
            case ast.Raise() | ast.Continue() | ast.Break():
                return []
            case ast.If():
                return [w for body, start in self._branches(node, way) for w in self._block(body, [start])]
            case ast.Assign() | ast.AnnAssign():
                return self._assigned(node, way)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    way = self._reporting(item.context_expr, way)
                return self._block(node.body, [way])
            case ast.For() | ast.AsyncFor() | ast.While():
                return [way, *self._block([*node.body, *node.orelse], [way])]
            case ast.Try() | ast.TryStar():
                return self._tried(node, way)
            case ast.Match():
                return [
                    way,
                    *(w for case in node.cases for w in self._block(case.body, [self._matched(node, case, way)])),
                ]
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [way]
        return [self._reporting(node, way)]

    def _branches(self, node: ast.If, way: _Way) -> list[tuple[list[ast.stmt], _Way]]:
        truth, yes, no = self._asked(node.test, self._reporting(node.test, way))
        taken = [(node.body, yes)] if truth is not False else []
        return taken + ([(node.orelse, no)] if truth is not True else [])

    def _assigned(self, node: ast.Assign | ast.AnnAssign, way: _Way) -> list[_Way]:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if node.value is None or not isinstance(target, ast.Name):
            return [self._reporting(node, way)]
        return [replace(w, names={**w.names, target.id: given}) for given, w in self._values(node.value, way)]

    def _tried(self, node: ast.Try | ast.TryStar, way: _Way) -> list[_Way]:
        raises = any(
            isinstance(s, ast.Raise) and isinstance(s.exc, ast.Name) and s.exc.id == self.exception for s in node.body
        )
        ways = self._block([*node.body, *node.orelse], [way])
        for handler in node.handlers:
            caught = replace(way, some=True) if raises and not _catches_every(handler.type) else way
            ways += self._block(handler.body, [caught])
        return self._block(node.finalbody, ways) if node.finalbody else ways

    def _matched(self, node: ast.Match, case: ast.match_case, way: _Way) -> _Way:
        of_exception = isinstance(node.subject, ast.Name) and node.subject.id == self.exception
        return (
            replace(way, some=True) if of_exception and isinstance(case.pattern, (ast.MatchClass, ast.MatchOr)) else way
        )

    def _ends(self, node: ast.stmt, given: Given, way: _Way) -> None:
        if given in (Given.NOTHING, Given.FRAMEWORK) or way.some or way.reported:
            return
        why = way.why or (f"{written(node)[:80]}" if given is Given.OPEN else "")
        if way.reported is None and not why:
            why = "what it calls"
        self.found.append(Answered(line_of(node), why))

    def _values(self, node: ast.expr, way: _Way) -> list[tuple[Given, _Way]]:
        """Return what an expression gives, for each way through it."""
        match node:
            case ast.Constant():
                return [(Given.NOTHING if node.value is None else Given.ANSWER, way)]
            case ast.Name():
                return [(way.names.get(node.id, Given.OPEN), way)]
            case ast.Await():
                return self._values(node.value, way)
            case ast.IfExp():
                truth, yes, no = self._asked(node.test, self._reporting(node.test, way))
                taken = self._values(node.body, yes) if truth is not False else []
                return taken + (self._values(node.orelse, no) if truth is not True else [])
            case ast.BoolOp(op=ast.Or()):
                *firsts, last = node.values
                found: list[tuple[Given, _Way]] = []
                for value in firsts:
                    for given, after in self._values(value, way):
                        way = after
                        if given in (Given.ANSWER, Given.OPEN):
                            return [*found, (given, after)]
                        if given is Given.FRAMEWORK:
                            found.append((Given.ANSWER, replace(after, some=True)))
                return [*found, *self._values(last, way)]
            case ast.Call():
                return [(self._called(node), self._reporting(node, way))]
        return [(Given.OPEN, self._reporting(node, way))]

    def _called(self, node: ast.Call) -> Given:
        name, level = dotted_name(node.func, self.names) or ("", 0)
        own = written(node.func)
        if name == _HANDLER or (not name and own == "exception_handler"):
            return Given.FRAMEWORK
        if own.startswith("super()"):
            return Given.OPEN
        if own.rpartition(".")[2][:1].isupper() or (name.startswith(("django.", "rest_framework.")) and not level):
            return Given.ANSWER
        helper = self.helpers.get(own.removeprefix("self."))
        if helper is None:
            return Given.OPEN
        inner = [n.value for n in walk(helper) if isinstance(n, ast.Return)]
        plain = [n for n in inner if isinstance(n, ast.Call) and written(n.func).rpartition(".")[2][:1].isupper()]
        return Given.ANSWER if inner and len(plain) == len(inner) else Given.OPEN

    def _asked(self, test: ast.expr, way: _Way) -> tuple[bool | None, _Way, _Way]:
        """Return whether a condition holds, and the ways on which it does and does not."""
        match test:
            case ast.UnaryOp(op=ast.Not()):
                truth, yes, no = self._asked(test.operand, way)
                return (None if truth is None else not truth), no, yes
            case ast.BoolOp(op=ast.And()):
                return self._all(test.values, way, True)
            case ast.BoolOp(op=ast.Or()):
                return self._all(test.values, way, False)
            case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), kind]) if name == self.exception:
                return (True, way, way) if _catches_every(kind) else (None, replace(way, some=True), way)
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
                no, yes = self._there(name, way)
                return None, yes, no
            case ast.Compare(
                left=ast.Name(id=name), ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]
            ):
                yes, no = self._there(name, way)
                return None, yes, no
            case ast.Name(id=name) if name in way.names:
                yes, no = self._there(name, way)
                return None, yes, no
        if self._mentions(test, {self.exception}):
            return None, replace(way, some=True), way
        truth = self.holds(test)
        if truth is not None or self._mentions(test, {*self.given, *way.names}):
            return truth, way, way
        unsure = replace(way, why=way.why or written(test)[:80])
        return None, unsure, unsure

    def _all(self, tests: list[ast.expr], way: _Way, wanted: bool) -> tuple[bool | None, _Way, _Way]:
        """Return what `and` (wanted is True) and `or` of several conditions give."""
        truths: list[bool | None] = []
        last, leaving = way, []
        for test in tests:
            truth, yes, no = self._asked(test, last)
            truths.append(truth)
            leaving += [no if wanted else yes] if truth is not wanted else []
            last = yes if wanted else no
            if truth is (not wanted):
                break
        whole = (not wanted) if (not wanted) in truths else None if None in truths else wanted
        # One of them is enough to leave: the way that most exceptions take.
        other = min(leaving, key=lambda w: (w.some, bool(w.why)), default=way)
        return (whole, last, other) if wanted else (whole, other, last)

    def _there(self, name: str, way: _Way) -> tuple[_Way, _Way]:
        """Return the ways on which a name holds something, and nothing."""
        given = way.names.get(name)
        if given is not Given.FRAMEWORK:
            return way, way
        # The framework's handler gives None for what it does not know, which is any exception.
        known = replace(way, some=True, names={**way.names, name: Given.ANSWER})
        return known, replace(way, names={**way.names, name: Given.NOTHING})

    def _mentions(self, node: ast.AST, names: set[str]) -> bool:
        return any(isinstance(n, ast.Name) and n.id in names for n in walk(node))

    def _reporting(self, node: ast.AST, way: _Way) -> _Way:
        """Return a way after the calls of a node: reported, or perhaps where it gives the exception to what is not known."""
        said = {self.reports(n) for n in walk(node) if isinstance(n, ast.Call)}
        reported = True if True in said or way.reported else None if None in said else way.reported
        return way if reported is way.reported else replace(way, reported=reported)


def _catches_every(kind: ast.expr | None) -> bool:
    """Return whether a class, or one of several, is that of all exceptions."""
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(p is None or written(p) in _EVERY for p in parts)
