"""Whether production has a route: the conditions around it, around the uses of its list, and around what includes its router or module."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence, Set

from msgspec import Struct, field

from checks.parsers.flow import parameters, parents, walk
from checks.parsers.python import Module
from checks.production.machine import Machine
from checks.production.trial import holds_in

Reached = tuple[bool | None, str]
"""Whether production reaches a node, and what decides where that cannot be determined."""
Find = Callable[[str, str, int], str | None]
"""Tells the file of an import: the module that imports, the dotted name, its level."""
INCLUDES = frozenset({"include_router", "register_blueprint", "add_router", "include"})
"""Methods and functions that take another router, blueprint or module of routes in."""
_ROUTERS = ("Router", "Blueprint")
_DEEPEST = 6


class Routes(Struct, kw_only=True):
    """The modules of an application that have routes; `find` tells the file of an import, `machine` has run production."""

    modules: Sequence[tuple[str, Module]]
    machine: Machine | None
    find: Find
    root: str | None = None
    """The module of URLs that the settings name, if they name one of the repository."""
    above: dict[str, dict[ast.AST, ast.AST]] = field(default_factory=dict)

    def around(self, path: str, node: ast.AST) -> Reached:
        """Return whether production reaches a node of a module, by the conditions around it."""
        above = self._above(path)
        open_test = ""
        current = node
        while (parent := above.get(current)) is not None:
            if isinstance(parent, (ast.If, ast.IfExp)) and current is not parent.test:
                body = parent.body if isinstance(parent.body, list) else [parent.body]
                truth = self._truth(path, parent.test)
                if truth is not None and truth is not (current in body):
                    return False, _decides(parent.test)
                if truth is None:
                    open_test = _decides(parent.test)
            current = parent
        return (None, open_test) if open_test else (True, "")

    def within(self, path: str, node: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Reached:
        """Return whether a call of a view by someone who is not signed in comes to a node of it."""
        above = parents(function)
        local = {n.id for n in walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        local |= set(parameters(function))
        found: Reached = (True, "")
        current = node
        while current is not function:
            parent = above[current]
            tests = [(s.test, False) for s in _before(parent, current) if isinstance(s, ast.If) and _ends(s.body)]
            if isinstance(parent, (ast.If, ast.IfExp)) and current is not parent.test:
                body = parent.body if isinstance(parent.body, list) else [parent.body]
                tests.append((parent.test, current in body))
            for test, wanted in tests:
                truth = self._truth(path, test, local)
                if truth is not wanted:
                    found = both(found, (None if truth is None else False, _decides(test)))
            current = parent
        return found

    def of_list(self, path: str, node: ast.AST, depth: int = _DEEPEST) -> Reached:
        """Return whether production has a route: where it is written, and where the list of its name goes.

        A list whose name nothing uses counts as there, since it may be taken by other means.
        """
        reached = self.around(path, node)
        name = self._assigned(path, node)
        if reached[0] is False or not depth:
            return reached
        if name in ("", "urlpatterns"):
            return both(reached, self.of_module(path))
        uses = [
            self.of_list(home, use, depth - 1)
            for home, as_name in ((path, name), *self._imports_of(path, name))
            for use in self._reads(home, as_name)
        ]
        return both(reached, _any(uses))

    def of_router(self, path: str, name: str, depth: int = _DEEPEST) -> Reached:
        """Return whether production includes the router or blueprint that a name of a module stands for.

        What is no router, and what no call of the modules includes by its name, counts as there.
        """
        if not depth or not self._is_router(path, name):
            return True, ""
        found: list[Reached] = []
        for home, call in self._inclusions():
            given = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("router", "blueprint"))]
            if any(self._resolved(home, value) == (path, name) for value in given):
                owner = call.func.value if isinstance(call.func, ast.Attribute) else None
                by = self._resolved(home, owner) if owner is not None else None
                outer = self.of_router(*by, depth - 1) if by is not None else (True, "")
                found.append(both(self.around(home, call), outer))
        return _any(found)

    def of_module(self, path: str, depth: int = _DEEPEST) -> Reached:
        """Return whether production includes a module of URLs, or takes its list.

        One that nothing includes counts as there, unless the settings name another.
        """
        found: list[Reached] = []
        for home, call in self._inclusions() if depth else ():
            value = call.args[0] if call.args else None
            value = value.elts[0] if isinstance(value, ast.Tuple) and value.elts else value
            if home != path and value is not None and path in self._modules_named(home, value):
                found.append(both(self.around(home, call), self.of_module(home, depth - 1)))
        for home, statement, as_name in self._taken(path, "urlpatterns") if depth else ():
            uses = [self.of_list(home, use, depth - 1) for use in self._reads(home, as_name)]
            if as_name == "urlpatterns":
                uses.append(self.of_module(home, depth - 1))
            found.append(both(self.around(home, statement), _any(uses)))
        if not found and self.root not in (None, path):
            return None, f"{self.root} has the URLs of production, and nothing seen includes {path}"
        return _any(found)

    def homes(self, path: str, view: ast.expr) -> list[str]:
        """Return the modules that may have the view of a route: that of `views` in `views.boom`, else the route's own."""
        owners = [n.value for n in walk(view) if isinstance(n, ast.Attribute)]
        return [*(f for o in owners for f in self._modules_named(path, o)), path]

    def _truth(self, path: str, test: ast.expr, local: Set[str] = frozenset()) -> bool | None:
        """Return whether a condition holds in production for someone who is not signed in."""
        own = any(isinstance(n, ast.Name) and n.id in local for n in walk(test))
        truth = holds_in(self.machine, path, test) if self.machine is not None and not own else None
        return for_outsiders(test) if truth is None else truth

    def _assigned(self, path: str, node: ast.AST) -> str:
        """Return the name of the list that a module puts a node into, if it is written in an assignment."""
        above = self._above(path)
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = above.get(current)
        match current:
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AugAssign(target=ast.Name(id=name))
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                return name
        return ""

    def _reads(self, path: str, name: str) -> Iterator[ast.Name]:
        module = self._module(path)
        for node in module.nodes if module is not None else ():
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield node

    def _imports_of(self, path: str, name: str) -> Iterator[tuple[str, str]]:
        for home, _, as_name in self._taken(path, name):
            yield home, as_name

    def _taken(self, path: str, name: str) -> Iterator[tuple[str, ast.ImportFrom, str]]:
        """Yield the modules that import a name of a module, with the statement and what they call it."""
        for home, module in self.modules:
            for node in module.nodes if home != path else ():
                if isinstance(node, ast.ImportFrom) and self.find(home, node.module or "", node.level) == path:
                    for alias in node.names:
                        if alias.name in (name, "*"):
                            yield home, node, name if alias.name == "*" else alias.asname or name

    def _above(self, path: str) -> dict[ast.AST, ast.AST]:
        if path not in self.above:
            self.above[path] = next((parents(m.tree) for p, m in self.modules if p == path), {})
        return self.above[path]

    def _inclusions(self) -> Iterator[tuple[str, ast.Call]]:
        for path, module in self.modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    if name in INCLUDES:
                        yield path, node

    def _module(self, path: str) -> Module | None:
        return next((m for p, m in self.modules if p == path), None)

    def _is_router(self, path: str, name: str) -> bool:
        module = self._module(path)
        made = module.assignments.get(name) if module is not None else None
        return isinstance(made, ast.Call) and any(w in ast.unparse(made.func) for w in _ROUTERS)

    def _resolved(self, path: str, node: ast.expr) -> tuple[str, str] | None:
        """Return the module and the name in it that an expression stands for."""
        if isinstance(node, ast.Name):
            module = self._module(path)
            if module is not None and node.id in module.assignments:
                return path, node.id
            return next(
                (
                    (home, original)
                    for home, original in self._imported(path, node.id)
                    if (found := self._module(home)) is not None and original in found.assignments
                ),
                None,
            )
        if isinstance(node, ast.Attribute):
            return next(((home, node.attr) for home in self._modules_named(path, node.value)), None)
        return None

    def _imported(self, path: str, name: str) -> Iterator[tuple[str, str]]:
        """Yield the module and the original name behind a name that `from … import` gives."""
        module = self._module(path)
        for node in module.nodes if module is not None else ():
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    home = (
                        self.find(path, node.module or "", node.level) if (alias.asname or alias.name) == name else None
                    )
                    if home is not None:
                        yield home, alias.name

    def _modules_named(self, path: str, node: ast.expr) -> list[str]:
        """Return the files of the module that an expression names: a dotted text, or a name that an import gives."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = self.find(path, node.value, 0)
            return [found] if found is not None else []
        written = ast.unparse(node)
        module = self._module(path)
        found_here: list[str | None] = []
        for statement in module.nodes if module is not None else ():
            if isinstance(statement, ast.ImportFrom):
                found_here += [
                    self.find(path, ".".join(p for p in (statement.module, alias.name) if p), statement.level)
                    for alias in statement.names
                    if (alias.asname or alias.name) == written
                ]
            elif isinstance(statement, ast.Import):
                found_here += [
                    self.find(path, alias.name, 0)
                    for alias in statement.names
                    if (alias.asname or alias.name) == written
                ]
        return [f for f in found_here if f is not None]


def both(one: Reached, other: Reached) -> Reached:
    """Return whether two conditions hold together, and which of them decides."""
    if one[0] is False or other[0] is False:
        return one if one[0] is False else other
    return one if one[0] is None else other


def _any(found: list[Reached]) -> Reached:
    """Return whether one of several inclusions is reached; there being none, what is asked about counts as there."""
    order = {True: 0, None: 1, False: 2}
    return min(found, key=lambda r: order[r[0]]) if found else (True, "")


_SIGNED_IN = frozenset({"is_staff", "is_superuser", "is_authenticated"})
_PERMITTED = frozenset({"has_perm", "has_perms", "has_module_perms"})


def for_outsiders(test: ast.expr) -> bool | None:
    """Return what a condition is for someone who is not signed in, where DEBUG is off.

    That is regardless of its other names; debug-off judges DEBUG itself.
    """
    match test:
        case ast.Name(id="DEBUG") | ast.Attribute(attr="DEBUG"):
            return False
        case ast.Attribute() if test.attr in _SIGNED_IN:
            return False
        case ast.Call(func=ast.Attribute(attr=name)) if name in _PERMITTED:
            return False
        case ast.UnaryOp(op=ast.Not()):
            inner = for_outsiders(test.operand)
            return None if inner is None else not inner
        case ast.BoolOp():
            ends = isinstance(test.op, ast.Or)
            parts = [for_outsiders(v) for v in test.values]
            return ends if ends in parts else None if None in parts else not ends
    return None


def _decides(test: ast.expr) -> str:
    return f"`{ast.unparse(test)[:160]}` decides"


def _before(parent: ast.AST, node: ast.AST) -> list[ast.stmt]:
    """Return the statements that run before a node in its block."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return block[: block.index(node)]
    return []


def _ends(block: list[ast.stmt]) -> bool:
    return isinstance(block[-1], ast.Return | ast.Raise)
