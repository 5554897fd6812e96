"""Where a file that deploys or starts something gives a variable a literal value, whatever the kind of the file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from yaml import Node

from checks.hosts.images import assignments
from checks.hosts.shapes import variables_of
from checks.hosts.systemd import settings_of
from checks.parsers import yaml as y
from checks.parsers.commands import read_commands
from checks.parsers.dockerfile import parse_dockerfile
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.repository.facts import DOCKERFILE, Facts

Assigned = tuple[str, int]
"""A value, and the line that gives it."""
_INI_KEYS = frozenset({"env", "environment"})
"""Options of uWSGI and Supervisor that set variables."""
_SHOWING = frozenset({"echo", "printf", "grep", "sed"})
"""Commands whose words are texts."""


def assigned_in(facts: Facts, path: str, name: str) -> list[Assigned]:
    """Return the literal values that a file gives a variable, with their lines; what RUN does while an image is built gives none."""
    text = facts.text(path) or ""
    if name not in text:
        return []
    found = (a for a in _values(facts, path, text, name) if a[0] and "$" not in a[0])
    return sorted(dict.fromkeys(found), key=lambda a: a[1])


def _values(facts: Facts, path: str, text: str, name: str) -> Iterator[Assigned]:
    last = path.rpartition("/")[2]
    if path in facts.dockerfiles or DOCKERFILE.search(path):
        yield from _of_image(text, name)
    elif last.endswith((".yml", ".yaml", ".json")):
        documents = facts.documents(path)
        for document in () if isinstance(documents, ParseError) else documents:
            yield from _of_document(document, path, name)
    elif last.endswith(".toml"):
        yield from ((v, _line_of(text, name)) for v in _of_toml(text, name))
    elif last.startswith(".env"):
        yield from ((v.value, v.line) for v in parse_dotenv(text) if v.name == name and v.value)
    elif last.endswith(".service"):
        for key, value, line in settings_of(text):
            yield from ((v, line) for v in _of_words(value, name) if key == "Environment")
            yield from ((v, line) for v, _ in _of_script(value, name) if key.startswith("Exec"))
    elif last.endswith((".ini", ".conf")):
        yield from _of_rows(text, name)
    elif last == "Procfile":
        for number, row in enumerate(text.splitlines(), start=1):
            yield from ((v, number) for v, _ in _of_script(row.partition(":")[2], name))
    else:
        yield from _of_script(text, name)


def _of_image(text: str, name: str) -> Iterator[Assigned]:
    rows = text.splitlines()
    for instruction in parse_dockerfile(text).instructions:
        if instruction.word in ("ENV", "ARG"):
            lines = range(instruction.line, instruction.last + 1)
            line = next((n for n in lines if n <= len(rows) and name in rows[n - 1]), instruction.line)
            yield from ((value, line) for n, value in assignments(instruction) if n == name and value)
        elif instruction.word in ("CMD", "ENTRYPOINT"):
            yield from ((value, instruction.line) for value, _ in _of_script(instruction.arguments, name))


def _of_document(document: Node, path: str, name: str) -> Iterator[Assigned]:
    """Yield what mappings and lists of variables say, and the scripts of a document."""
    for _, node in y.walk(document):
        script = y.scalar(node)
        if script is not None and f"{name}=" in script and script.partition("=")[0].strip() != name:
            row = y.first_row(node) or y.line_of(node)
            yield from ((value, row + line - 1) for value, line in _of_script(script, name))
        elif script is None:
            declared = variables_of(node, path).get(name)
            if declared is not None and declared.value:
                yield declared.value, declared.line or 1


def _of_toml(text: str, name: str) -> Iterator[str]:
    try:
        waiting: list[object] = [load_toml(text)]
    except ParseError:
        return
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, dict):
            own = value.get(name)
            if isinstance(own, str):
                yield own
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _of_rows(text: str, name: str) -> Iterator[Assigned]:
    """Yield what the options of uWSGI (`env = A=b`) and Supervisor (`environment=A="b",C="d"`) give, and their commands."""
    for number, row in enumerate(text.splitlines(), start=1):
        if row.lstrip().startswith(("#", ";")):
            continue
        key, _, value = (part.strip() for part in row.partition("="))
        if key in _INI_KEYS:
            yield from ((v, number) for v in _of_words(value.replace(",", " "), name))
        elif key == "command":
            yield from ((v, number) for v, _ in _of_script(value, name))


def _of_script(text: str, name: str) -> Iterator[Assigned]:
    """Yield what the commands of a script give: in front of a command, by `export`, or as an option's value (`-e A=b`)."""
    rows, seen = text.splitlines(), set()
    for command in read_commands(text):
        pairs = [(k, v) for k, equals, v in (w.partition("=") for w in command.words) if equals]
        shown = command.words and command.words[0] in _SHOWING
        given = [command.assigned.get(name), *(v for k, v in pairs if k == name and not shown)]
        for value in given:
            if value and value not in seen:
                seen.add(value)
                above = range(1, min(command.line, len(rows)) + 1)
                yield (
                    value,
                    next((n for n in above if f"{name}=" in rows[n - 1] and value in rows[n - 1]), command.line),
                )


def _of_words(text: str, name: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    return [value for key, _, value in (w.partition("=") for w in words) if key == name]


def _line_of(text: str, name: str) -> int:
    return next((n for n, row in enumerate(text.splitlines(), start=1) if name in row.partition("#")[0]), 1)
