"""A run of the repository's modules: imports, star imports, settings, entry points and `AppConfig.ready`."""

from __future__ import annotations

import ast

from checks.parsers.position import line_of
from checks.parsers.text import ParseError
from checks.production.core import TOO_LONG, Frame, RaisesError, TooMuchError
from checks.production.heap import Heap, texts
from checks.production.modules import Modules
from checks.production.values import (
    Binding,
    Class,
    External,
    Function,
    Guard,
    Instance,
    Known,
    Late,
    ModuleOf,
    Names,
    Value,
)

_HOOKS = ("pre_setup", "setup", "post_setup")


class Machine(Modules):
    """Interprets modules of a repository as a server runs them."""

    def settings_module(self, path: str) -> dict[str, Binding]:
        """Run the settings and return the names that they end with."""
        self.settings_path = path
        self._guarded(lambda: self._start(path))
        scope = self.settings = self.heap.modules.get(path)
        return self.names_of(scope)

    def prelude(self, path: str) -> None:
        """Run a module that a server starts with only for the variables that it sets before the settings are imported."""
        self._guarded(lambda: self.module_scope(path))
        found = self.heap.names(self.overlay)
        self.heap = Heap()
        self.overlay = self.heap.new(Names(found.items))
        self.shared_reader = self.heap.new(Names({}))
        self.replaced = self.heap.new(Names({}))
        self.inits.clear()
        self.noted.clear()
        self.files.clear()
        self.problems.clear()
        self.opaque.clear()
        self.unfinished.clear()
        self.too_long.clear()
        self.steps = self.done = 0

    def set_variable(self, name: str) -> str | None:
        """Return the text that a variable of the environment has after the code set it, where all others are known."""
        bound = self.heap.names(self.overlay).items.get(name)
        known = self.plain(bound.value) if bound is not None and self.environment.closed else None
        return known.value if known is not None and isinstance(known.value, str) else None

    def names_of(self, scope: int | None) -> dict[str, Binding]:
        """Return the names of a scope that assignments gave."""
        if scope is None:
            return {}
        found: dict[str, Binding] = {}
        for key, bound in list(self.heap.names(scope).items.items()):
            own = bound if bound.node is not None or not str(key).isupper() else self._imported(bound.value)
            if own is not None and own.node is not None:
                found[str(key)] = own
        return found

    def _imported(self, value: Value, depth: int = 8) -> Binding | None:
        """Return what a name that was imported is bound to in its own module; None for what no assignment gave."""
        if not isinstance(value, Late) or not depth:
            return None
        if value.path not in self.heap.modules:
            self._guarded(lambda: self.module_scope(value.path))
        number = self.heap.modules.get(value.path)
        bound = self.heap.names(number).items.get(value.name) if number is not None else None
        return bound if bound is None or bound.node is not None else self._imported(bound.value, depth - 1)

    def value_in(self, path: str, node: ast.expr) -> Value | None:
        """Return an expression's value with the names that a module ends with; None where it raises, or is too long to follow."""
        found: list[Value] = []

        def run() -> None:
            scope = self.module_scope(path)
            if scope is not None:
                self.frames.append(Frame(path=path, scopes=(scope,)))
                found.append(self.evaluate(node))

        inits, noted, problems, files = len(self.inits), len(self.noted), len(self.problems), len(self.files)
        self._guarded(run)
        # A look at an expression adds nothing to what the run has found.
        del self.inits[inits:], self.noted[noted:], self.problems[problems:], self.files[files:]
        return found[0] if found else None

    def entry_point(self, path: str, guard: Guard | None = None) -> None:
        """Run a module that a server starts with; with a guard, only under that condition."""
        self.reached_by = path

        def run() -> None:
            if guard is not None:
                self.guards.append(guard)
            self.module_scope(path)

        self._guarded(run)

    def hooks(self, path: str, names: tuple[str, ...], whose: str) -> None:
        """Run a server's configuration, and the functions in it that the server calls."""
        self.reached_by = path
        self._guarded(lambda: self.module_scope(path))
        for name in names:
            scope = self.heap.modules.get(path)
            bound = self.heap.names(scope).items.get(name) if scope is not None else None
            if bound is not None:
                self.reached_by = f"{whose} {name}"
                self._guarded(lambda b=bound: self._hook(path, b))

    def _hook(self, path: str, bound: Binding) -> None:
        scope = self.heap.modules[path]
        self.frames.append(Frame(path=path, scopes=(scope,)))
        node = bound.node or ast.Name(id="hook", lineno=1, col_offset=0)
        called = self.settled(bound.value, node)
        call = ast.copy_location(ast.Call(func=node, args=[], keywords=[]), node)
        if isinstance(called, Function):
            self.finish(self.call_function(called, call, [], {"**": Binding(self.unknown(call), None, path)}))

    def installed_wrapper(self, path: str) -> None:
        """Call the configured wrapper as the application does that it is in."""
        self.reached_by = "settings"
        call = ast.Call(func=ast.Name(id="ready", lineno=1, col_offset=0), args=[], keywords=[], lineno=1, col_offset=0)

        def run() -> None:
            self.frames.append(Frame(path=path, scopes=(self.heap.new(Names({})),)))
            self.wrapped(call, {})

        self._guarded(run)

    def ready(self, module: str, name: str | None) -> None:
        """Run `ready` of an application's configuration, as Django does for each of INSTALLED_APPS."""
        self.reached_by = "settings"
        self._guarded(lambda: self._ready(module, name))

    def middleware(self, path: str, name: str) -> None:
        """Make a middleware, as a server does when it starts (https://docs.djangoproject.com/en/stable/topics/http/middleware/)."""
        self.reached_by = f"the middleware {name}"
        files, inits = len(self.files), len(self.inits)
        self._guarded(lambda: self._put_in(path, name))
        if len(self.inits) == inits:
            # What it does with a request is not followed.
            del self.files[files:]

    def _put_in(self, path: str, name: str) -> None:
        scope = self.module_scope(path)
        bound = self.heap.names(scope).items.get(name) if scope is not None else None
        if scope is None or bound is None:
            return
        call = ast.Call(func=ast.Name(id=name), args=[], keywords=[], lineno=1, col_offset=0)
        self.frames.append(Frame(path=path, scopes=(scope,)))
        made = self.settled(bound.value, call)
        if isinstance(made, (Class, Function)):
            self.call(made, call, [Binding(self.unknown(call, "the next middleware"), None, path)], {})

    def imported(self, path: str) -> None:
        """Run a package of an application, which Django imports in every process."""
        self.reached_by = "settings"
        self._guarded(lambda: self.module_scope(path))

    def configuration(self, name: str | None) -> dict[str, Binding]:
        """Return the settings of a django-configurations class, and run its hooks."""
        found: dict[str, Binding] = {}

        def run() -> None:
            chosen = self._chosen(name)
            if chosen is None:
                return
            for owner in [*reversed([b for b in self.bases(chosen) if isinstance(b, Class)]), chosen]:
                found.update({str(k): b for k, b in self.heap.names(owner.cell).items.items() if b.node is not None})
            for hook in _HOOKS:
                member = self.class_member(chosen, hook)
                if member is not None and isinstance(member[0].value, Function):
                    own = member[0].value
                    call = ast.Call(func=ast.Name(id=hook), args=[], keywords=[])
                    ast.copy_location(call, own.node)
                    self.frames.append(Frame(path=chosen.path, scopes=own.scopes))
                    try:
                        method = own.of(chosen, member[1])
                        self.call_function(method, call, [], {})
                    finally:
                        self.frames.pop()

        self._guarded(run)
        return found

    def _chosen(self, name: str | None) -> Class | None:
        if self.settings is None:
            return None
        classes = [b.value for b in self.heap.names(self.settings).items.values() if isinstance(b.value, Class)]
        own = [
            c
            for c in classes
            if any(isinstance(b, External) and b.name.startswith("configurations.") for b in self.bases(c))
        ]
        named = [c for c in own if c.name == name] or [
            c for c in own if c.name.lower() in ("production", "prod", "live")
        ]
        return named[0] if named else own[0] if len(own) == 1 else None

    def _guarded(self, run: object) -> None:
        self.guards.clear()
        self.frames.clear()
        try:
            run()  # type: ignore[operator]
        except RaisesError:
            pass
        except (TooMuchError, RecursionError):
            path = self.frames[0].path if self.frames else self.files[0] if self.files else ""
            self.problems.append((path, ParseError(TOO_LONG)))

    def _start(self, path: str) -> int | None:
        self._packages(path)
        if path in self.heap.modules:
            return self.heap.modules[path]
        # The settings of django.conf are those of this module, also while it runs.
        scope = self.heap.new(Names({}))
        self.heap.modules[path] = self.settings = scope
        self._execute(path, scope)
        return scope

    def load_settings(self) -> None:
        """Run the settings, as the first look at `django.conf.settings` does."""
        if self.settings is None and self.settings_path:
            reached, self.reached_by = self.reached_by, "settings"
            self._start(self.settings_path)
            self.reached_by = reached

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        """Run an import: a module that may start the SDK at once, another one when a name of it is used."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._import(alias)
            return
        module, level = node.module or "", node.level
        found = self._find(module, level)
        for alias in node.names:
            if alias.name == "*":
                self._star(node, found, module, level)
                continue
            name = alias.asname or alias.name
            dotted = f"{module}.{alias.name}" if module else alias.name
            submodule = self._find(dotted, level)
            value: Value
            if submodule is not None and submodule != found and not self._has(found, alias.name):
                value = ModuleOf(submodule)
                self._use(submodule)
            elif found is not None:
                held = self._so_far(found, alias.name)
                if held is not None:
                    self.assign_name(name, held)
                    continue
                value = Late(found, alias.name)
                self._use(found)
            elif level or self.repository.own(self.frame.path, module, level):
                self._missing(node, dotted)
                value = self.unknown(node)
            else:
                self._needs(module)
                self._may_be_barred(module.split(".")[0])
                value = self.external(dotted, node)
            self.assign_name(name, Binding(value, None, self.frame.path))

    def _import(self, alias: ast.alias) -> None:
        found = self._find(alias.name, 0)
        first = alias.name.split(".")[0]
        if found is not None:
            self._use(found)
        elif self.repository.own(self.frame.path, alias.name, 0):
            self._missing(ast.Import(names=[alias]), alias.name)
        if found is None:
            self._needs(alias.name)
            self._may_be_barred(first)
        if alias.asname:
            value: Value = ModuleOf(found) if found else External(alias.name)
            self.assign_name(alias.asname, Binding(value, None, self.frame.path))
        else:
            package = self._find(first, 0)
            value = ModuleOf(package) if package else External(first)
            self.assign_name(first, Binding(value, None, self.frame.path))

    def _find(self, module: str, level: int) -> str | None:
        return self.repository.find(self.frame.path, module, level)

    def _so_far(self, path: str, name: str) -> Binding | None:
        """Return what a module that is running, and imports this one, has under a name by now; a star may bind it there again."""
        if not self._has(path, name) or all(f.path != path for f in self.frames):
            return None
        return self.heap.names(self.heap.modules[path]).items[name]

    def _has(self, path: str | None, name: str) -> bool:
        scope = self.heap.modules.get(path) if path else None
        return scope is not None and name in self.heap.names(scope).items

    def _use(self, path: str) -> None:
        if self.repository.matters(path):
            self.module_scope(path)

    def _may_be_barred(self, package: str) -> None:
        """Raise what Python does for a package that `sys.modules` has as None."""
        put = self.heap.names(self.replaced).items.get(f"sys.modules {package}")
        if put is not None and put.value == Known(None):
            raise RaisesError(f"`import {package}` raises ModuleNotFoundError: sys.modules has it as None")

    def _needs(self, module: str) -> None:
        """Note that a package from elsewhere may be missing, where that is handled."""
        first = module.split(".")[0]
        if self.catching:
            test = ast.Name(id=f"{first} is installed")
            present = self.repository.installed(first)
            self.may_be_missing("ImportError", test, f"whether `{first}` is installed is not known", present=present)

    def _missing(self, node: ast.stmt, name: str) -> None:
        if self.frame.optional:
            raise RaisesError(f"`{name}` is not in this repository")

    def _star(self, node: ast.ImportFrom, found: str | None, module: str, level: int) -> None:
        scope = self.frame.scopes[0]
        if found is not None:
            number = self.module_scope(found)
            if number is None:
                self.heap.open(scope)
                return
            names = self.heap.names(number)
            if number in self.unfinished:
                self.opaque.append((self.frame.path, line_of(node), "." * level + module))
            listed = names.items.get("__all__")
            only = texts(self.heap, listed.value) if listed is not None else None
            for key, bound in names.items.items():
                if (str(key) in only) if only is not None else not str(key).startswith("_"):
                    self.heap.set(scope, key, bound)
            if names.open:
                self.heap.open(scope)
            return
        name = "." * level + module
        if self.frame.optional:
            if level or self.repository.own(self.frame.path, module, level):
                self._missing(node, name)
            return
        if module in ("django.conf.global_settings", "typing", "os.path"):
            return
        self.opaque.append((self.frame.path, line_of(node), name))
        self.heap.blur(scope, self.unknown(node, f"from {name} import *"))

    def _ready(self, path: str, name: str | None) -> None:
        scope = self.module_scope(path)
        if scope is None:
            return
        classes = [
            b.value
            for b in self.heap.names(scope).items.values()
            if isinstance(b.value, Class) and b.value.path == path
        ]
        configured = [
            c
            for c in classes
            if c.name == name
            or (name is None and any(isinstance(b, External) and b.name.endswith("AppConfig") for b in self.bases(c)))
        ]
        if len(configured) > 1:
            marked = [c for c in configured if (m := self.class_member(c, "default")) and m[0].value == Known(True)]
            configured = marked or configured[:1]
        for chosen in configured:
            member = self.class_member(chosen, "ready")
            if member is None or not isinstance(member[0].value, Function):
                continue
            own = member[0].value
            made = Instance(chosen, self.heap.new(Names({})))
            call = ast.copy_location(ast.Call(func=ast.Name(id="ready"), args=[], keywords=[]), own.node)
            self.frames.append(Frame(path=path, scopes=(scope,)))
            try:
                self.call_function(own.of(made, member[1]), call, [], {})
            finally:
                self.frames.pop()
