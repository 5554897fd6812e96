"""The chain of a settings module: what it imports with `*`, the helpers it calls, and the names in effect at its end."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from checks.parsers.python import InitCall, Module
from checks.parsers.text import ParseError
from checks.repository.backends import Backend, module_path
from checks.repository.facts import Facts, join, parent


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedInit:
    """An init call with the file it stands in and how production reaches it (`settings`, or the entry point's path)."""

    path: str
    call: InitCall
    reached_by: str


@dataclass(slots=True, kw_only=True)
class SettingsChain:
    """What production settings say: files in the order they run, names at the end, init calls, and what did not parse."""

    files: list[str] = field(default_factory=list)
    names: dict[str, ast.expr] = field(default_factory=dict)
    name_files: dict[str, str] = field(default_factory=dict)
    inits: list[LocatedInit] = field(default_factory=list)
    problems: list[tuple[str, ParseError]] = field(default_factory=list)
    opaque_imports: list[tuple[str, int, str]] = field(default_factory=list)


def settings_chain(facts: Facts, backend: Backend) -> SettingsChain:
    """Follow a backend's production settings, then its `wsgi`, `asgi` and Celery entry points."""
    chain = SettingsChain()
    if backend.settings is not None and backend.settings.path is not None:
        _follow(facts, backend, backend.settings.path, chain, "settings", 0)
    in_settings = len(chain.inits)
    for path in backend.entry_points:
        if path not in chain.files:
            _follow(facts, backend, path, chain, path, 0)
    if not in_settings:
        _apps(facts, backend, chain)
    return chain


def _follow(facts: Facts, backend: Backend, path: str, chain: SettingsChain, reached_by: str, depth: int) -> None:
    if path in chain.files or depth > 12:
        return
    chain.files.append(path)
    module = facts.python(path)
    if isinstance(module, ParseError):
        chain.problems.append((path, module))
    if not isinstance(module, Module):
        return
    for imported in module.imports:
        target = resolve_import(facts, backend, path, imported.module, imported.level)
        star = "*" in imported.names
        if target is not None and (star or imported.level == 0 or "settings" in target or not imported.names):
            if star:
                _follow(facts, backend, target, chain, reached_by, depth + 1)
            else:
                _helper(facts, backend, target, module, imported.names, chain, reached_by, depth)
        elif target is not None:
            _helper(facts, backend, target, module, imported.names, chain, reached_by, depth)
        elif star:
            chain.opaque_imports.append((path, imported.line, "." * imported.level + imported.module))
        for name in imported.names:
            submodule = resolve_import(
                facts, backend, path, f"{imported.module}.{name}" if imported.module else name, imported.level
            )
            if submodule is not None and submodule != target:
                _helper(facts, backend, submodule, module, (), chain, reached_by, depth)
    if reached_by == "settings":
        for name, value in module.assignments.items():
            chain.names[name] = value
            chain.name_files[name] = path
    for call in module.init_calls:
        if call.function is None or call.function in module.called:
            chain.inits.append(LocatedInit(path=path, call=call, reached_by=reached_by))
    if "include" in module.called:
        _split_settings(facts, backend, path, module, chain, reached_by, depth)


def _helper(
    facts: Facts,
    backend: Backend,
    path: str,
    importer: Module,
    names: tuple[str, ...],
    chain: SettingsChain,
    reached_by: str,
    depth: int,
) -> None:
    """Look into an imported module of the repository: code it runs at import, and functions the importer calls."""
    text = facts.text(path)
    if text is None or "sentry" not in text or depth > 6:
        return
    module = facts.python(path)
    if not isinstance(module, Module):
        return
    for call in module.init_calls:
        called = call.function is not None and (call.function in importer.called or call.function in module.called)
        if call.function is None or called:
            found = LocatedInit(path=path, call=call, reached_by=reached_by)
            if found not in chain.inits:
                chain.inits.append(found)
                for name, value in module.assignments.items():
                    chain.names.setdefault(name, value)
                    chain.name_files.setdefault(name, path)


def _split_settings(
    facts: Facts, backend: Backend, path: str, module: Module, chain: SettingsChain, reached_by: str, depth: int
) -> None:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "include":
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    target = join(parent(path), argument.value)
                    if target in facts.paths:
                        _follow(facts, backend, target, chain, reached_by, depth + 1)


def _apps(facts: Facts, backend: Backend, chain: SettingsChain) -> None:
    """Look for `AppConfig.ready` in the apps that the settings install."""
    installed = chain.names.get("INSTALLED_APPS")
    strings = (
        {n.value for n in ast.walk(installed) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        if (installed is not None)
        else set()
    )
    for value in chain.names.values():
        if isinstance(value, (ast.List, ast.Tuple)):
            strings |= {e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)}
    for name in sorted(strings):
        package = name.split(".apps.")[0]
        path = module_path(facts, backend.root, f"{package}.apps")
        module = facts.python(path) if path and "sentry_sdk" in (facts.text(path) or "") else None
        if path and isinstance(module, Module):
            for call in module.init_calls:
                if call.function == "ready":
                    chain.inits.append(LocatedInit(path=path, call=call, reached_by="settings"))


def resolve_import(facts: Facts, backend: Backend, path: str, module: str, level: int) -> str | None:
    """Return the repository's file behind an import, or None for a module from elsewhere."""
    if level == 0:
        return module_path(facts, backend.root, module) if module else None
    folder = parent(path)
    for _ in range(level - 1):
        folder = parent(folder)
    relative = module.replace(".", "/")
    candidates = [relative + ".py", relative + "/__init__.py"] if relative else ["__init__.py"]
    return next((p for c in candidates if (p := join(folder, c)) in facts.paths), None)
