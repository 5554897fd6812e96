"""Whether somebody hears of new issues: email, Slack, and the on-call route."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checks.model import Finding, Target, Verdict, failed, in_sentry, passed, unknown
from checks.repository.facts import Facts
from checks.sentry_api.snapshot import Alert, ProjectSnapshot, Unavailable
from checks.targets.observed import every_target
from checks.targets.production_environment import is_production, production_environments

_ON_CALL = ("pagerduty", "opsgenie")


def email_alerts(facts: Facts) -> Sequence[Verdict]:
    """An issue that nobody hears about does not get fixed. Every new issue in production should email someone.

    The default alert of a new project fires only on high-priority issues, so it is not enough.

    To fix: create an alert on "a new issue is created" that notifies the issue owners or a team by email.
    """
    return [_verdict(facts, t, _email) for t in every_target(facts)]


def slack_alerts(facts: Facts) -> Sequence[Verdict]:
    """A message in the team's channel is seen sooner than an email.

    To fix: add the Slack workspace under Settings → Integrations, then an alert that posts to a channel.
    """
    return [_verdict(facts, t, _through(facts, ("slack",), "Slack", serious=False)) for t in every_target(facts)]


def pagerduty_alerts(facts: Facts) -> Sequence[Verdict]:
    """Errors that take production down should page someone at any hour; other errors should page no one.

    To fix: connect PagerDuty or Opsgenie, then an alert limited to level error or high priority.
    """
    decide = _through(facts, _ON_CALL, "PagerDuty or Opsgenie", serious=True)
    return [_verdict(facts, t, decide) for t in every_target(facts)]


Names = frozenset[str] | None
"""The environments that the repository calls production; None where they are not known."""
Decide = Callable[[tuple[Alert, ...], ProjectSnapshot, Target, Names], Verdict]


def _verdict(facts: Facts, target: Target, decide: Decide) -> Verdict:
    if facts.snapshot is None:
        return unknown(
            "connect to Sentry to check the alerts",
            target=target,
            hint="run with `--online` and a token with `org:read`",
        )
    project = facts.snapshot.projects.get(target.name)
    if not isinstance(project, ProjectSnapshot):
        reason = project.reason if project else f"project {facts.snapshot.missing.get(target.name, '')} does not exist"
        return unknown(
            f"alerts cannot be read: {reason}",
            target=target,
            hint=(project.hint if project else None) or "`sentry-setup apply project --yes` creates it",
        )
    if isinstance(project.alerts, Unavailable):
        return unknown(
            f"alerts cannot be read: {project.alerts.reason}",
            hint=project.alerts.hint or "check the alerts in Sentry",
            target=target,
        )
    return decide(project.alerts, project, target, production_environments(facts))


def _email(alerts: tuple[Alert, ...], project: ProjectSnapshot, target: Target, names: Names) -> Verdict:
    reasons: list[Finding] = []
    uncertainties: list[Finding] = []
    good: list[tuple[Alert, str]] = []
    for alert in alerts:
        mails = [a for a in alert.actions if a.kind == "email"]
        if not mails:
            continue
        reason, uncertainty = _silent(alert, names), alert.uncertainty
        if reason is None and not (alert.every_event or "first_seen_event" in alert.triggers):
            high = "new_high_priority_issue" in alert.triggers
            reason = "it does not fire on every new issue" + (" (high priority only)" if high else "")
        elif reason is None and (alert.limited or all(a.limited for a in mails)):
            reason = "more conditions limit it"
        mails = [a for a in mails if not a.limited] or mails
        if reason is None and not any(a.reaches and a.uncertainty is None for a in mails):
            uncertainty = next((a.uncertainty for a in mails if a.uncertainty is not None), uncertainty)
            if not any(a.uncertainty for a in mails):
                reason = (
                    f"it emails {mails[0].whom}"
                    if mails[0].target
                    else "its email reaches no one when no ownership rule matches"
                )
                reason += ", which has no members" if mails[0].target == "team" and "(0 " in mails[0].whom else ""
        if reason is None and uncertainty is None and (uncertainty := _which_environment(alert, names)) is None:
            good.append((alert, next(a.whom for a in mails if a.reaches and a.uncertainty is None)))
            continue
        found = Finding(message=f"alert “{alert.name}” of {project.slug}: {reason or uncertainty}")
        (uncertainties if reason is None else reasons).append(found)
    if good:
        return _mailing(good, project, target)
    if uncertainties:
        hint = "check it under Alerts in Sentry, then sign the item off, or set `environment` in the configuration"
        return unknown(uncertainties[0].message, hint=hint, target=target)
    if not reasons:
        reasons.append(Finding(message=f"no alert of {project.slug} sends email"))
    first = reasons[0]
    reasons[0] = Finding(message=first.message, hint="`sentry-setup apply alerts --yes` creates one")
    return failed(*reasons, target=target)


def _mailing(good: list[tuple[Alert, str]], project: ProjectSnapshot, target: Target) -> Verdict:
    """Return the pass: the alert and whom it mails, and alerts that mail the same people a second time."""
    evidence, findings = [], []
    for whom, group in _by_whom(good).items():
        first, *same = group
        often = "on every event" if first.every_event else "on every new issue"
        fact = f"alert {first.id} “{first.name}” of {project.slug} emails {whom} {often}"
        evidence.append(in_sentry(fact))
        if same:
            others = ", ".join(f"{a.id} “{a.name}”" for a in same)
            does = "does" if len(same) == 1 else "do"
            message = f"alert {others} of {project.slug} {does} the same as {first.id} “{first.name}”"
            message += f", so every issue is emailed {len(group)} times"
            findings.append(Finding(message=message, hint="keep one, and delete the others in Sentry"))
    return passed(*evidence, findings=findings, target=target)


def _by_whom(good: list[tuple[Alert, str]]) -> dict[str, list[Alert]]:
    groups: dict[str, list[Alert]] = {}
    for alert, whom in good:
        groups.setdefault(whom, []).append(alert)
    return groups


def _silent(alert: Alert, names: Names) -> str | None:
    """Return why an alert says nothing of production, None where it may."""
    if not alert.enabled:
        return "it is disabled"
    if alert.paused:
        return "the monitor that it watches is disabled"
    if alert.muted:
        return "it is muted for everyone"
    if is_production(alert.environment, names) is False:
        return f"it is limited to {alert.environment}"
    return None


def _which_environment(alert: Alert, names: Names) -> str | None:
    """Return why it is not known whether an alert's environment is production, None where it is."""
    if is_production(alert.environment, names) is None:
        return f"it is limited to {alert.environment}, and this repository does not name its production environment"
    return None


