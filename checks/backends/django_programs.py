"""The program that is a Django project's one process: a worker or a bot with Django's models, and no server in front."""

from __future__ import annotations

from checks.backends.locating import locate
from checks.hosts.commands import start_commands
from checks.hosts.serving import ENDING, managed
from checks.hosts.started import Started, started_by, unwrapped
from checks.parsers.python import settings_defaults
from checks.repository.backends import Backend
from checks.repository.facts import Facts, inside


def only_program(facts: Facts, backend: Backend) -> str | None:
    """Return the file of the one program that production starts for a Django project; None where something else runs as well.

    It names the project's settings itself. What a program initializes says nothing of other processes, so it has to be the only one.
    """
    found: set[str | None] = set()
    for command in start_commands(facts):
        if command.rank > 1:
            break  # what runs on a developer's machine comes last
        started = started_by(command.words, command.variables)
        if started is not None:
            place = locate(facts, command, started)
            found.add(place[0] if place is not None and _is_program(facts, backend, started, place[0]) else None)
        elif _manages(unwrapped(command.words)):
            found.add(None)
    return found.pop() if len(found) == 1 else None


def _manages(words: tuple[str, ...]) -> bool:
    """Return whether words run a command of Django that may be a process of its own."""
    command = managed(words)
    return command is not None and command not in ENDING


def _is_program(facts: Facts, backend: Backend, started: Started, path: str) -> bool:
    """Return whether a file is started as a program and puts the project's own settings in place."""
    if started.kind != "run" or backend.settings is None or not inside(path, backend.root):
        return False
    named = (name for name, _ in settings_defaults(facts.text(path) or ""))
    return backend.settings.name in named
