"""Where CI creates a Sentry release: which step, for which projects and environment, and whether it can work."""

from __future__ import annotations

import re

from msgspec import Struct

from checks.ci.deploying import State, deploying_jobs
from checks.parsers import yaml as y
from checks.patterns import lazy_pattern
from checks.repository.ci import Job, Step, Workflow
from checks.repository.facts import Facts
from checks.sentry_api.dsn import is_placeholder

_CLI = lazy_pattern(
    r"(?<![\w-])(?:sentry-cli|@sentry/cli(?:@[\w.^~-]+)?|getsentry/sentry-cli(?::[\w.-]+)?)[\"']?\s+(?:--?[\w-]+(?:[= ]\S+)?\s+)*?"
    r"releases\s+(?:--?\w[\w-]*(?:[= ]\S+)?\s+)*?(new|finalize|propose-version|set-commits)"
)
_NPM_CLI = lazy_pattern(r"(?<![\w/-])sentry\s+release\s+(create|finalize)\b")
_PROJECT_FLAG = lazy_pattern(r"(?:\s-p|--project)[= ]+([\w$.{}\"'-]+)")
_ORG_FLAG = lazy_pattern(r"(?:\s-o|--org)[= ]+([\w$.{}\"'-]+)")
_ENVIRONMENT_FLAG = lazy_pattern(r"(?:\s-e|--env)[= ]+[\"']?([\w${}. -]+?)[\"']?(?:\s|$)")
_TOKEN_FLAG = lazy_pattern(r"--auth-token")


class ReleaseStep(Struct, frozen=True, kw_only=True):
    """A step that creates a release. `projects` is None where they come from a secret or an expression.

    `problem` says why it cannot work (None: it can), `doubt` why that cannot be told.
    """

    workflow: Workflow
    job: Job
    step: Step
    kind: str
    projects: tuple[str, ...] | None
    environment: str | None
    problem: str | None
    doubt: str | None

    @property
    def line(self) -> int:
        """The line of the step or of the command within it."""
        return self.step.line


def find_release_steps(facts: Facts) -> list[ReleaseStep]:
    """Return every release step of every readable CI file; commented-out lines of scripts do not count."""
    return facts.once("release steps", "", lambda: _find_release_steps(facts))


def _find_release_steps(facts: Facts) -> list[ReleaseStep]:
    found = []
    for workflow in facts.workflows:
        for job in workflow.jobs:
            for step in job.steps:
                kind = _kind(step)
                if kind:
                    found.append(_release_step(workflow, job, step, kind))
    return found


def script(step: Step) -> str:
    """Return a step's commands without comment lines, continuation lines joined."""
    lines = [line for line in (step.run or "").splitlines() if not line.lstrip().startswith("#")]
    return re.sub(r"\\\n\s*", " ", "\n".join(lines))


def _kind(step: Step) -> str | None:
    if step.uses and re.match(r"getsentry/action-release(@|$)", step.uses):
        return "action"
    text = script(step)
    if _CLI.search(text):
        return "cli"
    if _NPM_CLI.search(text):
        return "cli"
    return None


def _words(value: str) -> list[str]:
    return [w for w in re.split(r"[\s,]+", value.strip("\"' ")) if w]


def _release_step(workflow: Workflow, job: Job, step: Step, kind: str) -> ReleaseStep:
    text = script(step)
    values = {**step.env, **dict(re.findall(r"^\s*export\s+(\w+)=[\"']?([^\"'\n]*)", text, re.MULTILINE))}
    raw = step.inputs.get("projects") or step.inputs.get("project") or values.get("SENTRY_PROJECT", "")
    flags = _PROJECT_FLAG.findall(text)
    projects = [w for f in flags for w in _words(f)] or _words(raw)
    dynamic = not projects or any("$" in p for p in projects)
    environment = step.inputs.get("environment") or next(iter(_ENVIRONMENT_FLAG.findall(text)), None) or job.environment
    organization = next(iter(_ORG_FLAG.findall(text)), None) or values.get("SENTRY_ORG", "")
    return ReleaseStep(
        workflow=workflow,
        job=job,
        step=step,
        kind=kind,
        projects=None if dynamic else tuple(projects),
        environment=environment,
        problem=_problem(workflow, job, step, text, values, projects, organization),
        doubt=_doubt(workflow, values, text),
    )


