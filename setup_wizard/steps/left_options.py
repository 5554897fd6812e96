"""Options of an existing init that an item objects to: code that is there is never rewritten, so each is a task with its place."""

from __future__ import annotations

from checks.items.environment_name import environment_set
from checks.items.privacy import pii_off
from checks.model import Outcome
from checks.repository.backends import Backend
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context

_JUDGED = {"pii-off": pii_off, "environment-set": environment_set}
"""The required items of options that this wizard writes into a new call only."""


def leave_options(context: Context, backend: Backend) -> None:
    """Leave what required items find in a call that the settings have to the person: the place, and what to write there."""
    context.refresh()
    for item, check in _JUDGED.items():
        for verdict in check(context.facts):
            if verdict.target != backend.target or verdict.outcome is not Outcome.FAIL:
                continue
            for finding in verdict.findings:
                place = f"{finding.path}:{finding.line}" if finding.path and finding.line else finding.path or ""
                hint = finding.hint or "correct it"
                context.actions.append(
                    ManualTask(
                        title=f"{hint} in {place}" if place else hint,
                        reason=f"{finding.message}; where that is meant, run `sentry-setup waive {item} --reason TEXT --until DATE`",
                        place=place,
                        path=finding.path or "",
                    )
                )
