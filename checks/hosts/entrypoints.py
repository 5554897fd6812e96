"""Entry points that start the application in an environment of its own: what a container is given does not reach it.

Sources: https://man7.org/linux/man-pages/man1/su.1.html (`-`, `-l`, and `-m`, `-p`, `-w` against it), https://www.sudo.ws/docs/man/sudo.man/
(`env_reset` is the default, and `-E` keeps the variables), https://man7.org/linux/man-pages/man1/env.1.html (`-i`)
"""

from __future__ import annotations

import shlex

from msgspec import Struct

from checks.hosts.images import Image, started_by_image
from checks.hosts.serving import runs_python
from checks.parsers.commands import read_commands
from checks.repository.facts import Facts

_SHELLS = ("su", "runuser")
_STARTERS = frozenset({"exec", "nice", "nohup", "time", "tini", "dumb-init"})


class Cleared(Struct, frozen=True, kw_only=True):
    """A command that starts a server with other variables than the container's: its program (`su`, `sudo`, `env`), and its place."""

    program: str
    path: str
    line: int


def cleared_by(facts: Facts, image: Image, names: tuple[str, ...]) -> Cleared | None:
    """Return the last command of an image's entry point that hands none of some variables on, None where each may arrive.

    A script that names one of them hands it on in a way of its own.
    """
    found = None
    for path, text in _scripts(facts, image):
        if any(name in text for name in names):
            continue
        for command in read_commands(text):
            if command.runs is False:
                continue
            rest = _without_starters(command.words)
            if _clears(rest) and (_starts_server(rest) or runs_python(shlex.join(rest))):
                found = Cleared(program=rest[0].rpartition("/")[2], path=path, line=command.line)
    return found


def _scripts(facts: Facts, image: Image) -> list[tuple[str, str]]:
    """Return the scripts of the repository that an image starts, each with its text."""
    names = {w.rpartition("/")[2] for w in image.command.split() if w.endswith((".sh", "/start", "/entrypoint"))}
    found = [(p, facts.text(p) or "") for name in sorted(names) for p in facts.named(name)[:3]]
    return [(p, t) for p, t in found if t in started_by_image(facts, image)]


def _without_starters(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what stands before a command and changes no variable (`nice -n 5`, `exec`)."""
    at = 0
    while at < len(words) and (
        words[at] in _STARTERS or (at > 0 and (words[at].startswith("-") or _is_value(words, at)))
    ):
        at += 1
    return words[at:]


def _is_value(words: tuple[str, ...], at: int) -> bool:
    return words[at - 1] == "-n" or words[at].lstrip("-").isdigit()


def _clears(words: tuple[str, ...]) -> bool:
    """Return whether a command begins a new environment for what it starts."""
    if not words:
        return False
    program, rest = words[0].rpartition("/")[2], words[1:]
    flags = [w for w in rest if w.startswith("-")]
    if program in _SHELLS:
        login = any(f in ("-", "-l", "--login") for f in flags)
        keeps = any(f in ("-m", "-p") or f.startswith(("--preserve", "-w", "--whitelist")) for f in flags)
        return login and not keeps
    if program == "sudo":
        return not any(f in ("-E", "-EH", "-HE") or f.startswith("--preserve-env") for f in flags)
    return program == "env" and any(f in ("-", "-i", "--ignore-environment") for f in flags)


def _starts_server(words: tuple[str, ...]) -> bool:
    """Return whether what is started holds a server's command: a word of its own, which is read as shell (`su - app -c "…"`)."""
    return any(" " in w and runs_python(w) for w in words)
