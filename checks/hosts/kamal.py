"""Kamal's deploy.yml and its destinations. Source: https://kamal-deploy.org/docs/configuration/environment-variables/."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import MappingNode, Node

from checks.hosts.shapes import command_of, variables_of
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.facts import Facts, join, parent


def read_kamal(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read the roles of each destination (`deploy.NAME.yml`, merged over `deploy.yml`), else those of `deploy.yml`."""
    base = facts.yaml(path)
    if isinstance(base, ParseError):
        yield unreadable(path, "kamal", "backend", base)
    if not isinstance(base, Node) or y.get(base, "service") is None or y.get(base, "servers") is None:
        return
    stem = path.rpartition(".")[0] + "."
    destinations = [p for p in facts.with_suffix("yml", "yaml") if p.startswith(stem) and p != path]
    for destination in destinations or [path]:
        own = facts.yaml(destination)
        if isinstance(own, ParseError):
            yield unreadable(destination, "kamal", "backend", own)
        elif isinstance(own, Node):
            yield from _roles(path, base, destination, own)


def _roles(path: str, base: Node, destination: str, own: Node) -> Iterator[Deployment]:
    name = y.scalar(y.get(base, "service")) or path
    shared = _environment(y.get(base, "env"), path)
    if own is not base:
        shared |= _environment(y.get(own, "env"), destination)
    servers = y.get(own, "servers") or y.get(base, "servers")
    roles = list(y.pairs(servers)) if isinstance(servers, MappingNode) else []
    tops: list[tuple[str, Node | None]] = [
        (f"{name}-{role}" if role != "web" else name, node) for role, _, node in roles
    ]
    for role, node in tops or [(name, None)]:
        variables = dict(shared)
        for place, document in ((path, base), (destination, own)):
            role_node = y.get(document, "servers", role.removeprefix(f"{name}-") if role != name else "web")
            variables |= _environment(y.get(role_node, "env"), place)
        yield Deployment(
            name=role,
            host="kamal",
            environment=environment_of(destination),
            path=destination,
            line=y.line_of(node) if node is not None else 1,
            root=join(parent(parent(path)), y.scalar(y.get(base, "builder", "context")) or "."),
            serves="backend",
            variables=variables,
            closed=True,
            commands=command_of(node, "cmd"),
        )


def _environment(env: Node | None, path: str) -> dict[str, Declared]:
    """`env` is a mapping of values, or `clear`, `secret` and `tags` beneath it; a secret may be renamed (`NAME:KEY`)."""
    if y.get(env, "clear") is None and y.get(env, "secret") is None:
        return variables_of(env, path)
    found = variables_of(y.get(env, "clear"), path)
    for entry in y.sequence(y.get(env, "secret")):
        text = y.scalar(entry)
        if text:
            found[text.partition(":")[0]] = Declared(value=None, path=path, line=y.line_of(entry))
    return found
