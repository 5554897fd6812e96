"""The steps that only call Sentry: `test-event` and `alerts`."""

from __future__ import annotations

from checks.errors import UsageError, nearest
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
    team_id = _team_id(context)
    passing = _passing(context.facts, email_alerts)
    for kind, name in parts:
        if name not in passing:
            context.actions.append(EnsureEmailAlert(target=name, slug=context.slug(kind, name), team_id=team_id))
    return None


def _team_id(context: Context) -> str | None:
    """Return the id of the team that `alerts.email_target` names; None for the issue owners. Raises `UsageError`."""
    target = context.config.answers.get("alerts.email_target", "issue-owners")
    if target == "issue-owners":
        return None
    team = target.removeprefix("team:")
    if not target.startswith("team:") or team not in context.known.team_ids:
        known = ("issue-owners", *(f"team:{slug}" for slug in context.known.team_ids))
        raise UsageError(
            f"`alerts.email_target={target}` names nobody", hint=nearest(target, known) or f"one of {', '.join(known)}"
        )
    return context.known.team_ids[team]


def _passing(facts: Facts, check) -> set[str]:  # type: ignore[no-untyped-def]
    if facts.snapshot is None:
        return set()
    return {v.target.name for v in check(facts) if v.target is not None and v.outcome is Outcome.PASS}
