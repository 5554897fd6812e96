"""Where CI creates a Sentry release: which step, for which projects and environment, and whether it can work."""

from __future__ import annotations

import itertools
import re

import msgspec
from msgspec import Struct

from checks.ci.commands import place_of, step_commands
from checks.ci.endings import answer_of
from checks.ci.model import Job, Step, Workflow
from checks.ci.providers.heroku import release_phases
from checks.parsers import yaml as y
from checks.parsers.command_words import arguments
from checks.parsers.github_evaluation import with_variables
from checks.patterns import lazy_pattern
from checks.repository.commands import Ran
from checks.repository.facts import Facts, join
from checks.repository.release_runs import missing_name, runs_apart
from checks.repository.semantic_release import makes_sentry_releases
from checks.sentry_api.dsn import is_placeholder

_VALUED = frozenset(
    {"-o", "--org", "-p", "--project", "-r", "--release", "-e", "--env", "-d", "--dist", "-t", "--url", "--auth-token"}
    | {"--api-key", "--log-level", "--header", "-n", "--name", "-u", "--repo", "--finalize-at"}
)
"""Flags of sentry-cli that take a value (https://docs.sentry.io/cli/releases/)."""

_ACTIONS = ("getsentry/action-release", "sentryio/sentry-new-release", "sentryio/sentry-release")
"""GitHub's action, and the pipe of Bitbucket."""

_FRONTEND_WORDS = lazy_pattern(r"front|web|client|react|vue|ui$|(^|-)js($|-)|spa|browser")


class ReleaseStep(Struct, frozen=True, kw_only=True):
    """A step that creates a release. `projects` is None where they come from a secret or an expression.

    `problem` says why it cannot work (None: it can), `uncertainty` why that cannot be determined, and `hint` what to do about it.
    """

    workflow: Workflow
    job: Job
    step: Step
    kind: str
    projects: tuple[str, ...] | None
    environment: str | None
    organization: str
    problem: str | None
    uncertainty: str | None
    hint: str = ""
    made: tuple[Ran, ...] = ()

    @property
    def place(self) -> tuple[str, int]:
        """The file and line of the step, or of the command in the script that it calls."""
        return place_of(self.step, self.made[0]) if self.made else (self.step.path, self.step.line)

    @property
    def path(self) -> str:
        """The file that spells the release."""
        return self.place[0]

    @property
    def line(self) -> int:
        """The line that spells it."""
        return self.place[1]


def of_browser(project: str) -> bool:
    """Return whether a project's name says that it is a frontend's."""
    return bool(_FRONTEND_WORDS.search(project.lower()))


def released_project(facts: Facts, kind: str) -> str | None:
    """Return the project that CI makes releases for: of the only backend or frontend, None where there are several, or a choice."""
    if len(facts.backends if kind == "backend" else facts.frontends) != 1:
        return None
    named = {p for s in find_release_steps(facts) if s.problem is None for p in s.projects or ()}
    found = [p for p in named if of_browser(p) == (kind == "frontend") and not is_placeholder(p)]
    return found[0] if len(found) == 1 else None


def commits_workflow(facts: Facts) -> Workflow | None:
    """Return a CI file that hands Sentry the commits of a release, which it ties to a repository that it lists; None without."""
    return next((s.workflow for s in find_release_steps(facts) if _sets_commits(facts, s.step)), None)


def _sets_commits(facts: Facts, step: Step) -> bool:
    plain = [sentry_words(r.words) for r in step_commands(facts, step) if r.runs is not False]
    return any(p[:1] in (["releases"], ["release"]) and p[1:2] == ["set-commits"] for p in plain)


def find_release_steps(facts: Facts) -> list[ReleaseStep]:
    """Return every release step of every readable CI file; commented-out lines of scripts do not count."""
    return facts.memoize(find_release_steps, "", lambda: _find_release_steps(facts))