def _through(facts: Facts, kinds: tuple[str, ...], name: str, *, serious: bool) -> Decide:
    """Return the decision on alerts that go through an integration, which has to work; `serious` ones page people."""

    def decide(alerts: tuple[Alert, ...], project: ProjectSnapshot, target: Target, names: Names) -> Verdict:
        installed = facts.snapshot.integrations if facts.snapshot else ()
        using = [(a, x) for a in alerts if a.enabled and not a.muted for x in a.actions if x.kind in kinds]
        if not using:
            known = () if isinstance(installed, Unavailable) else installed
            ready = next((i.name for i in known if i.provider in kinds and i.active), None)
            hint = (
                f"{ready} is connected: add an alert that uses it"
                if ready
                else "connect it under Settings → Integrations, then add an alert"
            )
            return failed(Finding(message=f"no alert of {project.slug} uses {name}", hint=hint), target=target)
        if isinstance(installed, Unavailable):
            return unknown(
                f"whether {name} is connected cannot be determined: {installed.reason}",
                hint=installed.hint or "check the integration in Sentry",
                target=target,
            )
        active = {i.id: i for i in installed if i.active and i.provider in kinds}
        reasons: list[Finding] = []
        for alert, action in using:
            if action.integration not in active:
                reason = f"its integration is no longer active ({action.integration})"
            elif serious and not action.serious_only:
                reason = "it pages someone for every issue, not only for level error or high priority"
            elif (silent := _silent(alert, names) or _which_environment(alert, names) or alert.uncertainty) is not None:
                reason = silent
            else:
                workspace = active[action.integration].name
                fact = f"alert {alert.id} “{alert.name}” of {project.slug} reaches {action.whom or name} through {workspace}"
                return passed(in_sentry(fact), target=target)
            reasons.append(
                Finding(message=f"alert “{alert.name}” of {project.slug}: {reason}", hint="fix it under Alerts")
            )
        return failed(*reasons, target=target)

    return decide
