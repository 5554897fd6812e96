"""Kamal's deploy.yml and its destinations. Source: https://kamal-deploy.org/docs/configuration/environment-variables/."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import MappingNode, Node

from checks.hosts.shapes import command_of, variables_of
from checks.parsers import yaml as y
from checks.parsers.dotenv import parse_dotenv
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.facts import Facts, join, parent


def read_kamal(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read the roles of each destination (`deploy.NAME.yml`, merged over `deploy.yml`), else those of `deploy.yml`."""
    base = facts.yaml(path)
    if isinstance(base, ParseError):
        yield unreadable(path, "kamal", "backend", base)
    if not isinstance(base, Node) or y.get(base, "service") is None:
        return
    stem = path.rpartition(".")[0] + "."
    destinations = [p for p in facts.with_suffix("yml", "yaml") if p.startswith(stem) and p != path]
    for destination in destinations or [path]:
        own = facts.yaml(destination)
        if isinstance(own, ParseError):
            yield unreadable(destination, "kamal", "backend", own)
        elif isinstance(own, Node) and (y.get(own, "servers") or y.get(base, "servers")) is not None:
            yield from _roles(facts, path, base, destination, own)


def _roles(facts: Facts, path: str, base: Node, destination: str, own: Node) -> Iterator[Deployment]:
    name = y.scalar(y.get(base, "service")) or path
    stored = _stored(facts, path, destination)
    shared = _environment(y.get(base, "env"), path, stored)
    if own is not base:
        shared |= _environment(y.get(own, "env"), destination, stored)
    servers = y.get(own, "servers") or y.get(base, "servers")
    roles = list(y.pairs(servers)) if isinstance(servers, MappingNode) else []
    tops: list[tuple[str, Node | None]] = [
        (f"{name}-{role}" if role != "web" else name, node) for role, _, node in roles
    ]
    for role, node in tops or [(name, None)]:
        variables, file = dict(shared), None
        for place, document in ((path, base), (destination, own)):
            role_node = y.get(document, "servers", role.removeprefix(f"{name}-") if role != name else "web")
            variables |= _environment(y.get(role_node, "env"), place, stored)
            # Options are Docker's own: a file on the server may hold more variables.
            file = y.scalar(y.get(role_node, "options", "env-file")) or file
        yield Deployment(
            name=role,
            host="kamal",
            environment=environment_of(destination),
            path=destination,
            line=y.line_of(node) if node is not None else 1,
            root=join(parent(parent(path)), y.scalar(y.get(base, "builder", "context")) or "."),
            serves="backend",
            variables=variables,
            closed=file is None,
            elsewhere=f"`{file}` on the server" if file is not None else None,
            commands=command_of(node, "cmd"),
        )


def _stored(facts: Facts, path: str, destination: str) -> frozenset[str] | None:
    """Return the names of the secrets that Kamal finds, None where the file with them is not in the repository.

    https://kamal-deploy.org/docs/configuration/environment-variables/#secrets: `.kamal/secrets`, with a destination
    `.kamal/secrets.NAME`, and `.kamal/secrets-common` for all of them.
    """
    folder = join(parent(parent(path)), ".kamal")
    named = destination.rpartition("/")[2].removeprefix("deploy").removesuffix(".yml").removesuffix(".yaml")
    own, common = join(folder, f"secrets{named}"), join(folder, "secrets-common")
    if own not in facts.paths:
        return None
    texts = [facts.text(p) or "" for p in (own, common) if p in facts.paths]
    return frozenset(v.name for text in texts for v in parse_dotenv(text))


def _environment(env: Node | None, path: str, stored: frozenset[str] | None) -> dict[str, Declared]:
    """`env` is a mapping of values, or `clear`, `secret` and `tags` beneath it; a secret may be renamed (`NAME:KEY`).

    A secret that Kamal's own file does not name stops the deployment, so it declares nothing.
    """
    if y.get(env, "clear") is None and y.get(env, "secret") is None:
        return variables_of(env, path)
    found = variables_of(y.get(env, "clear"), path)
    for entry in y.sequence(y.get(env, "secret")):
        name, _, key = (y.scalar(entry) or "").partition(":")
        if name and (stored is None or (key or name) in stored):
            found[name] = Declared(value=None, path=path, line=y.line_of(entry))
    return found
