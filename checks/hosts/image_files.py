"""Which files of the repository a running image has: what its stages copy, and what compose mounts into it.

An image that begins with another one of this repository has what that one has; so may one whose beginning the build decides.

Sources: https://docs.docker.com/reference/dockerfile/#copy, https://docs.docker.com/reference/dockerfile/#from,
https://docs.docker.com/reference/compose-file/services/#volumes
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

from yaml import Node

from checks.hosts.compose import mounted, with_bases
from checks.hosts.dockerignore import kept_out
from checks.hosts.image_builds import all_builds
from checks.hosts.images import Image, Stage, assignments, expanded, images_that_run
from checks.parsers import yaml as y
from checks.parsers.dockerfile import Instruction
from checks.repository.backends import Backend
from checks.repository.deployment import Deployment
from checks.repository.facts import Facts, inside, join, parent

RUN_IMAGES = frozenset({"compose", "kubernetes", "helm", "kamal", "ecs", "copilot"})
"""Hosts that run nothing but images, so that a file is there only where an image has it or a volume brings it."""


def in_no_image(facts: Facts, backend: Backend, deployments: list[Deployment], path: str) -> bool:
    """Return whether production surely lacks a file: images of this repository alone run the backend, and none of them has it."""
    if not deployments or any(d.host not in RUN_IMAGES or d.problem is not None for d in deployments):
        return False
    running = images_that_run(facts, backend)
    if not running or any(_may_have(facts, image, path) for image in running):
        return False
    return not any(_is_mounted(facts, d.path, path) for d in deployments if d.host == "compose")


def in_every_image(facts: Facts, backend: Backend, deployments: list[Deployment], path: str) -> bool:
    """Return whether production surely has a file: no image runs the backend, or each that does copies it into what it is in the end."""
    running = images_that_run(facts, backend)
    if not running:
        return all(d.host not in RUN_IMAGES for d in deployments)
    for image in running:
        last = image.stages[-1:]
        stages = [s for stage in last for s in (*image.parents(stage), stage)]
        contexts = {".", parent(image.path)}
        copied = (i for s in stages for i in s.instructions if not any("$" in n for n in sources(i.arguments)))
        if kept_out(facts, image, path) is not None or not any(_copies(i, path, c) for i in copied for c in contexts):
            return False
    return True


def _may_have(facts: Facts, image: Image, path: str) -> bool:
    if kept_out(facts, image, path) is not None:
        return False
    last = image.stages[-1:]
    stages = [s for stage in last for s in (*image.parents(stage), stage, *image.copied_from(stage))]
    stages += [s for stage in stages for s in image.copied_from(stage)]
    if any(_begins_with_own(facts, image, stage) for stage in stages):
        return True
    contexts = {".", parent(image.path)}
    return any(_copies(i, path, context) for s in stages for i in s.instructions for context in contexts)


def _begins_with_own(facts: Facts, image: Image, stage: Stage) -> bool:
    """Return whether a stage may begin with an image of this repository: one that a build here names, or that an argument decides."""
    if any(s.name == stage.base.lower() for s in image.stages):
        return False
    defaults = {n: v for i in image.before if i.word == "ARG" for n, v in assignments(i)}
    repository, missing = expanded(_repository_of(stage.base), defaults)
    names = {name for build in all_builds(facts) for name in build.names}
    return bool(missing) or _repository_of(repository).lower() in {_repository_of(name).lower() for name in names}


def _repository_of(reference: str) -> str:
    """Return a reference without its tag and digest; a colon before a slash is that of a port, one in braces an operator's."""
    name = reference.partition("@")[0]
    depth = 0
    for at in range(len(name) - 1, -1, -1):
        depth += (name[at] == "}") - (name[at] == "{")
        if depth == 0 and name[at] in ":/":
            return name[:at] if name[at] == ":" else name
    return name


def _copies(instruction: Instruction, path: str, context: str) -> bool:
    """Return whether a COPY or ADD may bring a file, where the build's context is a certain folder."""
    if instruction.word not in ("COPY", "ADD") or any(f.startswith("--from") for f in instruction.flags):
        return False
    return any("$" in s or _covers(s, path, context) for s in sources(instruction.arguments))


def sources(arguments: str) -> list[str]:
    """Return what is copied; both forms of the instruction have the target last."""
    if arguments.startswith("["):
        try:
            listed = json.loads(arguments)
        except ValueError:
            return ["."]
        return [str(word) for word in listed[:-1]]
    return arguments.split()[:-1]


def _covers(source: str, path: str, context: str) -> bool:
    place = join(context, source.lstrip("/") or ".")
    if any(c in source for c in "*?["):
        return fnmatchcase(path, place) or fnmatchcase(path, f"{place}/*")
    return inside(path, place)


def _is_mounted(facts: Facts, compose: str, path: str) -> bool:
    document = facts.yaml(compose)
    services = y.pairs(y.get(document, "services")) if isinstance(document, Node) else []
    blocks = [(place, block) for _, _, service in services for place, block in with_bases(facts, compose, service)]
    return any(inside(path, join(parent(place), s)) for place, block in blocks for s in mounted(block))
