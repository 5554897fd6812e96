"""Whether a step before it, or a job that it waits for, always fails or ends the job: then a step never runs."""

from __future__ import annotations

from collections.abc import Callable

from checks.ci.model import YES, Answer, Job, Step, Workflow
from checks.parsers.text import ParseError
from checks.repository.commands import follow
from checks.repository.facts import Facts

_DEEPEST = 6
_OTHER_SHELLS = ("python", "pwsh", "powershell", "cmd")


def answer_of(facts: Facts, workflow: Workflow, job: Job, step: Step) -> Answer:
    """Return whether a step runs when code is deployed, by its conditions and by what comes before it, and what keeps it from it."""
    answer = workflow.ci.runs(workflow, job, step)
    if answer[0] is False:
        return answer
    failing = _failing(facts, workflow, job, step) or _cut_off(workflow, step)
    if failing:
        return False, failing
    return answer if answer[0] is None else _halted(facts, workflow, job, step)


def always_fails(facts: Facts, workflow: Workflow, job: Job) -> str:
    """Return the step by which a job always fails, an empty text where none does."""
    return _failing(facts, workflow, job, None)


def _failing(facts: Facts, workflow: Workflow, job: Job, step: Step | None, depth: int = 0) -> str:
    """Return the step that always fails before another one (the end of the job, without one), an empty text where none does."""
    stops = workflow.ci.stops
    if step is not None and not stops(job, step):
        return ""
    for earlier in job.steps if step is None else job.awaited(step):
        asked = earlier.condition or earlier.conditions or earlier.inner or earlier.continue_on_error
        if not asked and earlier.runs is True and _fails(facts, workflow, earlier):
            return f"the step in line {earlier.line} always fails"
    if not stops(job, None) or depth > _DEEPEST:
        return ""
    for name in job.needs:
        # Two jobs may have one name: what is known of one of them says nothing of the other.
        needed = [j for j in workflow.jobs if j.id == name and j is not job]
        whys = [_never_ends_well(facts, workflow, j, depth) for j in needed]
        if whys and all(whys):
            return f"{whys[0]}, in a job that it needs"
    return ""


def _never_ends_well(facts: Facts, workflow: Workflow, job: Job, depth: int) -> str:
    if job.condition or job.may_fail or job.runs is not True:
        return ""
    return _failing(facts, workflow, job, None, depth + 1)


def _cut_off(workflow: Workflow, step: Step) -> str:
    """Return what ends the shell of a step before its own turn; its own commands are followed behind those."""
    if step.run or not step.before:
        return ""
    from checks.parsers.shell import surely_ends

    return "the commands before it end the script" if _asked(surely_ends, step.before, workflow, step) else ""


def _halted(facts: Facts, workflow: Workflow, job: Job, step: Step) -> Answer:
    """Return whether a command of an earlier step ends the job without a failure, or may."""
    answer = YES
    for earlier in job.awaited(step) if workflow.ci.halts else ():
        if not any(h[-1] in (earlier.run or "") for h in workflow.ci.halts) or earlier.runs is False:
            continue
        for ran in follow(facts, earlier.run or "", ".", earlier.path, earlier.env, _options(workflow, earlier)):
            if ran.runs is not False and any(ran.words[: len(h)] == h for h in workflow.ci.halts):
                why = f"the step in line {earlier.line} ends the job"
                sure = ran.runs is True and earlier.runs is True
                answer = (False, why) if sure else answer if answer[0] is False else (None, f"whether {why}")
    return answer


def _fails(facts: Facts, workflow: Workflow, step: Step) -> bool:
    """Return whether the commands of a step always end with a failure."""
    text = step.run or ""
    if not ("exit" in text or "false" in text) or (step.shell or "").startswith(_OTHER_SHELLS):
        return False
    from checks.parsers.shell import surely_fails  # the grammar is loaded only where a script may end early

    key = f"{_options(workflow, step)}\0{text}"
    return facts.memoize(_fails, key, lambda: _asked(surely_fails, text, workflow, step))


def _asked(question: Callable[[str, str], bool], text: str, workflow: Workflow, step: Step) -> bool:
    try:
        return question(text, _options(workflow, step))
    except ParseError:
        return False


def _options(workflow: Workflow, step: Step) -> str:
    return workflow.ci.options if step.options is None else step.options
