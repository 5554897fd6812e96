"""CI definitions as every provider's reader gives them: workflows, jobs, steps, and what a provider knows of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from yaml import Node

from checks.parsers.text import ParseError, clipped

if TYPE_CHECKING:
    from checks.repository.facts import Facts

Answer = tuple[bool | None, str]
"""Whether something runs when code is deployed (None: that depends), and what keeps it from it or decides it."""

YES: Answer = (True, "")


class Step(Struct, frozen=True, kw_only=True):
    """A step of a job: what it runs or uses, its own and inherited environment, and where its commands stand.

    `path` and `line` name the place of its text, which is another file for a composite action or a called workflow.
    `runs` is None where it depends on something else, `why`, whether its text is run at all. `conditions` are those of the
    action or called workflow around it, `given` the inputs that it is given, `flags` those of them that are no texts (those of an
    action all are), `lacks` the secrets that nobody hands in.
    `first_row` is the line of the first row of `run`, None where its rows are not lines of the file. `inner` is the job of a called
    workflow that it is a step of: each runs on a machine of its own. `options` are those that its own shell is started with, where it
    names one. `before` are the commands that ran in the same shell before its own, `empty` says that its job has not checked the
    repository out yet: what it calls of it is not there. `after_failure` says that it runs also where a step before it has failed,
    `follows` names the steps that it waits for (None: each before it).
    """

    path: str
    line: int
    name: str | None = None
    uses: str | None = None
    run: str | None = None
    env: dict[str, str] = {}
    inputs: dict[str, str] = {}
    condition: str | None = None
    continue_on_error: bool = False
    working_directory: str | None = None
    runs: bool | None = True
    why: str = ""
    conditions: tuple[str, ...] = ()
    given: dict[str, str] = {}
    flags: frozenset[str] = frozenset()
    lacks: tuple[str, ...] = ()
    shell: str | None = None
    options: str | None = None
    id: str | None = None
    first_row: int | None = None
    inner: str = ""
    before: str = ""
    empty: bool = False
    after_failure: bool = False
    follows: tuple[str, ...] | None = None


class Job(Struct, frozen=True, kw_only=True):
    """A job: id, needs, condition, environment name, reusable workflow it calls, inherited environment, steps.

    `starts` says what it starts in another place (a remote pipeline). `may_fail` says that what needs it runs also where it has
    failed, `after_failure` that it runs itself where a job that it needs has failed. `own_machine` says that it runs on a machine which
    stays when it is over (None: not known).
    `refs` are the branches and tags, of those that its file names, for which it may run; None where that is not read.
    """

    id: str
    line: int
    steps: tuple[Step, ...] = ()
    name: str | None = None
    needs: tuple[str, ...] = ()
    condition: str | None = None
    environment: str | None = None
    uses: str | None = None
    env: dict[str, str] = {}
    node: Node | None = None
    runs: bool | None = True
    why: str = ""
    starts: str | None = None
    may_fail: bool = False
    after_failure: bool = False
    own_machine: bool | None = False
    refs: frozenset[str] | None = None

    def until(self, step: Step) -> tuple[Step, ...]:
        """Return the steps that ran on a step's machine until it, with that step."""
        before = self.steps[: self.steps.index(step) + 1] if step in self.steps else self.steps
        return tuple(s for s in before if s.inner == step.inner)

    def awaited(self, step: Step) -> tuple[Step, ...]:
        """Return the steps that have ended before a step starts."""
        before = self.until(step)[:-1]
        if step.follows is None:
            return before
        named = [s for s in before if (s.id or s.name) in step.follows]
        return tuple(s for s in before if s in named or any(s in self.awaited(n) for n in named))


class Workflow(Struct, frozen=True, kw_only=True):
    """A CI file: provider, triggers (empty for providers whose triggers are not read), jobs, or why it was not read.

    `remote` are the places of what it takes from outside of the repository, each with its line. `refusal` says why the provider
    refuses the file for what other files say.
    """

    path: str
    provider: str
    triggers: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()
    env: dict[str, str] = {}
    problem: ParseError | None = None
    node: Node | None = None
    only_pull_requests: bool = False
    remote: tuple[tuple[str, int], ...] = ()
    refusal: str | None = None

    @property
    def ci(self) -> Provider:
        """What is known of the provider."""
        from checks.ci.providers import provider

        return provider(self.provider)


