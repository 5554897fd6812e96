"""Finds the Python backends that are no Django projects: what commands start, and application objects that nothing starts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from checks.backends.applications import (
    Application,
    application_at,
    applications_of,
    find_module,
)
from checks.backends.entry import Entry, Found
from checks.backends.frameworks import FRAMEWORKS, framework_named
from checks.backends.functions import lambda_handlers
from checks.backends.lasting import lasts
from checks.backends.leading import reaches_init, starting_modules
from checks.backends.locating import ELSEWHERE, dotted_path, locate, source_folder
from checks.backends.programs import named_applications, served_by_name
from checks.backends.roots import backend_root, has_manifest, installs, is_tool
from checks.backends.server_files import configured_by_file
from checks.hosts.commands import Command, script_targets, start_commands
from checks.hosts.started import Started, started_by, unwrapped
from checks.parsers.python import Module
from checks.repository.dependencies import manifests_of_folder
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.index_terms import APPLICATION_TERMS
from checks.repository.text_index import word_index

_LIKELY = ("main", "app", "asgi", "wsgi", "server", "api", "application", "__init__", "run", "web", "factory")


def find_others(facts: Facts, django: list[str]) -> list[Found]:
    """Return the backends besides the Django projects at some roots."""
    candidates = [
        p
        for p in word_index(facts).files_containing(*APPLICATION_TERMS)
        if p.endswith(".py") and not ELSEWHERE.search(p) and not _of_django(p, django) and not _for_tests(facts, p)
    ]
    functions = [e for e in lambda_handlers(facts) if not _of_django(e.path, django) and not _is_django(facts, e.path)]
    if django and not candidates and not functions:
        return []
    entries = list(_started(facts, django))
    known = {e.path for e in entries} | {e.application.path for e in entries if e.application is not None}
    loose = [a for p in candidates for a in applications_of(facts, p) if _stands_alone(a)]
    groups: dict[str, list[Entry]] = {}
    for entry in [*entries, *functions]:
        groups.setdefault(backend_root(facts, entry), []).append(entry)
    webs = {r for r, found in groups.items() if any(e.kind not in ("worker", "script") for e in found)}
    for application in sorted(loose, key=_likely):
        if application.path in known:
            continue
        entry = _of_application(application, facts)
        root = backend_root(facts, entry)
        web = entry.kind == "web"
        # Nothing starts it, and it shares the dependencies of a Django project: a helper which that starts by itself.
        covered = web and (root in django or any(inside(root, r) and r in webs for r in groups))
        if covered or (web and root in webs) or (not web and any(e.kind == "worker" for e in groups.get(root, ()))):
            continue
        if not installs(facts, root, entry.framework):
            continue
        groups.setdefault(root, []).append(entry)
        if web:
            webs.add(root)
    backends = [f for root, found in sorted(groups.items()) for f in _backends(facts, root, found, django)]
    # A program beside the one that answers requests prepares or repairs something; without another, it is what is deployed.
    found = [f for f in backends if f.entry.kind != "script"] or ([] if django else backends)
    return found or ([] if django else list(_reporting(facts)))


def _reporting(facts: Facts) -> Iterator[Found]:
    """Yield the first program that initializes the SDK, where nothing here starts anything: who calls init runs it somewhere."""
    programs = facts.with_suffix("py") if starting_modules(facts) else ()
    for path in sorted(p for p in programs if not ELSEWHERE.search(p)):
        module = facts.python(path) if _may_be_program(facts, path) else None
        if not isinstance(module, Module) or not reaches_init(facts, path):
            continue
        source = source_folder(facts, path, "")
        started = Started(module=dotted_path(path, source), attribute="", kind="run", server="python", script=True)
        place = {"found_in": path, "found_line": 1, "started": started}
        entry = _made(facts, "python", path, source, started, None, place)
        yield Found(root=backend_root(facts, entry), entry=entry)
        return


def _may_be_program(facts: Facts, path: str) -> bool:
    """Return whether a module runs as a program: a package's `__main__`, or what asks whether it is started itself."""
    return path.endswith("/__main__.py") or b"__main__" in (facts.read(path) or b"")


def _of_django(path: str, django: list[str]) -> bool:
    """Return whether a module belongs to a Django project; the only one at the root of a repository has all that is not a project."""
    return any(inside(path, r) for r in django if r != ".")


def _for_tests(facts: Facts, path: str) -> bool:
    """Return whether a module is a plugin or a helper of pytest, by its imports: what it makes is for tests."""
    module = facts.python(path)
    imports = module.tree.body if isinstance(module, Module) else []
    names = [
        *(a.name for n in imports if isinstance(n, ast.Import) for a in n.names),
        *(n.module or "" for n in imports if isinstance(n, ast.ImportFrom) and not n.level),
    ]
    return any(n.partition(".")[0] in ("pytest", "pytest_asyncio") for n in names)


def _stands_alone(application: Application) -> bool:
    known = framework_named(application.framework)
    if application.method or (known.kind == "worker" and application.function not in ("", *known.factories)):
        return False
    if not application.function:
        return True
    return (application.returned or application.runs) and "test" not in application.function.lower()


