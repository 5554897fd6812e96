"""The chain of a settings module: the files that production runs, what their names stand for at the end, and the init calls."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from typing import Self, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from checks.hosts.image_env import image_variables
from checks.hosts.image_files import in_every_image, in_no_image
from checks.hosts.serving import assigned_to_python
from checks.parsers.module_files import module_files
from checks.parsers.python import InitCall, Module
from checks.parsers.text import ParseError
from checks.production.core import Repository
from checks.production.environment import Environment, is_dsn_name
from checks.production.heap import texts
from checks.production.machine import Machine
from checks.production.values import Binding, FromEnvironment, Guard, Initialization, Known, OneOf, Value
from checks.repository.agreed_settings import agreed, candidate_chains
from checks.repository.assigned_variables import assigned_in
from checks.repository.backends import Backend, module_path
from checks.repository.dependencies import python_manifests
from checks.repository.deploys import deployments_of_backend
from checks.repository.env_loading import kept_variables
from checks.repository.facts import Facts, join, parent
from checks.repository.path_words import names_development
from checks.repository.server_hooks import HOOKS, gunicorn_configurations, served_modules, servers
from checks.repository.text_index import files_calling_sentry_init
from checks.repository.wrappers import configured_wrapper


class LocatedInit(Struct, frozen=True, kw_only=True):
    """An init call with the file it stands in and how production reaches it (`settings`, or the entry point's path).

    `bound` are the names that are visible at the call. `options` are the values that production gives it, by name, and
    `initialization` says under which conditions it runs.
    """

    path: str
    call: InitCall
    reached_by: str
    initialization: Initialization
    bound: dict[str, ast.expr] = field(default_factory=dict)

    @property
    def runs(self) -> bool | None:
        """Whether production makes this call; None when that cannot be determined."""
        return self.initialization.runs


class SettingsChain(Struct, kw_only=True):
    """What production settings say: files in the order they run, names at the end, init calls, and what did not parse.

    `ended` is what switches the SDK off again after it was initialized, or may do so (`ended.runs` is None).
    """

    files: list[str] = field(default_factory=list)
    names: dict[str, ast.expr] = field(default_factory=dict)
    name_files: dict[str, str] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)
    inits: list[LocatedInit] = field(default_factory=list)
    ended: LocatedInit | None = None
    problems: list[tuple[str, ParseError]] = field(default_factory=list)
    opaque_imports: list[tuple[str, int, str]] = field(default_factory=list)
    environment: Environment = field(default_factory=Environment)
    machine: Machine | None = None

    @classmethod
    def of(cls, machine: Machine, bindings: dict[str, Binding], **more: object) -> Self:
        """Return what a machine found that has run, with the names that its settings end with."""
        ended = switched_off(machine)
        return cls(
            files=machine.files,
            names={k: b.node for k, b in bindings.items() if b.node is not None},
            name_files={k: b.path for k, b in bindings.items() if b.node is not None},
            bindings=bindings,
            inits=[located_init(i) for i in distinct_inits(machine.inits) if not i.ends],
            ended=located_init(ended) if ended is not None else None,
            problems=machine.problems,
            opaque_imports=machine.opaque,
            environment=machine.environment,
            machine=machine,
            **more,
        )

    def truth(self, value: Value) -> bool | None:
        """Return whether a value of these settings is true in production; None when that cannot be determined."""
        return self.machine.truth(value) if self.machine is not None else None

    def undecided(self, value: Value) -> str:
        """Say, for a message, which variable would decide a value."""
        name = self.machine.reason(value) if self.machine is not None else ""
        return f": `{name}` decides" if name.isidentifier() or name.startswith(("from ", "include(")) else ""


C = TypeVar("C", bound=SettingsChain)


def settings_chain(facts: Facts, backend: Backend) -> SettingsChain:
    """Run a backend's production settings as its server does, then its entry points and applications; nothing is executed.

    What is no Django project has its entry module in the place of the settings.
    """
    if not backend.is_django:
        from checks.backends.serving import server_chain

        return server_chain(facts, backend)
    return facts.memoize(settings_chain, f"{backend.name}:{backend.root}", lambda: _settings_chain(facts, backend))


def _settings_chain(facts: Facts, backend: Backend) -> SettingsChain:
    common = agreed(candidate_chains(facts, backend))
    if common is not None:
        return common
    path = backend.settings.path if backend.settings is not None else None
    return with_dsn(production_environment(facts, backend), lambda e: run_settings(facts, backend, path, e))


def chain_of_command(facts: Facts, backend: Backend, argv: tuple[str, ...]) -> SettingsChain | None:
    """Run the settings as another process of the application does, by its command line; None where nothing reads that."""
    path = backend.settings.path if backend.settings is not None else None
    if path is None or not any("argv" in (facts.text(p) or "") for p in settings_chain(facts, backend).files):
        return None

    def run() -> SettingsChain:
        environment = replace(production_environment(facts, backend), argv=argv)
        return with_dsn(environment, lambda e: run_settings(facts, backend, path, e))

    return facts.memoize(chain_of_command, f"{backend.name}:{backend.root}:{argv}", run)


def run_settings(facts: Facts, backend: Backend, settings: str | None, environment: Environment) -> SettingsChain:
    """Run a settings module under some variables, then a Django backend's entry points and applications."""
    machine = Machine(repository_of(facts, backend), environment)
    bindings: dict[str, Binding] = {}
    if settings is not None:
        for path in backend.entry_points:
            if path.endswith("/wsgi.py"):
                machine.prelude(path)
        bindings = dict(machine.settings_module(settings))
        named = machine.set_variable("DJANGO_CONFIGURATION") or environment.declared.get("DJANGO_CONFIGURATION")
        bindings |= machine.configuration(
            named or facts.memoize(_configuration_name, "", lambda: _configuration_name(facts))
        )
    if not any(i.runs and not i.ends for i in machine.inits):
        _apps(facts, backend, machine, bindings)
    for path, guard in _entries(facts, backend):
        machine.entry_point(path, guard)
    for path in gunicorn_configurations(facts, backend.root):
        machine.hooks(path, HOOKS, "gunicorn's")
    if not any(i.runs and not i.ends for i in machine.inits):
        _middleware(facts, backend, machine, bindings)
    return SettingsChain.of(machine, bindings)


def with_dsn(environment: Environment, run: Callable[[Environment], C]) -> C:
    """Run production; where init is given its DSN from a variable whose name does not say so, run it again with that known.

    Whether such a variable is set is another question than what the code does with it, as with `SENTRY_DSN`.
    """
    found = run(environment)
    names = {n for i in found.inits for n in _variables(i.initialization.options.get("dsn"))}
    unnamed = frozenset(n for n in names if not environment.is_dsn(n))
    return run(replace(environment, dsns=unnamed)) if unnamed else found


def _variables(bound: Binding | None) -> list[str]:
    values = () if bound is None else bound.value.values if isinstance(bound.value, OneOf) else (bound.value,)
    return [v.name for v in values if isinstance(v, FromEnvironment)]


def distinct_inits(inits: list[Initialization]) -> list[Initialization]:
    """Leave out calls that do not run where the same place runs as well: a branch that was looked at, a second import."""
    running = {(i.path, i.line) for i in inits if i.runs}
    again = {(i.path, i.line) for i in inits if not i.replaced}
    seen = ((i, (i.path, i.line)) for i in inits)
    return [i for i, place in seen if i.runs or (place not in running and not (i.replaced and place in again))]


def switched_off(machine: Machine) -> Initialization | None:
    """Return what takes the client away after an init, by the order in which production runs both; None where nothing does.

    That is a call that ends it, and a second init with an empty DSN.
    """
    found: Initialization | None = None
    started = False
    for init in distinct_inits(machine.inits):
        dsn = init.options.get("dsn")
        empty = dsn is not None and machine.plain(dsn.value) == Known("")
        if init.runs is False:
            continue
        if init.ends or empty:
            replaced = found is None or (init.runs and not found.runs)
            found = init if started and replaced else found
        elif init.runs:
            started, found = True, None
        elif found is not None:
            # It may have been started again.
            found = replace(found, guards=init.guards)
    return found


def located_init(init: Initialization) -> LocatedInit:
    """Return a call of init as items see it: its keywords as expressions, and how production reaches it."""
    keywords: dict[str, ast.expr] = {}
    for name, bound in init.options.items():
        node = bound.node
        if node is None:
            node = ast.Name(id=name)
            node.lineno = node.end_lineno = init.line
            node.col_offset = node.end_col_offset = 0
        keywords[name] = node
    call = InitCall(
        line=init.line,
        keywords=keywords,
        guards=tuple(g.test for g in init.guards),
        function=init.function,
        owner=None,
        star=init.star,
        after_return=any(not g.test and g.truth is False for g in init.guards),
        star_known=init.complete,
    )
    return LocatedInit(path=init.path, call=call, reached_by=init.reached_by, initialization=init, bound=init.names)


def repository_of(facts: Facts, backend: Backend) -> Repository:
    """Return what a run of a backend asks of the repository."""

    def own(path: str, module: str, level: int) -> bool:
        first = module.split(".")[0]
        return level > 0 or module_path(facts, backend.root, first) is not None

    return Repository(
        module=facts.python,
        find=lambda path, module, level: resolve_import(facts, backend, path, module, level),
        own=own,
        matters=lambda path: _matters(facts, backend, path),
        installed=lambda module: _is_installed(facts, backend, module),
        paths=facts.paths,
        develops=names_development,
        text=facts.text,
        present=lambda path: surely_there(facts, backend, path),
        root=backend.root,
        wrapper=configured_wrapper(facts, backend.name),
    )


def _entries(facts: Facts, backend: Backend) -> list[tuple[str, Guard | None]]:
    """Return the modules that processes of production start with; one that no server runs has a condition that is false."""
    from checks.backends.django_programs import only_program

    served = served_modules(facts, backend.root)
    found: list[tuple[str, Guard | None]] = []
    for path in backend.entry_points:
        guard = None
        if served and path not in served and path.endswith(("wsgi.py", "asgi.py")):
            because = f"{next(iter(served.values()))} runs {next(iter(served))}"
            guard = Guard(test="a server starts with it", path=path, line=1, truth=False, because=because)
        found.append((path, guard))
    found += [(path, None) for path in served if path not in backend.entry_points]
    program = only_program(facts, backend) if not found else None
    return [(program, None)] if program is not None else found


def _is_installed(facts: Facts, backend: Backend, module: str) -> bool | None:
    """Return whether production has a package: of the standard library, declared, or declared for development only."""
    if module in sys.stdlib_module_names or module in ("sentry_sdk", "django"):
        return True
    name = canonicalize_name(module)
    manifests = python_manifests(facts, backend.root)
    known = (name, f"django-{name}", f"python-{name}", f"py{name}")
    if manifests.has(*known):
        return True
    return False if any(manifests.of(n) for n in known) else None


def _matters(facts: Facts, backend: Backend, path: str) -> bool:
    """Return whether importing a module may start the SDK: it names Sentry, or imports a module that may call init."""
    data = facts.read(path) or b""
    wrapper = configured_wrapper(facts, backend.name)
    if b"sentry" in data.lower() or (wrapper is not None and wrapper.name.split(".")[0].encode() in data):
        return True
    starting = facts.memoize(
        files_calling_sentry_init, backend.root, lambda: frozenset(files_calling_sentry_init(facts, backend))
    )
    # Only where the last name of one is in the text is it worth to parse it.
    stems = (p.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2].encode() for p in starting)
    module = facts.python(path) if any(s in data for s in stems) else None
    if not isinstance(module, Module):
        return False
    return any(
        resolve_import(facts, backend, path, dotted, level) in starting
        for node in module.nodes
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for dotted, level in _imported(node)
    )


