"""Which file of the repository a command's module is, and from which folder its imports start."""

from __future__ import annotations

import ast

from checks.hosts.commands import Command
from checks.hosts.started import Started
from checks.parsers.module_files import module_files
from checks.parsers.python import Module
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, join, parent

ELSEWHERE = lazy_pattern(
    r"(^|/)(tests?|testing|test_utils|e2e|docs?|docs_[^/]*|documentation|examples?|[^/]*[-_]examples?|fixtures?|samples?|demos?"
    r"|tutorials?|node_modules|site-packages|vendor|benchmarks?|scripts|tools|notebooks?|cookbooks?|playground|templates?|sandbox"
    r"|conftest\.py|test_[^/]*\.py|[^/]*_tests?\.py|tests\.py|setup\.py|\.[^/]+|\{\{.*)(/|$)"
)
"""Where an application that nothing starts is not one of production: tests, documentation, examples, tools."""


def locate(facts: Facts, command: Command, started: Started) -> tuple[str, str] | None:
    """Return the file that a command's module names, and the folder that its imports start from."""
    folders = _folders(command, started)
    if started.file:
        parts = started.module.strip("/").split("/")
        # `/app/wsgi/shop.wsgi` in an image is `wsgi/shop.wsgi` here.
        rooted = started.module.startswith("/")
        ends = ["/".join(parts[n:]) for n in range(len(parts))] if rooted else [started.module]
        places = (join(f, e) for e in ends for f in folders)
        return next(((p, source_folder(facts, p, "")) for p in places if p in facts.paths), None)
    if not started.module:
        return _default_module(facts, folders, started)
    relative = started.module.replace(".", "/")
    tails = module_files(started.module)
    if started.kind == "run" and started.script:
        tails = (relative + "/__main__.py", relative + ".py")
    for folder in folders:
        for tail in tails:
            if (place := join(folder, tail)) in facts.paths:
                return place, folder
    last = {t.rpartition("/")[2] for t in tails} | {"__init__.py"}
    wanted = ["/" + t for t in tails]
    near = [
        p for p in facts.named(*sorted(last)) if any(("/" + p).endswith(w) for w in wanted) and not ELSEWHERE.search(p)
    ]
    if len(near) == 1:
        tail = next(t for t in tails if near[0].endswith(t))
        return near[0], near[0].removesuffix(tail).rstrip("/") or "."
    return None


def _default_module(facts: Facts, folders: list[str], started: Started) -> tuple[str, str] | None:
    """Return the module that a framework's own command looks for without being told one."""
    usual = {
        "flask": ("wsgi.py", "app.py"),
        "quart": ("app.py", "wsgi.py"),
        "fastapi": ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"),
        "litestar": ("app.py", "application.py"),
    }.get(started.framework, ())
    for folder in folders[:2]:
        for name in usual:
            if (place := join(folder, name)) in facts.paths:
                return place, source_folder(facts, place, "")
    return None


def _folders(command: Command, started: Started) -> list[str]:
    base = command.folder
    if started.folder and not started.folder.startswith("/"):
        return [join(base, started.folder)]
    inner = started.folder or command.workdir
    below = [join(base, "/".join(inner.strip("/").split("/")[n:])) for n in range(1, inner.strip("/").count("/") + 1)]
    return list(
        dict.fromkeys(
            [
                base,
                join(base, "src"),
                *below,
                parent(base),
                parent(command.path),
                ".",
                join(base, "app"),
                join(base, "backend"),
            ]
        )
    )


def source_folder(facts: Facts, path: str, dotted: str) -> str:
    """Return the folder that a module's imports start from: above its packages, or where an absolute import of its own is found."""
    if dotted and path.removesuffix(".py").removesuffix("/__init__").endswith(dotted.replace(".", "/")):
        return (
            path.removesuffix(".py").removesuffix("/__init__").removesuffix(dotted.replace(".", "/")).rstrip("/") or "."
        )
    folder = parent(path)
    module = facts.python(path)
    tops = {
        node.module.split(".")[0] if isinstance(node, ast.ImportFrom) and node.module else alias.name.split(".")[0]
        for node in (module.nodes if isinstance(module, Module) else ())
        if isinstance(node, (ast.Import, ast.ImportFrom)) and not getattr(node, "level", 0)
        for alias in node.names
    }
    place = folder
    while True:
        if any(join(place, t + ".py") in facts.paths or join(place, t + "/__init__.py") in facts.paths for t in tops):
            return place
        if place == ".":
            break
        place = parent(place)
    while folder != "." and join(folder, "__init__.py") in facts.paths:
        folder = parent(folder)
    return folder


def dotted_path(path: str, source: str) -> str:
    """Return the dotted name of a module, as imports from a folder write it."""
    relative = path if source == "." else path.removeprefix(source + "/")
    return relative.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
