"""What a server runs of a backend that is no Django project: its entry module, the factory it calls, and what runs at its startup."""

from __future__ import annotations

import ast

from msgspec.structs import replace

from checks.backends.applications import find_module
from checks.backends.debugging import MADE
from checks.backends.entry import Entry, written_call
from checks.backends.frameworks import APPLICATIONS, STARTUP, framework_named
from checks.backends.included_routers import ROUTERS, IncludedRouters
from checks.backends.leading import leading_modules, modules_leading_to, nearest_modules, reached_modules, reaches_init
from checks.backends.loading import LoadingMachine
from checks.backends.process_signals import sends_signal
from checks.backends.served import Created, Debugging
from checks.backends.startup import until_yield
from checks.backends.taking import HOOKED, MADE_TO_SERVE, Takings, serves
from checks.parsers.position import line_of
from checks.production.core import TOO_LONG, Frame, Repository
from checks.production.environment import Environment
from checks.production.values import (
    Binding,
    Class,
    External,
    Function,
    Instance,
    Known,
    ModuleOf,
    Ref,
    Suspended,
    Unknown,
    Value,
)
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.server_hooks import HOOKS, gunicorn_configurations, served_modules
from checks.repository.settings import SettingsChain, production_environment, repository_of, with_dsn

AT_STARTUP = "the startup of the application"
_Place = tuple[str, int]
_REGISTERING = frozenset(
    {"add_event_handler", "on_startup.append", "before_serving", "cleanup_ctx.append", "register_listener"}
)
_EARLY = {"startup", "before_server_start"}
_ADAPTERS = frozenset({"mangum.Mangum", "mangum.adapter.Mangum"})
"""What hands a host's events to an application (https://mangum.fastapiexpert.com/lifespan/)."""
_RUNNERS = frozenset(
    {"run", "run_app", "run_until_complete", "run_coroutine_threadsafe", "create_task", "ensure_future"}
)
"""What runs a coroutine that it is given (https://docs.python.org/3/library/asyncio-runner.html#asyncio.run)."""


