"""Where Python code makes an application object of a framework, by the names that its imports resolve to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from checks.backends.frameworks import APPLICATIONS, FRAMEWORKS
from checks.parsers.flow import walk
from checks.parsers.module_files import module_files
from checks.parsers.position import line_of
from checks.parsers.python import Module
from checks.repository.facts import Facts, join, parent

_DEEPEST = 6
_MAKES = frozenset(n for f in FRAMEWORKS for n in f.makes)


class Application(Struct, frozen=True, kw_only=True):
    """A call that makes an application object: its framework, its place, the name it is bound to, the function around it.

    `function` is empty at module level; `returned` says that the function gives the object back, `method` that it is a method.
    """

    framework: str
    path: str
    line: int
    name: str
    function: str = ""
    returned: bool = False
    method: bool = False
    runs: bool = False


def imported_names(module: Module) -> dict[str, tuple[str, int]]:
    """Return `{local name: (dotted name, relative level)}` of every import of a module, those of functions too."""
    found: dict[str, tuple[str, int]] = {}
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0],
                    0,
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                dotted = f"{node.module}.{alias.name}" if node.module else alias.name
                found[alias.asname or alias.name] = (dotted, node.level)
    return found


def dotted_name(node: ast.expr, names: Mapping[str, tuple[str, int]]) -> tuple[str, int] | None:
    """Return what a name or an attribute stands for: `(dotted name, relative level)`, or None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return None
    dotted, level = names[node.id]
    return ".".join([dotted, *reversed(parts)]), level


def find_module(facts: Facts, path: str, dotted: str, level: int) -> str | None:
    """Return the repository's file of a module that a file imports; absolute names are sought from each folder above the file."""
    if not level:
        return facts.memoize(find_module, f"{parent(path)} {dotted}", lambda: _absolute(facts, path, dotted))
    folder = parent(path)
    for _ in range(level - 1):
        folder = parent(folder)
    return next((p for t in module_files(dotted) if (p := join(folder, t)) in facts.paths), None)


def _absolute(facts: Facts, path: str, dotted: str) -> str | None:
    tails = module_files(dotted)
    folder = parent(path)
    while True:
        for base in (folder, join(folder, "src")):
            for tail in tails:
                if (place := join(base, tail)) in facts.paths:
                    return place
        if folder == ".":
            return _of_workspace(facts, tails)
        folder = parent(folder)


def _of_workspace(facts: Facts, tails: tuple[str, ...]) -> str | None:
    """Return a module of another package of the repository, which the environment installs beside (`packages/one/one/…`)."""
    near = facts.memoize(_packages, "", lambda: _packages(facts)).get(tails[0].partition("/")[0], [])
    found = [place for r in near for t in tails if (place := join(r, t)) in facts.paths]
    return found[0] if len(found) == 1 else None


def _packages(facts: Facts) -> dict[str, list[str]]:
    """Return `{package: folders that hold it}` for the packages beside a pyproject.toml, or below `src`."""
    found: dict[str, list[str]] = {}
    for path in facts.named("__init__.py"):
        folder, _, name = parent(path).rpartition("/")
        if folder.count("/") <= 2 and (join(folder or ".", "pyproject.toml") in facts.paths or folder.endswith("/src")):
            found.setdefault(name, []).append(folder or ".")
    return found


def framework_of_class(facts: Facts, path: str, node: ast.expr, depth: int = 0) -> str | None:
    """Return the framework whose application a called name makes: its class, or a class of the repository made from it."""
    module = facts.python(path)
    if not isinstance(module, Module) or depth > _DEEPEST:
        return None
    if isinstance(node, ast.Name):
        own = next((n for n in module.tree.body if isinstance(n, ast.ClassDef) and n.name == node.id), None)
        if own is not None:
            bases = (framework_of_class(facts, path, b, depth + 1) for b in own.bases)
            return next((b for b in bases if b is not None), None)
    found = dotted_name(node, facts.memoize(imported_names, path, lambda: imported_names(module)))
    if found is None:
        return None
    dotted, level = found
    if level == 0 and dotted in APPLICATIONS:
        return APPLICATIONS[dotted].name
    home, _, name = dotted.rpartition(".")
    place = find_module(facts, path, home, level) if name else None
    place = None if place == path else place
    return framework_of_class(facts, place, ast.Name(id=name), depth + 1) if place is not None else None


def applications_of(facts: Facts, path: str) -> tuple[Application, ...]:
    """Return the application objects that a module makes, in source order."""
    return facts.memoize(applications_of, path, lambda: tuple(_applications(facts, path)))


def _applications(facts: Facts, path: str) -> Iterator[Application]:
    module = facts.python(path)
    if not isinstance(module, Module):
        return
    for statement, function, method in _statements(module.tree.body, None, False):
        for call in (n for n in walk(statement) if isinstance(n, ast.Call)):
            framework = framework_of_class(facts, path, call.func)
            if framework is None:
                continue
            name = _target(statement)
            yield Application(
                framework=framework,
                path=path,
                line=line_of(call),
                name=name,
                function=getattr(function, "name", ""),
                returned=function is not None and _returns(function, name),
                method=method,
                runs=function is not None and _runs(function),
            )