def _find_release_steps(facts: Facts) -> list[ReleaseStep]:
    called = {join(".", j.uses) for w in facts.workflows for j in w.jobs if j.uses and j.uses.startswith("./")}
    found = []
    for workflow in (*facts.workflows, *release_phases(facts)):
        if set(workflow.triggers) == {"workflow_call"} and workflow.path in called:
            continue  # each caller is looked at, with what it hands in
        for job in workflow.jobs:
            for step in job.steps:
                kind, made = _made(facts, step)
                if kind:
                    found.append(_release_step(facts, workflow, job, step, kind, made))
    return found


def _made(facts: Facts, step: Step) -> tuple[str | None, list[Ran]]:
    """Return how a step makes a release, and the commands that do so."""
    if step.uses and not step.run:
        name = step.uses.partition("@")[0]
        if name in _ACTIONS or (name.startswith("orb:") and "sentry" in name and "release" in name):
            return "action", []
        if "semantic-release" in name:
            return ("plugin", []) if makes_sentry_releases(facts) else (None, [])
    found = [(kind, c) for c in step_commands(facts, step) if (kind := _kind(facts, c)) is not None]
    # What never runs is told as such only where nothing else makes a release.
    alive = [(k, c) for k, c in found if c.runs is not False] or found
    return (alive[0][0], [c for _, c in alive]) if alive else (None, [])


def release_flags() -> frozenset[str]:
    """Return the flags of Sentry's CLI that take a value."""
    return _VALUED


def sentry_words(words: tuple[str, ...]) -> list[str]:
    """Return the plain words of a command of Sentry's CLI (`releases new 1.0`), none for another command."""
    return arguments(words, _VALUED)[0] if words and words[0] in ("sentry-cli", "sentry") else []


def _kind(facts: Facts, command: Ran) -> str | None:
    program = command.words[0]
    plain = sentry_words(command.words)
    if command.followed:
        return None  # a function of this name, or a script: what it runs is asked by itself
    if {"--help", "-h", "--version", "help"} & set(command.words[1:]):
        return None
    if program == "sentry-cli":
        return "cli" if plain[:1] == ["releases"] and set(plain[1:2]) & {"new", "finalize", "set-commits"} else None
    if program == "sentry":
        return "cli" if plain[:1] == ["release"] and set(plain[1:2]) & {"create", "finalize"} else None
    if program in ("curl", "http", "xh"):
        posts = {w.partition("=")[0] for w in command.words} & _POSTS or "POST" in command.words
        return "api" if posts and any(_is_releases(w) for w in command.words) else None
    if program.partition("@")[0] == "semantic-release":
        return "plugin" if makes_sentry_releases(facts) else None
    return None


_POSTS = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--json", "-XPOST"})


_HOOK = "/api/hooks/release/"
"""The address to which a project's releases are posted without a token: it has its own (the view `ReleaseWebhookView` of Sentry)."""


def _brings_login(command: Ran) -> bool:
    """Return whether a request logs in by its header, or by its address."""
    return "authorization" in command.source.lower() or any(_HOOK in w for w in command.words)


def _is_releases(word: str) -> bool:
    """Return whether a word is the address of an organization's or a project's releases in Sentry's web API, or of its hook."""
    if _HOOK in word:
        return True
    _, found, rest = word.partition("/api/0/")
    parts = rest.strip("/").split("/")
    return bool(found) and parts[0] in ("organizations", "projects") and "releases" in parts


def _words(value: str) -> list[str]:
    return [w for w in re.split(r"[\s,]+", value.strip("\"' ")) if w]


def _flag(made: list[Ran], *names: str) -> list[str]:
    return [v for c in made for k, values in arguments(c.words, _VALUED)[1].items() if k in names for v in values]


