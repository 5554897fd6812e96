"""Dockerfiles: build arguments before a command, a secret that it mounts, and the release of the running image; insert-only.

Sources: https://docs.docker.com/build/building/secrets/, https://docs.docker.com/reference/dockerfile/#run---mounttypesecret
(`env` since `docker/dockerfile` 1.10, the mount itself since 1.2: https://github.com/moby/buildkit/releases; in buildah since the end
of 2025: https://github.com/containers/buildah/pull/6285)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from checks.hosts.image_values import visible
from checks.hosts.images import Image, Stage, assignments, read_image
from checks.parsers.dockerfile import Dockerfile, Instruction, parse_dockerfile, secret_mounts
from checks.patterns import lazy_pattern
from setup_wizard.editors.base import Edit, Edited, Refused, Text, Unchanged, line_indent, not_utf8, read_text, splice

SECRET = "sentry_auth_token"
"""The id of the token's secret, where no file has one yet."""

_FRONTEND = lazy_pattern(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::(\d+)(?:\.(\d+))?[\w.-]*|:[a-z]\w*)?(?:@\S+)?"
)
_LAST = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "USER", "HEALTHCHECK", "VOLUME", "STOPSIGNAL", "LABEL", "ONBUILD"})
"""Instructions that end a stage: what changes with each commit goes before them, and behind all that takes time."""


class BuildInputs(Struct, frozen=True, kw_only=True):
    """What a command of an image needs while it is built: arguments, and the secret with the token and the variable that it fills.

    `as_file` mounts the secret as a file only, for builders that fill no variable from it (podman and buildah before 1.43, Render).
    `copied` are variables that take the value of an argument which the build is given already, by that argument's name.
    """

    arguments: tuple[str, ...] = ()
    copied: Mapping[str, str] = {}
    token: str | None = None
    secret: str = SECRET
    as_file: bool = False


