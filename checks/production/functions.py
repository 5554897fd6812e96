"""Functions of the repository: their arguments, their bodies, and coroutines and generators, whose bodies run later."""

from __future__ import annotations

import ast

from msgspec.structs import replace

from checks.parsers.flow import own_nodes
from checks.parsers.position import line_of, written
from checks.production.containers import Containers
from checks.production.core import DEEPEST_CALL, Frame, Raised, RaisesError
from checks.production.environ import Named
from checks.production.readers import OPEN_ARGUMENTS
from checks.production.values import (
    Binding,
    External,
    Function,
    Guard,
    Initialization,
    Items,
    Known,
    Method,
    Names,
    OneOf,
    Partial,
    Ref,
    Suspended,
    Value,
    one_of,
)

RUNNERS = frozenset(
    {"asyncio.run", "uvloop.run", "asyncio.Runner().run", "asyncio.get_event_loop().run_until_complete"}
)
"""Functions that run the coroutine they are given to its end (https://docs.python.org/3/library/asyncio-runner.html)."""
LOOPS = frozenset({"asyncio.get_event_loop", "asyncio.new_event_loop", "asyncio.get_running_loop"})
"""Functions that give an event loop."""
STARTERS = frozenset({"anyio.run", "trio.run"})
"""Functions that are given a coroutine's function, which they call, and then run what that gives."""
CONSUMERS = frozenset(
    "list tuple set frozenset sorted dict sum min max".split()  # noqa: SIM905
)
"""Built-in functions that go over what they are given to its end."""
_STOPPING = frozenset({"any", "all"})
"""Built-in functions that go over what they are given as far as they need."""
_LAZY = frozenset({"enumerate", "zip", "map", "filter", "reversed"})
"""Built-in functions that go over what they are given when something goes over them."""
_GATHERING = frozenset({"join", "extend", "update", "union", "writelines"})
"""Methods that go over what they are given to its end."""


