"""Which settings module production runs by default: what the modules that servers and workers start fall back to.

Source: https://docs.djangoproject.com/en/stable/topics/settings/#designating-the-settings
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from checks.hosts.images import image_that_serves
from checks.parsers.commands import read_commands
from checks.parsers.position import line_of
from checks.parsers.python import Module, settings_defaults
from checks.repository.backends import module_path
from checks.repository.deploys import deployments_of_backend
from checks.repository.facts import Facts
from checks.repository.loader_calls import loaders
from checks.repository.path_words import NOT_PRODUCTION, purposes
from checks.repository.running_settings import VARIABLE, Named
from checks.repository.server_hooks import served_modules


def started_entries(facts: Facts, root: str) -> tuple[str, ...]:
    """Return the modules that production's servers are given (`gunicorn shop.wsgi_live`) and that name settings.

    None where all of them fall back to a developer's settings: the platform then names others.
    """
    served = tuple(p for p in served_modules(facts, root) if VARIABLE in (facts.text(p) or ""))
    names = [name for path in served for name, _ in settings_defaults(facts.text(path) or "")]
    return () if names and all(purposes(n) & NOT_PRODUCTION for n in names) else served


def default_of_worker(facts: Facts, root: str, commands: str, entries: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """Return the settings, with their places, that the module of a Celery worker's application falls back to (`celery -A shop`).

    Of a package Celery takes the module `celery`, else the package itself
    (https://docs.celeryq.dev/en/stable/userguide/application.html#cmdoption-celery-A).
    """
    named = [n for c in read_commands(commands) if "celery" in c.words for n in _application(c.words)]
    dotted = [d for n in named for m in [n.partition(":")[0]] for d in (f"{m}.celery", m, m.rpartition(".")[0]) if d]
    found = [path for d in dotted if (path := module_path(facts, root, d)) is not None]
    files = found or [p for p in entries if "celery" in p.rpartition("/")[2]]
    named_in = [[(name, p, line) for name, line in settings_defaults(facts.text(p) or "")] for p in files]
    return next((n for n in named_in if n), []) if found else [n for names in named_in for n in names]


def _application(words: tuple[str, ...]) -> Iterator[str]:
    for word, following in pairwise((*words, "")):
        flag, equals, value = word.partition("=")
        if flag in ("-A", "--app"):
            yield value if equals else following


def default_of_server(facts: Facts, root: str, entries: tuple[str, ...]) -> Named | None:
    """Return the module that what servers start falls back to, where the files that deploy them declare no other.

    Where the started modules are not known, those of `entries` that are called after servers are taken. None where a service of
    production may get the variable from elsewhere, or where the modules do not agree on a literal.
    """
    services = [
        d for d in deployments_of_backend(facts, root) if d.environment == "production" and d.serves == "backend"
    ]
    image = image_that_serves(facts, root)
    if not services or (image is not None and VARIABLE in image.environment({})):
        return None
    if any(not d.closed or d.problem is not None or VARIABLE in d.variables for d in services):
        return None
    found: dict[str, Named] = {}
    called_so = tuple(p for p in entries if p.endswith(("wsgi.py", "asgi.py")))
    for path in started_entries(facts, root) or called_so:
        module = facts.python(path)
        defaults = [] if not isinstance(module, Module) else list(_literal_defaults(module, path))
        # A file of variables that it loads may name other settings.
        if not defaults or any(call.path == path for call in loaders(facts, root)):
            return None
        found |= {n.name: n for n in defaults}
    return next(iter(found.values())) if len(found) == 1 else None


def _literal_defaults(module: Module, path: str) -> Iterator[Named]:
    for node in module.tree.body:
        match node:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr="environ") | ast.Name(id="environ"), attr="setdefault"),
                    args=[ast.Constant(value=variable), ast.Constant(value=str(name))],
                )
            ) if variable == VARIABLE:
                yield Named(name=name, path=path, line=line_of(node))
