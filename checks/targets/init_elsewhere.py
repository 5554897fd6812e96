"""Calls of init outside of what production loads: wrappers of packages, applications that are not installed, unclear helpers."""

from __future__ import annotations

import ast

from checks.model import Finding, Verdict, failed, unknown
from checks.parsers.position import line_of
from checks.parsers.python import InitCall, parse_python
from checks.parsers.text import ParseError
from checks.production.heap import texts
from checks.repository.backends import Backend
from checks.repository.facts import Facts, inside, parent
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, Purpose, folder_purposes, purposes
from checks.repository.server_hooks import servers
from checks.repository.settings import SettingsChain
from checks.repository.text_index import files_calling_sentry_init, word_index
from checks.targets.settings_classes import classes_of_a_library


def _wrapper(chain: SettingsChain) -> tuple[str, int, str] | None:
    """Return a function, or an application of a package, that may call init by its name, and its place."""
    machine = chain.machine
    if machine is None:
        return None
    bound = chain.bindings.get("INSTALLED_APPS")
    for name in texts(machine.heap, bound.value) if bound is not None else ():
        # Sentry itself is a Django application as well, and so are the projects' own.
        if "sentry" in name.lower() and not name.lower().startswith(("raven", "sentry.")):
            line = line_of(bound.node) if bound is not None and bound.node is not None else 1
            own = machine.repository.find(chain.files[0], name.split(".")[0], 0) if chain.files else None
            if own is None and bound is not None:
                return bound.path, line, name
    return machine.suspects[0] if machine.suspects else None


def _by_worker(facts: Facts, backend: Backend) -> Verdict | None:
    """Judge the worker of RQ, which initializes the SDK itself where its settings name a DSN.

    https://python-rq.org/docs/workers/#using-a-config-file, https://python-rq.org/patterns/sentry/
    """
    from checks.parsers.python import Module

    entry = backend.entry
    module = facts.python(entry.path) if entry is not None and entry.framework == "rq" else None
    if entry is None or not isinstance(module, Module) or "SENTRY_DSN" not in module.assignments:
        return None
    message = (
        f"`rq worker` initializes the SDK by itself with SENTRY_DSN of {entry.path}: its options are not seen here"
    )
    place = {"path": entry.path, "line": line_of(module.assignments["SENTRY_DSN"])}
    return unknown(message, **place, hint="call sentry_sdk.init() in a worker script", target=backend.target)  # type: ignore[arg-type]


def _never_runs(facts: Facts, backend: Backend, chain: SettingsChain, path: str, call: InitCall) -> Finding | None:
    """Return why production surely does not run a call of init, None where it may."""
    settings, said = backend.settings, f"sentry_sdk.init() is in {path}"
    if path == backend.manage and servers(facts, backend.root):
        message = f"{said}, which the server of production does not run"
        return Finding(message=message, path=path, line=call.line, hint=f"call it in {backend.start}")
    if _is_not_installed(chain, call, path.removeprefix(backend.root + "/")):
        message = f"{said}, an application that INSTALLED_APPS does not have"
        hint = f"add it to INSTALLED_APPS, or call it in {backend.start}"
        return Finding(message=message, path=path, line=call.line, hint=hint)
    beside = settings is not None and not chain.opaque_imports and parent(settings.path or "") == parent(path)
    runs_alone = call.function is None and _is_settings(facts, path)
    if backend.is_django and settings is not None and settings.named_by_host and beside and runs_alone:
        # The host runs one of two settings modules of a package, and it is not this one.
        return Finding(
            message=f"{said}, but {settings.found_in} runs {settings.name}",
            path=settings.found_in,
            line=settings.found_line,
            hint=f"run the settings in {path} there, or move the call to a module that both import",
        )
    return None


def _is_settings(facts: Facts, path: str) -> bool:
    """Return whether a module is one of settings by what it says: Django's own names, or all that a module beside it has."""
    from checks.parsers.python import Module

    module = facts.python(path)
    if not isinstance(module, Module):
        return False
    whole = any("*" in i.names and (i.level == 1 or i.module.rpartition(".")[0]) for i in module.imports)
    return whole or bool(_OF_SETTINGS & module.assignments.keys())


