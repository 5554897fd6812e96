"""Whether a step before it, or a job that it waits for, always fails: then a step of a job never runs."""

from __future__ import annotations

from checks.ci.model import Answer, Job, Step, Workflow
from checks.parsers import yaml as y
from checks.parsers.text import ParseError
from checks.repository.facts import Facts

_DEEPEST = 6


def answer_of(facts: Facts, workflow: Workflow, job: Job, step: Step) -> Answer:
    """Return whether a step runs when code is deployed, by its conditions and by what comes before it, and what keeps it from it."""
    answer, why = workflow.ci.runs(workflow, job, step)
    if answer is False or workflow.ci.stops is None:
        return answer, why
    failing = _failing(facts, workflow, job, step)
    return (False, failing) if failing else (answer, why)


def _failing(facts: Facts, workflow: Workflow, job: Job, step: Step | None, depth: int = 0) -> str:
    """Return the step that always fails before another one (the end of the job, without one), an empty text where none does."""
    stops = workflow.ci.stops
    if stops is None or (step is not None and not stops(job, step)):
        return ""
    for earlier in job.steps if step is None else job.until(step)[:-1]:
        asked = earlier.condition or earlier.conditions or earlier.inner or earlier.continue_on_error
        if not asked and earlier.runs is True and _fails(facts, workflow, earlier):
            return f"the step in line {earlier.line} always fails"
    if not stops(job, None) or depth > _DEEPEST:
        return ""
    needed = (j for j in workflow.jobs if j.id in job.needs and j is not job)
    whys = (_failing(facts, workflow, j, None, depth + 1) for j in needed if not j.condition and not _may_fail(j))
    return next((f"{why}, in a job that it needs" for why in whys if why), "")


def _may_fail(job: Job) -> bool:
    return y.get(job.node, "continue-on-error") is not None


def _fails(facts: Facts, workflow: Workflow, step: Step) -> bool:
    """Return whether the commands of a step always end with a failure."""
    text = step.run or ""
    if not ("exit" in text or "false" in text) or (step.shell or "").startswith(
        ("python", "pwsh", "powershell", "cmd")
    ):
        return False
    return facts.memoize(
        _fails, text, lambda: _reads(text, workflow.ci.options if step.options is None else step.options)
    )


def _reads(text: str, options: str) -> bool:
    from checks.parsers.shell import surely_fails  # the grammar is loaded only where a script may end early

    try:
        return surely_fails(text, options)
    except ParseError:
        return False