def _release_step(facts: Facts, workflow: Workflow, job: Job, step: Step, kind: str, made: list[Ran]) -> ReleaseStep:
    values = dict(step.env)
    for command in made:
        values |= command.env
    raw = with_variables(step.inputs.get("projects") or step.inputs.get("project") or "", values)
    raw = raw or values.get("SENTRY_PROJECT", "")
    flags = _flag(made, "-p", "--project")
    projects = [w for f in flags for w in _words(f)] or _words(raw)
    if kind == "api" and not projects:
        projects = [w for c in made for w in _posted(c)]
    dynamic = not projects or any("$" in p for p in projects)
    deploys = [c for c in step_commands(facts, step) if sentry_words(c.words)[:1] == ["deploys"]] if made else []
    environment = step.inputs.get("environment") or next(iter(_flag(deploys, "-e", "--env")), None) or job.environment
    organization = next(iter(_flag(made, "-o", "--org")), None) or values.get("SENTRY_ORG", "")
    known = bool(_flag(made, "--auth-token")) or (kind == "api" and _brings_login(made[0]))
    problem = _problem(facts, workflow, job, step, made, values, [organization, *projects], known)
    uncertainty = _uncertainty(facts, workflow, job, step, made, values, known)
    return ReleaseStep(
        workflow=workflow,
        job=job,
        step=step,
        kind=kind,
        projects=None if dynamic else tuple(projects),
        environment=environment,
        organization=with_variables(organization, values),
        problem=problem[0] if problem else None,
        uncertainty=uncertainty[0] if uncertainty else None,
        hint=(problem or uncertainty or ("", ""))[1],
        made=tuple(made),
    )


def _posted(command: Ran) -> list[str]:
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


_SECRET = "store the token as a secret of CI, and set SENTRY_AUTH_TOKEN from it in this step"
_CODE = "check the code out in a step before it"
_AFTER_DEPLOY = "create the release in a job that runs after each deploy"
_OPEN = "create the release in every deploy, or check that condition and sign the item off"


def _problem(
    facts: Facts,
    workflow: Workflow,
    job: Job,
    step: Step,
    made: list[Ran],
    values: dict[str, str],
    names: list[str],
    known: bool,
) -> tuple[str, str] | None:
    """Return why a step cannot work, and what to do about it."""
    placeholder = next((w for w in names if w and is_placeholder(w)), None)
    if placeholder:
        return f"`{placeholder}` is a placeholder", "write the slug that Sentry shows under Settings"
    invalid = workflow.ci.refused(workflow)
    if invalid is not None:
        return invalid, "correct the workflow: until then none of it runs"
    if made and not any(c.lets("SENTRY_AUTH_TOKEN") for c in made) and "SENTRY_AUTH_TOKEN" in step.env:
        return f"{made[0].path} passes no SENTRY_AUTH_TOKEN on", "name the variable where the command is called"
    token = values.get("SENTRY_AUTH_TOKEN")
    if token == "" and step.lacks:
        return f"no secret {step.lacks[0]} is passed in", "pass it under `secrets` where this is called"
    if token is not None and (token == "" or (is_placeholder(token) and "$" not in token)):
        return "SENTRY_AUTH_TOKEN is empty or a placeholder", _SECRET
    if set(workflow.triggers) == {"workflow_call"}:
        return "no workflow calls this one", "call it in the workflow that deploys"
    if workflow.only_pull_requests:
        return "the workflow runs on pull requests only", _AFTER_DEPLOY
    unknown = _unknown_starters(facts, workflow)
    if unknown:
        return f"no workflow is called {unknown[0]}, whose end starts this one", "name the workflow that deploys there"
    answer, why = answer_of(facts, workflow, job, step)
    if answer is False:
        only = "it runs on pull requests only" if "pull" in why or "merge_request" in why else "it never runs"
        return f"{only}: {why}", _AFTER_DEPLOY
    if step.empty and step.runs is False:
        return step.why, _CODE
    if not made and step.runs is False:
        return f"it never runs (because of `{step.why}`)", _AFTER_DEPLOY
    if made and all(c.runs is False for c in made):
        return f"its command never runs (because of `{made[0].why}`)", _AFTER_DEPLOY
    if _logs_in(facts, workflow, job, step, values, known) is False:
        return "no SENTRY_AUTH_TOKEN reaches the step", _SECRET
    missing = missing_name(facts, workflow, job, step, values, made)
    return (f"no {missing[0]} reaches {missing[1]}", f"set {missing[0]} in its `env`") if missing else None


