"""The steps that only call Sentry: `test-event` and `alerts`."""

from __future__ import annotations

from checks.items.alerts import email_alerts
from checks.items.project import test_event
from checks.model import Outcome
from checks.repository.facts import Facts
from setup_wizard.plan.model import EnsureEmailAlert, SendTestEvent
from setup_wizard.steps.context import Context


def plan_test_event(context: Context) -> str | None:
    """Plan a test message and a test error for each backend without a fresh one."""
    if not context.facts.backends:
        return "no Django project found"
    passing = _passing(context.facts, test_event)
    for backend in context.facts.backends:
        if backend.name not in passing:
            context.actions.append(
                SendTestEvent(
                    target=backend.name,
                    slug=context.slug("backend", backend.name),
                    environment=context.environment,
                    release=context.release,
                )
            )
    return None


def plan_alerts(context: Context) -> str | None:
    """Plan an email alert for each project without one that suffices."""
    parts = [("backend", b.name) for b in context.facts.backends] + [
        ("frontend", f.name) for f in context.facts.frontends
    ]
    if not parts:
        return "neither a Django project nor a frontend was found"
    team = context.config.answers.get("alerts.email_target", "").removeprefix("team:")
    passing = _passing(context.facts, email_alerts)
    for kind, name in parts:
        if name not in passing:
            context.actions.append(
                EnsureEmailAlert(target=name, slug=context.slug(kind, name), team_id=context.known.team_ids.get(team))
            )
    return None


def _passing(facts: Facts, check) -> set[str]:  # type: ignore[no-untyped-def]
    if facts.snapshot is None:
        return set()
    return {v.target.name for v in check(facts) if v.target is not None and v.outcome is Outcome.PASS}
