"""A variable of a build that an earlier step of its job handles already: a second value for it would win, and may be empty."""

from __future__ import annotations

from checks.repository.builds import Build
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context


def leave_written(context: Context, build: Build, names: tuple[str, ...], snippet: str) -> bool:
    """Leave a build in CI to the person where a step before it names one of its variables; return whether one does."""
    flow = next((f for f in context.facts.workflows if f.path == build.workflow), None)
    job = next((j for j in flow.jobs if j.id == build.job), None) if flow is not None else None
    if job is None or build.step is None:
        return False
    for step in job.until(build.step):
        texts = (step.run or "", *step.inputs.values())
        named = next((n for n in names if any(n in text for text in texts)), None)
        if named is not None and step is not build.step:
            why = f"{step.path}:{step.line} names {named} already: a value of the build's step would win over what it writes"
            context.leave(Refused(why, snippet, f"{build.path}:{build.line}"))
            return True
    return False