class Depth(StrEnum):
    """How much of git's history a job has."""

    COMPLETE = "complete"
    SHALLOW = "shallow"
    NONE = "none"
    UNCLEAR = "unclear"


class History(Struct, frozen=True, kw_only=True):
    """How much of git's history a job has, and the place that says so."""

    state: Depth
    path: str
    line: int


def _stops(job: Job, step: Step | None) -> bool:
    """Return whether a failure before a step (a job, without one) keeps it from running, as its reader gave it."""
    return not (job.after_failure if step is None else step.after_failure)


def _own_answer(workflow: Workflow, job: Job, step: Step | None) -> Answer:
    """Join the answers of a job and its step as their reader gave them."""
    if job.runs is not True:
        return job.runs, job.why
    return (step.runs, step.why) if step is not None else YES


def _apart(workflow: Workflow, job: Job, step: Step, other: Job) -> tuple[str, str] | None:
    """Return the branches and tags of two jobs of a file where none is in both."""
    if job.refs is None or other.refs is None or not job.refs or not other.refs or job.refs & other.refs:
        return None
    return ", ".join(sorted(job.refs)), ", ".join(sorted(other.refs))


def _reviewed(workflow: Workflow, job: Job, step: Step | None) -> Answer:
    """Say yes where pull requests start a workflow and nothing has a condition, which is not evaluated for them here."""
    if not any(t.startswith("pull_request") for t in workflow.triggers):
        return False, ""
    condition = job.condition or (step.condition if step is not None else None)
    return (True, "") if condition is None else (None, f"`{clipped(condition)}`")


def _unclear(workflow: Workflow, job: Job, step: Step, fetched: bool) -> History:
    return History(state=Depth.COMPLETE if fetched else Depth.UNCLEAR, path=step.path, line=step.line)


def _lines(commands: Sequence[str], deploy: str, environment: str) -> list[str]:
    return ["# after the deployment, with SENTRY_AUTH_TOKEN set", *commands]


class Provider(Struct, frozen=True, kw_only=True):
    """A provider of CI: how its files are known and read, and what is true of each of its jobs.

    `commit` is its variable with the full commit SHA, `marks` the beginnings of the variables that each of its jobs has.
    `hands_secrets` says that a secret reaches a step only where the file hands it in; elsewhere a project's reach every job.
    `secrets` is the page on which secrets are kept, with the `{repository}` in it, `secret_command` the command that stores the
    secret `{name}` (empty: there is none). `snippet` writes commands in its syntax. `integrations` are Sentry's names for those
    that bring the repositories of its forge in (empty: it has none), `forge` is that forge's name as people write it.
    `reviewed` tells whether a job (and its step) also runs for pull requests that are not merged.
    `stops` tells whether a step (without one: its job) is left out where a step or job before it has failed. `halts` are the words of
    commands that end a job there.
    `outlives` tells whether a step (without one: its job) surely runs also where the step or job of an id before it has failed.
    `apart` tells for what a job (with its step) runs and for what another one of its file does, where no run has both.
    `options` are those that the shell of each step is started with (`-eo pipefail`).
    `starts_together` says that jobs which need no other one start at the same time.
    `repeats_installation` says that what its jobs install can be repeated elsewhere, step by step.
    """

    name: str
    title: str
    matches: Callable[[str], bool]
    read: Callable[[Facts, str], Workflow]
    commit: str
    marks: tuple[str, ...] = ("CI",)
    hands_secrets: bool = False
    secrets: str = ""
    secret_command: str = ""
    runs: Callable[[Workflow, Job, Step | None], Answer] = _own_answer
    reviewed: Callable[[Workflow, Job, Step | None], Answer] = _reviewed
    stops: Callable[[Job, Step | None], bool] = _stops
    halts: tuple[tuple[str, ...], ...] = ()
    outlives: Callable[[Workflow, Job, Step | None, str], bool] = lambda workflow, job, step, failed: (
        step is not None and step.after_failure
    )
    apart: Callable[[Workflow, Job, Step, Job], tuple[str, str] | None] = _apart
    options: str = ""
    starts_together: bool = False
    refused: Callable[[Workflow], str | None] = lambda workflow: None
    history: Callable[[Workflow, Job, Step, bool], History] = _unclear
    snippet: Callable[[Sequence[str], str, str], list[str]] = _lines
    forge: str = ""
    integrations: tuple[str, ...] = ()
    repeats_installation: bool = False
