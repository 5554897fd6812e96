"""Cloud Foundry (cloud.gov): the applications of a manifest, started by it or by the Procfile beside it.

Source: https://docs.cloudfoundry.org/devguide/deploy-apps/manifest-attributes.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace
from yaml import Node

from checks.hosts.heroku import procfile_of
from checks.hosts.shapes import variables_of
from checks.parsers import yaml as y
from checks.patterns import lazy_pattern
from checks.repository.deployment import Declared, Deployment, environment_of
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import NOT_DEPLOYED, NOT_PRODUCTION, PRODUCTION, folder_purposes, purposes, words_of

_ATTRIBUTES = frozenset(
    {
        "buildpacks",
        "buildpack",
        "stack",
        "health-check-type",
        "health-check-http-endpoint",
        "random-route",
        "disk_quota",
    }
)
"""What an application of a manifest has besides its name, and nothing else that is called so."""
_OF_FILES = ("staticfile_buildpack", "nginx_buildpack")
"""Buildpacks that serve files (https://docs.cloudfoundry.org/buildpacks/)."""
_UNNAMED = "APP"
_VARIABLE = lazy_pattern(r"\(\(([\w.-]+)\)\)")


def is_manifest(facts: Facts, path: str) -> bool:
    """Return whether a YAML file is a manifest of Cloud Foundry: a list of applications, each with a name or what only it has."""
    document = facts.yaml(path) if "applications:" in (facts.text(path) or "") else None
    applications = y.sequence(y.get(document, "applications")) if isinstance(document, Node) else []
    return any(_is_application(a) for a in applications)


def _is_application(application: Node) -> bool:
    """Return whether an entry of `applications` is one; its name may be given where it is pushed (`cf push NAME`)."""
    return bool(y.scalar(y.get(application, "name"))) or any(k in _ATTRIBUTES for k, _, _ in y.pairs(application))


def has_manifest(facts: Facts) -> bool:
    """Return whether a repository has a manifest of Cloud Foundry that deploys."""
    named = (p for p in facts.with_suffix("yml", "yaml") if "manifest" in p.rpartition("/")[2])
    return facts.memoize(
        has_manifest, "", lambda: any(is_manifest(facts, p) for p in named if not folder_purposes(p) & NOT_DEPLOYED)
    )


def folders_of(facts: Facts, path: str) -> set[str]:
    """Return the folders whose Procfile a manifest's applications start: its own, and those that they are pushed from."""
    document = facts.yaml(path)
    applications = y.sequence(y.get(document, "applications")) if isinstance(document, Node) else []
    return {parent(path), *(join(parent(path), y.scalar(y.get(a, "path")) or ".") for a in applications)}


def read_cloud_foundry(facts: Facts, path: str) -> Iterator[Deployment]:
    """Read the applications of a manifest; variables may also be set by `cf set-env` or a bound service, so it is open."""
    document = facts.yaml(path)
    if purposes(path.rpartition("/")[2]) & NOT_PRODUCTION or not isinstance(document, Node):
        return
    for application in y.sequence(y.get(document, "applications")):
        if not _is_application(application):
            continue
        name = _filled_in(facts, path, y.scalar(y.get(application, "name")) or _UNNAMED)
        root = join(parent(path), y.scalar(y.get(application, "path")) or ".")
        procfile = next((p for f in (root, parent(path)) if (p := join(f, "Procfile")) in facts.paths), "")
        processes = "\n".join(procfile_of(facts, procfile).values()) if procfile else ""
        own = [
            c
            for p in (application, *y.sequence(y.get(application, "processes")))
            if (c := y.scalar(y.get(p, "command")))
        ]
        # What `((name))` stands for is given when it is pushed.
        written = variables_of(y.get(application, "env"), path)
        variables = {n: replace(d, value=None) if _VARIABLE.search(d.value or "") else d for n, d in written.items()}
        yield Deployment(
            name=name,
            host="cloud foundry",
            environment=environment_of(path, name),
            path=path,
            line=y.line_of(application),
            root=root,
            serves=_serves(application, runs=bool(processes or own), variables=variables),
            variables=variables,
            closed=False,
            commands="\n".join(own) or processes,
        )


def _serves(application: Node, *, runs: bool, variables: Mapping[str, Declared]) -> str:
    """Return what an application serves: one that only a buildpack for files makes runs no code of its own."""
    names = [y.scalar(n) or "" for n in y.sequence(y.get(application, "buildpacks"))]
    names += [y.scalar(y.get(application, "buildpack")) or ""]
    packs = [n.rpartition("/")[2].partition("#")[0].removesuffix(".git").replace("-", "_") for n in names if n]
    if packs and all(p in _OF_FILES for p in packs):
        return "frontend"
    return "backend" if runs or any("DJANGO" in v for v in variables) else "unknown"


def _filled_in(facts: Facts, path: str, name: str) -> str:
    """Return an application's name with the variables of production's file of them, `APP` where one has no value there.

    https://docs.cloudfoundry.org/devguide/deploy-apps/manifest-attributes.html#variable-substitution
    """
    asked = _VARIABLE.findall(name)
    if not asked:
        return name
    near = [p for p in facts.with_suffix("yml", "yaml") if inside(p, parent(path)) and "vars" in words_of(p)]
    for file in sorted(near, key=lambda p: not words_of(p) & PRODUCTION):
        document = facts.yaml(file)
        pairs = y.pairs(document) if isinstance(document, Node) else ()
        values = {n: v for n, _, node in pairs if (v := y.scalar(node))}
        if values.keys() >= set(asked):
            return "".join(values[t] if n % 2 else t for n, t in enumerate(_VARIABLE.split(name)))
    return _UNNAMED
