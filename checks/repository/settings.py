"""The chain of a settings module: what it imports with `*`, the helpers it calls, and the names in effect at its end."""

from __future__ import annotations

import ast
import re

from msgspec import Struct, field

from checks.parsers.flow import walk
from checks.parsers.python import InitCall, Module
from checks.parsers.text import ParseError
from checks.repository.backends import Backend, module_path
from checks.repository.facts import Facts, join, parent


class LocatedInit(Struct, frozen=True, kw_only=True):
    """An init call with the file it stands in and how production reaches it (`settings`, or the entry point's path).

    `bound` are the names of the function around it: its arguments as the settings give them, and its own assignments.
    """

    path: str
    call: InitCall
    reached_by: str
    bound: dict[str, ast.expr] = field(default_factory=dict)


class SettingsChain(Struct, kw_only=True):
    """What production settings say: files in the order they run, names at the end, init calls, and what did not parse."""

    files: list[str] = field(default_factory=list)
    names: dict[str, ast.expr] = field(default_factory=dict)
    name_files: dict[str, str] = field(default_factory=dict)
    inits: list[LocatedInit] = field(default_factory=list)
    problems: list[tuple[str, ParseError]] = field(default_factory=list)
    opaque_imports: list[tuple[str, int, str]] = field(default_factory=list)


def settings_chain(facts: Facts, backend: Backend) -> SettingsChain:
    """Follow a backend's production settings, then its `wsgi`, `asgi` and Celery entry points."""
    return facts.once("settings", f"{backend.name}:{backend.root}", lambda: _settings_chain(facts, backend))


def _settings_chain(facts: Facts, backend: Backend) -> SettingsChain:
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
        elif star and not imported.optional:
            # Overrides that a machine may add (`try: from .local_settings import *`) are no part of the repository.
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
    classes = _configurations(facts, module, reached_by)
    for owner in classes:
        for name, value in _class_names(owner).items():
            chain.names[name] = value
            chain.name_files[name] = path
    hooked = {c.name for c in classes}
    for call in module.init_calls:
        hook = call.owner in hooked and call.function in _HOOKS
        if call.function is None or call.function in module.called or hook:
            bound = call.local_names | _arguments(module, module, call.function)
            chain.inits.append(LocatedInit(path=path, call=call, reached_by=reached_by, bound=bound))
    if "include" in module.called:
        _split_settings(facts, backend, path, module, chain, reached_by, depth)


_HOOKS = ("pre_setup", "setup", "post_setup")


def _configurations(facts: Facts, module: Module, reached_by: str) -> list[ast.ClassDef]:
    """Return the settings classes that production uses, bases first, of a django-configurations module.

    `DJANGO_CONFIGURATION` names the class where a file that deploys sets it, else a class named like production counts
    (https://django-configurations.readthedocs.io/en/stable/#quickstart).
    """
    if reached_by != "settings" or not any(i.module.split(".")[0] == "configurations" for i in module.imports):
        return []
    classes = {n.name: n for n in module.tree.body if isinstance(n, ast.ClassDef)}
    named = facts.once("configuration", "", lambda: _configuration_name(facts))
    chosen = classes.get(named or "") or next(
        (c for n, c in classes.items() if n.lower() in ("production", "prod", "live")), None
    )
    if chosen is None:
        return list(classes.values()) if len(classes) == 1 else []
    found: list[ast.ClassDef] = []
    waiting = [chosen]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.append(current)
            waiting += [classes[b.id] for b in current.bases if isinstance(b, ast.Name) and b.id in classes]
    return found[::-1]


def _configuration_name(facts: Facts) -> str | None:
    for path in facts.configuration:
        last = path.rpartition("/")[2]
        if re.search(r"ockerfile|compose|render\.ya?ml|fly\.toml|Procfile|app\.json|\.sh$", last):
            match = re.search(r"DJANGO_CONFIGURATION[\"']?\s*[=:]\s*[\"']?(\w+)", facts.text(path) or "")
            if match and not re.match(r"(?i)(dev|local|test)", match.group(1)):
                return match.group(1)
    return None


def _class_names(owner: ast.ClassDef) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in owner.body:
        if isinstance(node, ast.Assign):
            found |= {t.id: node.value for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
    return found


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
            given = _arguments(importer, module, call.function)
            found = LocatedInit(path=path, call=call, reached_by=reached_by, bound=call.local_names | given)
            if found not in chain.inits:
                chain.inits.append(found)
                for name, value in module.assignments.items():
                    chain.names.setdefault(name, value)
                    chain.name_files.setdefault(name, path)


def _split_settings(
    facts: Facts, backend: Backend, path: str, module: Module, chain: SettingsChain, reached_by: str, depth: int
) -> None:
    for node in module.nodes:
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
        {n.value for n in walk(installed) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
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
                    chain.inits.append(LocatedInit(path=path, call=call, reached_by="settings", bound=call.local_names))


def _arguments(caller: Module, owner: Module, function: str | None) -> dict[str, ast.expr]:
    """Return the arguments that a module gives to a helper function, by the helper's parameter names."""
    if function is None:
        return {}
    definition = next(
        (n for n in walk(owner.tree) if isinstance(n, ast.FunctionDef) and n.name == function and n.args), None
    )
    for node in walk(caller.tree):
        if not isinstance(node, ast.Call) or definition is None:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name == function:
            found = {k.arg: k.value for k in node.keywords if k.arg}
            return dict(zip((a.arg for a in definition.args.args), node.args, strict=False)) | found
    return {}


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
