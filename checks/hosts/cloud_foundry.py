"""Cloud Foundry (cloud.gov): the applications of a manifest, started by it or by the Procfile beside it.

Source: https://docs.cloudfoundry.org/devguide/deploy-apps/manifest-attributes.html
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.hosts.heroku import procfile_of
from checks.hosts.shapes import variables_of
from checks.parsers import yaml as y
from checks.repository.deployment import Deployment, environment_of
from checks.repository.facts import Facts, join, parent
from checks.repository.path_words import NOT_PRODUCTION, purposes


def is_manifest(facts: Facts, path: str) -> bool:
    """Return whether a YAML file is a manifest of Cloud Foundry: a list of applications, each with a name."""
    document = facts.yaml(path) if "applications:" in (facts.text(path) or "") else None
    applications = y.sequence(y.get(document, "applications")) if isinstance(document, Node) else []
    return any(y.scalar(y.get(a, "name")) for a in applications)


def read_cloud_foundry(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read the applications of a manifest; variables may also be set by `cf set-env` or a bound service, so it is open."""
    document = facts.yaml(path)
    if purposes(path.rpartition("/")[2]) & NOT_PRODUCTION or not isinstance(document, Node):
        return
    procfile = join(parent(path), "Procfile")
    processes = "\n".join(procfile_of(facts, procfile).values()) if procfile in facts.paths else ""
    for application in y.sequence(y.get(document, "applications")):
        name = y.scalar(y.get(application, "name"))
        if not name:
            continue
        own = [
            c
            for p in (application, *y.sequence(y.get(application, "processes")))
            if (c := y.scalar(y.get(p, "command")))
        ]
        variables = variables_of(y.get(application, "env"), path)
        yield Deployment(
            name=name,
            host="cloud foundry",
            environment=environment_of(path, name),
            path=path,
            line=y.line_of(application),
            root=join(parent(path), y.scalar(y.get(application, "path")) or "."),
            serves="backend" if processes or own or any("DJANGO" in v for v in variables) else "unknown",
            variables=variables,
            closed=False,
            commands="\n".join(own) or processes,
        )
