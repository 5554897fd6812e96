"""What `docker compose run SERVICE …` runs: the words behind the service, after the entrypoint of a service whose program is known.

Sources: https://docs.docker.com/reference/cli/docker/compose/run/, https://docs.docker.com/reference/compose-file/services/#entrypoint
"""

from __future__ import annotations

import shlex

from msgspec import Struct
from yaml import Node

from checks.parsers import yaml as y
from checks.parsers.command_words import program_name
from checks.repository.facts import Facts, join

_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_VALUED = frozenset(
    [
        "-f",
        "--file",
        "-p",
        "--project-name",
        "--profile",
        "--env-file",
        "--project-directory",
        "--ansi",
        "--progress",
        "--parallel",
    ]
)
"""Flags before `run` that take a value."""

_RUN_VALUED = frozenset(
    [
        "-e",
        "--env",
        "--env-from-file",
        "--name",
        "-p",
        "--publish",
        "-u",
        "--user",
        "-v",
        "--volume",
        "-w",
        "--workdir",
        "-l",
        "--label",
        "--pull",
        "--cap-add",
        "--cap-drop",
    ]
)
_TOKEN = "SENTRY_AUTH_TOKEN"


class ComposeRun(Struct, frozen=True, kw_only=True):
    """A command in a container of compose: its words, None where the entrypoint is not known, and whether the token is passed on."""

    service: str
    words: tuple[str, ...] | None
    passes_token: bool


def compose_run(facts: Facts, words: tuple[str, ...], folder: str) -> ComposeRun | None:
    """Return what `docker compose run` starts; None for any other command."""
    rest = words[2:] if words[:2] == ("docker", "compose") else words[1:] if words[:1] == ("docker-compose",) else ()
    files: list[str] = []
    while rest and rest[0].startswith("-"):
        flag, equals, value = rest[0].partition("=")
        taken = not equals and flag in _VALUED
        if flag in ("-f", "--file"):
            files.append(value if equals else rest[1] if len(rest) > 1 else "")
        rest = rest[2 if taken else 1 :]
    if rest[:1] != ("run",):
        return None
    rest = rest[1:]
    entrypoint: list[str] | None = None
    given: list[str] = []
    while rest and rest[0].startswith("-"):
        flag, equals, value = rest[0].partition("=")
        taken = not equals and (flag in _RUN_VALUED or flag == "--entrypoint")
        value = value if equals else rest[1] if taken and len(rest) > 1 else ""
        if flag == "--entrypoint":
            entrypoint = [value]
        elif flag in ("-e", "--env"):
            given.append(value.partition("=")[0])
        rest = rest[2 if taken else 1 :]
    if not rest:
        return None
    service = rest[0]
    node = _service(facts, service, files, folder)
    environment = y.get(node, "environment")
    given += [k for k, _, _ in y.pairs(environment)] + [s.partition("=")[0] for s in y.strings(environment)]
    entrypoint = entrypoint or _entrypoint(node)
    return ComposeRun(
        service=service,
        words=(program_name(entrypoint[0]), *entrypoint[1:], *rest[1:]) if entrypoint else None,
        passes_token=_TOKEN in given,
    )


def _service(facts: Facts, name: str, files: list[str], folder: str) -> Node | None:
    """Return a service as the file has it that declares it, the last one given first."""
    for file in (*reversed(files), *(_FILES if not files else ())):
        path = join(folder, file) if "$" not in file else ""
        document = facts.yaml(path) if path in facts.paths else None
        node = y.get(document, "services", name) if isinstance(document, Node) else None
        if node is not None:
            return node
    return None


def _entrypoint(node: Node | None) -> list[str] | None:
    """Return the program of a service: its own `entrypoint`, or that of the image of Sentry's CLI."""
    own = y.get(node, "entrypoint")
    if own is not None:
        text = y.scalar(own)
        try:
            found = shlex.split(text) if text is not None else y.strings(own)
        except ValueError:
            return None
        return found if found and not any("$" in w for w in found) else None
    image = (y.scalar(y.get(node, "image")) or "").partition("@")[0]
    return ["sentry-cli"] if program_name(image) == "sentry-cli" else None
