"""Hosts that build an image themselves, from the Dockerfile in the repository: what they hand its build, and how it gets a secret.

Sources: https://render.com/docs/docker-secrets (variables as build arguments, secret files as mounts),
https://docs.railway.com/builds/dockerfiles (variables as build arguments only),
https://caprover.com/docs/captain-definition-file.html, https://docs.digitalocean.com/products/app-platform/reference/dockerfile/,
https://docs.okd.io/latest/cicd/builds/build-strategies.html#builds-strategy-docker-build (build arguments and volumes, no secret mounts)
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from yaml import Node

from checks.hosts.image_builds import builds_of
from checks.hosts.images import Image
from checks.hosts.kubernetes import LISTS
from checks.hosts.shapes import variables_of
from checks.parsers import yaml as y
from checks.parsers.requirements import load_toml
from checks.parsers.text import ParseError
from checks.repository.facts import Facts, join, parent

OPENSHIFT = "openshift"
_CAPROVER, _HEROKU = "captain-definition", "heroku.yml"


class HostBuild(Struct, frozen=True, kw_only=True):
    """A build of an image by its host: `host` and `title` name it, the place is that of the file that says so.

    `mounts` says whether its builds mount secrets: `file` and `none` (not at all). `breaks`: a mount makes the build fail.
    `arguments` are those that a BuildConfig names; all other hosts pass the variables of the service.
    """

    host: str
    title: str
    path: str
    line: int
    service: str = ""
    mounts: str = "none"
    breaks: bool = False
    arguments: frozenset[str] = frozenset()


def host_builds(facts: Facts, image: Image) -> list[HostBuild]:
    """Return the hosts that build an image from its Dockerfile."""
    return [
        b for b, dockerfile in facts.memoize(host_builds, "", lambda: list(_found(facts))) if dockerfile == image.path
    ]


_AS_FILES = frozenset({"podman", "buildah"})
"""Builders whose older versions fill no variable from a secret (https://github.com/containers/buildah/pull/6285)."""


def mounts_of(facts: Facts, image: Image) -> tuple[str, str]:
    """Return how all that builds an image mounts a secret (`env`, `file`, `none`), and who mounts none.

    A builder that only ignores mounts decides where nothing else builds the image; one that fails on them always does.
    """
    builds, hosts = builds_of(facts, image), host_builds(facts, image)
    failing = [h.title for h in hosts if h.breaks]
    if failing:
        return "none", failing[0]
    ignoring = [h.title for h in hosts if h.mounts == "none"] + ["kaniko" for b in builds if b.tool == "kaniko"]
    able = any(b.tool != "kaniko" for b in builds) or any(h.mounts != "none" for h in hosts)
    if ignoring and not able:
        return "none", ignoring[0]
    as_file = any(b.tool in _AS_FILES for b in builds) or any(h.mounts == "file" for h in hosts)
    return ("file" if as_file else "env"), ""


def _found(facts: Facts) -> Iterator[tuple[HostBuild, str]]:
    for path in facts.named("render.yaml", "render.yml"):
        yield from _of_render(facts, path)
    for path in facts.named("railway.json", "railway.toml"):
        yield from _of_railway(facts, path)
    for path in facts.named(_CAPROVER):
        document = facts.yaml(path)
        file = y.scalar(y.get(document, "dockerfilePath")) if isinstance(document, Node) else None
        if file is not None:
            # https://github.com/caprover/caprover/issues/2012: builds without BuildKit
            build = HostBuild(host="caprover", title="CapRover", path=path, line=1, breaks=True)
            yield build, join(parent(path), file)
    for path in facts.named(_HEROKU):
        document = facts.yaml(path)
        docker = y.get(document, "build", "docker") if isinstance(document, Node) else None
        for _, key, value in y.pairs(docker):
            file = y.scalar(value) or y.scalar(y.get(value, "dockerfile")) or "Dockerfile"
            build = HostBuild(host="heroku", title="Heroku", path=path, line=y.line_of(key), breaks=True)
            yield build, join(parent(path), file)

    for path in facts.with_suffix("yml", "yaml", "json"):
        if "BuildConfig" in (facts.text(path) or ""):
            documents = facts.documents(path)
            for document in documents if not isinstance(documents, ParseError) else ():
                yield from _of_openshift(path, document)


def _of_openshift(path: str, document: Node) -> Iterator[tuple[HostBuild, str]]:
    """A BuildConfig builds from a clone, below `contextDir`; older clusters have builders that fail on any mount."""
    kind = y.scalar(y.get(document, "kind")) or ""
    for item in y.sequence(y.get(document, LISTS[kind])) if kind in LISTS else ():
        yield from _of_openshift(path, item)
    strategy = y.get(document, "spec", "strategy", "dockerStrategy")
    if kind == "BuildConfig" and strategy is not None:
        folder = y.scalar(y.get(document, "spec", "source", "contextDir")) or "."
        file = join(folder.strip("/") or ".", y.scalar(y.get(strategy, "dockerfilePath")) or "Dockerfile")
        name, line = y.scalar(y.get(document, "metadata", "name")) or "", y.line_of(strategy)
        given = frozenset(variables_of(y.get(strategy, "buildArgs"), path))
        build = HostBuild(
            host=OPENSHIFT, title="OpenShift", path=path, line=line, service=name, breaks=True, arguments=given
        )
        yield build, file


def _of_render(facts: Facts, path: str) -> Iterator[tuple[HostBuild, str]]:
    document = facts.yaml(path)
    for service in y.sequence(y.get(document, "services")) if isinstance(document, Node) else ():
        runtime = y.scalar(y.get(service, "runtime")) or y.scalar(y.get(service, "env"))
        if runtime != "docker":
            continue
        root = join(parent(path), y.scalar(y.get(service, "rootDir")) or ".")
        file = join(root, y.scalar(y.get(service, "dockerfilePath")) or "Dockerfile")
        name = y.scalar(y.get(service, "name")) or "service"
        line = y.line_of(service)
        yield HostBuild(host="render", title="Render", path=path, line=line, service=name, mounts="file"), file


def _of_railway(facts: Facts, path: str) -> Iterator[tuple[HostBuild, str]]:
    """A Dockerfile beside the configuration is taken unless another builder is named."""
    builder: object = None
    file: object = None
    if path.endswith(".json"):
        document = facts.yaml(path)
        node = y.get(document, "build") if isinstance(document, Node) else None
        builder, file = y.scalar(y.get(node, "builder")), y.scalar(y.get(node, "dockerfilePath"))
    else:
        try:
            section = load_toml(facts.text(path) or "").get("build")
        except ParseError:
            return
        if isinstance(section, dict):
            builder, file = section.get("builder"), section.get("dockerfilePath")
    if builder is None or str(builder).upper() == "DOCKERFILE":
        place = join(parent(path), str(file or "Dockerfile").lstrip("/"))
        yield HostBuild(host="railway", title="Railway", path=path, line=1), place
