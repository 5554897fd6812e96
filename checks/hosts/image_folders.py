"""Which folder of the repository an instruction of an image works in: `WORKDIR`, and what was copied to there.

Sources: https://docs.docker.com/reference/dockerfile/#workdir, https://docs.docker.com/reference/dockerfile/#copy
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from checks.hosts.image_files import sources
from checks.hosts.images import Image, Stage
from checks.parsers.dockerfile import Instruction
from checks.repository.facts import Facts, inside, join, parent


def works_elsewhere(facts: Facts, image: Image, stage: Stage, run: Instruction, folder: str, entered: str = "") -> bool:
    """Return whether an instruction surely works in another folder of the repository: neither in `folder`, nor above or below it.

    `entered` is what its command enters before (`cd templates && …`).
    """
    places = _folders(facts, image, stage, run, entered)
    return bool(places) and not any(inside(folder, p) or inside(p, folder) for p in places)


def _folders(facts: Facts, image: Image, stage: Stage, run: Instruction, entered: str) -> list[str]:
    """Return the folders of the repository that may stand where an instruction works; none where that is not known."""
    workdir = "/"
    copied: list[tuple[str, str]] = []
    for instruction in _before(image, stage, run):
        if instruction.word == "WORKDIR":
            workdir = posixpath.join(workdir, instruction.text.strip().strip("\"'"))
        elif instruction.word in ("COPY", "ADD") and not any(f.startswith("--from") for f in instruction.flags):
            words = instruction.arguments.split()
            target = posixpath.normpath(posixpath.join(workdir, words[-1])) if words else workdir
            copied += [(target, source) for source in sources(instruction.arguments)]
    workdir = posixpath.normpath(posixpath.join(workdir, entered))
    if "$" in workdir:
        return []
    for target, source in reversed(copied):
        if "$" in source + target or not inside(workdir.lstrip("/") or ".", target.lstrip("/") or "."):
            continue
        rest = posixpath.relpath(workdir, target)
        found = [f for c in _contexts(image) if (f := join(join(c, source), rest)) and _is_package(facts, f)]
        if found:
            return found
    return []


def _before(image: Image, stage: Stage, run: Instruction) -> Iterator[Instruction]:
    for above in (*image.parents(stage), stage):
        for instruction in above.instructions:
            if instruction is run:
                return
            yield instruction


def _contexts(image: Image) -> list[str]:
    """Return the folders from which the image may be built: the Dockerfile's own and those around it."""
    found = [parent(image.path)]
    while found[-1] != ".":
        found.append(parent(found[-1]))
    return found


def _is_package(facts: Facts, folder: str) -> bool:
    return join(folder, "package.json") in facts.paths