def _unknown_starters(facts: Facts, workflow: Workflow) -> list[str]:
    """Return the workflows that start one by their end, where no file has their names and nothing else starts it.

    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run
    """
    if set(workflow.triggers) != {"workflow_run"}:
        return []
    wanted = y.strings(y.get(workflow.node, "on", "workflow_run", "workflows"))
    names = {y.scalar(y.get(f.node, "name")) or f.path for f in facts.workflows}
    return wanted if not names & set(wanted) else []


def _logs_in(
    facts: Facts, workflow: Workflow, job: Job, step: Step, values: dict[str, str], known: bool
) -> bool | None:
    """Return whether the token reaches a release step: in its variables, or from an earlier step; None where that may be.

    Other variables may carry it into a script. Earlier steps hand variables on by `$GITHUB_ENV`, log in by a file, or are actions that
    load secrets (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
    """
    given = any("SENTRY" in k and ("TOKEN" in k or "KEY" in k) for k in values)
    if not workflow.ci.hands_secrets or given or known:
        return True
    loads = False
    for earlier in job.steps:
        if earlier.line >= step.line and earlier is not step:
            break
        for ran in step_commands(facts, earlier):
            if ran.runs is False:
                continue
            text = " ".join((*ran.words, ran.source))
            if (_JOB_FILE in ran.output and "SENTRY_AUTH_TOKEN=" in text) or ".sentryclirc" in ran.output:
                return True
            loads = loads or (_JOB_FILE in ran.output and "=" not in text) or "login" in sentry_words(ran.words)[:1]
        action = (earlier.uses or "").partition("@")[0].lower()
        loads = loads or any(word in action for word in _LOADING)
    return None if loads else False


_JOB_FILE = "GITHUB_ENV"
_LOADING = ("vault", "secret", "doppler", "1password", "infisical", "akeyless", "dotenv", "sops", "bitwarden")
"""Words in the names of actions that put secrets into a job's variables."""


def _uncertainty(
    facts: Facts, workflow: Workflow, job: Job, step: Step, made: list[Ran], values: dict[str, str], known: bool
) -> tuple[str, str] | None:
    """Return what decides whether a step runs, and what to do about it."""
    if workflow.triggers and set(workflow.triggers) == {"workflow_dispatch"}:
        return "the workflow is only started manually", "let the deploy start it, or sign the item off"
    other = runs_apart(facts, workflow, job, step)
    if other:
        return f"it runs for {other[0]}, and what deploys runs for {other[1]}", _AFTER_DEPLOY
    answer, why = answer_of(facts, workflow, job, step)
    if _logs_in(facts, workflow, job, step, values, known) is None:
        return "whether a step before it passes SENTRY_AUTH_TOKEN on cannot be determined", _SECRET
    if answer is None:
        return f"whether it runs depends on {why}", _OPEN
    if made and all(c.runs is not True for c in made):
        why = next((c.why for c in made if c.runs is None), "")
        return f"whether its command runs depends on `{why}`", _OPEN
    if step.empty and made and all(c.depth for c in made) and not _fetches(facts, step, made[0]):
        return f"{made[0].path} is called before the code is checked out", _CODE
    return None


_FETCHERS = frozenset(
    {"git", "gh", "svn", "hg", "curl", "wget", "tar", "unzip", "cp", "rsync", "scp", "docker", "aws", "gsutil"}
)
"""Programs that may put files where a step runs."""


def _fetches(facts: Facts, step: Step, until: Ran) -> bool:
    """Return whether a step itself may fetch files before one of its commands."""
    before = itertools.takewhile(lambda c: c is not until, step_commands(facts, step))
    return any(c.words[0] in _FETCHERS for c in before)
