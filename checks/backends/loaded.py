"""Modules that a Celery worker imports because its application names them: `include`, `imports`, `autodiscover_tasks`.

https://docs.celeryq.dev/en/stable/userguide/configuration.html#imports
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.parsers.flow import call_name
from checks.parsers.python import Module
from checks.repository.facts import Facts

KEYWORDS = ("include", "imports")
DISCOVER = "autodiscover_tasks"
_RELATED = "tasks"


def named_modules(facts: Facts, path: str) -> list[str]:
    """Return the dotted names of the modules that calls in a module name for a worker to import."""
    text = facts.text(path) or ""
    module = facts.python(path) if DISCOVER in text or "celery" in text.lower() else None
    nodes = module.nodes if isinstance(module, Module) else ()
    set_later = [t for n in nodes if isinstance(n, ast.Assign) and _is_setting(n.targets[0]) for t in _texts(n.value)]
    return [*(name for n in nodes if isinstance(n, ast.Call) for name in _named(n)), *set_later]


def _is_setting(target: ast.expr) -> bool:
    """Return whether an assignment is to the configuration of an application (`app.conf.imports = …`)."""
    return isinstance(target, ast.Attribute) and target.attr in KEYWORDS and isinstance(target.value, ast.Attribute)


def _named(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg in KEYWORDS:
            yield from _texts(keyword.value)
    if call_name(call) == DISCOVER and call.args:
        yield from (discovered(t) for t in _texts(call.args[0]))


def discovered(package: str) -> str:
    """Return the module of a package that `autodiscover_tasks` looks for."""
    return f"{package}.{_RELATED}"


def _texts(node: ast.expr) -> Iterator[str]:
    for part in node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else ():
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
