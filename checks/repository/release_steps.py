"""Where CI creates a Sentry release: which step, for which projects and environment, and whether it can work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from checks.ci.commands import arguments, commands
from checks.ci.conditions import refused, runs
from checks.ci.deploying import State, deploying_jobs
from checks.parsers import yaml as y
from checks.patterns import lazy_pattern
from checks.repository.ci import Job, Step, Workflow, plain_step, plain_workflow
from checks.repository.facts import Facts, join
from checks.sentry_api.dsn import is_placeholder

if TYPE_CHECKING:
    from checks.parsers.shell import Command

_VALUED = frozenset(
    {"-o", "--org", "-p", "--project", "-r", "--release", "-e", "--env", "-d", "--dist", "-t", "--url", "--auth-token"}
    | {"--log-level", "--header", "-n", "--name", "-u", "--repo", "--finalize-at"}
)
"""Flags of sentry-cli that take a value (https://docs.sentry.io/cli/releases/)."""

_API = lazy_pattern(r"/api/0/(organizations|projects)/[^\s\"']*/releases/")
_PLUGIN = lazy_pattern(r"semantic-release[\w-]*sentry|sentry[\w-]*semantic-release")


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
    called = {join(".", j.uses) for w in facts.workflows for j in w.jobs if j.uses and j.uses.startswith("./")}
    found = []
    for workflow in (*facts.workflows, *_release_phase(facts)):
        if set(workflow.triggers) == {"workflow_call"} and workflow.path in called:
            continue  # each caller is looked at, with what it hands in
        for job in workflow.jobs:
            for step in job.steps:
                kind, made = _made(facts, step)
                if kind:
                    found.append(_release_step(workflow, job, step, kind, made))
    return found


def _release_phase(facts: Facts) -> list[Workflow]:
    """Return what Heroku runs at each release (https://devcenter.heroku.com/articles/release-phase)."""
    for number, line in enumerate((facts.text("Procfile") or "").splitlines(), start=1):
        name, colon, command = line.partition(":")
        if colon and name.strip() == "release":
            return [plain_workflow(facts, "Procfile", "heroku", [plain_step("Procfile", number, command.strip())])]
    return []


def script(step: Step) -> str:
    """Return the commands of a step that run, or may run, one a line; what is only written out is none."""
    text = re.sub(r"\\\n\s*", " ", step.run or "")
    if not text.strip():
        return ""
    running = [c for c in commands(step) if c.runs is not False and c.words[0] not in ("echo", "printf", "cat")]
    return "\n".join(re.sub(r"\\\n\s*", " ", c.text) for c in running)


def written(step: Step) -> str:
    """Return a step's text without comment lines, continuation lines joined: for the assignments in it."""
    lines = [line for line in (step.run or "").splitlines() if not line.lstrip().startswith("#")]
    return re.sub(r"\\\n\s*", " ", "\n".join(lines))


def _made(facts: Facts, step: Step) -> tuple[str | None, list[Command]]:
    """Return how a step makes a release, and the commands that do so."""
    if step.uses and re.match(r"getsentry/action-release(@|$)", step.uses):
        return "action", []
    if step.uses and "semantic-release" in step.uses and _semantic_plugin(facts):
        return "plugin", []
    text = step.run or ""
    if "sentry" not in text.lower() and "semantic-release" not in text:
        return None, []
    found = [(kind, c) for c in commands(step) if (kind := _kind(facts, c)) is not None]
    # What never runs is told as such only where nothing else makes a release.
    alive = [(k, c) for k, c in found if c.runs is not False] or found
    return (alive[0][0], [c for _, c in alive]) if alive else (None, [])


def _kind(facts: Facts, command: Command) -> str | None:
    program = command.words[0]
    plain, _ = arguments(command.words, _VALUED)
    if program == "sentry-cli":
        return "cli" if plain[:1] == ["releases"] and set(plain[1:2]) & {"new", "finalize", "set-commits"} else None
    if program == "sentry":
        return "cli" if plain[:1] == ["release"] and set(plain[1:2]) & {"create", "finalize"} else None
    if program == "curl":
        rest = " ".join(command.words)
        posts = re.search(r"(^|\s)(-d|--data\S*|--json|-X ?POST|--request POST)", rest)
        return "api" if _API.search(rest) and posts else None
    if "semantic-release" in (program.partition("@")[0], *plain[:1]):
        return "plugin" if _semantic_plugin(facts) else None
    return None


def _semantic_plugin(facts: Facts) -> bool:
    """Tell whether semantic-release is configured with a plugin that makes Sentry releases."""
    names = (".releaserc", ".releaserc.json", ".releaserc.yml", ".releaserc.yaml", "release.config.js", "package.json")
    return any(_PLUGIN.search(facts.text(n) or "") for n in (*names, "release.config.cjs", "release.config.mjs"))


def _words(value: str) -> list[str]:
    return [w for w in re.split(r"[\s,]+", value.strip("\"' ")) if w]


def _flag(made: list[Command], *names: str) -> list[str]:
    return [v for c in made for k, values in arguments(c.words, _VALUED)[1].items() if k in names for v in values]


def _release_step(workflow: Workflow, job: Job, step: Step, kind: str, made: list[Command]) -> ReleaseStep:
    values = dict(step.env)
    for command in made:
        values |= command.assigned
    raw = step.inputs.get("projects") or step.inputs.get("project") or values.get("SENTRY_PROJECT", "")
    flags = _flag(made, "-p", "--project")
    projects = [w for f in flags for w in _words(f)] or _words(raw)
    if kind == "api" and not projects:
        projects = [w for c in made for w in _posted(c)]
    dynamic = not projects or any("$" in p for p in projects)
    deploys = [c for c in commands(step) if c.words[0] == "sentry-cli" and "deploys" in c.words] if made else []
    environment = step.inputs.get("environment") or next(iter(_flag(deploys, "-e", "--env")), None) or job.environment
    organization = next(iter(_flag(made, "-o", "--org")), None) or values.get("SENTRY_ORG", "")
    known = bool(_flag(made, "--auth-token")) or (kind == "api" and "authorization" in made[0].text.lower())
    return ReleaseStep(
        workflow=workflow,
        job=job,
        step=step,
        kind=kind,
        projects=None if dynamic else tuple(projects),
        environment=environment,
        problem=_problem(workflow, job, step, made, values, [organization, *projects], known),
        doubt=_doubt(workflow, job, step, made),
    )


def _posted(command: Command) -> list[str]:
    """Return the projects in what is posted to the web API."""
    _, flags = arguments(command.words, frozenset({"-d", "--data", "--data-raw", "--json", "-H", "-X"}))
    for name in ("-d", "--data", "--data-raw", "--json"):
        for text in flags.get(name, []):
            try:
                body = msgspec.json.decode(text.replace('\\"', '"'))
            except msgspec.DecodeError:
                continue
            found = body.get("projects") if isinstance(body, dict) else None
            if isinstance(found, list):
                return [str(p) for p in found]
    return []


def _problem(
    workflow: Workflow, job: Job, step: Step, made: list[Command], values: dict[str, str], names: list[str], known: bool
) -> str | None:
    placeholder = next((w for w in names if w and is_placeholder(w)), None)
    if placeholder:
        return f"`{placeholder}` is a placeholder"
    invalid = refused(workflow)
    if invalid is not None:
        return invalid
    token = values.get("SENTRY_AUTH_TOKEN")
    if token == "" and step.lacks:
        return f"no secret {step.lacks[0]} is handed in"
    if token is not None and (token == "" or (is_placeholder(token) and "$" not in token)):
        return "SENTRY_AUTH_TOKEN is empty or a placeholder"
    if set(workflow.triggers) == {"workflow_call"}:
        return "no workflow calls this one"
    if workflow.only_pull_requests:
        return "the workflow runs on pull requests only"
    answer, why = runs(workflow, job, step)
    if answer is False:
        only = "it runs on pull requests only" if "pull" in why or "merge_request" in why else "it never runs"
        return f"{only}: {why}"
    if made and all(c.runs is False for c in made):
        return f"its command never runs (behind `{made[0].why}`)"
    # Other variables may carry the token into a script; without any the command cannot log in.
    given = token is not None or any("SENTRY" in k and ("TOKEN" in k or "KEY" in k) for k in values)
    if workflow.provider == "github" and not given and not known:
        return "no SENTRY_AUTH_TOKEN reaches the step"
    return None


def _doubt(workflow: Workflow, job: Job, step: Step, made: list[Command]) -> str | None:
    if workflow.triggers and set(workflow.triggers) == {"workflow_dispatch"}:
        return "the workflow is started by hand only"
    answer, why = runs(workflow, job, step)
    if answer is None:
        return f"whether it runs depends on {why}"
    if made and all(c.runs is not True for c in made):
        return f"whether its command runs depends on `{next((c.why for c in made if c.runs is None), '')}`"
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
    text = written(step)
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
