"""Whether uWSGI runs with the threads that the SDK needs.

https://docs.sentry.io/platforms/python/troubleshooting/, https://uwsgi-docs.readthedocs.io/en/latest/Options.html,
`check_uwsgi_thread_support` of sentry-sdk 2.75.0
"""

from __future__ import annotations

import configparser

from checks.model import Finding
from checks.repository.backends import Backend
from checks.repository.facts import Facts, join, parent
from checks.targets.commands import Command, start_commands
from checks.targets.started import unwrapped

_FALSE = frozenset({"false", "0", "no", "off", "n", "f"})
_FILES = ("--ini", "-i", "--ini-paste", "--yaml", "--json", "--xml", "--config", "--emperor")
_WHOLE = ("--ini", "-i")
_THREADS, _HOOKS = "enable-threads", "py-call-uwsgi-fork-hooks"


def without_threads(facts: Facts, backend: Backend) -> Finding | None:
    """Return that a server's workers may crash with the SDK, None where it has what is needed, or where that is not known."""
    for command in start_commands(facts):
        words = unwrapped(command.words)
        if not words or words[0].rpartition("/")[2] != "uwsgi" or not _is_of(facts, backend, command):
            continue
        read = _options(facts, command, words)
        if read is None:
            return None
        options, (path, line) = read
        lazy = _on(options, "lazy-apps") or _on(options, "lazy")
        threads = _on(options, _THREADS) or "threads" in options
        missing = [n for n, there in ((_THREADS, threads), (_HOOKS, lazy or _on(options, _HOOKS))) if not there]
        if not missing:
            return None
        named = " and ".join(f"`{n}`" for n in missing)
        return Finding(
            message=f"uWSGI runs without {named}: the SDK's thread may stop, and workers may crash",
            path=path,
            line=line,
            hint=f"add {named} to uWSGI's options",
        )
    return None


def _is_of(facts: Facts, backend: Backend, command: Command) -> bool:
    entry = backend.entry
    return len(facts.backends) == 1 or (entry is not None and entry.found_in == command.path)


def _options(facts: Facts, command: Command, words: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, int]] | None:
    """Return the options of a command and of the file that it names, with their place; None where a file cannot be read."""
    place = (command.path, command.line)
    found = {
        n.removeprefix("UWSGI_").lower().replace("_", "-"): v for n, v in command.variables.items() if "UWSGI_" in n
    }
    files = [command.path] if command.path.endswith(".ini") else []
    for at, word in enumerate(words[1:], 1):
        flag, equals, value = word.partition("=")
        value = value if equals else words[at + 1] if at + 1 < len(words) else ""
        if flag in _FILES and flag not in _WHOLE:
            return None
        if flag in _WHOLE or (not word.startswith("-") and word.endswith(".ini")):
            files.append(value if flag in _WHOLE else word)
        elif flag.startswith("--"):
            found.setdefault(flag[2:], value if equals or not value.startswith("-") else "true")
    for file in files:
        read = _file(facts, command, file)
        if read is None:
            return None
        found, place = read[0] | found, (read[1], _section(facts, read[1]))
    return found, place


def _section(facts: Facts, path: str) -> int:
    """Return the line of a file at which uWSGI's options begin."""
    rows = (facts.text(path) or "").splitlines()
    return next((n for n, row in enumerate(rows, 1) if row.strip() == "[uwsgi]"), 1)


def _file(facts: Facts, command: Command, file: str) -> tuple[dict[str, str], str] | None:
    """Return the options of an ini file, with its path; None where it is not here, takes in others, or has conditions."""
    parts = file.strip("/").split("/")
    places = [
        join(folder, "/".join(parts[n:]))
        for folder in (command.folder, parent(command.path), ".")
        for n in range(len(parts))
    ]
    path = next((p for p in (file, *places) if p in facts.paths), None)
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string((facts.text(path) or "") if path is not None else "")
    except configparser.Error:
        return None
    if path is None or not parser.has_section("uwsgi"):
        return None
    read = {name: value or "true" for name, value in parser.items("uwsgi")}
    open_ended = any(name in ("ini", "include", "import") or name.startswith(("if-", "for", "end")) for name in read)
    return None if open_ended else (read, path)


def _on(options: dict[str, str], name: str) -> bool:
    return name in options and options[name].strip().lower() not in _FALSE
