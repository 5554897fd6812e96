"""Whether the commands of a service run a Python application, told by the programs that the grammar of shell finds in them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.hosts.started import started_by, unwrapped
from checks.parsers import command_words
from checks.parsers.commands import read_commands

_SERVERS = frozenset(
    [
        "gunicorn",
        "uvicorn",
        "daphne",
        "hypercorn",
        "granian",
        "waitress-serve",
        "uwsgi",
        "celery",
        "dramatiq",
        "rq",
        "arq",
    ]
)
_DJANGO = frozenset({"manage.py", "django-admin"})
_MARKS = (*_SERVERS, *_DJANGO, "python", "flask", "fastapi", "litestar", "quart", "taskiq", "huey", "procrastinate")
WEB_SERVERS = frozenset(
    {"gunicorn", "uwsgi", "uvicorn", "daphne", "hypercorn", "granian", "waitress-serve", "mod_wsgi-express"}
)
_NO_STARTERS = frozenset(
    {
        "echo",
        "printf",
        "pip",
        "pip3",
        "apt-get",
        "apk",
        "which",
        "command",
        "pkill",
        "killall",
        "cp",
        "mv",
        "rm",
        "ln",
        "chmod",
    }
    | {"chown", "mkdir", "touch", "cat", "test", "[", "export", "cd", "if"}
)
"""Commands whose words name a server without starting it."""
_WORKING = frozenset(
    {"celery", "dramatiq", "dramatiq-gevent", "rqworker", "huey_consumer", "huey_consumer.py", "run_huey", "qcluster"}
) | {"procrastinate", "rundramatiq", "celeryd", "arq", "taskiq"}
"""Programs, and commands of Django, that do work in the background."""
_TELLS = frozenset({"--version", "--help", "-h", "--check-config"})
_DEEPEST = 4


class Program(Struct, frozen=True, kw_only=True):
    """A program that a text runs: its words, without what only starts it, and the variables that are assigned to it."""

    words: tuple[str, ...]
    assigned: dict[str, str]
    line: int


def runs_python(text: str) -> bool:
    """Return whether a text runs a server or a worker of Python, or Django's `manage.py`; what is printed or never runs does not.

    Sources: https://docs.djangoproject.com/en/stable/howto/deployment/, https://docs.celeryq.dev/en/stable/reference/cli.html
    """
    return any(mark in text for mark in _MARKS) and any(_is_python(p.words, p.assigned) for p in programs(text))


def programs(text: str, depth: int = 0) -> Iterator[Program]:
    """Yield the programs that a text may run, those of an inner shell too; what never runs is left out."""
    for command in read_commands(text):
        if command.runs is False or not command.words:
            continue
        assigned = {n: v for n, v in command.assigned.items() if n in command.given}
        inner = _inner(command.words)
        if inner is None:
            assigned |= command_words.unwrapped(command.words)[1]
            yield Program(words=unwrapped(command.words), assigned=assigned, line=command.line)
        elif depth < _DEEPEST:
            for program in programs(inner, depth + 1):
                yield Program(words=program.words, assigned=assigned | program.assigned, line=command.line)


ENDING = frozenset({"check", "collectstatic", "compilemessages", "createcachetable", "loaddata", "migrate"})
"""Commands of Django that do their work and end (https://docs.djangoproject.com/en/stable/ref/django-admin/); others may be processes."""


def managed(words: tuple[str, ...]) -> str | None:
    """Return the command of Django that words run, an empty one where none is named; None for another program."""
    at = next((n for n, w in enumerate(words) if w.rpartition("/")[2] in ("manage.py", "django-admin")), None)
    return None if at is None else next(iter(words[at + 1 : at + 2]), "")


def only_prepares(text: str) -> bool:
    """Return whether a text runs commands of Django that end, such as `migrate`, and nothing else: it is no process of its own."""
    found = list(programs(text))
    return bool(found) and all(managed(p.words) in ENDING for p in found)


def is_server(words: tuple[str, ...]) -> bool:
    """Return whether the words of a program start a server of web applications."""
    return bool(server_words(words))


def server_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a server, its name first; none for another program. One behind a starter that is not known counts."""
    names = [w.rpartition("/")[2] for w in words]
    if names[:1] and names[0] in _NO_STARTERS:
        return ()
    for at, name in enumerate(names):
        if name in WEB_SERVERS and (at == 0 or not words[at - 1].startswith("-") or words[at - 1] in ("-m", "--")):
            return (name, *words[at + 1 :])
    return ()


def works(text: str) -> bool:
    """Return whether a text runs a process that does work in the background, or one that starts such work."""
    return any(_works(p.words) for p in programs(text))


def _works(words: tuple[str, ...]) -> bool:
    names = [w.rpartition("/")[2] for w in words[:4]]
    at = next((n for n, w in enumerate(names) if w in ("manage.py", "django-admin", "-m")), None)
    own = names[:1] if at is None else names[at + 1 : at + 2]
    return bool(_WORKING & set(own)) or (own == ["rq"] and "worker" in "".join(words[1:3]))


def assigned_to_python(text: str) -> dict[str, str]:
    """Return the variables that a text gives every program of Python that it runs (`A=1 gunicorn shop.wsgi`)."""
    found = [p.assigned for p in programs(text) if _is_python(p.words, p.assigned)]
    first = found[0] if found else {}
    return {n: v for n, v in first.items() if "$" not in v and all(other.get(n) == v for other in found)}


def starts_python(text: str) -> bool:
    """Return whether a text starts any program of Python, a script too: in an image of the repository it is the repository's."""
    commands = (c for c in read_commands(text) if c.words and c.runs is not False)
    return runs_python(text) or any(started_by(c.words, c.assigned) is not None for c in commands)


def _inner(words: tuple[str, ...]) -> str | None:
    from checks.parsers.bash import inner_script

    rest = list(unwrapped(words))
    if rest and rest[0].rpartition("/")[2] in ("su", "runuser"):
        # https://man7.org/linux/man-pages/man1/su.1.html
        at = next((n for n, w in enumerate(rest) if w in ("-c", "--command")), len(rest))
        return rest[at + 1] if at + 1 < len(rest) else None
    return inner_script(rest)


def _is_python(words: tuple[str, ...], assigned: dict[str, str]) -> bool:
    rest = unwrapped(words)
    if not rest or _TELLS & set(rest[1:]):
        return False
    program = rest[0].rpartition("/")[2]
    if program.startswith(("python", "pypy")) and len(rest) > 1:
        named = (
            rest[2] if rest[1] == "-m" and len(rest) > 2 else next((w for w in rest[1:] if not w.startswith("-")), "")
        )
        program = named.rpartition("/")[2]
        if program not in _SERVERS | _DJANGO:
            found = started_by(words, assigned)
            return found is not None and found.server != "python"
    return program in _SERVERS | _DJANGO or started_by(words, assigned) is not None
