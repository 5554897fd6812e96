"""Whether something loads a `.env` file, or the people of a repository keep one: what nothing reads needs no example.

Sources: https://pypi.org/project/python-dotenv/, https://django-environ.readthedocs.io/en/latest/quickstart.html,
https://github.com/HBNetwork/python-decouple#how-does-it-work, https://devcenter.heroku.com/articles/heroku-local,
https://pipenv.pypa.io/en/latest/shell.html, https://docs.docker.com/reference/compose-file/services/#env_file
"""

from __future__ import annotations

import ast
import posixpath
import re

from yaml import Node

from checks.parsers import yaml as y
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.python import Module
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import Purpose, purposes

_CALLS = frozenset({"load_dotenv", "read_dotenv", "read_env", "dotenv_values"})
"""Functions that load one: python-dotenv, django-dotenv, django-environ and environs."""
_MODULES = frozenset({"decouple", "dynaconf"})
"""Packages that look for one by themselves."""
_NEEDLES = (*sorted(_CALLS), *sorted(_MODULES), "env_file")
_RUNNERS = ("Procfile", "Procfile.dev", "Pipfile")
"""What is started by a program that loads one: `heroku local`, honcho, foreman, `pipenv run`."""
_SCRIPTS = ("Makefile", "justfile", "Justfile", ".envrc", "Taskfile.yml", "mise.toml", ".mise.toml")
_MAX_FILES = 40
_KINDS = frozenset({"example", "examples", "sample", "template", "tmpl", "dist", "defaults", "skeleton"})
_PROGRAMS = lazy_pattern(
    r"\.(py|[cm]?[jt]sx?|json|md|rst|html?|sh|toml|ya?ml|j2|jinja2?|cfg|ini|conf|tf|license|lock)$"
)


def is_env_example(name: str) -> bool:
    """Return whether a file's name says that it is an example of an env file: `.env.example`, `env.sample`, `api.env.dist`."""
    words = [w for w in re.split(r"[._-]+", name.lower()) if w]
    return (
        {"env", "environment", "dotenv"} & set(words) != set()
        and bool(_KINDS & set(words))
        and not _PROGRAMS.search(name)
    )


def loads_env(facts: Facts, root: str, own: tuple[str | None, ...] = ()) -> bool:
    """Tell whether the code, a script or a service loads an env file, or people of this repository keep several.

    A file that names nothing but our `own` variables, or the frontend's, says nothing: it was made by an earlier run.
    """
    path, folders = join(root, ".env"), {root, "."}
    if any(join(root, n) in facts.paths for n in _RUNNERS):
        return True
    if _ignores_several(facts, folders) or _asks_for_variables(facts, root):
        return True
    kept = [path, *(p for p in facts.paths if parent(p) in folders and is_env_example(_name(p)))]
    if any(v.name not in own and "SENTRY" not in v.name for p in kept for v in parse_dotenv(facts.text(p) or "")):
        return True
    for folder in folders:
        for name in _SCRIPTS:
            text = facts.text(join(folder, name)) or ""
            if any(".env" in line.split("#")[0] or "dotenv" in line.split("#")[0] for line in text.splitlines()):
                return True
    if any(path in files for _, files in compose_env_files(facts)):
        return True
    return any(_loads(facts, p) for p in _python_files(facts, root))


def compose_env_files(facts: Facts) -> list[tuple[str, tuple[str, ...]]]:
    """Return the compose files of a repository with the env files that their services take, as paths of the repository."""
    found = []
    for path in sorted(_compose_files(facts)):
        files = dict.fromkeys(f for taken in env_files(facts, path).values() for f in taken)
        if files:
            found.append((path, tuple(files)))
    return found


def env_files(facts: Facts, path: str) -> dict[str, tuple[str, ...]]:
    """Return the env files that each service of a compose file reads, as paths of the repository."""
    document = facts.yaml(path)
    found = {}
    for name, _, service in y.pairs(y.get(document, "services")) if isinstance(document, Node) else ():
        entries = y.sequence(y.get(service, "env_file"))
        named = [y.scalar(e) or y.scalar(y.get(e, "path")) for e in entries]
        found[name] = tuple(posixpath.normpath(posixpath.join(posixpath.dirname(path), n)) for n in named if n)
    return found


def _ignores_several(facts: Facts, folders: set[str]) -> bool:
    """Return whether a `.gitignore` names env files by a pattern of several (`.env*`); every template names `.env` itself."""
    for folder in folders:
        for line in (facts.text(join(folder, ".gitignore")) or "").splitlines():
            pattern = line.strip().lstrip("!").rpartition("/")[2]
            if not line.startswith("#") and (("*" in pattern and ".env" in pattern) or is_env_example(pattern)):
                return True
    return False


def _asks_for_variables(facts: Facts, root: str) -> bool:
    """Return whether the settings do not start without a variable, and no image, compose file or host says how it arrives."""
    paths = [b.settings.path for b in facts.backends if b.root == root and b.settings and b.settings.path]
    modules = [m for p in paths if isinstance(m := facts.python(p), Module)]
    asked = any(
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "environ"
        for m in modules
        for node in m.nodes
    )
    return asked and not (facts.deployments or facts.dockerfiles or _compose_files(facts))


def _compose_files(facts: Facts) -> list[str]:
    return [p for p in facts.with_suffix("yml", "yaml") if "compose" in _name(p) and p.count("/") < 3]


def _python_files(facts: Facts, root: str) -> list[str]:
    within = [
        p for p in facts.paths if p.endswith(".py") and inside(p, root) and Purpose.TEST not in purposes(parent(p))
    ]
    held = facts.tree.files_containing(_NEEDLES, within)
    return sorted(within if held is None else (p for p in within if p in held), key=lambda p: p.count("/"))[:_MAX_FILES]


def _loads(facts: Facts, path: str) -> bool:
    if not any(word in (facts.text(path) or "") for word in _NEEDLES):
        return False
    module = facts.python(path)
    if not isinstance(module, Module):
        return False
    for node in module.nodes:
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _CALLS or any(k.arg == "env_file" for k in node.keywords):
                return True
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            named = [getattr(node, "module", None) or "", *(a.name for a in node.names)]
            if any(n.partition(".")[0] in _MODULES for n in named[: 1 if named[0] else None]):
                return True
    return False


def _name(path: str) -> str:
    return path.rpartition("/")[2]