class ServerMachine(LoadingMachine):
    """Runs the entry module of a server; `main` is the module that runs as a program."""

    def __init__(self, *given: object, main: str = "") -> None:
        super().__init__(*given)
        self.main = main
        self.program: str | None = None
        self.created: list[Created] = []
        self.startups: list[tuple[Function, _Place | None]] = []
        self.entry: Entry | None = None
        self.lifespan = True
        self.routers = IncludedRouters()
        self.takings = Takings()

    def sends(self, signal: str) -> bool | None:
        """Return whether Celery sends one of the signals of a start in the process of this entry."""
        return super().sends(signal) if self.entry is None else sends_signal(self.entry, signal)

    def lookup(self, node: ast.Name) -> Value:
        """Return what a name stands for; the program's own module is called `__main__`."""
        if node.id == "__name__" and self.main and self.frame.path == self.main:
            return Known("__main__")
        if node.id == "__name__" and self.frame.path == self.program:
            return self.unknown(node, "whether the server starts processes of its own")
        return super().lookup(node)

    def runs_coroutine(self, name: str) -> bool:
        """Return whether a function runs the coroutine that it is given: the loop of a server runs what it is scheduled."""
        return super().runs_coroutine(name) or name.rpartition(".")[2] in _RUNNERS

    def init(self, node: ast.Call, given: list[Binding], named: dict[str, Binding]) -> Value:
        """Note a call of `sentry_sdk.init`; what took the application before it takes away its effect."""
        made = super().init(node, given, named)
        own = [c for c in self.created if self.entry is not None and c.framework == self.entry.framework]
        self.inits[-1] = self.takings.around(self.inits[-1], own, started=self.reached_by == AT_STARTUP)
        return made

    def finish(self, value: Value) -> Value:
        """Run the body of a coroutine or generator to its end; a look into it took nothing."""
        if isinstance(value, Suspended) and not self.shadows:
            self.takings.forget(value.guard)
        return super().finish(value)

    def _external(self, name: str, node: ast.Call, given: list[Binding], named: dict[str, Binding]) -> Value:
        if given and isinstance(given[0].value, Suspended) and serves(name):
            # What makes the application runs before it is served.
            given = [Binding(self.finish(given[0].value), None, self.frame.path), *given[1:]]
        self.takings.note(name, node, given, self.frame.path, self.guards)
        if name in APPLICATIONS:
            self._note(APPLICATIONS[name].name, node, named)
            self.note_named(name, given, named)
            for bound in (*given, *named.values()):
                if isinstance(bound.value, Ref):
                    self.heap.open(bound.value.cell)
            return External(name + MADE)
        if name in ROUTERS or name in MADE_TO_SERVE:
            return External(name + MADE)
        owner, made, method = name.partition(MADE)
        if made and owner in APPLICATIONS:
            self.note_named(method, given, named)
            self._registered(method.lstrip("."), given, self._owner(node.func))
            if method == ".include" and APPLICATIONS[owner].includes and given:
                self._included(APPLICATIONS[owner].includes, self._made_from(node, owner), given[0].value, node)
                return Known(None)
            if method == ".include_router":
                self.routers.included |= {self._place(a) for a in node.args[:1]}
            if method == ".run" and "debug" in named:
                self._switch(node, "debug", named["debug"].value)
            if method == ".config.from_object" and given:
                self._configured(node, given[0].value)
        elif name in ("uvicorn.run", "uvicorn.Config"):
            if "reload" in named:
                self._switch(node, "reload", named["reload"].value)
            self._without_lifespan(named)
        elif name in _ADAPTERS:
            self._without_lifespan(named)
        return super()._external(name, node, given, named)

    def _without_lifespan(self, named: dict[str, Binding]) -> None:
        given = self.plain(named["lifespan"].value) if "lifespan" in named else None
        self.lifespan = self.lifespan and not (given is not None and given.value == "off")

    def _made_from(self, node: ast.Call, name: str) -> Value:
        """Return the object whose method is called."""
        owner = self.evaluate(node.func.value) if isinstance(node.func, ast.Attribute) else None
        return owner if isinstance(owner, Instance) else External(name + MADE)

    def _included(self, function: str, owner: Value, value: Value, node: ast.Call) -> None:
        """Call a function, or that of a module, which the application's object is handed to (Pyramid's `config.include`)."""
        plain = self.plain(value)
        if plain is not None and isinstance(plain.value, str):
            dotted = plain.value.lstrip(".")
            path = self.repository.find(self.frame.path, dotted, len(plain.value) - len(dotted))
            value = ModuleOf(path) if path is not None else value
        if isinstance(value, ModuleOf):
            scope = self.module_scope(value.path) if self.repository.matters(value.path) else None
            bound = self.heap.names(scope).items.get(function) if scope is not None else None
            value = self.settled(bound.value, node) if bound is not None else Known(None)
        if isinstance(value, Function):
            self.call_function(value, node, [Binding(owner, None, self.frame.path)], {})

    def attribute(self, owner: Value, name: str, node: ast.AST) -> Value:
        """Return an attribute of a value; what a class of the repository has from an application's class is the framework's."""
        found = super().attribute(owner, name, node)
        if isinstance(found, Unknown) and isinstance(owner, Instance) and self.class_member(owner.of, name) is None:
            made = next(
                (b.name for b in self.bases(owner.of) if isinstance(b, External) and b.name in APPLICATIONS), None
            )
            return External(f"{made}{MADE}.{name}") if made is not None else found
        return found

    def _construct(self, called: Class, node: ast.Call, given: list[Binding], named: dict[str, Binding]) -> Value:
        bases = [b.name for b in self.bases(called) if isinstance(b, External) and b.name in APPLICATIONS]
        if bases:
            self._note(APPLICATIONS[bases[0]].name, node, named)
        return super()._construct(called, node, given, named)

    def _note(self, framework: str, node: ast.Call, named: dict[str, Binding]) -> None:
        if any(g.truth is False for g in self.guards):
            return
        self.created.append(Created(framework=framework, path=self.frame.path, line=line_of(node)))
        known = framework_named(framework)
        if known.debug_keyword in named:
            self._switch(node, known.debug_keyword, named[known.debug_keyword].value)
        for keyword in known.startup_keywords:
            bound = named.get(keyword)
            values = [bound.value] if bound is not None else []
            items = self.items(values[0]) if values else None
            values = [b.value for b in items.items] if items is not None else values
            here = (self.frame.path, line_of(node))
            self.startups += [(v, here) for v in values if isinstance(v, Function)]

    def _owner(self, node: ast.expr) -> _Place | None:
        """Return where the application was made whose method or attribute this is; None where that is not seen."""
        while isinstance(node, ast.Attribute):
            node = node.value
        name = node.id if isinstance(node, ast.Name) else None
        for scope in reversed(self.frame.scopes):
            bound = self.heap.names(scope).items.get(name)
            if bound is not None:
                return (bound.path, line_of(bound.node)) if isinstance(bound.node, ast.Call) else None
        return None

    def _place(self, node: ast.expr) -> _Place | None:
        """Return where the object was made that a name, or a name of another module, stands for; None where that is not seen."""
        if isinstance(node, ast.Name):
            return self._owner(node)
        home = self.evaluate(node.value) if isinstance(node, ast.Attribute) else None
        scope = self.heap.modules.get(home.path) if isinstance(home, ModuleOf) else None
        bound = self.heap.names(scope).items.get(getattr(node, "attr", "")) if scope is not None else None
        if bound is None or not isinstance(bound.node, ast.Call):
            return None
        return bound.path, line_of(bound.node)

    def _registered(self, method: str, given: list[Binding], owner: _Place | None) -> None:
        """Note a function that is registered to run at startup: `add_event_handler("startup", f)`, `on_startup.append(f)`."""
        if method not in _REGISTERING:
            return
        functions = [b.value for b in given if isinstance(b.value, Function)]
        words = [b.value.value for b in given if isinstance(b.value, Known)]
        if method in ("on_startup.append", "before_serving", "cleanup_ctx.append") or {*words} & _EARLY:
            self.startups += [(f, owner) for f in functions]

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        super()._define(node)
        for decorator in node.decorator_list:
            function = decorator_of = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not isinstance(function, ast.Attribute) or function.attr not in STARTUP:
                continue
            if isinstance(decorator, ast.Call) and decorator.args:
                first = decorator.args[0]
                if not (isinstance(first, ast.Constant) and first.value == "startup"):
                    continue
            owner = self.evaluate(function.value)
            if isinstance(owner, (External, Instance, Unknown)):
                function_here = Function(node, self.frame.path, self.frame.scopes)
                place = self._owner(decorator_of)
                if isinstance(owner, External) and owner.name.partition(MADE)[0] in ROUTERS:
                    self.routers.known.add(place)
                self.startups.append((function_here, place))

    def serve(self, entry: Entry) -> dict[str, Binding]:
        """Run an entry: its module, the factory that it names, what is registered for startup. Returns the module's names.

        The program that hands it to a server runs before it, as `__main__` where the server works in the same process.
        """
        self.entry = entry
        self.lifespan = entry.started is None or entry.started.lifespan
        if entry.runner:
            self.main = entry.runner if entry.imported is False else ""
            self.program = entry.runner if entry.imported is None else None
            self.settings_module(entry.runner)
            self.takings = Takings()  # The server imports what follows.
        bindings = dict(self.settings_module(entry.path))
        if entry.called:
            self._guarded(lambda: self._call_named(entry))
        self.import_named(entry)
        self._unseen(entry)
        self.reached_by = AT_STARTUP
        done = 0
        while done < len(self.startups) and self.lifespan:
            function, owner = self.startups[done]
            done += 1
            begun = until_yield(function)
            if not self._mounted(entry, owner):
                self._guarded(lambda f=begun, o=owner: self._at_startup(f, o))
        return bindings

    def _at_startup(self, function: Function, owner: _Place | None) -> None:
        """Run what is registered for startup; what a router registers runs where an application includes that router."""
        guard = self.routers.guard(owner)
        if guard is not None:
            self.guards.append(guard)
        try:
            self._started(function)
        finally:
            if guard is not None:
                self.guards.pop()

    def _mounted(self, entry: Entry, owner: _Place | None) -> bool:
        """Return whether what runs at startup belongs to another application than the one that is served."""
        if not framework_named(entry.framework).mounted or owner is None or entry.application is None:
            return False
        made = {(c.path, c.line) for c in self.created}
        served = (entry.application.path, entry.application.line)
        return owner != served and owner in made and served in made

    def _unseen(self, entry: Entry) -> None:
        """Note a served object that a class of another package makes: it may call init itself."""
        if entry.application is None and framework_named(entry.framework).kind == "web":
            scope = self.heap.modules.get(entry.path)
            bound = self.heap.names(scope).items.get(entry.attribute) if scope is not None else None
            line = line_of(bound.node) if bound is not None and bound.node is not None else 1
            self.suspects.append((entry.path, line, entry.attribute or entry.module))

    def _call_named(self, entry: Entry) -> None:
        scope = self.heap.modules.get(entry.path)
        if scope is None:
            return
        bound = self.heap.names(scope).items.get(entry.attribute)
        if bound is None:
            return
        self.frames.append(Frame(path=entry.path, scopes=(scope,)))
        try:
            call = written_call(entry)
            if call is not None:
                self.awaited.add(id(call))
                self.finish(self.evaluate(call))
                return
            value = self.settled(bound.value, ast.Name(id=entry.attribute))
        finally:
            self.frames.pop()
        if isinstance(value, Function):
            self._started(value)
        elif isinstance(value, Class):
            call = ast.Call(func=ast.Name(id=value.name), args=[], keywords=[], lineno=1, col_offset=0)
            self.frames.append(Frame(path=value.path, scopes=(scope,)))
            self._construct(value, call, [], {})
            self.frames.pop()

    def _started(self, function: Function) -> None:
        node = function.node
        call = ast.copy_location(ast.Call(func=ast.Name(id=getattr(node, "name", "")), args=[], keywords=[]), node)
        self.frames.append(Frame(path=function.path, scopes=function.scopes))
        try:
            parameters = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            required = parameters[: len(parameters) - len(node.args.defaults)]
            given = [Binding(self.unknown(call, name), None, function.path) for name in required]
            self.awaited.add(id(call))
            self.finish(self.call_function(function, call, given, {}))
        finally:
            self.awaited.discard(id(call))
            self.frames.pop()