def _imported(node: ast.Import | ast.ImportFrom) -> list[tuple[str, int]]:
    """Return the modules that an import may load, each with its level."""
    if isinstance(node, ast.Import):
        return [(alias.name, 0) for alias in node.names]
    module = node.module or ""
    return [(".".join(n for n in (module, name) if n), node.level) for name in ("", *(a.name for a in node.names))]


def production_environment(facts: Facts, backend: Backend) -> Environment:
    """Return the variables of production as the files that deploy the backend declare them, and its images."""
    found: dict[str, set[str | None]] = {}
    deployments = [d for d in deployments_of_backend(facts, backend.root) if d.environment == "production"]
    for deployment in deployments:
        inline = assigned_to_python(deployment.commands)
        for name, value in ({n: d.value for n, d in deployment.variables.items()} | inline).items():
            found.setdefault(name, set()).add(None if value is None or "$" in value else value)
    for name, given in image_variables(facts, backend).items():
        found.setdefault(name, {d.value for d in given})
    # Which of several files the code loads is not followed: what one of them gives may be so in production.
    kept = kept_variables(facts, backend.root, lambda path: in_no_image(facts, backend, deployments, path))
    loaded = {n for n in kept if n not in found and not is_dsn_name(n)}
    return Environment(
        declared={name: next(iter(values)) for name, values in found.items() if len(values) == 1},
        uncertain=frozenset(name for name, values in found.items() if len(values) > 1),
        kept=frozenset(loaded),
        closed=bool(deployments) and all(d.closed and d.problem is None for d in deployments),
        hosts=tuple(dict.fromkeys(d.host for d in deployments)),
        servers=frozenset(s.server for s in servers(facts, backend.root)),
    )


