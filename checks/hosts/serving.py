"""Whether the commands of a service run a Python application, told by the programs that the grammar of shell finds in them."""

from __future__ import annotations

from checks.parsers.commands import read_commands
from checks.targets.started import started_by, unwrapped

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
_TELLS = frozenset({"--version", "--help", "-h", "--check-config"})
_DEEPEST = 4


def runs_python(text: str, depth: int = 0) -> bool:
    """Return whether a text runs a server or a worker of Python, or Django's `manage.py`; what is printed or never runs does not.

    Sources: https://docs.djangoproject.com/en/stable/howto/deployment/, https://docs.celeryq.dev/en/stable/reference/cli.html
    """
    if not any(mark in text for mark in _MARKS):
        return False
    for command in read_commands(text):
        if command.runs is False or not command.words:
            continue
        inner = _inner(command.words)
        if inner is not None:
            if depth < _DEEPEST and runs_python(inner, depth + 1):
                return True
        elif _is_python(command.words, command.assigned):
            return True
    return False


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
