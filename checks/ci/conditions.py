"""When a job or step of a GitHub workflow runs, for the events on which code is deployed; three-valued.

Contexts: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from checks.ci.events import NO_DEPLOYMENT, REVIEWED, events_of, matrices_of, reviews_of
from checks.ci.ref_filters import is_documentation
from checks.parsers import yaml as y
from checks.parsers.github_evaluation import OPEN, evaluate, truth
from checks.parsers.github_expression import (
    STATUS,
    Expression,
    Unknown,
    Value,
    calls,
    dotted,
    names,
    parse_condition,
    to_number,
)
from checks.parsers.text import ParseError, clipped

if TYPE_CHECKING:
    from checks.ci.model import Job, Step, Workflow

_LIFTS = STATUS - {"success"}
_STATUS: dict[str, Value] = {"success": True, "failure": False, "cancelled": False}
_STATUS_AFTER_FAILURE: dict[str, Value] = {"success": False, "failure": True, "cancelled": False}
_DONE: dict[str, object] = {
    **dict.fromkeys(("result", "outcome", "conclusion"), "success"),
    "outputs": {OPEN: Unknown("outputs")},
}
"""A job or step that ran before, as what waits for it sees it."""
_FAILED: dict[str, object] = {**_DONE, **dict.fromkeys(("result", "outcome", "conclusion"), "failure")}
"""The same, where it has failed."""


def runs(workflow: Workflow, job: Job, step: Step | None = None, *, reviews: bool = False) -> tuple[bool | None, str]:
    """Return whether a job (and its step) runs when code is deployed, and the condition that keeps it from it.

    With `reviews` the question is whether it runs for a pull request that is not merged.
    """
    conditions = [c for c in (job.condition, *(step.conditions if step else ()), step.condition if step else None) if c]
    waited = _waited(workflow, job, reviews=reviews)
    if waited is not None:
        return waited
    started = _reviewed(workflow) if reviews else _started(workflow)
    if started[0] is not True or not conditions:
        return started
    parsed: list[tuple[str, Expression]] = []
    for text in conditions:
        try:
            parsed.append((text, parse_condition(text)))
        except ParseError:
            return None, f"`if: {clipped(text)}`"
    return _decided(workflow, job, step, parsed, reviews=reviews)


def stops(job: Job, step: Step | None) -> bool:
    """Return whether a step (a job, without one) is left out where one before it has failed: its conditions ask for no status."""
    if step is None:
        return not _asks_status(job.condition)
    return not any(_asks_status(c) for c in (*step.conditions, step.condition))


def outlives(workflow: Workflow, job: Job, step: Step | None, failed: str) -> bool:
    """Return whether a step (a job, without one) surely runs also where the step or job of an id, which it follows, has failed.

    https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
    """
    condition = step.condition if step is not None else job.condition
    if not condition or not _asks_status(condition):
        return False
    try:
        parsed = [(condition, parse_condition(condition))]
    except ParseError:
        return False
    return _decided(workflow, job, step, parsed, failed=failed)[0] is True


def _decided(
    workflow: Workflow,
    job: Job,
    step: Step | None,
    parsed: list[tuple[str, Expression]],
    *,
    reviews: bool = False,
    failed: str | None = None,
) -> tuple[bool | None, str]:
    """Evaluate conditions for each event and combination of the matrix; `failed` is the id of what has failed before."""
    given = {k: _input(v, text=k not in step.flags) for k, v in step.given.items()} if step else {}
    status = _STATUS if failed is None else _STATUS_AFTER_FAILURE
    best: tuple[bool | None, str] = (False, f"`if: {clipped(parsed[0][0])}`")
    matrices = matrices_of(job) if any("matrix" in names(e) for _, e in parsed) else [{}]
    events = (reviews_of if reviews else events_of)(workflow, [e for _, e in parsed])
    for github, matrix in ((g, m) for g in events for m in matrices):
        contexts = _contexts(github, step.env if step else job.env, given, workflow) | {"matrix": matrix}
        if step is not None and _hands_on(job, step):
            contexts["env"] = {OPEN: Unknown("env"), **contexts["env"]}  # type: ignore[dict-item]
        if step is None or not step.conditions:
            contexts["needs"] = dict.fromkeys(job.needs, _DONE)
        if failed is not None:
            where = "needs" if step is None else "steps"
            contexts[where] = {**contexts[where], failed: _FAILED}  # type: ignore[dict-item]
            contexts["job"] = {**contexts["job"], "status": "success" if step is None else "failure"}  # type: ignore[dict-item]
        answers = [(text, truth(evaluate(e, contexts, status))) for text, e in parsed]
        never = next((t for t, a in answers if a is False), None)
        open_ = next((t for t, a in answers if a is None), None)
        if never is None and open_ is None:
            return True, ""
        if never is None and open_ is not None:
            best = None, f"`if: {clipped(open_)}`"
        elif best[0] is False and never is not None:
            best = False, f"`if: {clipped(never)}`"
    return best


def apart(workflow: Workflow, job: Job, step: Step, other: Job) -> tuple[str, str] | None:
    """Return the conditions of a step and of another job of its workflow where no event meets both.

    Only what is asked of the event counts; other contexts are not the same in both.
    """
    mine = [c for c in (job.condition, *step.conditions, step.condition) if c]
    theirs = [c for c in (other.condition,) if c]
    if not mine or not theirs or job is other:
        return None
    try:
        parsed = [[(c, e) for c in each if names(e := parse_condition(c)) <= {"github"}] for each in (mine, theirs)]
    except ParseError:
        return None
    if not all(parsed) or any(_decided(workflow, job, step, each)[0] is False for each in parsed):
        return None
    if _decided(workflow, job, step, [*parsed[0], *parsed[1]])[0] is not False:
        return None
    return f"`if: {clipped(parsed[0][0][0])}`", f"`if: {clipped(parsed[1][0][0])}`"


def runs_in_reviews(workflow: Workflow, job: Job, step: Step | None = None) -> tuple[bool | None, str]:
    """Return whether a job (and its step) also runs for a pull request that is not merged, and the condition that decides."""
    return runs(workflow, job, step, reviews=True)


def _started(workflow: Workflow) -> tuple[bool | None, str]:
    """Return whether an event that deploys starts a workflow at all."""
    on = y.get(workflow.node, "on")
    triggers = set(workflow.triggers)
    if triggers and triggers <= NO_DEPLOYMENT:
        return None, f"`on: {', '.join(sorted(triggers))}`, which no deployment starts"
    if triggers == {"merge_group"}:
        return False, "`on: merge_group`, which runs before a change is merged"
    paths = [p for p in y.strings(y.get(on, "push", "paths")) if not p.startswith("!")]
    if triggers == {"push"} and paths and all(is_documentation(p) for p in paths):
        return None, f"`paths: {', '.join(paths)[:60]}`, which no change of the application is in"
    ignored = y.strings(y.get(on, "push", "branches-ignore"))
    if triggers == {"push"} and "**" in ignored and y.get(on, "push", "tags") is None:
        return False, "`branches-ignore` leaves every branch out"
    kept_out = next((b for b in ignored if b in ("main", "master", "trunk")), None)
    if triggers == {"push"} and kept_out is not None and y.get(on, "push", "tags") is None:
        return False, f"`branches-ignore` leaves {kept_out} out"
    return True, ""


def _reviewed(workflow: Workflow) -> tuple[bool | None, str]:
    """Return whether a pull request starts a workflow."""
    return any(t in REVIEWED for t in workflow.triggers), ""


def _asks_status(condition: str | None) -> bool:
    """Return whether a condition calls a status function, which lifts GitHub's own rule."""
    try:
        return bool(condition) and bool(calls(parse_condition(condition or "")) & _LIFTS)
    except ParseError:
        return True


