"""Celery's beat beside its worker: a process of its own, which gets other signals.

https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html#starting-the-scheduler
"""

from __future__ import annotations

from msgspec.structs import replace

from checks.backends.locating import locate
from checks.backends.serving import server_chain
from checks.hosts.commands import Command, start_commands
from checks.hosts.started import started_by
from checks.repository.backends import Backend
from checks.repository.facts import Facts


def beat_without_sdk(facts: Facts, backend: Backend) -> Command | None:
    """Return the command of a beat that surely does not initialize the SDK, None where there is none, or it may."""
    entries = [e for e in (backend.entry, *backend.others) if e is not None and e.framework == "celery"]
    for command in start_commands(facts) if entries else ():
        started = started_by(command.words, command.variables)
        if started is None or not started.scheduler:
            continue
        located = locate(facts, command, started)
        entry = next((e for e in entries if located is not None and e.path == located[0]), None)
        if entry is None:
            continue
        chain = server_chain(facts, backend, replace(entry, started=started))
        if not chain.problems and not any(i.runs is not False for i in chain.inits):
            return command
    return None
