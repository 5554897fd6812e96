"""Units of systemd that start Python: the variables that they give it, and the files that they take more from.

What a unit does not name may still come from the machine itself: a drop-in, an env file that the code loads there.

Sources: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment,
https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator

from checks.hosts.serving import runs_python
from checks.parsers.dotenv import parse_dotenv
from checks.repository.deployment import Declared, Deployment, environment_of
from checks.repository.facts import Facts

_PREFIXES = "@-:+!|"
"""What may stand before a command, or a file's path; `-` says that it may fail, or be missing."""
_OF_SYSTEM = ("/etc/", "/run/", "/usr/", "/var/lib/", "/var/run/")
"""Folders of the system (https://refspecs.linuxfoundation.org/FHS_3.0/fhs/index.html)."""


def settings_of(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the settings of a unit's `[Service]`: name, value and line; a line that ends with `\\` continues."""
    section, name, value, start = "", "", "", 0
    for number, row in enumerate(text.splitlines(), start=1):
        line = row.strip()
        if not name and (not line or line.startswith(("#", ";"))):
            continue
        if not name and line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        if name:
            if line.startswith(("#", ";")):
                continue
            value = f"{value} {line}"
        else:
            name, _, value = (part.strip() for part in line.partition("="))
            start = number
        if value.endswith("\\"):
            value = value[:-1].rstrip()
            continue
        if section == "Service":
            yield name, value, start
        name = ""


def read_systemd(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read a unit that starts a server or a worker of Python."""
    settings = list(settings_of(facts.text(path) or ""))
    commands = [(v.lstrip(_PREFIXES), line) for name, v, line in settings if name == "ExecStart" and v]
    if not any(runs_python(command) for command, _ in commands):
        return
    folder = next((v for name, v, _ in settings if name == "WorkingDirectory"), "").lstrip(_PREFIXES)
    variables: dict[str, Declared] = {}
    elsewhere = ""
    for name, value, line in settings:
        if name == "Environment":
            variables = variables | _assigned(value, path, line) if value else {}
    # A file's variables come before those of the unit.
    for name, value, _ in settings:
        if name == "EnvironmentFile" and value:
            own = tracked(facts, value.lstrip(_PREFIXES), folder)
            variables |= _of_file(facts, own) if own is not None else {}
            elsewhere = elsewhere if own is not None else value.lstrip(_PREFIXES)
    yield Deployment(
        name=posixpath.basename(path).removesuffix(".service"),
        host="systemd",
        environment=environment_of(path),
        path=path,
        line=commands[0][1],
        root=None,
        serves="backend",
        variables=variables,
        closed=False,
        commands="\n".join(command for command, _ in commands),
        elsewhere=elsewhere or "the machine that runs it",
    )


def tracked(facts: Facts, file: str, folder: str) -> str | None:
    """Return the file of the repository that a path on the machine is: below the unit's folder, or by its last two names.

    What the system keeps for itself (`/etc`) is no checkout, whatever a file of the repository is called.
    """
    if file.startswith(_OF_SYSTEM):
        return None
    below = posixpath.relpath(file, folder) if folder and file.startswith(folder.rstrip("/") + "/") else ""
    if below in facts.paths:
        return below
    parts = file.strip("/").split("/")
    ends = ["/".join(parts[n:]) for n in range(len(parts) - 1)]
    return next((e for e in ends if e in facts.paths), None)


def _assigned(value: str, path: str, line: int) -> dict[str, Declared]:
    try:
        words = shlex.split(value)
    except ValueError:
        return {}
    pairs = (w.partition("=") for w in words)
    return {n: Declared(value=_plain(v), path=path, line=line) for n, equals, v in pairs if equals}


def _plain(value: str) -> str | None:
    """Return a value without what systemd fills in (`%i`), which is not known here."""
    text = value.replace("%%", "\0")
    return None if "%" in text else text.replace("\0", "%")


def _of_file(facts: Facts, path: str) -> dict[str, Declared]:
    variables = parse_dotenv(facts.text(path) or "")
    return {v.name: Declared(value=v.value, path=path, line=v.line) for v in variables if v.value is not None}
