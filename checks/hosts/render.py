"""Render's blueprints. Source: https://render.com/docs/blueprint-spec."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.hosts.serving import runs_python
from checks.hosts.shapes import command_of
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.facts import Facts, join, parent

_NO_SERVICE = ("pserv", "keyvalue", "redis")
_STARTS = ("startCommand", "dockerCommand")


def read_render(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read the services of a blueprint with the groups of variables that they use."""
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "render", "backend", document)
    if not isinstance(document, Node):
        return
    groups: dict[str, dict[str, Declared]] = {}
    services: list[tuple[Node, str | None]] = []
    tops: list[tuple[Node, str | None]] = [(document, None)]
    for project in y.sequence(y.get(document, "projects")):
        tops += [(e, y.scalar(y.get(e, "name"))) for e in y.sequence(y.get(project, "environments"))]
    for top, environment in tops:
        for group in y.sequence(y.get(top, "envVarGroups")):
            groups[y.scalar(y.get(group, "name")) or ""] = _variables(group, path)[0]
        # A blueprint with the same key twice is invalid, but seen: every `services` block is read.
        blocks = [v for k, _, v in y.pairs(top) if k == "services"]
        services += [(service, environment) for block in blocks for service in y.sequence(block)]
    for service, environment in services:
        found = _service(service, path, environment, groups)
        if found is not None:
            yield found


def _service(
    service: Node, path: str, environment: str | None, groups: dict[str, dict[str, Declared]]
) -> Deployment | None:
    variables, used = _variables(service, path)
    for name in used:
        variables = groups.get(name, {}) | variables
    unseen = next((g for g in used if g not in groups), None)
    kind = y.scalar(y.get(service, "type")) or ""
    runtime = y.scalar(y.get(service, "runtime")) or y.scalar(y.get(service, "env")) or ""
    if kind in _NO_SERVICE and runtime not in ("python", "docker"):
        return None
    name = y.scalar(y.get(service, "name")) or "service"
    build = y.get(service, "buildCommand")
    context = y.scalar(y.get(service, "rootDir")) or y.scalar(y.get(service, "dockerContext"))
    return Deployment(
        name=name,
        host="render",
        path=path,
        line=y.line_of(service),
        environment=environment_of(name, environment, y.scalar(y.get(service, "branch"))),
        root=join(parent(path), context or "."),
        serves=_serves(service, kind, runtime),
        variables=variables,
        closed=unseen is None,
        build=y.scalar(build),
        build_line=y.line_of(build) if build is not None else None,
        commands=command_of(service, *_STARTS),
        schedule=(y.scalar(y.get(service, "schedule")) or "") if kind == "cron" else "",
        domains=tuple(d for n in y.sequence(y.get(service, "domains")) if (d := y.scalar(n))),
        elsewhere=f"the variable group `{unseen}` of Render's dashboard" if unseen else None,
    )


def _serves(service: Node, kind: str, runtime: str) -> str:
    if runtime == "static" or kind == "static_site":
        return "frontend"
    commands = command_of(service, *_STARTS, "preDeployCommand", "buildCommand")
    known = runtime in ("python", "docker", "image") or runs_python(commands)
    return "backend" if known else "unknown"


def _variables(node: Node, path: str) -> tuple[dict[str, Declared], list[str]]:
    variables: dict[str, Declared] = {}
    groups = []
    for entry in y.sequence(y.get(node, "envVars")):
        group = y.scalar(y.get(entry, "fromGroup"))
        key = y.get(entry, "key")
        name = y.scalar(key)
        if group:
            groups.append(group)
        elif name and key is not None and not _in_previews_only(entry):
            variables[name] = Declared(
                value=y.scalar(y.get(entry, "value")),
                path=path,
                line=y.line_of(key),
                generated=y.scalar(y.get(entry, "generateValue")) == "true",
            )
    return variables, groups


def _in_previews_only(entry: Node) -> bool:
    """Return whether a variable has a value in previews only (https://render.com/docs/preview-environments)."""
    keys = {k for k, _, _ in y.pairs(entry)}
    return "previewValue" in keys and not keys & {"value", "sync", "generateValue", "fromDatabase", "fromService"}
