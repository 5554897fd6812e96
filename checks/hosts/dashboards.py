"""Hosts whose variables are kept in a dashboard: Fly, Railway, Vercel, Netlify, App Engine, CapRover, Clever Cloud."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.hosts.shapes import command_of, secrets_of, variables_of
from checks.parsers import position
from checks.parsers import yaml as y
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.facts import Facts, parent


def line_with(facts: Facts, path: str, needle: str) -> int:
    """Return the first line of a file that holds a text, 1 where none does."""
    return position.line_with(facts.text(path) or "", needle) or 1


def read_dashboard(facts: Facts, path: str, host: str, serves: str) -> Iterator[Deployment]:
    """Read a file that says how a service is built while its variables are kept in the host's dashboard."""
    variables: dict[str, Declared] = {}
    build, line, commands = None, None, ""
    if path.endswith(".json"):
        document = facts.yaml(path)
        if isinstance(document, ParseError):
            yield unreadable(path, host, serves, document)
            return
        if isinstance(document, Node):
            variables = variables_of(y.get(document, "env"), path) | variables_of(y.get(document, "build", "env"), path)
            command = y.get(document, "buildCommand") or y.get(document, "build", "buildCommand")
            build = y.scalar(command)
            line = y.line_of(command) if command is not None else None
            commands = command_of(y.get(document, "deploy"), "startCommand")
    elif path.endswith(".toml"):
        try:
            data = load_toml(facts.text(path) or "")
        except ParseError as problem:
            yield unreadable(path, host, serves, problem)
            return
        section = _table(data, "build")
        written = section.get("command") or section.get("buildCommand")
        build = written if isinstance(written, str) else None
        line = line_with(facts, path, build) if build else None
        variables = _toml_variables(facts, path, _table(section, "environment"))
        commands = str(_table(data, "deploy").get("startCommand") or "")
    yield Deployment(
        name=path,
        host=host,
        environment=environment_of(path),
        path=path,
        line=1,
        root=parent(path),
        serves=serves,
        variables=variables,
        closed=False,
        build=build,
        build_line=line,
        commands=commands,
    )


def read_fly(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read fly.toml: `[env]`, and each process with its command (https://fly.io/docs/reference/configuration/)."""
    try:
        data = load_toml(facts.text(path) or "")
    except ParseError as problem:
        yield unreadable(path, "fly", "backend", problem)
        return
    name = str(data.get("app", "fly"))
    yield Deployment(
        name=name,
        host="fly",
        environment=environment_of(path, name),
        path=path,
        line=1,
        root=parent(path),
        serves="backend",
        variables=_toml_variables(facts, path, _table(data, "env")),
        closed=False,
        commands="\n".join(str(c) for c in _table(data, "processes").values()),
    )


def _table(data: dict[str, object], key: str) -> dict[str, object]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _toml_variables(facts: Facts, path: str, table: dict[str, object]) -> dict[str, Declared]:
    return {k: Declared(value=str(v), path=path, line=line_with(facts, path, k)) for k, v in table.items()}


def read_app_engine(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read App Engine's app.yaml (https://cloud.google.com/appengine/docs/standard/reference/app-yaml?tab=python)."""
    document = facts.yaml(path)
    if not isinstance(document, Node) or not (y.scalar(y.get(document, "runtime")) or "").startswith("python"):
        return
    service = y.scalar(y.get(document, "service")) or "default"
    yield Deployment(
        name=service,
        host="app engine",
        environment=environment_of(path, service),
        path=path,
        line=1,
        root=parent(path),
        serves="backend",
        variables=variables_of(y.get(document, "env_variables"), path),
        closed=False,
        commands=y.scalar(y.get(document, "entrypoint")) or "",
        elsewhere="Secret Manager or the build",
    )


def read_app_runner(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read apprunner.yaml, whose `run` section is all that a service from source gets.

    Source: https://docs.aws.amazon.com/apprunner/latest/dg/config-file-ref.html
    """
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "app runner", "backend", document)
    if not isinstance(document, Node):
        return
    run = y.get(document, "run")
    yield Deployment(
        name=path,
        host="app runner",
        environment=environment_of(path),
        path=path,
        line=y.line_of(run) if run is not None else 1,
        root=parent(path),
        serves="backend",
        variables=variables_of(y.get(run, "env"), path) | secrets_of(y.get(run, "secrets"), path),
        closed=True,
        commands=command_of(run, "command"),
    )
