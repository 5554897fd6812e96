"""GitHub workflows: a step behind a build that verifies what it has made; insert-only."""

from __future__ import annotations

from yaml import MappingNode, Node

from checks.parsers import yaml as y
from setup_wizard.editors.base import Edit, not_utf8, read_text
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, insert_blocks, key_node, line

NAME = "Verify the source maps of the build"


def add_verification(data: bytes, line_number: int, command: str, path: str) -> Edit:
    """Add a step that runs `command` behind the step whose command begins on a line (1-based).

    Builds of pull requests upload nothing, so they are not verified. A job that verifies already stays as it is.
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    return insert_blocks(
        text,
        path,
        lambda lines: _step(lines, line_number - 1, command, text.newline),
        snippet=f"- name: {NAME}\n  run: {command}",
        place=f"the step after the build in {path}:{line_number}",
        up_to_date_reason="already verifies the build",
    )


def _step(lines: Lines, at: int, command: str, newline: str) -> dict[int, str]:
    for _, _, job in y.pairs(y.get(lines.document, "jobs")):
        steps = [s for s in y.sequence(y.get(job, "steps")) if isinstance(s, MappingNode)]
        if any("verify-build" in (y.scalar(y.get(s, "run")) or "") for s in steps):
            if any(_is_at(lines, s, at) for s in steps):
                return {}
            continue
        for step in steps:
            if not _is_at(lines, step, at):
                continue
            if step.flow_style or y.get(step, "if") is not None or y.get(step, "continue-on-error") is not None:
                raise NotFollowedError(f"{lines.path}: the step that builds has a condition, or is written in braces")
            dash = lines.lines[line(step)].find("-")
            if not 0 <= dash < column(step):
                raise NotFollowedError(f"{lines.path}: the steps are written in an unsupported way")
            own = " " * dash
            rows = [f"{own}- name: {NAME}"]
            if _starts_on_pull_requests(lines.document):
                rows.append(f"{own}  if: github.event_name != 'pull_request'")
            rows.append(f"{own}  run: {command}")
            return {lines.block_end(line(step), dash): "".join(r + newline for r in rows)}
    raise NotFollowedError(f"{lines.path}: the step that builds was not found")


def _is_at(lines: Lines, step: MappingNode, at: int) -> bool:
    key = key_node(step, "run")
    return key is not None and line(key) <= at < lines.block_end(line(key), column(key))


def _starts_on_pull_requests(document: Node) -> bool:
    triggers = y.get(document, "on")
    names = [k for k, _, _ in y.pairs(triggers)] or y.strings(triggers) or [y.scalar(triggers) or ""]
    return any(n.startswith("pull_request") for n in names)
