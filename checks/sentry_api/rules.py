"""Issue rules, the alerts of Sentry servers older than the workflow engine, read into and written from the same words.

Seen on a real 23.7: a created rule answers 200, a second identical one is accepted, a new project already has one.
"""

from __future__ import annotations

import re

from checks.sentry_api.models import Json, mapping, maybe_text, objects, text
from checks.sentry_api.snapshot import Alert, AlertAction

_TRIGGERS = {
    "FirstSeenEventCondition": "first_seen_event",
    "NewHighPriorityIssueCondition": "new_high_priority_issue",
    "ExistingHighPriorityIssueCondition": "existing_high_priority_issue",
    "ReappearedEventCondition": "reappeared_event",
    "RegressionEventCondition": "regression_event",
}
_KINDS = {
    "sentry.mail.actions.NotifyEmailAction": "email",
    "sentry.integrations.slack.notify_action.SlackNotifyServiceAction": "slack",
    "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction": "pagerduty",
    "sentry.integrations.opsgenie.notify_action.OpsgenieNotifyTeamAction": "opsgenie",
}
_FIRST_SEEN = "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"
_LEVEL = "sentry.rules.filters.level.LevelFilter"
ERROR_LEVEL = "40"
"""`error` as rules write it (`logging.ERROR`)."""


def read_rule(data: Json) -> Alert:
    """Read a rule as an alert. Raises `NotSentryError` for another shape."""
    answer = mapping(data, "a rule")
    conditions, filters = objects(answer, "conditions"), objects(answer, "filters")
    names = [maybe_text(c, "id") or "" for c in conditions]
    narrowed = answer.get("actionMatch") != "any" and len(conditions) > 1
    return Alert(
        id=text(answer, "id", "a rule"),
        name=maybe_text(answer, "name") or "",
        enabled=answer.get("status", "active") == "active" and not answer.get("snooze"),
        triggers=tuple(_TRIGGERS.get(n.rpartition(".")[2], n) for n in names),
        environment=maybe_text(answer, "environment"),
        limited=bool(answer.get("filters")) or narrowed,  # also by what is not understood
        actions=tuple(_action(a) for a in objects(answer, "actions")),
        serious_only=any(_serious(f) for f in filters) or any("NewHighPriority" in n for n in names),
    )


def _serious(rule_filter: Json) -> bool:
    level = maybe_text(rule_filter, "level") or ""
    return (
        maybe_text(rule_filter, "id") == _LEVEL
        and maybe_text(rule_filter, "match") in ("gte", "eq")
        and re.fullmatch(r"[0-9]{1,3}", level) is not None
        and int(level) >= int(ERROR_LEVEL)
    )


def _action(data: Json) -> AlertAction:
    kind = _KINDS.get(maybe_text(data, "id") or "", maybe_text(data, "id") or "")
    target, fall = maybe_text(data, "targetType") or "", maybe_text(data, "fallthroughType")
    whom = {
        "IssueOwners": "the issue owners" + (", else all active members" if fall == "ActiveMembers" else ""),
        "Team": f"team {maybe_text(data, 'targetIdentifier')}",
        "Member": f"member {maybe_text(data, 'targetIdentifier')}",
    }.get(target, maybe_text(data, "channel") or maybe_text(data, "service") or target)
    integration = data.get("workspace", data.get("account")) if isinstance(data, dict) else None
    return AlertAction(
        kind=kind,
        whom=whom,
        reaches=not (target == "IssueOwners" and fall in ("NoOne", None)),
        integration=str(integration) if integration is not None else None,
    )


def rule_body(name: str, kind: str, to: str | None, integration: str | None) -> dict[str, object]:
    """Return the body that creates a rule for a channel (`to`, `integration`: see `alerts.Channel`)."""
    action: dict[str, object]
    filters: list[dict[str, str]] = []
    if kind == "slack":
        action = {
            "id": "sentry.integrations.slack.notify_action.SlackNotifyServiceAction",
            "workspace": integration,
            "channel": to,
        }
    elif kind == "pagerduty":
        action = {
            "id": "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction",
            "account": integration,
            "service": to,
            "severity": "default",
        }
        filters = [{"id": _LEVEL, "match": "gte", "level": ERROR_LEVEL}]
    else:
        action = {"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "Team" if to else "IssueOwners"}
        action |= {"targetIdentifier": to} if to else {"targetIdentifier": "", "fallthroughType": "ActiveMembers"}
    return {
        "name": name,
        "actionMatch": "any",
        "filterMatch": "all",
        "frequency": 30,
        "environment": None,
        "conditions": [{"id": _FIRST_SEEN}],
        "filters": filters,
        "actions": [action],
    }