def _problem(
    workflow: Workflow, job: Job, step: Step, text: str, values: dict[str, str], projects: list[str], organization: str
) -> str | None:
    placeholder = next((w for w in [organization, *projects] if w and is_placeholder(w)), None)
    if placeholder:
        return f"`{placeholder}` is a placeholder"
    token = values.get("SENTRY_AUTH_TOKEN")
    if token is not None and (token == "" or (is_placeholder(token) and "$" not in token)):
        return "SENTRY_AUTH_TOKEN is empty or a placeholder"
    for condition in (job.condition, step.condition):
        if condition is not None and condition.strip("${ }").lower() == "false":
            return "it is switched off by `if: false`"
    if workflow.only_pull_requests:
        return "the workflow runs on pull requests only"
    only_pull = re.compile(r"^\$?\{?\{?\s*github\.event_name\s*==\s*'pull_request'\s*\}?\}?$")
    if any(c and only_pull.match(c) for c in (job.condition, step.condition)):
        return "it runs on pull requests only"
    # Other variables may carry the token into a script; without any the command cannot log in.
    given = token is not None or any("SENTRY" in k and ("TOKEN" in k or "KEY" in k) for k in values)
    if workflow.provider == "github" and not given and not _TOKEN_FLAG.search(text):
        return "no SENTRY_AUTH_TOKEN reaches the step"
    return None


def _doubt(workflow: Workflow, values: dict[str, str], text: str) -> str | None:
    if workflow.triggers and set(workflow.triggers) == {"workflow_dispatch"}:
        return "the workflow is started by hand only"
    return None


def deploys_elsewhere(facts: Facts) -> tuple[str, int, str] | None:
    """Return `(path, line, why)` when the repository shows that another place deploys: a server, a remote workflow."""
    for _, job, what in deploying_jobs(facts):
        if what.state is State.HANDS_OVER:
            return what.path, what.line, f"job {job.id}: {what.why}"
    for workflow in facts.workflows:
        if workflow.provider == "gitlab" and workflow.node is not None:
            for entry in y.sequence(y.get(workflow.node, "include")):
                if any(y.get(entry, k) is not None for k in ("project", "remote", "template", "component")):
                    return workflow.path, y.line_of(entry), "the pipeline includes a remote template"
    return None


_FLAGS = r"(?:(?:-[opdt]|--(?:org|project|repo|log-level|url|auth-token))[= ]\S+\s+|--?\w[\w-]*(?:=\S+)?\s+)*"
"""Flags of sentry-cli between its words: those that take a value, and switches (https://docs.sentry.io/cli/releases/)."""

_VERSION_WORD = lazy_pattern(
    rf"releases\s+{_FLAGS}(?:new|finalize|set-commits)\s+({_FLAGS})(\"[^\"]+\"|'[^']+'|\$\([^)]*\)|`[^`]*`|\S+)"
)


def release_version(found: ReleaseStep) -> str:
    """Return the expression that names the release of a step, shell variables resolved within the step."""
    step = found.step
    if found.kind == "action":
        prefix = step.inputs.get("release_prefix") or step.inputs.get("version_prefix") or ""
        return prefix + (step.inputs.get("release") or step.inputs.get("version") or "github.sha")
    text = script(step)
    match = next((m for m in _VERSION_WORD.finditer(text) if not m.group(2).startswith("-")), None)
    word = match.group(2).strip("\"'") if match else ""
    if not word and "sentry release create" in text:
        named = re.search(r"sentry\s+release\s+create\s+(?:--\S+\s+)*(\S+)", text)
        word = named.group(1).strip("\"'") if named else ""
    if not word:
        word = step.env.get("SENTRY_RELEASE") or ("propose-version" if "propose-version" in text else "")
    for _ in range(3):
        variable = re.search(r"\$(?:\{(\w+)\}|(\w+))", word)
        if not variable:
            break
        name = variable.group(1) or variable.group(2)
        assigned = re.findall(rf"(?m)^\s*(?:export\s+)?{name}=(\"[^\"]*\"|'[^']*'|\$\([^)]*\)|`[^`]*`|\S+)", text)
        value = assigned[-1].strip("\"'") if assigned else step.env.get(name)
        # `VAR=… >> $GITHUB_ENV` in an earlier step of the job hands the value on.
        value = value or _from_earlier_step(found, name)
        if not value or value == word:
            break
        word = word[: variable.start()] + value + word[variable.end() :]
    return word or "?"


def _from_earlier_step(found: ReleaseStep, name: str) -> str | None:
    for step in found.job.steps:
        match = re.search(rf"echo\s+[\"']?{name}=(.+?)[\"']?\s*>>\s*\"?\$\{{?GITHUB_(?:ENV|OUTPUT)", step.run or "")
        if match:
            return match.group(1)
    return None
