"""How a project takes its variables on a developer's machine: whether something loads a `.env`, else the file or the shell that does."""

from __future__ import annotations

import ast

from checks.parsers.dotenv import parse_dotenv
from checks.parsers.python import Module
from checks.parsers.text import decode
from checks.repository.backends import Backend
from checks.repository.facts import inside, join, parent
from setup_wizard.editors import compose
from setup_wizard.steps.context import Context
from setup_wizard.steps.examples import is_example

_CALLS = frozenset({"load_dotenv", "read_dotenv", "read_env", "dotenv_values"})
"""Functions that load one: python-dotenv, django-dotenv, django-environ and environs."""
_MODULES = frozenset({"decouple", "dynaconf"})
"""Packages that look for one by themselves (https://github.com/HBNetwork/python-decouple#how-does-it-work)."""
_NEEDLES = (*sorted(_CALLS), *sorted(_MODULES), "env_file")
_RUNNERS = ("Procfile", "Procfile.dev", "Pipfile")
"""What is started by a program that loads one: `heroku local`, honcho, foreman, `pipenv run`
(https://devcenter.heroku.com/articles/heroku-local, https://pipenv.pypa.io/en/latest/shell.html).
"""
_SCRIPTS = ("Makefile", "justfile", "Justfile", ".envrc", "Taskfile.yml", "mise.toml", ".mise.toml")
_MAX_FILES = 40


def loads_env(context: Context, backend: Backend, own: tuple[str | None, ...]) -> bool:
    """Tell whether something loads the `.env` in a backend's folder, or people of this repository keep one.

    An example that names nothing but our `own` variables, or the frontend's, says neither: it was made by an earlier run.
    """
    path, folders = join(backend.root, ".env"), {backend.root, "."}
    if context.read(path) is not None:
        return True
    examples = [p for p in context.overlay.paths if parent(p) in folders and is_example(_name(p))]
    if any(
        v.name not in own and "SENTRY" not in v.name
        for p in examples
        for v in parse_dotenv(decode(context.read(p) or b""))
    ):
        return True
    if any(join(f, n) in context.facts.paths for f in folders for n in _RUNNERS):
        return True
    for folder in folders:
        for name in _SCRIPTS:
            text = context.facts.text(join(folder, name)) or ""
            if any(".env" in line.split("#")[0] or "dotenv" in line.split("#")[0] for line in text.splitlines()):
                return True
    if any(path in files for _, files in compose_env_files(context)):
        return True
    return any(_loads(context, p) for p in _python_files(context, backend))


def compose_env_files(context: Context) -> list[tuple[str, tuple[str, ...]]]:
    """Return the compose files of a repository with the env files that their services take."""
    found = []
    for path in sorted(context.facts.paths):
        if path.endswith((".yml", ".yaml")) and "compose" in _name(path) and path.count("/") < 3:
            files = tuple(f for taken in compose.env_files(context.read(path), path).values() for f in taken)
            if files:
                found.append((path, tuple(dict.fromkeys(files))))
    return found


def how_to_set(context: Context, name: str, dsn: str) -> tuple[str, str]:
    """Return where this project takes its variables where nothing loads a `.env`, and the line to write there."""
    for path, files in compose_env_files(context):
        for file in files:
            if not is_example(_name(file)):
                return f"put it into {file}, which {path} reads", f"{name}={dsn}"
    return "set it in the shell that starts the backend", f"export {name}={dsn}"


def _python_files(context: Context, backend: Backend) -> list[str]:
    within = [p for p in context.facts.paths if p.endswith(".py") and inside(p, backend.root) and "/tests/" not in p]
    held = context.facts.tree.files_containing(_NEEDLES, within)
    return sorted(within if held is None else (p for p in within if p in held), key=lambda p: p.count("/"))[:_MAX_FILES]


def _loads(context: Context, path: str) -> bool:
    module = context.facts.python(path)
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
