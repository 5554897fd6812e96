"""The steps that only call Sentry: `test-event`, `alerts` and `team`."""

from __future__ import annotations

import re

from checks.errors import UsageError, nearest
from checks.items.alerts import email_alerts, pagerduty_alerts, slack_alerts
from checks.items.project import test_event
from checks.items.team import team_access
from checks.model import Outcome
from checks.repository.facts import Facts
from checks.sentry_api.members import ROLES
from checks.sentry_api.snapshot import ProjectSnapshot
from setup_wizard.plan.model import EnsureAlert, InviteMember, SendTestEvent, SendThroughApplication, TestNotification
from setup_wizard.steps.context import Context


def plan_test_event(context: Context) -> str | None:
    """Plan a test message and a test error for each backend without a fresh one."""
    if not context.facts.backends:
        return "no backend found"
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
        if context.config.consents("test_event.application"):
            slug = context.slug("backend", backend.name)
            context.actions.append(SendThroughApplication(target=backend.name, slug=slug))
    return None


def plan_alerts(context: Context) -> str | None:
    """Plan an email alert for each project without one that suffices; Slack and PagerDuty where an answer names them."""
    parts = [("backend", b.name) for b in context.facts.backends] + [
        ("frontend", f.name) for f in context.facts.frontends
    ]
    if not parts:
        return "neither a backend nor a frontend was found"
    answers = context.config.answers
    channels = {
        "email": (_team_id(context), email_alerts),
        "slack": (answers.get("alerts.slack_channel"), slack_alerts),
        "pagerduty": (answers.get("alerts.pagerduty_service"), pagerduty_alerts),
    }
    wanted = {c: v for c, v in channels.items() if c == "email" or v[0]}
    for channel, (to, check) in wanted.items():
        passing = _passing(context.facts, check)
        for kind, name in parts:
            if name not in passing:
                action = EnsureAlert(target=name, slug=context.slug(kind, name), channel=channel, to=to)
                context.actions.append(action)
            elif channel == "email" and "alerts.email_target" in answers:
                _say_whom(context, name, to)
    if context.config.consents("alerts.test"):
        slug = context.slug(*parts[0])
        context.actions += [TestNotification(slug=slug, channel=c, to=to) for c, (to, _) in wanted.items()]
    return None


def plan_team(context: Context) -> str | None:
    """Plan an invitation for each address in `team.emails` that is neither a member nor invited."""
    role = context.config.answers.get("team.role", "member")
    if role not in ROLES:
        raise UsageError(f"`team.role={role}` is not a role", hint=nearest(role, ROLES) or f"one of {', '.join(ROLES)}")
    wanted = re.findall(r"[^\s,;]+", context.config.answers.get("team.emails", ""))
    wrong = next((a for a in wanted if not re.fullmatch(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+", a)), None)
    if wrong:
        raise UsageError(
            f"`{wrong}` in `team.emails` is not an email address", hint="write a@example.com,b@example.com"
        )
    snapshot = context.facts.snapshot
    members = snapshot.members if snapshot else ()
    known = {m.email.lower(): m for m in members if not m.expired} if isinstance(members, tuple) else {}
    team = context.known.team
    named = {a.lower(): a for a in reversed(wanted)}
    context.notes += [
        f"{a} is {'a member' if known[k].accepted else 'invited'} already" for k, a in named.items() if k in known
    ]
    context.actions += [InviteMember(email=a, role=role, team=team) for k, a in named.items() if k not in known]
    open_items = [v for v in team_access(context.facts) if v.outcome is not Outcome.PASS]
    if not wanted and open_items:
        said = open_items[0].findings[0].message if open_items[0].findings else "access is not known"
        return f"{said}; to invite people, pass `--set team.emails=a@example.com,b@example.com`"
    return None


def _say_whom(context: Context, name: str, team: str | None) -> None:
    """Say that an alert is there already which mails somebody else than the answer names; nobody is mailed twice for it."""
    snapshot = context.facts.snapshot
    project = snapshot.projects.get(name) if snapshot else None
    alerts = project.alerts if isinstance(project, ProjectSnapshot) and isinstance(project.alerts, tuple) else ()
    mails = [a for alert in alerts for a in alert.actions if a.kind == "email" and a.reaches]
    if not any((a.target, a.target_id) == (("team", team) if team else ("", "")) for a in mails):
        whom = " and ".join(dict.fromkeys(a.whom for a in mails))
        wanted = context.config.answers["alerts.email_target"]
        context.notes.append(f"an alert of {name} already emails {whom}, not {wanted}; change it in Sentry")


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
