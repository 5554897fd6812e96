"""What hands an image its inputs: `docker/build-push-action` in a GitHub workflow, and `build` of a compose service; insert-only.

Sources: https://github.com/docker/build-push-action#inputs, https://docs.docker.com/reference/compose-file/build/#args,
https://docs.docker.com/reference/compose-file/build/#secrets, https://docs.docker.com/reference/compose-file/secrets/
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from checks.hosts.image_builds import BUILD_ACTIONS
from checks.parsers import yaml as y
from setup_wizard.editors.base import Edit, not_utf8, read_text
from setup_wizard.editors.workflow_build import on_push
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, key_node, line
from setup_wizard.editors.yaml_values import Below, Splice, splice_yaml


class Given(Struct, frozen=True, kw_only=True):
    """What a build is given: arguments with their values, and secrets by id with theirs (a variable's name in compose)."""

    arguments: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}


def action_snippet(given: Given) -> str:
    """Return the inputs of `docker/build-push-action`."""
    rows = ["with:"]
    for key, entries in (("build-args", given.arguments), ("secrets", given.secrets)):
        if entries:
            rows += [f"  {key}: |", *(f"    {k}={v}" for k, v in entries.items())]
    return "\n".join(rows)


def give_action(data: bytes, step: int, given: Given, path: str, *, guarded: bool = False) -> Edit:
    """Give a step that builds an image its arguments and secrets; `step` is its number among those that do (`build_steps`).

    On pull requests the token is empty, and with `guarded` the release too (see `add_build_environment`).
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)

    def find(lines: Lines) -> list[Splice]:
        steps = _steps(lines.document)
        if step >= len(steps):
            raise NotFollowedError(f"{path}: the step that builds the image was not found")
        own = Below(lines, steps[step], "the step", text.newline)
        wanted = {
            "build-args": on_push(lines.document, given.arguments, guarded=guarded),
            "secrets": on_push(lines.document, given.secrets, guarded=guarded),
        }
        name, inputs = own.value("with")
        if name is None:
            handed = Given(arguments=wanted["build-args"], secrets=wanted["secrets"])
            return [own.made("with", [r[2:] for r in action_snippet(handed).splitlines()[1:]])]
        below = Below(lines, inputs, "`with`", text.newline)
        if line(below.mapping.value[0][0]) <= line(name) or below.column <= own.column:
            raise NotFollowedError(f"{path}: `with` is written in an unsupported way")
        present = {k: y.scalar(v) or "" for k, _, v in y.pairs(inputs)}
        others = _named(present.get("secret-envs", "")) | _named(present.get("secret-files", ""))
        found: list[Splice] = []
        made: list[tuple[str, list[str]]] = []
        for key, entries in wanted.items():
            known = _named(present.get(key, "")) | (others if key == "secrets" else set())
            rows = [f"{k}={v}" for k, v in entries.items() if k not in known]
            if rows and key in present:
                found.append(below.inserted(key, rows))
            elif rows:
                made.append((key, rows))
        if made:
            own_column = " " * below.column
            block = [r for key, rows in made for r in (f"{own_column}{key}: |", *(f"{own_column}  {r}" for r in rows))]
            found.append(below.at_line(below.end(), block))
        return found

    return splice_yaml(
        text,
        path,
        find,
        snippet=action_snippet(given),
        place=f"the step that builds the image in {path}",
        up_to_date_reason="already passes these",
    )


def build_steps(document: Node) -> list[int]:
    """Return the lines (1-based) of the steps that build images by an action, in the order of the file."""
    return [line(s) + 1 for s in _steps(document)]


def _steps(document: Node) -> list[MappingNode]:
    found = []
    for _, _, job in y.pairs(y.get(document, "jobs")):
        for step in y.sequence(y.get(job, "steps")):
            uses = (y.scalar(y.get(step, "uses")) or "").partition("@")[0]
            if isinstance(step, MappingNode) and uses in BUILD_ACTIONS:
                found.append(step)
    return found


def _named(text: str) -> set[str]:
    return {row.strip().strip("\"'").partition("=")[0].strip() for row in text.splitlines() if row.strip()}


def compose_snippet(given: Given) -> str:
    """Return the part of a compose file that hands an image its arguments and secrets."""
    rows = ["build:"]
    if given.arguments:
        rows += ["  args:", *(f"    {k}: {v}" for k, v in given.arguments.items())]
    if given.secrets:
        rows += ["  secrets:", *(f"    - {k}" for k in given.secrets)]
        rows += ["", "# at the top level", "secrets:"]
        rows += [r for k, v in given.secrets.items() for r in (f"  {k}:", f"    environment: {v}")]
    return "\n".join(rows)


def give_compose(data: bytes, service: str, given: Given, path: str) -> Edit:
    """Give the build of a compose service its arguments and secrets; a secret takes its value from a variable."""
    text = read_text(data)
    if text is None:
        return not_utf8(path)

    def find(lines: Lines) -> list[Splice]:
        found = _build(lines, service, given, text.newline)
        tops = [k for k in given.secrets if y.get(lines.document, "secrets", k) is None]
        if tops:
            top = Below(lines, lines.document, "the file", text.newline)
            rows = [r for k in tops for r in (f"{k}:", f"  environment: {given.secrets[k]}")]
            name, _ = top.value("secrets")
            found.append(top.inserted("secrets", rows) if name is not None else top.made("secrets", rows))
        return found

    return splice_yaml(
        text,
        path,
        find,
        snippet=compose_snippet(given),
        place=f"{service} in {path}",
        up_to_date_reason="already passes these",
    )


def _build(lines: Lines, service: str, given: Given, newline: str) -> list[Splice]:
    node = y.get(lines.document, "services", service)
    own = Below(lines, node, f"the service {service}", newline)
    name, build = own.value("build")
    if name is None:
        raise NotFollowedError(f"{lines.path}: `build` of {service} comes from an anchor or another file")
    if isinstance(build, ScalarNode):
        if line(build) != line(name) or build.style in ("|", ">"):
            raise NotFollowedError(f"{lines.path}: `build` of {service} is written in an unsupported way")
        indent = " " * (column(name) + 2)
        start = own.starts[line(name)] + column(name) + len("build:")
        opening = (start, own.starts[line(build)] + column(build), f"{newline}{indent}context: ")
        rows = (
            [f"{indent}args:", *(f"{indent}  {k}: {v}" for k, v in given.arguments.items())] if given.arguments else []
        )
        rows += [f"{indent}secrets:", *(f"{indent}  - {k}" for k in given.secrets)] if given.secrets else []
        return [opening, own.at_line(line(name) + 1, rows)]
    below = Below(lines, build, f"`build` of {service}", newline)
    if line(below.mapping.value[0][0]) <= line(name) or below.column <= own.column:
        raise NotFollowedError(f"{lines.path}: `build` of {service} is written in an unsupported way")
    found: list[Splice] = []
    made: list[str] = []
    key, args = below.value("args")
    declared = {k for k, _, _ in y.pairs(args)} | {s.partition("=")[0] for s in y.strings(args)}
    missing = {k: v for k, v in given.arguments.items() if k not in declared}
    if missing and key is None:
        made += ["args:", *(f"  {k}: {v}" for k, v in missing.items())]
    elif missing:
        as_list = isinstance(args, SequenceNode)
        found.append(below.inserted("args", [f"- {k}={v}" if as_list else f"{k}: {v}" for k, v in missing.items()]))
    key, secrets = below.value("secrets")
    known = {y.scalar(s) or y.scalar(y.get(s, "source")) for s in y.sequence(secrets)}
    ids = [k for k in given.secrets if k not in known]
    if ids and key is None:
        made += ["secrets:", *(f"  - {k}" for k in ids)]
    elif ids:
        found.append(below.inserted("secrets", [f"- {k}" for k in ids]))
    if made:
        found.append(below.at_line(below.end(), [" " * below.column + r for r in made]))
    return found


def service_of(data: bytes, at: int) -> str | None:
    """Return the service of a compose file whose `build` begins on a line (1-based)."""
    text = read_text(data)
    document = y.parse_yaml(text.body) if text is not None else None
    for name, _, service in y.pairs(y.get(document, "services")):
        build = y.get(service, "build")
        if build is not None and y.line_of(build) == at and key_node(service, "build") is not None:
            return name
    return None
