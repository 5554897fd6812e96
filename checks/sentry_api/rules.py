"""Issue rules, the alerts of Sentry servers older than the workflow engine, read into and written from the same words.

Seen on a real 23.7: a created rule answers 200, a second identical one is accepted, a new project already has one.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from checks.sentry_api.models import Json, action, mapping, maybe_text, objects, only_serious, reference, text
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
_TARGETS = {"IssueOwners": "issue_owners", "Team": "team", "Member": "user"}
_FIRST_SEEN = "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"
_LEVEL = "sentry.rules.filters.level.LevelFilter"
ERROR_LEVEL = "40"
"""`error` as rules write it (`logging.ERROR`)."""


def read_rule(data: Json) -> Alert:
    """Read a rule as an alert. Raises `NotSentryError` for another shape."""
    answer = mapping(data, "a rule")
    conditions, filters = objects(answer, "conditions"), objects(answer, "filters")
    names = [maybe_text(c, "id") or "" for c in conditions]
    match = answer.get("actionMatch")
    narrowed = match == "none" or (match != "any" and len(conditions) > 1)
    snoozed = answer.get("snooze")
    urgent = bool(names) and all("NewHighPriority" in n for n in names)
    serious = urgent or only_serious(maybe_text(answer, "filterMatch") or "all", [_serious(f) for f in filters])
    return Alert(
        id=text(answer, "id", "a rule"),
        name=maybe_text(answer, "name") or "",
        enabled=answer.get("status", "active") == "active",
        triggers=tuple(_TRIGGERS.get(n.rpartition(".")[2], n) for n in names),
        environment=maybe_text(answer, "environment"),
        limited=bool(answer.get("filters")) or narrowed,  # also by what is not understood
        actions=tuple(replace(_action(a), serious_only=serious) for a in objects(answer, "actions")),
        # A list of rules leaves `snooze` out; their own answer has it, also for the asking user alone.
        muted=snoozed is True and answer.get("snoozeForEveryone") is not False,
        every_event=answer.get("conditions") == [],
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
    named = maybe_text(data, "targetType") or ""
    integration = data.get("workspace", data.get("account")) if isinstance(data, dict) else None
    return action(
        kind,
        _TARGETS.get(named, named),
        reference(data, "targetIdentifier"),
        maybe_text(data, "fallthroughType"),
        maybe_text(data, "channel") or maybe_text(data, "service") or named,
        None if integration is None else str(integration),
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
