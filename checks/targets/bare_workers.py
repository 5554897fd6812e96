"""Workers that are started without a module of the project: RQ's imports each job's own module, in a process of its own.

https://python-rq.org/docs/workers/, https://docs.sentry.io/platforms/python/integrations/rq/
"""

from __future__ import annotations

from checks.hosts.commands import Command, start_commands
from checks.hosts.started import started_by
from checks.model import Finding
from checks.repository.dependencies import python_manifests
from checks.repository.facts import Facts

_OWN_DSN = "--sentry-dsn"
"""The flag by which RQ, before its version 3, initialized the SDK itself."""


def bare_worker(facts: Facts, root: str) -> Finding | None:
    """Return what is open about a worker that deploys and is told no module, for a backend that has RQ; None without one."""
    command = next((c for c in start_commands(facts) if _is_bare(c)), None)
    if command is None or not python_manifests(facts, root).has("rq"):
        return None
    return Finding(
        message="`rq worker` is given no module of this project: its jobs report errors only if the code they import calls init",
        path=command.path,
        line=command.line,
        hint="start it with `rq worker -c MODULE`, where MODULE calls sentry_sdk.init()",
    )


def _is_bare(command: Command) -> bool:
    started = started_by(command.words, command.variables)
    if started is None or started.server != "rq" or started.module or command.rank > 1:
        return False
    return not any(w.partition("=")[0] == _OWN_DSN for w in command.words)
