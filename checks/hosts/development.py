"""Commands that start a server for development: Django's own, or one that watches the code or shows tracebacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.hosts.started import started_by
from checks.parsers.commands import read_commands

if TYPE_CHECKING:
    from checks.parsers.shell import Command

_DJANGO = frozenset({"runserver", "runserver_plus"})
"""The servers that Django says not to deploy (https://docs.djangoproject.com/en/stable/ref/django-admin/#runserver)."""
SUPERUSER = "DJANGO_SUPERUSER_PASSWORD"
"""The password of the account that `createsuperuser --noinput` makes; one that is written in a file is nobody's in production."""
_DEEPEST = 4
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


def makes_known_superuser(text: str, depth: int = 0) -> bool:
    """Return whether a text makes an administrator with a password that it says itself.

    https://docs.djangoproject.com/en/stable/ref/django-admin/#createsuperuser
    """
    from checks.parsers.bash import inner_script

    for command in _running(text) if SUPERUSER in text and depth < _DEEPEST else ():
        inner = inner_script(list(command.words))
        if inner is not None and makes_known_superuser(inner, depth + 1):
            return True
        password = command.assigned.get(SUPERUSER, "")
        if "createsuperuser" in command.words and password and "$" not in password:
            return True
    return False


def _running(text: str) -> list[Command]:
    return [c for c in read_commands(text) if c.runs is not False]


def _prints(words: tuple[str, ...]) -> bool:
    return words[0] in ("echo", "printf", ":")