def surely_there(facts: Facts, backend: Backend, path: str) -> bool:
    """Return whether production surely has a file of the repository: where images run it, each of them has it."""
    deployments = [d for d in deployments_of_backend(facts, backend.root) if d.environment == "production"]
    return in_every_image(facts, backend, deployments, path)


def _configuration_name(facts: Facts) -> str | None:
    for path in facts.configuration:
        last = path.rpartition("/")[2]
        if re.search(r"ockerfile|compose|render\.ya?ml|fly\.toml|Procfile|app\.json|\.sh$", last):
            for value, _ in assigned_in(facts, path, "DJANGO_CONFIGURATION"):
                if value.isidentifier() and not names_development(value):
                    return value
    return None


def _apps(facts: Facts, backend: Backend, machine: Machine, bindings: dict[str, Binding]) -> None:
    """Run `AppConfig.ready` of the applications that the settings install."""
    installed: list[str] = []
    for name in ("INSTALLED_APPS", *(n for n in bindings if n != "INSTALLED_APPS")):
        if name in bindings and (name == "INSTALLED_APPS" or name.endswith("_APPS")):
            installed += [t for t in texts(machine.heap, bindings[name].value) if t not in installed]
    wrapper = machine.repository.wrapper
    for application in installed:
        if (
            wrapper is not None
            and backend.settings is not None
            and wrapper.name.startswith(application.split(".")[0] + ".")
        ):
            machine.installed_wrapper(backend.settings.path or "")
        for package in _packages_of(facts, backend, application):
            machine.imported(package)
        module, _, last = application.rpartition(".")
        direct = module_path(facts, backend.root, module) if module and last[:1].isupper() else None
        path = direct or module_path(facts, backend.root, f"{application}.apps")
        if path is not None and _matters(facts, backend, path):
            machine.ready(path, last if direct else None)