class Functions(Containers):
    """Runs functions of the repository."""

    def call_function(self, function: Function, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Return what a call of a function gives: its body runs, but that of a coroutine or generator waits."""
        if len(self.frames) > DEEPEST_CALL or any(f.function_node is function.node for f in self.frames):
            return self.unknown(node)
        scope = self._parameters(function, given, named)
        if is_context_manager(function):
            guard = Guard(test="something enters it", path=self.frame.path, line=line_of(node), truth=None)
            return Suspended(function=function, scope=scope, guard=guard)
        later = _runs_later(function)
        if not later:
            return self._body(function, scope, written(node)[:120])
        guard = Guard(test=later, path=self.frame.path, line=line_of(node), truth=None)
        made = Suspended(function=function, scope=scope, guard=guard)
        if id(node) not in self.awaited:
            self._look_inside(made)
        return made

    def finish(self, value: Value) -> Value:
        """Run the body of a coroutine or generator to its end and return what it returns; other values are returned as they are."""
        if isinstance(value, OneOf):
            return one_of([self.finish(v) for v in value.values])
        if not isinstance(value, Suspended):
            return value
        if not self.shadows:
            self.inits[:] = [_seen_again(i, value.guard) for i in self.inits]
        returned = self._body(value.function, value.scope, getattr(value.function.node, "name", ""))
        is_coroutine = isinstance(value.function.node, ast.AsyncFunctionDef)
        return returned if is_coroutine else self.unknown(value.function.node)

    def advance(self, value: Value, node: ast.AST) -> Value:
        """Run a generator to its next `yield`, where that is a statement of its own; else its body stays a look."""
        if not isinstance(value, Suspended) or isinstance(value.function.node, (ast.AsyncFunctionDef, ast.Lambda)):
            return self.unknown(node)
        body, at = value.function.node.body, self.positions.get(value.scope, 0)
        if at < 0:
            return self.unknown(node)
        uncertain = bool(self.shadows) or any(g.truth is not True for g in self.guards)
        first = next((n for n, s in enumerate(body) if n >= at and _has_yield(s)), len(body))
        if first < len(body) and not isinstance(body[first], (ast.Expr, ast.Assign)):
            self.positions[value.scope] = -1
            return self.unknown(node)
        self.positions[value.scope] = -1 if uncertain else first + 1
        self._body(value.function, value.scope, value.function.node.name, body[at:first])
        return self.unknown(node)

    def consumes(self, called: Value, node: ast.Call) -> bool:
        """Return whether a call goes over what it is given at once, to its end."""
        if isinstance(called, Method):
            return called.name in _GATHERING
        name = called.name.removeprefix("builtins.") if isinstance(called, External) else ""
        return name in CONSUMERS | _STOPPING or (name in _LAZY and id(node) in self.consumed)

    def later(self, node: ast.expr) -> Guard:
        """Return the condition of what an expression does only when something goes over it."""
        test = "something iterates over it"
        return Guard(test=test, path=self.frame.path, line=line_of(node), truth=None)

    def drop(self, value: Value, before: int, node: ast.expr) -> None:
        """Note that nothing runs what a statement makes and does not keep: a coroutine, a generator, a `map`."""
        if isinstance(value, Suspended) and is_context_manager(value.function):
            return
        lazy = isinstance(node, ast.GeneratorExp) or (isinstance(node, ast.Call) and written(node.func) in _LAZY)
        if not lazy and not isinstance(value, Suspended):
            return
        guard = value.guard if isinstance(value, Suspended) else self.later(node)
        never = replace(guard, truth=False, because="nothing does")
        self.inits[before:] = [_swapped(i, guard, never) for i in self.inits[before:]]

    def _look_inside(self, made: Suspended) -> None:
        """Look for calls of init in a body that waits; what it changes does not stay."""
        if self.shadows >= 2:
            return
        kept, frames, steps, opaque = self.heap.snapshot(), len(self.frames), self.steps, len(self.opaque)
        self.guards.append(made.guard)
        guards = list(self.guards)
        self.shadows += 1
        try:
            self._body(made.function, made.scope, "")
        except RaisesError:
            del self.frames[frames:]
        finally:
            self.shadows -= 1
            self.guards[:] = guards[:-1]
            self.heap.restore(kept)
            self.steps = steps
            del self.opaque[opaque:]

    def _body(self, function: Function, scope: int, called: str, body: list[ast.stmt] | None = None) -> Value:
        frame = Frame(
            path=function.path,
            scopes=(scope, *function.scopes),
            function=getattr(function.node, "name", "<lambda>"),
            function_node=function.node,
            returned=[],
            global_names=set(),
            of=function,
        )
        guards = list(self.guards)
        self.frames.append(frame)
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body)
            how = self.run(function.node.body if body is None else body)
        finally:
            self.frames.pop()
            self.guards[:] = guards
        if how == "raise":
            raised = frame.raised or f"`{called}` raises"
            if not frame.returned:
                raise RaisesError(raised)
            # It may have returned before, on a condition that is not known; production runs, so it did.
            self.raises.append(Raised(raised, function.path, line_of(function.node)))
        return one_of([*frame.returned, *([] if how in ("return", "raise") else [Known(None)])])

    def runs_coroutine(self, name: str) -> bool:
        """Return whether a function from elsewhere runs the coroutine that it is given."""
        return name in RUNNERS

    def coroutine_call(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value | None:
        """Return what a function of asyncio and its like gives, None for any other."""
        if name in LOOPS or name == "asyncio.Runner":
            return External("asyncio.Runner()" if name == "asyncio.Runner" else "asyncio.get_event_loop()")
        if given and self.runs_coroutine(name):
            return self.finish(given[0].value)
        if given and name in STARTERS:
            return self.finish(self.call(given[0].value, node, given[1:], named))
        if given and name == "asgiref.sync.async_to_sync":
            return Partial(External("anyio.run"), (given[0],), {})
        return None

    def unclear(self, node: ast.Call, given: list[Binding], named: Named) -> Value:
        """Return the value of a call that is not followed; a loop that is not known by its origin is by its method's name."""
        if given and isinstance(given[0].value, Suspended) and self.runs_coroutine(written(node.func)):
            return self.finish(given[0].value)
        return super().unclear(node, given, named)

    def _builtin(self, name: str, node: ast.Call, given: list[Binding], named: Named) -> Value:
        first = given[0].value if given else None
        if isinstance(first, Suspended) and (name == "next" or name in _STOPPING):
            value = self.advance(first, node)
            if isinstance(node.args[0], ast.Call):  # nothing else has it
                self.drop(first, 0, node.args[0])
            return value
        if isinstance(first, Suspended) and name in CONSUMERS:
            return self.finish(first)
        return super()._builtin(name, node, given, named)

    def _method(self, called: Method, node: ast.Call, given: list[Binding], named: Named) -> Value:
        if isinstance(called.owner, Suspended) and called.name in ("__next__", "send"):
            return self.advance(called.owner, node)
        return super()._method(called, node, given, named)

    def _parameters(self, function: Function, given: list[Binding], named: Named) -> int:
        arguments = function.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        found: dict[object, Binding]
        if function.owner is not None:
            given = [Binding(function.owner, None, function.path), *given]
        names = [p.arg for p in positional]
        found = dict(zip(names, given, strict=False))
        known = {*names, *(p.arg for p in arguments.kwonlyargs)}
        found |= {k: v for k, v in named.items() if k in known}
        if function.defaults is not None:
            found = {**self.heap.names(function.defaults).items, **found}
        if arguments.vararg is not None:
            rest = Ref(self.heap.new(Items("tuple", tuple(given[len(names) :]), OPEN_ARGUMENTS in named)))
            found[arguments.vararg.arg] = Binding(rest, None, function.path)
        if arguments.kwarg is not None:
            more: dict[object, Binding] = {k: v for k, v in named.items() if k not in known and not k.startswith("*")}
            found[arguments.kwarg.arg] = Binding(Ref(self.heap.new(Names(more, "**" in named))), None, function.path)
        # What a call of unknown arguments may give a parameter takes the place of its default.
        opened = [named[key] for key in ("**", OPEN_ARGUMENTS) if key in named]
        for name in known if opened else ():
            if name not in named and name not in names[: len(given)]:
                before = [found[name].value] if name in found else []
                found[name] = Binding(one_of([*before, opened[0].value]), None, function.path)
        return self.heap.new(Names(found))


def _runs_later(function: Function) -> str:
    """Say what runs the body of a coroutine or generator, which a call does not; nothing for other functions."""
    decorators = [written(d) for d in getattr(function.node, "decorator_list", ())]
    if any(d.rpartition(".")[2] == "async_to_sync" for d in decorators):
        return ""
    if isinstance(function.node, ast.AsyncFunctionDef):
        return "something awaits it"
    yields = any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(function.node))
    return "something iterates over it" if yields else ""


def is_context_manager(function: Function) -> bool:
    """Return whether a function makes a context manager (https://docs.python.org/3/library/contextlib.html#contextlib.contextmanager)."""
    decorators = [ast.unparse(d) for d in getattr(function.node, "decorator_list", ())]
    return any(d.rpartition(".")[2] == "contextmanager" for d in decorators)


def _has_yield(statement: ast.stmt) -> bool:
    nested = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    waiting: list[ast.AST] = [] if isinstance(statement, nested) else [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        waiting += [n for n in ast.iter_child_nodes(node) if not isinstance(n, nested)]
    return False


def _swapped(init: Initialization, old: Guard, new: Guard) -> Initialization:
    return replace(init, guards=tuple(new if g == old else g for g in init.guards))


def _seen_again(init: Initialization, guard: Guard) -> Initialization:
    """Return a call of init of a look into a coroutine, marked where a run of that very coroutine replaces it."""
    return replace(init, replaced=True) if any(g is guard for g in init.guards) else init
