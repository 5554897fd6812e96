"""Images as Dockerfiles describe them: stages, what an `ARG` and an `ENV` are worth in the last one, and what starts.

Sources: https://docs.docker.com/reference/dockerfile/ (scope of ARG: `#scope`; an ARG before the first FROM reaches a stage only
where the stage declares it again), https://docs.docker.com/build/building/multi-stage/
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from yaml import Node

from checks.parsers import yaml as y
from checks.parsers.dockerfile import Instruction, parse_dockerfile
from checks.patterns import lazy_pattern
from checks.repository.facts import Facts, inside, join, parent
from checks.repository.path_words import NOT_PRODUCTION, PRODUCTION, purposes, words_of

if TYPE_CHECKING:
    from checks.repository.backends import Backend

_REFERENCE = lazy_pattern(r"\\\$|\$(?:\{(\w+)(?:(:?[-+])([^}]*))?\}|(\w+))")


class Stage(Struct, frozen=True, kw_only=True):
    """A build stage: what it begins with, its name, its instructions."""

    base: str
    name: str | None
    instructions: tuple[Instruction, ...]


class Setting(Struct, frozen=True, kw_only=True):
    """A variable of the running image: its value, its line, and the arguments in it that nobody hands in."""

    value: str
    line: int
    empty_arguments: tuple[str, ...]


class Image(Struct, frozen=True, kw_only=True):
    """An image: the arguments before the first stage, and the stages that lead to the one that is built."""

    path: str
    before: tuple[Instruction, ...]
    stages: tuple[Stage, ...]

    @property
    def command(self) -> str:
        """What the image starts: the last ENTRYPOINT and CMD."""
        found = {"ENTRYPOINT": "", "CMD": ""}
        for instruction in self._lineage():
            if instruction.word in found:
                found[instruction.word] = command_text(instruction.text)
        return " ".join(v for v in found.values() if v)

    def instructions(self) -> list[Instruction]:
        """Return the instructions of the last stage and of the stages that it begins with, in order."""
        return self._lineage()

    def parents(self, stage: Stage) -> list[Stage]:
        """Return the stages that a stage begins with, the first one first."""
        found: list[Stage] = []
        at = self.stages.index(stage)
        while (above := self._named(stage.base, at)) is not None:
            stage, at = self.stages[above], above
            found.append(stage)
        return found[::-1]

    def copied_from(self, stage: Stage) -> list[Stage]:
        """Return the stages from which a stage copies files or mounts them."""
        at = self.stages.index(stage)
        words = [w for i in stage.instructions for f in i.flags for w in f.removeprefix("--mount=").split(",")]
        named = [w.removeprefix("--").partition("=")[2] for w in words if w.removeprefix("--").startswith("from=")]
        return [self.stages[n] for name in named if (n := self._named(name, at)) is not None]

    def _named(self, name: str, before: int) -> int | None:
        """Return the number of the stage before another one that a name or a number means."""
        if name.isdecimal() and len(name) < 4 and int(name) < before:
            return int(name)
        return next((n for n in range(before - 1, -1, -1) if self.stages[n].name == name.lower()), None)

    def _lineage(self) -> list[Instruction]:
        last = self.stages[-1:]
        return [i for stage in (*(s for t in last for s in self.parents(t)), *last) for i in stage.instructions]

    def environment(self, given: Mapping[str, str]) -> dict[str, Setting]:
        """Return the variables of the running image, where the build is given some arguments."""
        defaults = {n: v for i in self.before if i.word == "ARG" for n, v in assignments(i)}
        arguments: dict[str, str | None] = {}
        found: dict[str, Setting] = {}
        for instruction in self._lineage():
            if instruction.word == "ARG":
                for name, default in assignments(instruction):
                    value = given.get(name, default if default is not None else defaults.get(name))
                    arguments[name] = value
            elif instruction.word == "ENV":
                known = arguments | {n: s.value for n, s in found.items()}
                for name, text in assignments(instruction):
                    value, missing = expanded(text or "", known)
                    # A missing argument stays the reason where one variable takes another's empty value.
                    for reference in names_in(text or ""):
                        missing += found[reference].empty_arguments if reference in found else ()
                    found[name] = Setting(value=value, line=instruction.line, empty_arguments=tuple(missing))
        return found


def images(facts: Facts) -> list[Image]:
    """Return the images of a repository that may be deployed."""
    return facts.memoize(images, "", lambda: list(_images(facts)))


def _images(facts: Facts) -> Iterator[Image]:
    from checks.hosts.development_images import only_develops, target_of

    for path in facts.dockerfiles:
        if purposes(path) & NOT_PRODUCTION or of_an_action(facts, path):
            continue
        if (text := facts.text(path)) is None or only_develops(facts, path):
            continue
        yield read_image(path, text, target_of(facts, path))


def of_an_action(facts: Facts, path: str) -> bool:
    """Return whether a Dockerfile is that of a step of CI: what is below `.github`, or beside the description of an action.

    https://docs.github.com/en/actions/tutorials/create-actions/create-a-docker-container-action
    """
    folder = parent(path)
    if ".github" in path.split("/"):
        return True
    described = (join(folder, n) for n in ("action.yml", "action.yaml")) if folder != "." else ()
    documents = (facts.yaml(p) for p in described if p in facts.paths)
    return any(isinstance(d, Node) and y.scalar(y.get(d, "runs", "using")) == "docker" for d in documents)


def image_that_serves(facts: Facts, root: str) -> Image | None:
    """Return the one image that runs the Django project at a root; None where there is none, or a choice."""
    from checks.hosts.serving import runs_python

    found = [i for i in images(facts) if any(runs_python(t) for t in started_by_image(facts, i))]
    own = [i for i in found if parent(i.path) == root] or found
    return own[0] if len(own) == 1 else None


def images_that_run(facts: Facts, backend: Backend) -> list[Image]:
    """Return the images that run processes of a backend, web or worker: those whose commands do, below its folder or around it.

    Where another backend is deployed too, an image outside of the folder may be that one's, and counts only as the one that serves.
    """
    from checks.hosts.serving import runs_python

    running = [
        i
        for i in images(facts)
        if any(runs_python(t) for t in (*started_by_image(facts, i), *started_by_compose(facts, i)))
    ]
    running = [i for i in running if not _is_not_productions(facts, i, running)]
    one = image_that_serves(facts, backend.root)
    alone = len(facts.backends) == 1
    return [
        i for i in running if i == one or (inside(i.path, backend.root) and (alone or backend.root != ".")) or alone
    ]


def _is_not_productions(facts: Facts, image: Image, running: list[Image]) -> bool:
    """Return whether a plain Dockerfile has one for production in its folder, and nothing that deploys builds it."""
    from checks.hosts.development_images import in_development
    from checks.hosts.image_builds import all_builds

    if image.path.rpartition("/")[2].lower() not in ("dockerfile", "containerfile"):
        return False
    beside = [i for i in running if i != image and parent(i.path) == parent(image.path)]
    if not any(words_of(i.path.rpartition("/")[2]) & PRODUCTION for i in beside):
        return False
    return all(b.dockerfile != image.path or in_development(facts, b) for b in all_builds(facts))


def started_by_compose(facts: Facts, image: Image) -> list[str]:
    """Return the commands with which services of compose files start what they build from a Dockerfile."""
    from checks.hosts.image_builds import all_builds
    from checks.hosts.shapes import command_of

    found = []
    for build in all_builds(facts):
        document = facts.yaml(build.path) if build.kind == "compose" and build.dockerfile == image.path else None
        if isinstance(document, Node) and build.service is not None:
            found.append(command_of(y.get(document, "services", build.service), "entrypoint", "command"))
    return found


def started_by_image(facts: Facts, image: Image) -> list[str]:
    """Return the commands of an image and the scripts of the repository that they start."""
    text = image.command
    names = {w.rpartition("/")[2] for w in text.split() if w.endswith((".sh", "/start", "/entrypoint"))}
    return [text, *(facts.text(p) or "" for name in sorted(names) for p in facts.named(name)[:3])]


def read_image(path: str, text: str, target: str | None = None) -> Image:
    """Read a Dockerfile; comments and empty lines are left out, here-documents stay text of their instruction.

    With a `target`, that stage is the last one: what stands behind it is not built. A stage that begins with another one by an
    argument's default (`ARG KIND=web`, `FROM ${KIND}`) begins with that one.
    """
    before: list[Instruction] = []
    stages: list[tuple[str, str | None, list[Instruction]]] = []
    for instruction in parse_dockerfile(text).instructions:
        if instruction.word == "FROM":
            words = instruction.arguments.split()
            named = words[2].lower() if len(words) > 2 and words[1].upper() == "AS" else None
            base = words[0] if words else ""
            defaults = {n: v for i in before if i.word == "ARG" for n, v in assignments(i)}
            meant = expanded(base, defaults)[0] if "$" in base else base
            own = meant if meant.lower() in {name for _, name, _ in stages} else base
            stages.append((own, named, []))
        elif stages:
            stages[-1][2].append(instruction)
        else:
            before.append(instruction)
    last = next((n for n, (_, name, _) in enumerate(stages) if target and name == target.lower()), len(stages) - 1)
    return Image(
        path=path,
        before=tuple(before),
        stages=tuple(Stage(base=b, name=n, instructions=tuple(i)) for b, n, i in stages[: last + 1]),
    )


def assignments(instruction: Instruction) -> list[tuple[str, str | None]]:
    """Return the `(name, value)` of an ARG or ENV; `ENV name value` is the old form of one variable."""
    text = instruction.arguments
    first = text.split(None, 1)
    if instruction.word == "ENV" and len(first) == 2 and "=" not in first[0]:
        return [(first[0], first[1].strip())]
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    return [(name, value if equals else None) for name, equals, value in (w.partition("=") for w in words)]


def names_in(text: str) -> list[str]:
    """Return the variables that a text takes its value from."""
    return [m.group(1) or m.group(4) for m in _REFERENCE.finditer(text) if m.group(1) or m.group(4)]


def expanded(text: str, known: Mapping[str, str | None]) -> tuple[str, list[str]]:
    """Return a text with its variables replaced, and the names of those that are empty or not known."""
    missing: list[str] = []

    def value(match: re.Match[str]) -> str:
        name = match.group(1) or match.group(4)
        if name is None:
            return "$"
        found = known.get(name)
        operator, other = match.group(2), match.group(3) or ""
        if operator in ("-", ":-"):
            return found if found else other
        if operator in ("+", ":+"):
            return other if found else ""
        if not found:
            missing.append(name)
        return found or ""

    return _REFERENCE.sub(value, text), missing


def command_text(text: str) -> str:
    """Return a command of either form as text."""
    if text.lstrip().startswith("["):
        try:
            return " ".join(str(w) for w in json.loads(text))
        except (ValueError, RecursionError, TypeError):
            return text
    return text
