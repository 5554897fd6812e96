"""What reaches the commands of an image while it is built: arguments, variables and secrets that a build hands in.

Sources: https://docs.docker.com/build/building/variables/#scoping (a child stage inherits the arguments of the stage it begins with),
https://docs.docker.com/build/building/secrets/
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from checks.hosts.image_builds import builds_of
from checks.hosts.images import Image, Stage, assignments, names_in, read_image
from checks.parsers.commands import read_commands
from checks.parsers.dockerfile import Instruction, SecretMount, secret_mounts
from checks.repository.facts import Facts
from checks.sentry_api.dsn import is_placeholder

_DEPTH = 6
_READ_BY_TOOLS = (".env", ".sentryclirc")
"""Beginnings of the names of files that the bundlers' plugins and sentry-cli read by themselves."""


def visible(image: Image, stage: Stage, before: Instruction) -> list[Instruction]:
    """Return the ARG and ENV instructions that an instruction of a stage sees, those of the stages that it begins with first."""
    own = stage.instructions[: stage.instructions.index(before)]
    found = [*(i for s in image.parents(stage) for i in s.instructions), *own]
    return [i for i in found if i.word in ("ARG", "ENV")]


def variable_given(facts: Facts, image: Image, seen: list[Instruction], name: str, depth: int = _DEPTH) -> str | None:
    """Return the place that gives a variable of the build its value, None where nothing does.

    An argument needs a default or somebody who hands it in; where no build is seen, a person may.
    """
    for instruction in reversed(seen):
        found = dict(assignments(instruction))
        if name not in found or depth == 0:
            continue
        value, place = found[name], f"`{name}` in {image.path}:{instruction.line}"
        if instruction.word == "ENV":
            wanted = names_in(value or "")
            earlier = seen[: seen.index(instruction)]
            given = all(variable_given(facts, image, earlier, n, depth - 1) for n in wanted)
            return place if value and given else None
        builds = builds_of(facts, image)
        default = value or next((v for i in image.before for n, v in assignments(i) if n == name and v), None)
        values = [b.arguments[name] for b in builds if name in b.arguments] or (
            [] if builds and not default else [default]
        )
        # Without a value in a file (None) it comes from where the build runs, or, where no build is seen, from a person.
        return place if any(v is None or (v and not is_placeholder(v)) for v in values) else None
    return None


def value_at(facts: Facts, path: str, line: int, name: str) -> str | None:
    """Return what a variable is worth in the RUN at a line of a Dockerfile, None where nothing gives it a value that is seen."""
    found = run_at(facts, path, line)
    if found is None:
        return None
    image, stage, run = found
    handed = {n: v for b in reversed(builds_of(facts, image)) for n, v in b.arguments.items() if v}
    return _worth(image, visible(image, stage, run), handed, name)


def _worth(image: Image, seen: list[Instruction], handed: Mapping[str, str], name: str) -> str | None:
    for at in range(len(seen) - 1, -1, -1):
        found = dict(assignments(seen[at]))
        if name not in found:
            continue
        value = found[name]
        if seen[at].word == "ARG":
            before = (v for i in image.before for n, v in assignments(i) if n == name and v)
            return handed.get(name) or value or next(before, None)
        wanted = names_in(value or "")
        if len(wanted) == 1 and value in (f"${wanted[0]}", f"${{{wanted[0]}}}"):
            return _worth(image, seen[:at], handed, wanted[0])
        return None if wanted else value
    return None


def run_at(facts: Facts, path: str, line: int) -> tuple[Image, Stage, Instruction] | None:
    """Return the RUN at a line of a Dockerfile, with its stage and its image."""
    image = read_image(path, facts.text(path) or "")
    runs = ((image, s, i) for s in image.stages for i in s.instructions if i.word == "RUN")
    return next((r for r in runs if r[2].line <= line <= r[2].last), None)


def secret_given(facts: Facts, image: Image, mount: SecretMount) -> bool:
    """Return whether a build hands a mounted secret in; where no build is seen, a person may."""
    builds = builds_of(facts, image)
    return not builds or any(mount.id in b.secrets for b in builds)


def reaches_run(
    facts: Facts,
    image: Image,
    stage: Stage,
    run: Instruction,
    assigned: Mapping[str, str],
    names: tuple[str, ...],
    scripts: tuple[str, ...] = (),
) -> str | None:
    """Return the place that gives a command of a RUN one of some variables, None where none reaches it.

    `assigned` are the variables that the script sets before or with the command, `scripts` texts that the command runs in the end.
    """
    place = f"{image.path}:{run.line}"
    mounts = secret_mounts(run)
    seen = visible(image, stage, run)
    for name in names:
        if name in assigned:
            value = assigned[name]
            mounted = [m for m in mounts if (m.file and m.file in value) or (m.env and m.env in names_in(value))]
            if mounted:
                return f"a build secret in {place}" if any(secret_given(facts, image, m) for m in mounted) else None
            wanted = names_in(value)
            given = all(variable_given(facts, image, seen, n) for n in wanted) if value else False
            return f"`{name}` in {place}" if given else None
        if any(m.env == name and secret_given(facts, image, m) for m in mounts):
            return f"a build secret in {place}"
        given_by = variable_given(facts, image, seen, name)
        if given_by is not None:
            return given_by
    if any(_reads_file(facts, m, run, scripts) and secret_given(facts, image, m) for m in mounts if m.file):
        return f"a build secret in {place}"
    return None


def _reads_file(facts: Facts, mount: SecretMount, run: Instruction, scripts: tuple[str, ...]) -> bool:
    """Return whether something may read the file of a secret: a command that names it, a script, or a tool that knows its name."""
    file = mount.file or ""
    if posixpath.basename(file).startswith(_READ_BY_TOOLS):
        return True
    commands = read_commands(run.script)
    kept = any(
        file in v for c in commands for v in c.assigned.values()
    )  # in a variable, which was asked for by its name
    words = [w for c in commands if not (kept and c.words[:1] == ("cat",)) for w in c.words]
    named = {w.rpartition("/")[2] for w in words if w.endswith((".sh", ".py", ".js", ".mjs"))}
    texts = [*words, *scripts, *(facts.text(p) or "" for name in sorted(named) for p in facts.named(name)[:3])]
    return any(file in t for t in texts)
