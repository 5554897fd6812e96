"""What a server starts by its configuration file alone (https://docs.gunicorn.org/en/stable/settings.html#wsgi-app)."""

from __future__ import annotations

import ast

from checks.hosts.commands import Command
from checks.hosts.started import Started, started_by, unwrapped
from checks.parsers.python import Module
from checks.repository.facts import Facts, join

_DEFAULT = "gunicorn.conf.py"


def configured_by_file(facts: Facts, command: Command) -> Started | None:
    """Return what gunicorn starts that is told no application: the one that its configuration file names."""
    words = unwrapped(command.words)
    if not words or words[0].rpartition("/")[2] != "gunicorn":
        return None
    named = next((v for w, v in zip(words, (*words[1:], ""), strict=True) if w in ("-c", "--config")), "")
    named = named or next((w.partition("=")[2] for w in words if w.startswith("--config=")), "") or _DEFAULT
    parts = named.removeprefix("file:").removeprefix("./").strip("/").split("/")
    for folder in (command.folder, "."):
        for tail in ("/".join(parts[n:]) for n in range(len(parts))):
            module = facts.python(join(folder, tail)) if join(folder, tail) in facts.paths else None
            value = module.assignments.get("wsgi_app") if isinstance(module, Module) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                return started_by(("gunicorn", value.value), command.variables)
    return None
