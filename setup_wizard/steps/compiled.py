"""Lists of requirements that a tool makes from another file: that file, and the command that makes the list again."""

from __future__ import annotations

import shlex
from itertools import pairwise

from checks.parsers.requirements import Dependency, parse_requirements
from checks.repository.dependencies import included_by, python_manifests
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


def is_made_from(context: Context, compiled: str, home: str) -> bool:
    """Return whether a list may be compiled from a file: one that its header names, or that one of these takes in by `-r`.

    A constraint (`-c`) brings nothing in. A list that names no source may be compiled from any file.
    """
    named = requirements.sources_of(context.facts.text(compiled) or "")
    usual = join(parent(compiled), compiled.rpartition("/")[2].removesuffix(".txt") + ".in")
    found = {p for n in named for p in (join(".", n), join(parent(compiled), n))} | ({usual} if not named else set())
    sources = found & context.facts.paths
    return not sources or home in sources or any(home in included_by(context.facts, s) for s in sources)


def recompile(context: Context, compiled: str, source: str) -> None:
    """Compile the list again by the command in its header, else leave it to the person: only its own tool knows the hashes."""
    text = context.facts.text(compiled) or ""
    output = _copied_from(context, compiled)
    if output is not None:
        context.actions.append(
            ManualTask(
                title=f"copy {output} to {compiled} when it is compiled again",
                command=f"cp {shlex.quote(output)} {shlex.quote(compiled)}",
                reason=f"{compiled} is a copy of it: its header names {output} as what the command writes",
                path=compiled,
            )
        )
        return
    command = requirements.compile_command(text, compiled) or f"pip-compile --output-file={compiled} {source}"
    command = _of_this_checkout(context, command)
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


def _copied_from(context: Context, compiled: str) -> str | None:
    """Return the list of which another one is a copy: the output that its header names, where both have one text."""
    text = context.facts.text(compiled) or ""
    try:
        words = shlex.split(requirements.compile_command(text, compiled) or "")
    except ValueError:
        return None
    outputs = {join(f, o) for o in _outputs(words) for f in (".", parent(compiled))} & context.facts.paths
    if compiled in outputs:
        return None
    return next((o for o in sorted(outputs) if context.facts.text(o) == text), None)


def _outputs(words: list[str]) -> list[str]:
    """Return the files that a command says it writes."""
    named = [w.partition("=")[2] for w in words if w.startswith(tuple(f"{o}=" for o in _OUTPUTS))]
    return named + [after for word, after in pairwise(words) if word in _OUTPUTS]


def _of_this_checkout(context: Context, command: str) -> str:
    """Return the command with the files that its header names by an absolute path of the machine that wrote it."""
    for word in command.split():
        flag, equals, path = word.rpartition("=")
        parts = path.split("/")[1:] if path.startswith("/") else []
        ends = ("/".join(parts[n:]) for n in range(len(parts)))
        own = next((e for e in ends if e in context.facts.paths), None)
        if own is not None:
            command = command.replace(word, f"{flag}{equals}{shlex.quote(own)}")
    return command


def _from_root(context: Context, command: str, compiled: str) -> str:
    """Return the command as it runs from the repository's root: a list's own one may be meant for the folder of the list."""
    folder, paths = parent(compiled), context.facts.paths
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    if folder == ".":
        return command
    outputs = _outputs(words)
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
    if b"sentry-sdk" in (context.read(exported) or b"") or not _lists(context, exported, home):
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


def _lists(context: Context, exported: str, home: str) -> bool:
    """Return whether a list has nearly all that a manifest declares: one that has a line or two of it is made for something else."""
    declarations = python_manifests(context.facts, parent(home)).declarations
    names = {
        d.dependency.name for d in declarations if d.path == home and not d.development and not d.dependency.optional
    }
    names.discard("python")  # Poetry lists the interpreter among them
    held = {d.name for d in _requirements(context, exported)}
    return len(names & held) * 5 >= len(names) * 4


def _requirements(context: Context, path: str) -> list[Dependency]:
    both = context.facts.parsed("requirements", path, parse_requirements)
    return both[0] if isinstance(both, tuple) else []
