"""What a release step of CI needs and does: history, commits, the deploy, its place in the order, the token's reach."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from checks.ci.commands import step_commands
from checks.ci.deploying import deploying, step_deploys
from checks.ci.model import Depth, History, Job, Step
from checks.ci.programs import State, command_state
from checks.model import (
    Evidence,
    Finding,
    Verdict,
    failed,
    failed_or_unknown,
    in_repository,
    not_applicable,
    passed,
    unknown,
)
from checks.repository.commands import Ran
from checks.repository.facts import Facts
from checks.repository.release_steps import ReleaseStep, find_release_steps, sentry_words
from checks.targets.applicability import no_release_steps


def ci_history_complete(facts: Facts) -> Sequence[Verdict]:
    """`set-commits --auto` and `git describe` read the history, but CI checks out a single commit by default.

    To fix: `fetch-depth: 0` at actions/checkout in the release job (GIT_DEPTH: "0" on GitLab).
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    uncertainties: list[Finding] = []
    steps = find_release_steps(facts)
    for found in steps:
        needs = _needs_history(facts, found)
        if needs is None:
            continue
        history = _history(facts, found)
        state, place, line = history.state, history.path, history.line
        if state is Depth.COMPLETE:
            evidence.append(in_repository(f"job {found.job.id} has the whole history", place, line))
        elif state in (Depth.SHALLOW, Depth.NONE):
            what = "checks out only one commit" if state is Depth.SHALLOW else "checks nothing out"
            message = f"job {found.job.id} uses {needs}, and {what}"
            findings.append(Finding(message=message, path=place, line=line, hint="set `fetch-depth: 0`"))
        else:
            message = f"how much git history job {found.job.id} has cannot be determined"
            uncertainties.append(
                Finding(message=message, path=place, line=line, hint="check out with `fetch-depth: 0`")
            )
    decided = failed_or_unknown(findings, uncertainties, evidence=evidence)
    if decided is not None:
        return [decided]
    if evidence:
        return [passed(*evidence)]
    return [not_applicable("no release step reads the history") if steps else no_release_steps(facts)]


def _needs_history(facts: Facts, found: ReleaseStep) -> str | None:
    if found.kind == "action":
        inputs = found.step.inputs
        if inputs.get("set_commits") in ("skip", "manual") or inputs.get("ignore_missing") == "true":
            return None
        return "set-commits"
    for ran in _running(facts, found.step):
        if ran.words[:2] == ("git", "describe"):
            return "git describe"
        if (
            "set-commits" in sentry_words(ran.words)[:2]
            and "--auto" in ran.words
            and "--ignore-missing" not in ran.words
        ):
            return "set-commits --auto"
    return None


def _running(facts: Facts, *steps: Step) -> list[Ran]:
    """Return the commands of steps that run, or may."""
    return [r for s in steps for r in step_commands(facts, s) if r.runs is not False]


def _unshallows(ran: Ran) -> bool:
    """Return whether a command fetches the whole history."""
    words = ran.words
    if words[:2] == ("git", "clone"):
        return not any(w.startswith("--depth") for w in words)
    deep = "--unshallow" in words or "--depth=0" in words or ("--depth", "0") in itertools.pairwise(words)
    return words[:2] == ("git", "fetch") and (deep or {"--tags", "--force"} <= set(words))


def _history(facts: Facts, found: ReleaseStep) -> History:
    ran = _running(facts, *found.job.until(found.step))
    fetched = any(_unshallows(r) for r in ran)
    if not fetched and any(r.words[:2] in (("git", "clone"), ("git", "fetch")) for r in ran):
        return History(state=Depth.UNCLEAR, path=found.step.path, line=found.step.line)
    return found.workflow.ci.history(found.workflow, found.job, found.step, fetched)


