"""Commands that start a server for development: Django's own, or one that watches the code or shows tracebacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.parsers.commands import read_commands
from checks.targets.started import started_by

if TYPE_CHECKING:
    from checks.parsers.shell import Command

_DJANGO = frozenset({"runserver", "runserver_plus"})
"""The servers that Django says not to deploy (https://docs.djangoproject.com/en/stable/ref/django-admin/#runserver)."""
_MARKS = ("runserver", "--reload", "--debug", " dev")


def runs_djangos_server(text: str) -> bool:
    """Return whether a command of a text, which the shell grammar reads, starts `runserver`; one that never runs does not."""
    return "runserver" in text and any(_DJANGO & set(c.words[1:]) and not _prints(c.words) for c in _running(text))


def runs_for_development(text: str) -> bool:
    """Return whether a text starts a server for development: `runserver`, `uvicorn --reload`, `fastapi dev`, `flask run --debug`."""
    if not any(mark in text for mark in _MARKS):
        return False
    started = [s for c in _running(text) if (s := started_by(c.words, c.assigned)) is not None]
    return runs_djangos_server(text) or any(s.reload or s.debug for s in started)


def _running(text: str) -> list[Command]:
    return [c for c in read_commands(text) if c.runs is not False]


def _prints(words: tuple[str, ...]) -> bool:
    return words[0] in ("echo", "printf", ":")
