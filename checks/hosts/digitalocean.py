"""App Platform's specification. Source: https://docs.digitalocean.com/products/app-platform/reference/app-spec/."""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.hosts.shapes import command_of
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.deployment import Declared, Deployment, environment_of, unreadable
from checks.repository.facts import Facts, join

_COMPONENTS = {"services": "backend", "workers": "backend", "jobs": "unknown", "static_sites": "frontend"}


def read_digitalocean(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read the components of an app; a variable of scope `BUILD_TIME` is not there when it runs."""
    document = facts.yaml(path)
    if isinstance(document, ParseError):
        yield unreadable(path, "digitalocean", "backend", document)
    if not isinstance(document, Node):
        return
    spec = y.get(document, "spec") or document
    app = y.scalar(y.get(spec, "name")) or path
    shared = _runtime(y.get(spec, "envs"), path)
    for section, serves in _COMPONENTS.items():
        for component in y.sequence(y.get(spec, section)):
            name = y.scalar(y.get(component, "name")) or section
            folder = y.scalar(y.get(component, "source_dir")) or "."
            build = y.get(component, "build_command")
            yield Deployment(
                name=name,
                host="digitalocean",
                environment=environment_of(path, app, name),
                path=path,
                line=y.line_of(component),
                root=join(".", folder.lstrip("/")),
                serves=serves,
                variables=shared | _runtime(y.get(component, "envs"), path),
                closed=True,
                build=y.scalar(build),
                build_line=y.line_of(build) if build is not None else None,
                commands=command_of(component, "run_command"),
            )


def _runtime(envs: Node | None, path: str) -> dict[str, Declared]:
    found: dict[str, Declared] = {}
    for entry in y.sequence(envs):
        key = y.get(entry, "key")
        name = y.scalar(key)
        if key is None or not name or y.scalar(y.get(entry, "scope")) == "BUILD_TIME":
            continue
        # A secret's value is encrypted (`EV[…]`) or kept in the dashboard.
        secret = y.scalar(y.get(entry, "type")) == "SECRET"
        value = None if secret else y.scalar(y.get(entry, "value"))
        found[name] = Declared(value=None if value and "$" in value else value, path=path, line=y.line_of(key))
    return found