def release_order(facts: Facts) -> Sequence[Verdict]:
    """A release that is finalized before its deploy succeeds claims that code is live when it is not; so does one of a pull request.

    To fix: make the release job `needs` the deploy job, or move the step after the deploy.
    """
    findings: list[Finding] = []
    evidence: list[Evidence] = []
    uncertainties: list[ReleaseStep] = []
    doubts: list[tuple[ReleaseStep, str]] = []
    steps = find_release_steps(facts)
    for found in steps:
        place = {"path": found.path, "line": found.line}
        if found.problem is not None and "pull request" in found.problem:
            findings.append(Finding(message=f"job {found.job.id} creates releases for pull requests", **place))  # type: ignore[arg-type]
            continue
        reviewed, why = found.workflow.ci.reviewed(found.workflow, found.job, found.step)
        if reviewed is None:
            doubts.append((found, why))
            continue
        if reviewed:
            message = (
                f"job {found.job.id} also runs on pull requests: it creates releases for code that is not deployed"
            )
            findings.append(Finding(message=message, **place, hint="limit it: if: github.event_name == 'push'"))  # type: ignore[arg-type]
            continue
        state, behind = _order(facts, found)
        if state == "after" and behind is not None and _outlives(found, behind):
            message = f"job {found.job.id} creates the release also where the deploy fails"
            hint = "run it only where the deploy succeeds: remove `always()`, or ask for the deploy's result"
            findings.append(Finding(message=message, **place, hint=hint))  # type: ignore[arg-type]
        elif state == "beside":
            message = f"job {found.job.id} does not wait for the deploy: both start at the same time"
            hint = "add the deploy job to the release job's `needs`"
            findings.append(Finding(message=message, **place, hint=hint))  # type: ignore[arg-type]
        elif state == "after":
            evidence.append(
                in_repository(f"job {found.job.id} creates the release after the deploy", found.path, found.line)
            )
        elif state == "before":
            message = f"job {found.job.id} finalizes the release before the deploy"
            findings.append(Finding(message=message, **place, hint="move it after the deploy"))  # type: ignore[arg-type]
        else:
            uncertainties.append(found)
    if findings:
        return [failed(*findings, evidence=evidence)]
    if doubts:
        found, why = doubts[0]
        message = f"whether job {found.job.id} also runs on pull requests cannot be determined: {why} decides"
        hint = "limit it: if: github.event_name == 'push'"
        return [unknown(message, path=found.path, line=found.line, hint=hint)]
    if evidence:
        return [passed(*evidence)]
    if uncertainties:
        first = uncertainties[0]
        message = f"no deploy was recognized around job {first.job.id}"
        return [
            unknown(message, path=first.path, line=first.line, hint="add the deploy job to the release job's `needs`")
        ]
    return [no_release_steps(facts)]


def _finalizes(facts: Facts, found: ReleaseStep) -> bool:
    if found.kind == "action":
        return found.step.inputs.get("finalize", "true") != "false"
    return any("finalize" in sentry_words(r.words)[:2] or "--finalize" in r.words for r in _running(facts, found.step))


def _outlives(found: ReleaseStep, deploy: Step | Job) -> bool:
    """Return whether a release step surely runs also where the deploy before it has failed."""
    ci, step = found.workflow.ci, found.step if isinstance(deploy, Step) else None
    return ci.outlives(found.workflow, found.job, step, deploy.id or "")


def _order(facts: Facts, found: ReleaseStep) -> tuple[str, Step | Job | None]:
    """Return whether a release step runs after, before or beside the deploy, and the deploy that it follows.

    By the job's own steps, then by what it `needs`.
    """
    jobs = {j.id: j for j in found.workflow.jobs}
    steps = list(found.job.steps)
    own = next((i for i, s in enumerate(steps) if s is found.step), 0)
    around = [i for i, s in enumerate(steps) if s is not found.step and step_deploys(facts, found.job, s)]
    within = _within(facts, found)
    if within is not None:
        return within, None
    if any(i < own for i in around):
        return "after", steps[max(i for i in around if i < own)]
    if around:
        return "before" if _finalizes(facts, found) else "after", None
    seen: set[str] = set()
    waiting = list(found.job.needs)
    while waiting:
        job = jobs.get(waiting.pop())
        if job is None or job.id in seen:
            continue
        seen.add(job.id)
        if deploying(facts, found.workflow, job).deploys:
            return "after", job
        waiting += job.needs
    after = [j for j in found.workflow.jobs if found.job.id in j.needs and deploying(facts, found.workflow, j).deploys]
    if after:
        return "before" if _finalizes(facts, found) else "after", None
    if any("workflow_run" in t or t in ("deployment_status", "release") for t in found.workflow.triggers):
        return "after", None
    if not found.workflow.ci.starts_together or not _finalizes(facts, found):
        return "unclear", None
    beside = [
        j
        for j in found.workflow.jobs
        if j is not found.job and j.condition in (None, found.job.condition) and found.job.id not in _awaited(j, jobs)
    ]
    return "beside" if any(deploying(facts, found.workflow, j).deploys for j in beside) else "unclear", None


def _awaited(job: Job, jobs: dict[str, Job]) -> set[str]:
    """Return the jobs that a job waits for, and those that they wait for."""
    found: set[str] = set()
    waiting = list(job.needs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += jobs[name].needs if name in jobs else ()
    return found


def _within(facts: Facts, found: ReleaseStep) -> str | None:
    """Tell the order where one step, or a script that it calls, both deploys and makes the release."""
    if not found.made:
        return None
    state, finalized, deployed = None, False, False
    for ran in _running(facts, found.step):
        judged = command_state(ran.words, followed=ran.followed)
        if judged in (State.DEPLOYS, State.HANDS_OVER):
            deployed = True
            state = "before" if finalized else state
        elif "finalize" in sentry_words(ran.words)[:2] or "--finalize" in ran.words:
            finalized = True
            state = "after" if deployed and state is None else state
    return state if deployed else None
