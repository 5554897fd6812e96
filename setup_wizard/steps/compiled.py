"""Lists of requirements that a tool makes from another file: that file, and the command that makes the list again."""

from __future__ import annotations

import shlex
from itertools import pairwise

from checks.repository.facts import join, parent
from setup_wizard.editors import requirements
from setup_wizard.plan.model import ManualTask
from setup_wizard.services.compiled_lists import compile_again
from setup_wizard.steps.context import Context

_OUTPUTS = ("-o", "--output-file", "--output")


def is_compiled_list(context: Context, path: str) -> bool:
    """Return whether a requirements file is made by a tool from another one."""
    return path.endswith(".txt") and requirements.is_compiled(context.facts.text(path) or "")


def source_of(context: Context, compiled: str) -> str | None:
    """Return the file that a list is compiled from: one that its header names, else the one of the same name beside it."""
    named = requirements.sources_of(context.facts.text(compiled) or "")
    usual = join(parent(compiled), compiled.rpartition("/")[2].removesuffix(".txt") + ".in")
    found = [p for n in named for p in (join(".", n), join(parent(compiled), n)) if p in context.facts.paths]
    return next((p for p in [*found, usual] if p in context.facts.paths), None)


def recompile(context: Context, compiled: str, source: str) -> None:
    """Compile the list again by the command in its header, else leave it to the person: only its own tool knows the hashes."""
    text = context.facts.text(compiled) or ""
    command = requirements.compile_command(text, compiled) or f"pip-compile --output-file={compiled} {source}"
    own = compile_again(context.facts, command, compiled) if context.install else None
    if own is not None:
        context.actions.append(own)
        return
    context.actions.append(
        ManualTask(
            title=f"compile {compiled} again, so that sentry-sdk is installed",
            command=_from_root(context, command, compiled),
            reason=f"it is compiled from {source}, and what it lists is what gets installed",
            path=compiled,
        )
    )


def _from_root(context: Context, command: str, compiled: str) -> str:
    """Return the command as it runs from the repository's root: a list's own one may be meant for the folder of the list."""
    folder, paths = parent(compiled), context.facts.paths
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    if folder == ".":
        return command
    outputs = [w.partition("=")[2] for w in words if w.startswith(tuple(f"{o}=" for o in _OUTPUTS))]
    outputs += [after for word, after in pairwise(words) if word in _OUTPUTS]
    files = [w for w in words if w.endswith((".in", ".txt", ".toml", ".cfg")) and not w.startswith("-")]
    inputs = [f for f in files if f not in outputs]
    if not inputs or all(join(".", f) in paths for f in inputs) or not all(join(folder, f) in paths for f in inputs):
        return command
    # The inputs are found only beside the list, so the command is meant to run there, and its output is named from there.
    beside = compiled.rpartition("/")[2]
    for output in outputs:
        if join(folder, output) != compiled:
            command = command.replace(output, beside)
    return f"cd {shlex.quote(folder)} && {command}"


def write_again(context: Context, exported: str, home: str, ranged: str) -> None:
    """Leave a list beside the manifest to the person, with the command that writes it again: what installs it would lack the SDK.

    Sources: https://pipenv.pypa.io/en/latest/cli.html#requirements, https://github.com/python-poetry/poetry-plugin-export,
    https://docs.astral.sh/uv/reference/cli/#uv-export
    """
    if b"sentry-sdk" in (context.read(exported) or b""):
        return
    folder = parent(home)
    locks = {"Pipfile.lock": "pipenv requirements > {}", "poetry.lock": "poetry export --output {}"}
    locks["uv.lock"] = "uv export --no-dev --output-file {}"
    beside = (command for lock, command in locks.items() if join(folder, lock) in context.facts.paths)
    command = next(beside, locks["Pipfile.lock"] if home.endswith("Pipfile") else None)
    context.actions.append(
        ManualTask(
            title=f"write {exported} again, so that sentry-sdk is installed",
            command=command.format(exported) if command is not None else None,
            reason=f"it lists what is in {home}, and what installs from it would start without sentry-sdk",
            path=exported,
            snippet="" if command is not None else f"sentry-sdk{ranged}",
        )
    )