def _middleware(facts: Facts, backend: Backend, machine: Machine, bindings: dict[str, Binding]) -> None:
    """Make the middleware of the settings that may start the SDK when a server makes it."""
    bound = bindings.get("MIDDLEWARE")
    for dotted in texts(machine.heap, bound.value) if bound is not None else ():
        module, _, name = dotted.rpartition(".")
        path = module_path(facts, backend.root, module) if module else None
        if path is not None and _matters(facts, backend, path):
            machine.middleware(path, name)


def _packages_of(facts: Facts, backend: Backend, application: str) -> list[str]:
    """Return the packages that importing an application runs first, the outer ones before it, where they may start the SDK."""
    parts = application.split(".")
    named = (module_path(facts, backend.root, ".".join(parts[:n])) for n in range(1, len(parts) + 1))
    return [p for p in named if p is not None and p.endswith("/__init__.py") and _matters(facts, backend, p)]


def resolve_import(facts: Facts, backend: Backend, path: str, module: str, level: int) -> str | None:
    """Return the repository's file behind an import, or None for a module from elsewhere."""
    if level == 0:
        return module_path(facts, backend.root, module) if module else None
    folder = parent(path)
    for _ in range(level - 1):
        folder = parent(folder)
    return next((p for c in module_files(module) if (p := join(folder, c)) in facts.paths), None)