def add_inputs(data: bytes, line: int, command: str, inputs: BuildInputs, path: str) -> Edit:
    """Give the RUN with a command (as `Build.command` names it), nearest to a line (1-based), its arguments and its secret."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    snippet = inputs_snippet(inputs, command)
    place = f"{path}:{line}"
    parsed = parse_dockerfile(text.body)
    image = read_image(path, text.body)
    found = _run_of(image, line, command)
    if found is None:
        return Refused(f"{path}: the RUN with `{command}` was not found", snippet, place)
    stage, run = found
    seen = [n for i in visible(image, stage, run) for n, _ in assignments(i)]
    missing = _declarations(inputs, seen)
    mounts = secret_mounts(run)
    wanted = inputs.token if inputs.token and not any(m.id == inputs.secret for m in mounts) else None
    if not missing and wanted is None:
        return Unchanged(f"{path} already gives `{command}` what it needs")
    insertions: list[tuple[int, int, str]] = []
    if wanted is not None:
        if wanted in seen:
            why = f"{path}: {wanted} is an argument or a variable, which the image keeps; existing lines are never rewritten"
            return Refused(why, f"# without `ARG {wanted}`\n{snippet}", place)
        before = [*(i for s in image.parents(stage) for i in s.instructions), *stage.instructions]
        users = [i.arguments for i in before if i.word == "USER" and i.line < run.line]
        # The file is root's alone unless its mode says otherwise.
        mode = ",mode=0444" if users and users[-1].partition(":")[0] not in ("root", "0") else ""
        mounted = _mounted(parsed, text.body, run, command, inputs, mode)
        if isinstance(mounted, str):
            return Refused(f"{path}: {mounted}", snippet, place)
        insertions += mounted
    if missing:
        at, indent = _above(text.body, run), line_indent(text.body, _start(text.body, run.line))
        lower = text.body[_start(text.body, run.line) :].lstrip(" \t").startswith("run")
        rows = [r[:3].lower() + r[3:] if lower else r for r in missing]
        insertions.append((at, at, "".join(f"{indent}{r}{text.newline}" for r in rows)))
    return _checked(text, splice(text.body, insertions), parsed, len(missing), snippet, path, place)


def inputs_snippet(inputs: BuildInputs, command: str) -> str:
    """Return the lines of a Dockerfile that give a command its arguments and its secret."""
    mount = f"--mount=type=secret,id={inputs.secret},env={inputs.token} " if inputs.token else ""
    if inputs.token and inputs.as_file:
        mount = f'--mount=type=secret,id={inputs.secret} {inputs.token}="$(cat /run/secrets/{inputs.secret})" '
    return "\n".join([*_declarations(inputs, ()), f"RUN {mount}{command}"])


def _declarations(inputs: BuildInputs, seen: Sequence[str]) -> list[str]:
    """Return the instructions that declare what a command does not see yet: its arguments, then the variables that copy one."""
    copied = {n: a for n, a in inputs.copied.items() if n not in seen}
    names = dict.fromkeys([*inputs.arguments, *copied.values()])
    return [*(f"ARG {a}" for a in names if a not in seen), *(f"ENV {n}=${a}" for n, a in copied.items())]


def add_release(data: bytes, variable: str, path: str, number: int = -1, argument: str | None = None) -> Edit:
    """Take a build argument of a stage, by its number, on as a variable of the running image, behind all that takes time.

    `argument` is one that the build is given already, None for one of the variable's own name.
    """
    argument = argument or variable
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    snippet = f"ARG {argument}\nENV {variable}=${argument}"
    parsed, image = parse_dockerfile(text.body), read_image(path, text.body)
    if not image.stages or parsed.escape != "\\":
        return Refused(f"{path} is written in an unsupported way", snippet, path)
    stage = image.stages[number]
    lineage = [*(i for s in image.parents(stage) for i in s.instructions), *stage.instructions]
    named = [(i.word, n) for i in lineage if i.word in ("ARG", "ENV") for n, _ in assignments(i)]
    if ("ENV", variable) in named:
        return Unchanged(f"{path} already has {variable}")
    lines = snippet.splitlines()[1 if argument in [n for _, n in named] else 0 :]
    kept = [i for i in stage.instructions if i.word not in _LAST]
    opened = [i for i in parsed.instructions if i.word == "FROM"]
    last = max([opened[number].last, *(i.last for i in kept)])
    behind = [i for i in parsed.instructions if i.line > last]
    following = next((i for i in behind if i in stage.instructions), behind[0] if behind else None)
    body, rows = text.body, "".join(r + text.newline for r in lines)
    if following is not None:
        at = _above(body, following)
    else:
        at = len(body)
        if not body.endswith("\n"):
            rows = text.newline + rows.removesuffix(text.newline)
    return _checked(text, splice(body, [(at, at, rows)]), parsed, len(lines), snippet, path, path)


def _run_of(image: Image, line: int, command: str) -> tuple[Stage, Instruction] | None:
    """Return the RUN with a command that is nearest to a line; of two, the one behind it: what was inserted moved it there."""
    found = [
        (0 if i.line <= line <= i.last else abs(i.line - line), i.line < line, n, stage, i)
        for n, stage in enumerate(image.stages)
        for i in stage.instructions
        if i.word == "RUN" and " ".join(command.split()) in " ".join(i.script.replace("\\\n", " ").split())
    ]
    if not found:
        return None
    best = min(found, key=lambda f: f[:3])
    return best[3], best[4]


def _start(body: str, line: int) -> int:
    """Return the offset at which a line (1-based) begins."""
    at = 0
    for _ in range(line - 1):
        at = body.index("\n", at) + 1
    return at


def _above(body: str, instruction: Instruction) -> int:
    """Return the offset of the line at which an instruction begins, with the comments right above it."""
    lines, number = body.split("\n"), instruction.line - 1
    while number > 1 and lines[number - 1].lstrip().startswith("#"):
        number -= 1
    return _start(body, number + 1)


def _mounted(
    parsed: Dockerfile, body: str, run: Instruction, command: str, inputs: BuildInputs, mode: str
) -> list[tuple[int, int, str]] | str:
    """Return the insertions that mount the secret, or why there are none."""
    if parsed.escape != "\\":
        return "it builds a Windows image, and those builds cannot mount secrets"
    version = _version(parsed.syntax)
    if version is None:
        return f"`# syntax={parsed.syntax}` is not Docker's own frontend"
    if version < (1, 2):
        return f"`# syntax={parsed.syntax}` is older than the mounts of secrets (1.2)"
    gap = body[_start(body, run.line) : run.at]
    indent = gap.rpartition("\n")[2]
    behind = f" \\{_ending(gap)}{indent}" if "\n" in gap else " "
    if version >= (1, 10) and not inputs.as_file:
        return [(run.at, run.at, f"--mount=type=secret,id={inputs.secret},env={inputs.token}{behind}")]
    at = _command_at(run, command)
    if at is None:
        reader = "what builds the image" if inputs.as_file else f"`# syntax={parsed.syntax}`"
        return f"{reader} mounts secrets only as files (a variable needs 1.10), and where `{command}` begins is not followed"
    read = f'{inputs.token}="$(cat /run/secrets/{inputs.secret})" '
    return [(run.at, run.at, f"--mount=type=secret,id={inputs.secret}{mode}{behind}"), (at, at, read)]


def _ending(gap: str) -> str:
    return "\r\n" if "\r\n" in gap else "\n"


def _version(syntax: str | None) -> tuple[int, int] | None:
    """Return the version of the grammar; without a line of it, and without its second number, the newest, None for another reader."""
    if syntax is None:
        return (1, 99)
    match = _FRONTEND.fullmatch(syntax)
    if match is None:
        return None
    if match.group(1) is None:
        return (1, 2) if "experimental" in syntax else (1, 99)
    return int(match.group(1)), int(match.group(2) or 99)


def _command_at(run: Instruction, command: str) -> int | None:
    """Return the offset of a command in a RUN that is written for a shell, None where it is not plain where that is."""
    if run.heredocs or run.words is not None or run.arguments.count(command) != 1:
        return None
    return run.offset(run.arguments.index(command))


def _checked(text: Text, body: str, before: Dockerfile, added: int, snippet: str, path: str, place: str) -> Edit:
    """Return an edit whose result has all instructions of before, and the added ones."""
    after = parse_dockerfile(body)
    old, new = [i.word for i in before.instructions], [i.word for i in after.instructions]
    if len(new) != len(old) + added or before.syntax != after.syntax or not _contains(new, old):
        return Refused(f"{path} would not have the intended content after the edit", snippet, place)
    return Edited(text.encode(body))


def _contains(longer: list[str], shorter: list[str]) -> bool:
    rest = iter(longer)
    return all(word in rest for word in shorter)
