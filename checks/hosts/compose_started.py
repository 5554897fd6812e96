"""Compose files that a script for deploying starts, whatever their names say: `local` may mean this host.

Source: https://docs.docker.com/reference/cli/docker/compose/up/
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from checks.parsers.bash import parse_bash
from checks.parsers.commands import read_commands
from checks.parsers.text import ParseError
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, join
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, folder_purposes, purposes, words_of

_DEPLOYS = frozenset({"deploy", "deployment"})
_SUFFIXES = ("sh", "bash")
_VARIABLE = lazy_pattern(r"\$\{?(\w+)\}?")


def started_by_deploying(facts: Facts) -> frozenset[str]:
    """Return the compose files whose names are not production's and that a script for deploying starts in the background."""
    return facts.memoize(started_by_deploying, "", lambda: frozenset(_started(facts)))


def _started(facts: Facts) -> Iterator[str]:
    for script in facts.with_suffix(*_SUFFIXES):
        name = script.rpartition("/")[2]
        text = facts.text(script) or "" if words_of(name) & _DEPLOYS else ""
        if "compose" not in text or purposes(name) & NOT_PRODUCTION or folder_purposes(script) & NOT_DEPLOYED:
            continue
        commands = [c for c in read_commands(text) if c.runs is not False]
        # A script may be given another file: the one that it names itself is what it starts where it is given none.
        values = _written(text)
        for command in commands:
            for word in _files_of_up(command.words):
                held = _VARIABLE.fullmatch(word)
                for file in values.get(held[1], ()) if held else (word,):
                    path = join(command.folder.lstrip("/") or ".", file)
                    if path in facts.paths and purposes(path) & NOT_PRODUCTION:
                        yield path


def _written(text: str) -> dict[str, list[str]]:
    """Return the literal texts that a script gives its variables anywhere: which one holds may depend on its arguments."""
    found: dict[str, list[str]] = {}
    try:
        waiting = [parse_bash(text.encode())]
    except ParseError:
        return {}
    while waiting:
        node = waiting.pop()
        waiting += node.named_children
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if node.type != "variable_assignment" or name is None or value is None or not (name.text and value.text):
            continue
        literal = value.type in ("word", "raw_string") or {c.type for c in value.named_children} == {"string_content"}
        if literal:
            found.setdefault(name.text.decode(), []).append(value.text.decode().strip("\"'"))
    return found


def _files_of_up(words: tuple[str, ...]) -> list[str]:
    """Return the files with which a command starts services in the background; nothing for any other command."""
    rest = words[2:] if words[:2] == ("docker", "compose") else words[1:] if words[:1] == ("docker-compose",) else ()
    if "up" not in rest or not {"-d", "--detach"} & set(rest[rest.index("up") :]):
        return []
    before = rest[: rest.index("up")]
    given = [w.partition("=")[2] for w in before if w.startswith("--file=")]
    return given + [after for flag, after in pairwise(before) if flag in ("-f", "--file")]