def _statements(
    body: list[ast.stmt], function: ast.AST | None, method: bool
) -> Iterator[tuple[ast.stmt, ast.AST | None, bool]]:
    """Yield the simple statements below a body, with the outermost function around each."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _statements(node.body, function or node, method)
            case ast.ClassDef():
                yield from _statements(node.body, function, True)
            case ast.If() | ast.For() | ast.While() | ast.With() | ast.AsyncWith() | ast.AsyncFor() | ast.Try():
                for item in getattr(node, "items", ()):
                    target = item.optional_vars or ast.Name(id="")
                    yield ast.Assign(targets=[target], value=item.context_expr, lineno=node.lineno), function, method
                for name in ("body", "orelse", "finalbody"):
                    yield from _statements(getattr(node, name, []), function, method)
                for handler in getattr(node, "handlers", []):
                    yield from _statements(handler.body, function, method)
            case _:
                yield node, function, method


def _target(statement: ast.stmt) -> str:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return next((t.id for t in targets if isinstance(t, ast.Name)), "")


def _returns(function: ast.AST, name: str) -> bool:
    values = [n.value for n in walk(function) if isinstance(n, ast.Return) and n.value is not None]
    return any(isinstance(v, ast.Call) if not name else name in _names(v) for v in values)


def _names(node: ast.expr) -> set[str]:
    return {n.id for n in walk(node) if isinstance(n, ast.Name)}


def _runs(function: ast.AST) -> bool:
    """Return whether a function starts a server: `uvicorn.run`, `web.run_app`, `app.run`."""
    calls = (n.func for n in walk(function) if isinstance(n, ast.Call))
    return any(isinstance(f, ast.Attribute) and f.attr in ("run", "run_app", "serve", "worker_main") for f in calls)


def application_at(facts: Facts, path: str, attribute: str, depth: int = 0) -> Application | None:
    """Return the application that a name of a module stands for: made there, by a factory, wrapped, or imported.

    `attribute` may be a function that makes one. None where it is no application of a known framework.
    """
    module = facts.python(path)
    if not isinstance(module, Module) or depth > _DEEPEST or not attribute:
        return None
    made = applications_of(facts, path)
    own = [a for a in made if (a.name == attribute and not a.function) or a.function == attribute]
    if own:
        return next((a for a in own if a.returned), own[0])
    made_by = next((n for n in module.tree.body if isinstance(n, ast.ClassDef) and n.name == attribute), None)
    if made_by is not None:
        framework = framework_of_class(facts, path, ast.Name(id=attribute))
        if framework is None:
            return None
        return Application(framework=framework, path=path, line=line_of(made_by), name="", function=attribute)
    value = module.assignments.get(attribute)
    if value is not None:
        return _of_value(facts, path, module, value, depth)
    function = next(
        (n for n in module.tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == attribute),
        None,
    )
    if function is not None:
        for node in walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                inner = {
                    t.id: n.value
                    for n in walk(function)
                    if isinstance(n, ast.Assign)
                    for t in n.targets
                    if isinstance(t, ast.Name)
                }
                value = inner.get(node.value.id) if isinstance(node.value, ast.Name) else node.value
                found = _of_value(facts, path, module, value or node.value, depth) if value is not None else None
                if found is not None:
                    return found
        return None
    return _imported(facts, path, module, attribute, depth)


def _of_value(facts: Facts, path: str, module: Module, value: ast.expr, depth: int) -> Application | None:
    if isinstance(value, ast.Name):
        return application_at(facts, path, value.id, depth + 1)
    if isinstance(value, ast.Attribute) and value.attr in ("app", "wsgi_app", "asgi_app"):
        return _of_value(facts, path, module, value.value, depth + 1)
    if not isinstance(value, ast.Call):
        return None
    framework = framework_of_class(facts, path, value.func)
    if framework is not None:
        return Application(framework=framework, path=path, line=line_of(value), name="")
    if isinstance(value.func, ast.Name):
        found = application_at(facts, path, value.func.id, depth + 1)
        if found is not None:
            return found
    elif isinstance(value.func, ast.Attribute):
        if value.func.attr in _MAKES:
            return _of_value(facts, path, module, value.func.value, depth + 1)
        resolved = dotted_name(value.func, imported_names(module))
        if resolved is not None:
            home, _, name = resolved[0].rpartition(".")
            place = find_module(facts, path, home, resolved[1])
            found = application_at(facts, place, name, depth + 1) if place is not None else None
            if found is not None:
                return found
    # A middleware that wraps an application is given it.
    for argument in (*value.args, *(k.value for k in value.keywords)):
        if isinstance(argument, (ast.Name, ast.Call)):
            found = _of_value(facts, path, module, argument, depth + 1)
            if found is not None:
                return found
    return None


def _imported(facts: Facts, path: str, module: Module, name: str, depth: int) -> Application | None:
    found = imported_names(module).get(name)
    if found is None:
        return None
    home, _, last = found[0].rpartition(".")
    place = find_module(facts, path, home, found[1])
    return application_at(facts, place, last, depth + 1) if place is not None else None