_OF_SETTINGS = frozenset({"INSTALLED_APPS", "ROOT_URLCONF", "DEBUG", "ALLOWED_HOSTS", "DATABASES", "MIDDLEWARE"})


def _is_not_installed(chain: SettingsChain, call: InitCall, path: str) -> bool:
    """Return whether a call stands in `AppConfig.ready` of an application that the settings surely do not install."""
    bound, machine = chain.bindings.get("INSTALLED_APPS"), chain.machine
    items = machine.items(bound.value) if bound is not None and machine is not None else None
    if call.function != "ready" or not path.endswith("/apps.py") or items is None or items.open or machine is None:
        return False
    names = [machine.plain(b.value) for b in items.items]
    own = path.removesuffix("/apps.py").removeprefix("src/").replace("/", ".")
    last = own.rpartition(".")[2]
    return all(n is not None and last not in str(n.value).split(".") for n in names)


def init_elsewhere(facts: Facts, backend: Backend, chain: SettingsChain) -> Verdict | None:
    """Judge init calls outside of what production loads: third-party wrappers, and unclear helpers."""
    from checks.parsers.python import Module

    by_worker = _by_worker(facts, backend)
    if by_worker is not None:
        return by_worker
    wrapper = _wrapper(chain)
    if wrapper is not None:
        path, line, called = wrapper
        hint = f'check whether it calls sentry_sdk.init(), then set `backend.init = "{called}"`'
        return unknown(f"`{called}` may initialize the SDK", path=path, line=line, target=backend.target, hint=hint)
    for path in files_calling_sentry_init(facts, backend):
        module = facts.python(path)
        if path in chain.files and backend.is_django:
            method = _of_a_class(module)
            if method is None:
                continue
            called = f"{method.owner}.{method.function}()"
            return unknown(
                f"sentry_sdk.init() is in {called}, and what calls that was not seen",
                path=path,
                line=method.line,
                target=backend.target,
                hint="check that production calls it, then sign the item off",
            )
        if isinstance(module, ParseError):
            return unknown(
                f"{path} names sentry_sdk and cannot be read: {module.message}",
                path=path,
                line=module.line,
                target=backend.target,
            )
        if not isinstance(module, Module) or not module.init_calls:
            continue
        if (purposes(path) | folder_purposes(path)) & _NOT_THERE:
            continue
        call = module.init_calls[0]
        never = _never_runs(facts, backend, chain, path, call)
        if never is not None:
            return failed(never, target=backend.target)
        if call.function is not None and backend.entry is not None and path == backend.entry.path:
            return unknown(
                f"sentry_sdk.init() is in {call.function}() of {path}, and nothing in production was seen to call it",
                path=path,
                line=call.line,
                target=backend.target,
                hint="call it when the module is imported",
            )
        return unknown(
            f"sentry_sdk.init() is in {path}, and production does not appear to load it",
            path=path,
            line=call.line,
            target=backend.target,
            hint=f"call it from {backend.start}",
        )
    return None


_NOT_THERE = NOT_DEPLOYED | NOT_PRODUCTION | {Purpose.STAGING}
"""What a path says of a module that production does not run."""


def _of_a_class(module: object) -> InitCall | None:
    """Return the call of init in a method of a class of settings: a library may make the class and call it by its own rules."""
    from checks.parsers.python import Module

    owners = {c.name for c in classes_of_a_library(module)}
    calls = module.init_calls if isinstance(module, Module) else ()
    return next((c for c in calls if c.owner in owners and c.function is not None), None)


def executed_init(facts: Facts, backend: Backend, path: str) -> tuple[str, int] | None:
    """Return the file below the settings that calls init without being a Python module: what the settings read and `exec` has any name."""
    for other in word_index(facts).files_containing("sentry"):
        if other.endswith(".py") or not inside(other, parent(path)) or not inside(other, backend.root):
            continue
        try:
            tree = parse_python(facts.text(other) or "")
        except ParseError:
            continue
        calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "sentry_sdk.init")
        call = next(calls, None)
        if call is not None:
            return other, call.lineno
    return None
