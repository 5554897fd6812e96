"""Why GitHub refuses a workflow file as a whole: then nothing in it ever runs.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax,
https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability,
https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml import Node

from checks.ci.model import Job, Workflow
from checks.parsers import yaml as y
from checks.parsers.github_expression import calls, names, parse_condition
from checks.parsers.text import ParseError, clipped
from checks.repository.facts import Facts, join, parent

_JOB_CONTEXTS = frozenset({"github", "needs", "vars", "inputs"})
_STEP_CONTEXTS = _JOB_CONTEXTS | {"strategy", "matrix", "job", "runner", "env", "steps"}
_FOLDER = ".github/workflows"


def refused(workflow: Workflow) -> str | None:
    """Return why GitHub refuses a workflow file, or None; what it says of the workflows that it calls is in `refusal`."""
    twice = next(iter(y.doubled(workflow.node)), None)
    if twice is not None:
        return f"`{twice[0]}` is written twice in one mapping (line {twice[1]}), which GitHub refuses: the whole file is invalid"
    if not workflow.triggers:
        return "`on` names no event: GitHub refuses the file"
    return workflow.refusal or next((why for job in workflow.jobs for why in _of_job(workflow, job)), None)


def _of_job(workflow: Workflow, job: Job) -> Iterator[str]:
    known = {j.id: j for j in workflow.jobs}
    missing = next((n for n in job.needs if n not in known), None)
    if missing is not None:
        yield f"job {job.id} needs a job {missing}, which does not exist: GitHub rejects the file"
    if _waits_for_itself(job, known):
        yield f"job {job.id} waits for itself by its `needs`, which GitHub refuses: the whole file is invalid"
    steps = y.get(job.node, "steps")
    if job.uses is None and y.get(job.node, "runs-on") is None:
        yield f"job {job.id} has no `runs-on`, which GitHub refuses: the whole file is invalid"
    if job.uses is not None and steps is not None:
        yield f"job {job.id} calls a workflow and has steps, which GitHub refuses: the whole file is invalid"
    yield from _bad_condition(
        f"the `if` of job {job.id}", job.condition, _JOB_CONTEXTS, "which GitHub refuses there", step=False
    )
    for node in y.sequence(steps):
        kinds = {k for k in ("run", "uses") if y.get(node, k) is not None}
        if len(kinds) != 1:
            told = "both `run` and `uses`" if kinds else "neither `run` nor `uses`"
            yield f"a step of job {job.id} has {told} (line {y.line_of(node)}), which GitHub refuses: the whole file is invalid"
        condition = y.scalar(y.get(node, "if"))
        yield from _bad_condition(
            f"an `if` in job {job.id}", condition, _STEP_CONTEXTS, "which GitHub refuses", step=True
        )


def _bad_condition(
    what: str, condition: str | None, allowed: frozenset[str], refuses: str, *, step: bool
) -> Iterator[str]:
    if not condition:
        return
    try:
        parsed = parse_condition(condition)
    except ParseError:
        yield f"{what}, `{clipped(condition)}`, is not an expression: GitHub refuses the whole file"
        return
    bad = names(parsed) - allowed
    if not bad and not step and "hashfiles" in calls(parsed):
        bad = frozenset({"hashFiles"})
    if bad:
        yield f"{what} reads `{min(bad)}`, {refuses}: the whole file is invalid"


def _waits_for_itself(job: Job, known: dict[str, Job]) -> bool:
    seen: set[str] = set()
    waiting = list(job.needs)
    while waiting:
        name = waiting.pop()
        if name == job.id:
            return True
        if name not in seen and name in known:
            seen.add(name)
            waiting += known[name].needs
    return False


def bad_call(facts: Facts, document: Node) -> str | None:
    """Return why GitHub refuses a workflow for what it hands to the workflows of the repository that it calls, or None."""
    for name, _, job in y.pairs(y.get(document, "jobs")):
        uses = y.scalar(y.get(job, "uses")) or ""
        if uses.startswith("./"):
            why = _call(facts, join(".", uses), job)
            if why is not None:
                return f"job {name} {why}: GitHub refuses the file"
    return None


def _call(facts: Facts, path: str, job: Node) -> str | None:
    called = facts.yaml(path) if path in facts.paths else None
    if parent(path) != _FOLDER or called is None:
        return f"calls {path}, which is not a workflow of this repository"
    if not isinstance(called, Node):
        return None
    on = y.get(called, "on")
    if "workflow_call" not in (*(k for k, _, _ in y.pairs(on)), *y.strings(on)):
        return f"calls {path}, which has no `on: workflow_call`"
    call = y.get(on, "workflow_call")
    given = {k.lower() for k, _, _ in y.pairs(y.get(job, "with"))}
    asked = {k.lower(): v for k, _, v in y.pairs(y.get(call, "inputs"))}
    other = next(iter(sorted(given - asked.keys())), None)
    if other is not None:
        return f"hands the input `{other}` to {path}, which has none of that name"
    lacking = next((k for k, v in asked.items() if _required(v) and k not in given), None)
    if lacking is not None:
        return f"does not hand the required input `{lacking}` to {path}"
    return None


def _required(node: Node) -> bool:
    return y.scalar(y.get(node, "required")) == "true" and y.get(node, "default") is None