def _likely(application: Application) -> tuple[int, int, int, str]:
    stem = application.path.rpartition("/")[2].removesuffix(".py")
    order = _LIKELY.index(stem) if stem in _LIKELY else len(_LIKELY)
    return (application.path.count("/"), order, bool(application.function), application.path)


def _started(facts: Facts, django: list[str]) -> Iterator[Entry]:
    """Yield the entry of each command that starts one, each module and object once, what deploys first."""
    seen: set[tuple[str, str]] = set()
    found = ((c, _starts(facts, c)) for c in start_commands(facts))
    # Of a worker and its scheduler, which run the same module, the worker is what works.
    for command, started in sorted(found, key=lambda f: f[1] is not None and f[1].scheduler):
        if started is None:
            continue
        entry = _entry(facts, command, started)
        if entry is None or (entry.path, entry.attribute) in seen:
            continue
        if _of_django(entry.path, django) and entry.kind != "web":
            continue
        if ELSEWHERE.search(parent(entry.path) + "/") and entry.rank > 0:
            continue
        seen.add((entry.path, entry.attribute))
        yield entry


def _starts(facts: Facts, command: Command) -> Started | None:
    return (
        started_by(command.words, command.variables)
        or configured_by_file(facts, command)
        or _installed_script(facts, command)
    )


def _installed_script(facts: Facts, command: Command) -> Started | None:
    """Return what a command that the project itself installs starts (`[project.scripts]`)."""
    words = unwrapped(command.words)
    if not words or "/" in words[0] or command.rank > 1:
        return None
    for folder in dict.fromkeys((command.folder, parent(command.path), ".")):
        target = script_targets(facts, folder).get(words[0])
        if target is not None:
            module, _, function = target[0].partition(":")
            return Started(module=module, attribute=function, kind="run", server=words[0], called=True)
    return None


def _entry(facts: Facts, command: Command, started: Started) -> Entry | None:
    located = locate(facts, command, started)
    if located is None and started.kind == "worker" and not started.attribute and "." in started.module:
        module, _, attribute = started.module.rpartition(".")
        started = replace(started, module=module, attribute=attribute)
        located = locate(facts, command, started)
    if located is None:
        return None
    path, source = located
    place = {"found_in": command.path, "found_line": command.line, "rank": command.rank, "started": started}
    if started.kind == "run":
        return _of_script(facts, path, source, started, place)
    if started.kind == "worker":
        framework = started.framework
        application = _named(facts, path, started.attribute, framework or "celery")
        inner = join(parent(path), "celery.py")
        if application is None and framework == "celery" and path.endswith("/__init__.py") and inner in facts.paths:
            # Celery looks in the module `celery` of a package that has no application itself.
            path = inner
            application = _named(facts, path, started.attribute, framework)
        framework = framework or (application.framework if application else "")
        if not framework or _is_django(facts, path):
            return None
        return _made(facts, framework, path, source, started, application, place)
    application = _named(facts, path, started.attribute, started.framework)
    framework = application.framework if application is not None else started.framework
    framework = framework or _only_installed(facts, path, started.attribute)
    if not framework or framework_named(framework).kind != "web":
        return None
    return _made(facts, framework, path, source, started, application, place)


def _only_installed(facts: Facts, path: str, name: str) -> str:
    """Return the one web framework that a project installs, for what a server starts and a class of another package makes."""
    module = facts.python(path)
    if not isinstance(module, Module) or _is_django(facts, path):
        return ""
    if name and not (name in module.assignments or name in module.functions):
        return ""
    folder = parent(path)
    while folder != "." and not has_manifest(facts, folder):
        folder = parent(folder)
    manifests = manifests_of_folder(facts, folder)
    declared = {d.dependency.name for d in manifests.declarations if not d.development and not d.dependency.optional}
    found = [f.name for f in FRAMEWORKS if (f.kind == "web" or f.name == "django") and declared & {*f.distributions}]
    found = [n for n in found if n != "starlette"] or found
    return found[0] if len(found) == 1 and found[0] != "django" else ""


def _made(
    facts: Facts,
    framework: str,
    path: str,
    source: str,
    started: Started,
    application: Application | None,
    place: dict[str, Any],
) -> Entry:
    attribute = started.attribute or (application.name or application.function if application is not None else "")
    called = started.called or _is_function(facts, path, attribute)
    return Entry(
        framework=framework,
        module=dotted_path(path, source),
        path=path,
        attribute=attribute,
        called=called,
        script=started.script,
        application=application,
        source=source,
        **place,
    )


def _named(facts: Facts, path: str, attribute: str, framework: str) -> Application | None:
    """Return the application that a server finds in a module: the named one, else the usual names, else the only one."""
    if attribute:
        return application_at(facts, path, attribute.partition(".")[0])
    known = framework_named(framework) if framework else framework_named("flask")
    for name in (*known.variables, *known.factories):
        found = application_at(facts, path, name)
        if found is not None:
            return found
    return next(iter(applications_of(facts, path)), None)