class ServerChain(SettingsChain, kw_only=True):
    """What a server runs of a backend, with the application objects that it makes, in order."""

    created: list[Created] = []
    debugging: list[Debugging] = []


def server_chain(facts: Facts, backend: Backend, entry: Entry | None = None) -> ServerChain:
    """Run the entry of a backend (default: the one it is judged by) as its server does; nothing is executed."""
    chosen = entry or backend.entry
    beat = chosen is not None and chosen.started is not None and chosen.started.scheduler
    called = chosen is not None and chosen.called
    named = f"{chosen.path}:{chosen.attribute}" if chosen else ":"
    key = f"{backend.name}:{backend.root}:{named}:{beat}:{called}"
    return facts.memoize(server_chain, key, lambda: _server_chain(facts, backend, chosen))


def _server_chain(facts: Facts, backend: Backend, entry: Entry | None) -> ServerChain:
    main = entry.path if entry is not None and entry.script else ""

    def once(environment: Environment, *, nearest: bool) -> ServerChain:
        machine = ServerMachine(_repository(facts, backend, entry, nearest=nearest), environment, main=main)
        bindings = machine.serve(entry) if entry is not None else {}
        if entry is not None and entry.runner and entry.imported is not False:
            # The program that starts the server's processes runs as well: what it switches on holds in them.
            program = ServerMachine(machine.repository, environment, main=entry.runner)
            program.settings_module(entry.runner)
            machine.debugging += program.debugging
        if entry is not None and served_modules(facts, backend.root).get(entry.path) == "gunicorn":
            for path in gunicorn_configurations(facts, backend.root):
                machine.hooks(path, HOOKS, HOOKED)
        return ServerChain.of(machine, bindings, created=machine.created, debugging=machine.debugging)

    def run(environment: Environment) -> ServerChain:
        found = once(environment, nearest=False)
        if entry is None or not any(p.message == TOO_LONG for _, p in found.problems):
            return found
        if reaches_init(facts, entry.path):
            return once(environment, nearest=True)
        # Whatever the rest does, no module that it imports calls init.
        found.problems = [p for p in found.problems if p[1].message != TOO_LONG]
        return found

    return with_dsn(production_environment(facts, backend), run)


def _repository(facts: Facts, backend: Backend, entry: Entry | None, *, nearest: bool) -> Repository:
    """Imports start from the entry's own folder; of what is imported, those modules run through which init is reached."""
    plain = repository_of(facts, backend)
    leading: frozenset[str] = frozenset()
    if entry is not None:
        modules = nearest_modules if nearest else leading_modules
        leading = modules(facts, entry.path) | (modules(facts, entry.runner) if entry.runner else frozenset())
    made = entry.application if entry is not None else None
    if entry is not None and made is not None and framework_named(entry.framework).early and not made.function:
        # Whether init comes before the application is decided by when its module is imported.
        leading |= modules_leading_to(reached_modules(facts, entry.path), {made.path})

    def find(path: str, module: str, level: int) -> str | None:
        return plain.find(path, module, level) or (find_module(facts, path, module, level) if module or level else None)

    return replace(plain, find=find, matters=leading.__contains__)
