"""Whether a job deploys this application: decided once, by what it does; its name is asked last and never by itself.

Publishing a package, a chart, documentation or a GitHub release is no deployment. Handing over (ssh, another repository,
a remote workflow) is one whose steps are not written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from checks.ci.actions import action_state, is_weak_action, publishes_documents, starts_action
from checks.ci.commands import place_of, step_commands
from checks.ci.compose_up import compose_state
from checks.ci.endings import always_fails, answer_of
from checks.ci.events import REVIEWED
from checks.ci.own_machine import OwnMachine
from checks.ci.programs import (
    State,
    command_state,
    is_known,
    is_provisioning,
    is_weak,
    named_so,
    puts_up_files,
    waits_for,
    words_of,
)
from checks.ci.pushing import pushes_image
from checks.parsers import yaml as y

if TYPE_CHECKING:
    from checks.ci.model import Job, Step, Workflow
    from checks.repository.facts import Facts


class Deploying(Struct, frozen=True, kw_only=True):
    """Whether a job deploys, what says so, and where that is; what it depends on.

    `sure`: it is a question even without a name that says so; `weak`: it copies files or starts another workflow, and nothing
    else says that this deploys.

    `awaited` is False where the job only starts what deploys (a dispatch, a push to another repository): it is over before that is.

    `condition` is the `if` of the step that deploys, in `step_path`, `depends` what its script asks before it. `conditions` are those
    of all steps that deploy, where none does so without one.
    """

    state: State
    why: str
    path: str
    line: int
    sure: bool = False
    weak: bool = False
    awaited: bool = True
    condition: str | None = None
    depends: str = ""
    step_path: str = ""
    conditions: tuple[str, ...] = ()

    @property
    def deploys(self) -> bool:
        """Whether code goes out, here or by whom the job hands over to."""
        return self.state in (State.DEPLOYS, State.HANDS_OVER)

    @property
    def ends_deployed(self) -> bool:
        """Whether the application is deployed when the job is over, so that a release job can follow it."""
        return self.deploys and not self.weak and self.awaited


_LIVE = frozenset(
    {"prod", "production", "live", "staging", "stage", "uat", "demo", "sandbox", "dev", "development", "qa"}
)
_TAKEN_AWAY = frozenset({"feature", "ephemeral", "preview", "review", "rollback", "destroy", "teardown", "cleanup"})
_NO_APPLICATION = frozenset(
    {
        "docs",
        "doc",
        "documentation",
        "storybook",
        "chromatic",
        "pages",
        "pypi",
        "testpypi",
        "npm",
        "coverage",
        "report",
        "reports",
        "allure",
    }
)


def deploying(facts: Facts, workflow: Workflow, job: Job) -> Deploying:
    """Return whether a job deploys this application, three-valued, with the reason and its place."""
    return facts.memoize(deploying, f"{workflow.path}#{job.id}#{job.line}", lambda: _decide(facts, workflow, job))


def deploying_jobs(facts: Facts) -> list[tuple[Workflow, Job, Deploying]]:
    """Return every job that deploys, hands over, or may deploy, in the order of the files."""
    found = []
    for workflow in facts.workflows:
        if set(workflow.triggers) == {"workflow_call"} and any(
            (j.uses or "").removeprefix("./") == workflow.path for w in facts.workflows for j in w.jobs
        ):
            continue  # its callers are looked at, with what they hand in
        for job in workflow.jobs:
            what = deploying(facts, workflow, job)
            if what.state is not State.NO:
                found.append((workflow, job, what))
    return found


def step_deploys(facts: Facts, job: Job, step: Step) -> bool:
    """Return whether one step of a job deploys or hands over by what it runs."""
    return any(a.deploys for a in _acts(facts, job, step))


def hands_over(facts: Facts, workflow: Workflow, job: Job) -> Deploying | None:
    """Return what a job that deploys also leaves to another place (a server told by ssh), None where it leaves nothing."""
    if not deploying(facts, workflow, job).deploys:
        return None
    acts = _on_others(facts, workflow, job)
    return next((a for a in acts if a.state is State.HANDS_OVER and not a.weak), None)


def _decide(facts: Facts, workflow: Workflow, job: Job) -> Deploying:
    def answer(state: State, why: str, line: int = job.line, path: str = workflow.path) -> Deploying:
        return Deploying(state=state, why=why, path=path, line=line)

    if workflow.only_pull_requests:
        return answer(State.NO, "it runs on pull requests only")
    if _TAKEN_AWAY & {*words_of(job.id), *words_of(job.environment or "")}:
        return answer(State.NO, "it serves previews, or takes a version away")
    answer_, why = workflow.ci.runs(workflow, job, None)
    if answer_ is False:
        return answer(State.NO, f"it does not run when code is deployed: {why}")
    if job.starts is not None:
        return replace(answer(State.HANDS_OVER, f"it starts {job.starts}"), awaited=False)
    acts = _on_others(facts, workflow, job)
    if for_reviews(workflow, job):
        why = "which pull requests that are not merged start too"
        acts = [replace(a, state=State.UNKNOWN, why=f"{a.why}, {why}", sure=True) if a.deploys else a for a in acts]
    named = _is_named(job)
    if not named and not named_so(workflow.path.rpartition("/")[2].rpartition(".")[0]):
        acts = [_by_clock_or_hand(workflow, a) for a in acts]
    words = set(words_of(job.environment or ""))
    live = job.environment is not None and not words & _NO_APPLICATION and _counts(job)
    says_so = named or (live and bool(words & _LIVE))
    for state in (State.DEPLOYS, State.HANDS_OVER):
        strong = [a for a in acts if a.state is state and (says_so or not a.weak)]
        if strong:
            strong = [a for a in strong if a.awaited] or strong
            plain = next((a for a in strong if a.condition is None and not a.depends), strong[0])
            asked = tuple(dict.fromkeys(a.condition for a in strong if a.condition is not None))
            return replace(plain, weak=False, conditions=asked if plain.condition is not None else ())
    pushed = _pushes_elsewhere(facts, job)
    if pushed is not None:
        return pushed
    handed = next((a for a in acts if a.state is State.HANDS_OVER), None)
    if handed is not None:
        return handed
    copied = next((a for a in acts if a.state is State.DEPLOYS), None)
    if copied is not None and not set(words_of(job.id)) & _NO_APPLICATION:
        return replace(copied, state=State.UNKNOWN, why=f"{copied.why}, which may deploy")
    if job.uses and not job.uses.startswith("./"):
        return _of_remote(workflow, job, answer(State.HANDS_OVER, f"it calls {job.uses}"), named=named)
    maybe = next((a for a in acts if a.state is State.UNKNOWN), None)
    publishes = any(a.state is State.NO for a in acts)
    failing = always_fails(facts, workflow, job) if live and named and not acts else ""
    if failing:
        return answer(State.NO, failing)
    if live and named and not publishes:
        pushed_at = next((p for s in job.steps if (p := pushes_image(facts, s))), None) if maybe is None else None
        if pushed_at is not None:
            why = "it pushes an image, which something else deploys"
            return replace(answer(State.HANDS_OVER, why, pushed_at[1], pushed_at[0]), awaited=False)
        return answer(State.DEPLOYS, f"it runs in the environment {job.environment}")
    if maybe is not None and named and not publishes:
        return answer(State.UNKNOWN, f"{maybe.why}, which may deploy", maybe.line, maybe.path)
    if maybe is not None and maybe.sure:
        return maybe
    if live and (maybe is not None or words & _LIVE) and not publishes:
        # Migrations, tests and reports run in an environment too: what a job does is not known by it.
        return answer(State.UNKNOWN, f"it runs in the environment {job.environment}")
    if named and not publishes:
        return answer(State.UNKNOWN, "its name suggests it, but no step is known to deploy")
    return answer(State.NO, "none of its steps deploys")


def _of_remote(workflow: Workflow, job: Job, call: Deploying, *, named: bool) -> Deploying:
    """Return what the call of a remote workflow is: it hands over where a name says so, and may where it is told an environment.

    Runners, tests and notifications are told one too.
    """
    called = words_of((job.uses or "").partition("@")[0].rpartition("/")[2].rpartition(".")[0])
    named = named or bool({"deploy", "deployment", "cd"} & set(called))
    if not named and not _is_given_live(job):
        return replace(call, state=State.NO)
    if for_reviews(workflow, job):
        return replace(call, state=State.UNKNOWN, why=f"{call.why}, which pull requests that are not merged start too")
    return call if named else _by_clock_or_hand(workflow, replace(call, weak=True))


def _on_others(facts: Facts, workflow: Workflow, job: Job) -> list[Deploying]:
    """Return what the steps of a job do for a deployment, without what stays in a cluster that the job starts for its tests."""
    here = OwnMachine(job)
    found: list[Deploying] = []
    for step in job.steps:
        if step.runs is not False and answer_of(facts, workflow, job, step)[0] is not False:
            found += _acts(facts, job, step, here)
            here.saw(facts, step)
    return found


def for_reviews(workflow: Workflow, job: Job) -> bool:
    """Return whether a job runs for open pull requests, and else by a person or a clock only: no change of the code starts it."""
    if not set(workflow.triggers) <= {*REVIEWED, "merge_group", "workflow_dispatch", "schedule"}:
        return False
    reviews = [t for t in workflow.triggers if t in REVIEWED]
    merged = all(y.strings(y.get(workflow.node, "on", t, "types")) == ["closed"] for t in reviews)
    return not merged and workflow.ci.reviewed(workflow, job, None)[0] is True


def _by_clock_or_hand(workflow: Workflow, act: Deploying) -> Deploying:
    """Leave open what an act means that no change of the code starts: exports, reports and cleanups are run so, over ssh too."""
    triggers = set(workflow.triggers)
    if not triggers or not triggers <= {"schedule", "workflow_dispatch"} or not act.deploys:
        return act
    if "schedule" in triggers or act.state is State.HANDS_OVER or act.weak:
        return replace(act, state=State.UNKNOWN, why=f"{act.why}, started by a person or a clock", sure=True)
    return act


def _is_named(job: Job) -> bool:
    """Return whether the id or the name says that the job deploys the application, and neither says another thing."""
    if job.name and _other_thing(job.name):
        return False
    return named_so(job.id) or (bool(job.name) and named_so(job.name or ""))


def _is_given_live(job: Job) -> bool:
    """Return whether the workflow that a job calls is told an environment which runs: what it does there is not written here."""
    return any(
        set(words_of(name)) & {"environment", "env", "stage"} and set(words_of(y.scalar(value) or "")) & _LIVE
        for name, _, value in y.pairs(y.get(job.node, "with"))
    )


def _other_thing(name: str) -> bool:
    return bool((_NO_APPLICATION | _TAKEN_AWAY) & set(words_of(name)))


def _counts(job: Job) -> bool:
    """Return whether the environment means a deployment (`deployment: false`, GitLab's `action: stop` mean none)."""
    environment = y.get(job.node, "environment")
    return y.scalar(y.get(environment, "deployment")) != "false" and y.scalar(y.get(environment, "action")) in (
        None,
        "start",
    )


def _pushes_elsewhere(facts: Facts, job: Job) -> Deploying | None:
    """A checkout of another repository that is then pushed to hands over to what watches it."""
    other = next(
        (
            s
            for s in job.steps
            if (s.uses or "").startswith("actions/checkout")
            and s.inputs.get("repository")
            and "github.repository" not in s.inputs["repository"]
        ),
        None,
    )
    cloned = False
    for step in job.steps:
        for command in step_commands(facts, step):
            words = command.words
            if command.runs is False or words[:1] != ("git",):
                continue
            cloned = cloned or "clone" in words
            if "push" in words and (other is not None or cloned) and not any("gh-pages" in w for w in words):
                where = other.inputs["repository"] if other is not None else "another repository"
                return Deploying(
                    state=State.HANDS_OVER,
                    why=f"it pushes to {where}, which something else deploys from",
                    path=step.path,
                    line=step.line,
                    awaited=False,
                )
    return None


def _acts(facts: Facts, job: Job, step: Step, here: OwnMachine | None = None) -> list[Deploying]:
    """Return what a step does for a deployment: `NO` is one that publishes; what tells nothing, or stays `here`, is left out."""
    if step.uses:
        state = action_state(step.uses, step.inputs)
        verbs = {State.NO: "publishes by", State.HANDS_OVER: "hands over by", State.DEPLOYS: "deploys by"}
        why = f"it {verbs.get(state, 'uses') if state else ''} {step.uses.partition('@')[0]}"
        if state is None or (here is not None and here.keeps_action(step.uses)):
            return []
        weak = is_weak_action(step.uses)
        awaited = state is not State.HANDS_OVER or not starts_action(step.uses)
        return [
            Deploying(
                state=state,
                why=why,
                path=step.path,
                line=step.line,
                weak=weak,
                awaited=awaited,
                condition=step.condition,
                step_path=step.path,
            )
        ]
    found: list[Deploying] = []
    for ran in step_commands(facts, step):
        state = command_state(ran.words, followed=ran.followed) if ran.runs is not False else None
        if here is not None and here.keeps(ran.words, step.env | ran.env):
            continue
        if state is State.DEPLOYS and here is not None and here.holds_anything and not is_known(ran.words):
            state = State.UNKNOWN  # a script whose name says that it deploys, to what runs here or elsewhere
        if state is State.DEPLOYS and puts_up_files(ran.words) and publishes_documents(ran.words[1:]):
            state = State.NO
        weak = is_weak(ran.words)
        if state is None and ran.runs is not False:
            state, weak = compose_state(facts, job, step, ran) or (None, weak)
        if state is not None:
            path, line = place_of(step, ran)
            sure = state is State.UNKNOWN and is_provisioning(ran.words)
            why = f"it runs {' '.join(ran.words[:3])[:60]}"
            found.append(
                Deploying(
                    state=state,
                    why=why,
                    path=path,
                    line=line,
                    sure=sure,
                    weak=weak,
                    awaited=state is not State.HANDS_OVER or waits_for(ran.words),
                    condition=step.condition,
                    step_path=step.path,
                    depends=ran.why if ran.runs is None else "",
                )
            )
    return found


def needed_to_deploy(facts: Facts, workflow: Workflow) -> set[str]:
    """Return the jobs for which a job that deploys waits, directly or through others."""
    waiting = [j for j in workflow.jobs if deploying(facts, workflow, j).state is not State.NO]
    found: set[str] = set()
    for job in waiting:
        for name in set(job.needs) - found:
            found.add(name)
            waiting += [j for j in workflow.jobs if j.id == name]
    return found