def _is_function(facts: Facts, path: str, name: str) -> bool:
    module = facts.python(path)
    return isinstance(module, Module) and name in module.functions


def _is_django(facts: Facts, path: str) -> bool:
    return b"DJANGO_SETTINGS_MODULE" in (facts.read(path) or b"")


def _of_script(facts: Facts, path: str, source: str, started: Started, place: dict[str, Any]) -> Entry | None:
    """Return the entry of a program: the application that it makes or hands to a server, else itself."""
    module = facts.python(path)
    if not isinstance(module, Module) or _is_django(facts, path):
        return None
    served = dict(served_by_name(module))
    for target in dict.fromkeys((*served, *(named_applications(facts, path, module) if started.called else ()))):
        name, _, attribute = target.partition(":")
        home = find_module(facts, path, name, 0) or (path if name == dotted_path(path, source) else None)
        if home is not None and (home != path or target in served):
            inner = Started(module=name, attribute=attribute, kind="web", server="uvicorn", reload=started.reload)
            application = _named(facts, home, attribute, "")
            if application is not None:
                entry = _made(
                    facts, application.framework, home, source_folder(facts, home, name), inner, application, place
                )
                by_program = target in served and started.script
                return replace(entry, runner=path, imported=served[target]) if by_program else entry
    made = [a for a in applications_of(facts, path) if framework_named(a.framework).kind == "web"]
    application = next((a for a in made if not a.method), None)
    if application is None:
        for name in ("app", "application", "create_app", "server"):
            application = application_at(facts, path, name)
            if application is not None:
                break
    if application is not None and framework_named(application.framework).kind == "web":
        return _made(facts, application.framework, path, source, started, application, place)
    if place["rank"] > 1 or ELSEWHERE.search(path) or (place["rank"] and is_tool(facts, path)):
        return None
    return _made(facts, "python", path, source, started, None, place)


_CALLERS = (
    "wsgi.py",
    "asgi.py",
    "run.py",
    "main.py",
    "app.py",
    "server.py",
    "autoapp.py",
    "manage.py",
    "application.py",
)


def _of_application(application: Application, facts: Facts) -> Entry:
    """Return the entry of an application that nothing starts: the module above it that calls its factory, else its own."""
    source = source_folder(facts, application.path, "")
    if application.function:
        for variable in framework_named(application.framework).variables:
            if application_at(facts, application.path, variable) == application:
                return Entry(
                    framework=application.framework,
                    module=dotted_path(application.path, source),
                    path=application.path,
                    attribute=variable,
                    found_in=application.path,
                    found_line=application.line,
                    application=application,
                    source=source,
                )
        for folder in dict.fromkeys((source, parent(source), parent(application.path))):
            for name in _CALLERS:
                caller = join(folder, name)
                if caller == application.path or caller not in facts.paths:
                    continue
                for variable in framework_named(application.framework).variables:
                    if application_at(facts, caller, variable) == application:
                        return Entry(
                            framework=application.framework,
                            module=dotted_path(caller, folder),
                            path=caller,
                            attribute=variable,
                            found_in=caller,
                            found_line=1,
                            application=application,
                            source=folder,
                        )
    return Entry(
        framework=application.framework,
        module=dotted_path(application.path, source),
        path=application.path,
        attribute=application.name if not application.function else application.function,
        called=bool(application.function),
        found_in=application.path,
        found_line=application.line,
        application=application,
        source=source,
    )


def _backends(facts: Facts, root: str, entries: list[Entry], django: list[str]) -> Iterator[Found]:
    """Yield one backend for the entries of a root; a web service that something else deploys is one of its own."""
    ordered = sorted(entries, key=lambda e: (e.kind != "web", e.kind != "function", e.kind != "worker", e.rank))
    webs = [e for e in ordered if e.kind == "web"]
    others = tuple(e for e in ordered if e.kind in ("worker", "function") or (e.kind == "script" and lasts(facts, e)))
    deployed = [e for e in webs if e.rank < 2] or webs[:1]
    if root in django and not webs:
        return
    if not deployed:
        first = ordered[0]
        yield Found(root=root, entry=first, others=tuple(e for e in ordered[1:] if e.path != first.path))
        return
    first, *more = deployed
    yield Found(root=root, entry=first, others=() if root in django else others)
    for entry in more:
        if entry.path != first.path and (entry.application is None or entry.application != first.application):
            yield Found(root=root, entry=entry)


def found_at(facts: Facts, path: str, dotted: str, attribute: str, root: str) -> Found | None:
    """Return the backend whose entry is configured: a module that holds an application, of no Django project."""
    if _is_django(facts, path):
        return None
    application = _named(facts, path, attribute, "")
    if application is None:
        return None
    source = source_folder(facts, path, dotted)
    entry = Entry(
        framework=application.framework,
        module=dotted,
        path=path,
        attribute=attribute or application.name or application.function,
        called=bool(application.function) and application.path == path,
        found_in="the configuration",
        found_line=None,
        application=application,
        rank=0,
        source=source,
    )
    return Found(root=root, entry=entry)