def _waited(workflow: Workflow, job: Job, depth: int = 0, *, reviews: bool = False) -> tuple[bool | None, str] | None:
    """A job is skipped with the job that it needs, unless it asks for the status itself."""
    if depth > 6 or not job.needs:
        return None
    if _asks_status(job.condition):
        return None
    jobs = {j.id: j for j in workflow.jobs}
    for name in job.needs:
        needed = jobs.get(name)
        if needed is None or needed is job or not needed.condition:
            continue
        answer, why = runs(workflow, needed, reviews=reviews) if depth < 6 and name not in needed.needs else (True, "")
        if answer is False:
            return False, f"{why} of job {name}, which it needs"
    return None


def _hands_on(job: Job, step: Step) -> bool:
    """Return whether a step before this one may set variables of the job, by its `$GITHUB_ENV` file.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-environment-variable
    """
    before = itertools.takewhile(lambda s: s is not step, job.steps)
    return any("GITHUB_ENV" in (s.run or "") for s in before)


def _contexts(
    github: dict[str, Value], env: dict[str, str], given: dict[str, object], workflow: Workflow
) -> dict[str, Value]:
    values: dict[str, object] = {}
    for name, text in env.items():
        if "${{" not in text:
            values[name] = text
        else:
            values[name] = "(a secret)" if _is_secret(text) else Unknown(f"env.{name}")
    inputs: dict[str, object] = given
    on = y.get(workflow.node, "on")
    by_hand = github.get("event_name") == "workflow_dispatch" or "workflow_call" in workflow.triggers
    if not given and by_hand:
        asked = y.get(on, "workflow_dispatch", "inputs") or y.get(on, "workflow_call", "inputs")
        inputs = {k: Unknown(f"inputs.{k}") for k, _, _ in y.pairs(asked)}
    return {
        "github": github,  # type: ignore[dict-item]
        "env": values,
        "inputs": inputs,
        "needs": {OPEN: _DONE},
        "steps": {OPEN: _DONE},
        "job": {"status": "success", OPEN: Unknown("job")},
    }


def _is_secret(text: str) -> bool:
    """Return whether a text is one of the repository's secrets, and nothing else: what is used is taken to be stored."""
    try:
        path = dotted(parse_condition(text.strip()))
    except ParseError:
        return False
    return len(path) == 2 and path[0] == "secrets"


def _input(value: str, *, text: bool) -> object:
    """Return what an input is worth: a text, else a truth or a number."""
    if "${{" in value:
        return Unknown(value)
    return value if text else value == "true" if value in ("true", "false", "") else to_number(value)
