"""Plans one step: its changes and actions, or why it is refused or skipped, and what it leaves to the person."""

from __future__ import annotations

from setup_wizard.plan.model import ManualTask, StepOutcome, StepPlan
from setup_wizard.plan.parts import LeftOut, without_parts
from setup_wizard.steps import Step
from setup_wizard.steps.context import Context, StepRefused


def plan_step(step: Step, context: Context, leave_out: LeftOut) -> StepPlan:
    """Plan a step; one that is refused or skipped says why."""
    if context.known.receiver and step.at_bugsink:
        why_not = f"not possible with this server (Bugsink): {step.at_bugsink}"
        return StepPlan(step=step.id, outcome=StepOutcome.SKIPPED, reason=why_not)
    if step.only_sentry and not context.known.connected and not context.known.receiver:
        left_out = "needs Sentry; set SENTRY_AUTH_TOKEN, or connect in the wizard"
        return StepPlan(step=step.id, outcome=StepOutcome.SKIPPED, reason=left_out, lacks_sentry=True)
    begun = context.state()
    try:
        reason = step.plan(context)
    except StepRefused as refused:
        if context.lacks_sentry:  # a connection settles it, so nothing is left to the person yet
            why, refusal = refused.refusal.reason, refused.refusal
            return StepPlan(step=step.id, outcome=StepOutcome.REFUSED, reason=why, refusal=refusal, lacks_sentry=True)
        context.restore(begun)
        context.left.clear()
        context.settled = False
        context.leave(refused.refusal)
        reason = None
    kept = (without_parts(c, leave_out.get(c.path, frozenset())) for c in context.changes.values())
    changes = tuple(c for c in kept if c is not None)
    if context.left and not changes and not context.settled:
        refusal, tasks = (
            context.left[0],
            tuple(dict.fromkeys(a for a in context.actions if isinstance(a, ManualTask))),
        )
        return StepPlan(
            step=step.id,
            outcome=StepOutcome.REFUSED,
            reason=refusal.reason,
            refusal=refusal,
            actions=tasks,
            lacks_sentry=context.lacks_sentry,
        )
    if reason is not None:
        return StepPlan(step=step.id, outcome=StepOutcome.SKIPPED, reason=reason, lacks_sentry=context.lacks_sentry)
    effects = [a for a in context.actions if not isinstance(a, ManualTask)]
    outcome = StepOutcome.PLANNED if changes or effects else StepOutcome.UNCHANGED
    return StepPlan(
        step=step.id,
        outcome=outcome,
        reason="; ".join(context.notes),
        changes=changes,
        actions=tuple(dict.fromkeys(context.actions)),
    )
