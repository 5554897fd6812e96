"""Sentry tokens that an image keeps: arguments, variables and files of its layers; and those that a build only mounts.

What a stage hands to nobody is no part of the image, but its arguments are in the build's cache and in its provenance, and the cache
is often exported. Sources: https://docs.docker.com/build/building/secrets/ (arguments and variables persist in the image),
https://docs.docker.com/build/metadata/attestations/slsa-provenance/ (`mode=max` records the arguments),
https://docs.docker.com/build/building/best-practices/#env (a variable that a later layer unsets stays in the earlier one)
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from checks.hosts.images import Image, Stage, assignments, names_in
from checks.parsers.command_words import unwrapped
from checks.parsers.commands import read_commands
from checks.parsers.dockerfile import Instruction, SecretMount, parse_dockerfile, secret_mounts

_TOKEN_FILE = ".env.sentry-build-plugin"
_NOWHERE = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/shm/", "/run/secrets/")
_WRITES = frozenset({"cp", "mv", "install", "tee", "ln"})
_COPIES = frozenset({"cat", "tee", "envsubst"})
"""Programs that write what a here-document gives them."""


class Found(Struct, frozen=True, kw_only=True):
    """A line of a Dockerfile and what it does with a token: `message` says how it is kept, None where it is only mounted."""

    line: int
    message: str | None


def is_token_name(name: str) -> bool:
    """Return whether a variable is named like a token of Sentry's: `SENTRY_AUTH_TOKEN`, `VITE_SENTRY_TOKEN`."""
    return {"SENTRY", "TOKEN"} <= set(name.upper().split("_"))


def tokens_of(image: Image) -> list[Found]:
    """Return what the stages of an image do with a Sentry token, in the order of the file."""
    last = image.stages[-1] if image.stages else None
    shipped = [*image.parents(last), last] if last is not None else []
    found: dict[tuple[int, str | None], Found] = {}
    before = [Found(line=i.line, message=_kept(i, n, final=False)) for i in image.before for n in _kept_names(i)]
    for one in (*before, *(f for stage in image.stages for f in _of_stage(image, stage, final=stage in shipped))):
        found.setdefault((one.line, one.message), one)
    return sorted(found.values(), key=lambda f: f.line)


def _of_stage(image: Image, stage: Stage, *, final: bool) -> Iterator[Found]:
    carriers = {n for s in image.parents(stage) for i in s.instructions for n in _kept_names(i)}
    for written in stage.instructions:
        instruction = _triggered(written)
        if instruction.word in ("ARG", "ENV"):
            own = _kept_names(instruction, frozenset(carriers))
            carriers |= set(own)
            for name in own:
                yield Found(line=instruction.line, message=_kept(instruction, name, final=final))
        elif instruction.word == "RUN":
            yield from _of_run(instruction, frozenset(carriers), final=final)
        elif instruction.word in ("COPY", "ADD"):
            sources = [posixpath.basename(w) for w in instruction.arguments.split()[:-1]]
            if _TOKEN_FILE in sources and final:
                message = f"{_TOKEN_FILE}, the file of the Sentry token, is copied into a layer of the image"
                yield Found(line=instruction.line, message=message)


def _triggered(instruction: Instruction) -> Instruction:
    """Return what ONBUILD runs in the images that begin with this one, at its own line; any other instruction as it is."""
    found = parse_dockerfile(instruction.arguments).instructions if instruction.word == "ONBUILD" else ()
    return replace(found[0], line=instruction.line) if found else instruction


def _kept_names(instruction: Instruction, carriers: frozenset[str] = frozenset()) -> list[str]:
    """Return the variables of an ARG or ENV that hold a token: by their own name, or by the one that they take it from."""
    if instruction.word not in ("ARG", "ENV"):
        return []
    found = []
    for name, value in assignments(instruction):
        taken = any(n in carriers or is_token_name(n) for n in names_in(value or ""))
        empty = instruction.word == "ENV" and not value
        if not empty and (is_token_name(name) or taken):
            found.append(name)
    return found


def _kept(instruction: Instruction, name: str, *, final: bool) -> str:
    kind = "an argument" if instruction.word == "ARG" else "a variable"
    if final:
        return f"{name} is {kind} of the image, and stays in its layers"
    return f"{name} is {kind} of a build stage, and stays in the build's cache and provenance"


def _of_run(run: Instruction, carriers: frozenset[str], *, final: bool) -> Iterator[Found]:
    """Read one RUN: its mounts, values that its text spells out, and files that it writes a token to and leaves there."""
    mounts = [m for m in secret_mounts(run) if _is_token(m)]
    if mounts:
        yield Found(line=run.line, message=None)
    commands = [c for c in read_commands(run.script) if c.runs is not False]
    holding = {m.env for m in mounts if m.env} | carriers
    files = [m.file for m in mounts if m.file]
    written: dict[str, str] = {}
    reported: set[str] = set()
    for command in commands:
        words, given = unwrapped(command.words)
        for name, value in (command.assigned | given).items():
            named = names_in(value)
            if any(n in holding for n in named) or any(f in value for f in files):
                holding = holding | {name}
            elif (
                name not in reported
                and is_token_name(name)
                and value
                and not named
                and "$(" not in value
                and "`" not in value
            ):
                reported.add(name)
                yield Found(line=run.line, message=f"{name} is written in a RUN, and stays in the image's history")
        head = posixpath.basename(words[0]) if words else ""
        text = command.text
        read = [*command.words, *([run.script] if head in _COPIES and "<<" in run.script else ())]
        mentions = any(n in holding for w in read for n in names_in(w)) or any(f in text for f in files)
        if head in ("rm", "shred", "unlink"):
            for word in words[1:]:
                written.pop(word.removeprefix("./"), None)
        elif mentions and (target := _target(head, words, command.output)):
            written[target.removeprefix("./")] = target
    for target in written.values() if final else ():
        yield Found(
            line=run.line, message=f"the Sentry token is written to {target}, and stays in a layer of the image"
        )


def _target(head: str, words: tuple[str, ...], output: str) -> str:
    """Return the file that a command writes into the image, "" for none."""
    target = output or (words[-1] if head in _WRITES and len(words) > 2 else "")
    target = words[-1] if head == "tee" and len(words) > 1 else target
    return "" if not target or target.startswith(_NOWHERE) or "$" in target else target


def _is_token(mount: SecretMount) -> bool:
    """Return whether a mounted secret is a token of Sentry's, as far as its names say."""
    if mount.env and is_token_name(mount.env):
        return True
    return "sentry" in mount.id.lower() or "sentry" in (mount.file or "").lower()
