"""GitLab pipelines: a release job of its own after each deploy job, in the same pipelines as that; append-only."""

from __future__ import annotations

import re

from yaml import MappingNode, Node

from checks.parsers import yaml as y
from setup_wizard.editors.base import Edit, Edited, Refused, Unchanged, not_utf8, read_text
from setup_wizard.editors.workflow import CLI_VERSION, ReleaseOptions, by_environment, job_name, release_commands
from setup_wizard.editors.yaml_lines import Lines, NotFollowedError, column, key_node, line

_WHEN = ("rules", "only", "except")


def add_release_jobs(data: bytes, options: ReleaseOptions, path: str = ".gitlab-ci.yml") -> Edit:
    """Add for each deploy job a job that `needs` it and creates, finalizes and records a Sentry release.

    The conditions of the deploy job are repeated: GitLab refuses a pipeline that has a job without the one it needs
    (https://docs.gitlab.com/ci/yaml/#needs). A failing Sentry never fails the pipeline (`allow_failure`).
    """
    text = read_text(data)
    if text is None:
        return not_utf8(path)
    snippet = "\n".join("".join(_job(jobs, env, options, [])) for env, jobs in by_environment(options.jobs).items())
    place = f"the end of {path}"
    try:
        lines = Lines(text.body, path)
        if options.place == "deploy":
            raise NotFollowedError(f"{path}: a command that fails inside a GitLab job fails the job")
        blocks = [_job(jobs, env, options, when) for jobs, env, when in _grouped(lines, options)]
    except NotFollowedError as refusal:
        return Refused(str(refusal), snippet, place)
    if not blocks:
        return Unchanged(f"{path} already creates these releases")
    gap = "\n" if text.body.endswith("\n") else "\n\n"
    body = text.body + (gap + "\n".join("".join(b) for b in blocks)).replace("\n", text.newline)
    try:
        Lines(body, path)
    except NotFollowedError:
        return Refused(f"{path} would not parse after the edit", snippet, place)
    return Edited(text.encode(body))


def _grouped(lines: Lines, options: ReleaseOptions) -> list[tuple[tuple[str, ...], str, list[str]]]:
    """Return the jobs of each environment with the conditions that they share: one release waits for all of them."""
    wanted = _wanted(lines, options)
    found = []
    for environment, jobs in by_environment({job: env for job, env, _ in wanted}).items():
        conditions = [when for job, _, when in wanted if job in jobs]
        if any(when != conditions[0] for when in conditions):
            raise NotFollowedError(f"{lines.path}: {' and '.join(jobs)} deploy to {environment} at different times")
        found.append((jobs, environment, conditions[0]))
    return found


def _wanted(lines: Lines, options: ReleaseOptions) -> list[tuple[str, str, list[str]]]:
    document = lines.document
    if document.flow_style:
        raise NotFollowedError(f"{lines.path} is written in braces")
    present = {k for k, _, _ in y.pairs(document)}
    wanted = []
    for job, environment in options.jobs.items():
        node = y.get(document, job)
        if not isinstance(node, MappingNode) or not re.fullmatch(r"[\w .:/-]+", job):
            raise NotFollowedError(f"{lines.path} has no job {job} that could be followed")
        if not re.fullmatch(r"[\w ./-]+", environment):
            raise NotFollowedError(f"{lines.path}: the environment of {job} is `{environment}`, which is not followed")
        if job_name(environment) in present:
            continue
        wanted.append((job, environment, _conditions(lines, job, node)))
    return wanted


def _conditions(lines: Lines, job: str, node: MappingNode) -> list[str]:
    """Return the lines that say when the deploy job runs, and its stage."""
    if any(k in ("extends", "<<", "inherit") for k, _, _ in y.pairs(node)):
        raise NotFollowedError(f"{lines.path}: another job (`extends`) decides when {job} runs")
    found = []
    for name in ("stage", *_WHEN):
        key = key_node(node, name)
        if key is None:
            continue
        if node.flow_style:
            found.append(f"  {name}: {_in_braces(lines, job, y.get(node, name))}")
            continue
        end = max(
            lines.sequence_end(line(key), column(key)) if name in _WHEN else 0, lines.block_end(line(key), column(key))
        )
        block = [row.rstrip("\r\n") for row in lines.lines[line(key) : end]]
        if any(re.search(r"[&*!]\w", re.sub(r"[\"'].*?[\"']|\$\S+|!=|&&", "", row)) for row in block):
            raise NotFollowedError(f"{lines.path}: `{name}` of {job} uses an anchor, which is not followed")
        shift = column(key)
        found += ["  " + re.sub(r"\bwhen:\s*manual\b", "when: on_success", row[shift:]) for row in block if row.strip()]
    return found


def _in_braces(lines: Lines, job: str, value: Node | None) -> str:
    """Return a value of a job that is written in braces, where it is on one line."""
    text = "".join(lines.lines)[value.start_mark.index : value.end_mark.index] if value is not None else ""
    if not text or "\n" in text or re.search(r"(^|[\[{,:]\s*)[&*!]\w", text) or "manual" in text:
        raise NotFollowedError(f"{lines.path}: what decides when {job} runs is written in an unsupported way")
    return text


def _job(deploys: tuple[str, ...], environment: str, options: ReleaseOptions, when: list[str]) -> list[str]:
    url = [f"    SENTRY_URL: {options.url}"] if options.url else []
    rows = [
        f"{job_name(environment)}:",
        *when,
        "  image: python:3.13-slim",
        "  needs: [" + ", ".join(f'"{d}"' for d in deploys) + "]",
        "  allow_failure: true",
        "  variables:",
        '    GIT_DEPTH: "0"',
        f"    SENTRY_ORG: {options.org}",
        *url,
        "    SENTRY_RELEASE: $CI_COMMIT_SHA",
        "  script:",
        f"    - pip install --quiet sentry-cli=={CLI_VERSION}",
        *(f"    - {command}" for command in release_commands(options.of_jobs(deploys).projects, environment)),
    ]
    return [row + "\n" for row in rows]
