"""What the sandbox's state is made of: events, projects, faults, and the people and tokens it begins with."""

from __future__ import annotations

import datetime as dt
from typing import Any

from msgspec import Struct, field

from setup_wizard.sandbox.spans import Span

Json = dict[str, Any]

WIZARD_SCOPES = (
    "alerts:read",
    "alerts:write",
    "event:read",
    "event:write",
    "member:invite",
    "member:read",
    "org:read",
    "project:read",
    "project:releases",
    "project:write",
    "team:read",
    "team:write",
)
DEFAULT_RULE: Json = {
    "name": "Send a notification for high priority issues",
    "actionMatch": "any",
    "filterMatch": "all",
    "frequency": 30,
    "environment": None,
    "conditions": [{"id": "sentry.rules.conditions.high_priority_issue.NewHighPriorityIssueCondition"}],
    "filters": [],
    "actions": [
        {
            "id": "sentry.mail.actions.NotifyEmailAction",
            "targetType": "IssueOwners",
            "targetIdentifier": None,
            "fallthroughType": "ActiveMembers",
        }
    ],
}
ADA: Json = {"email": "ada@example.com", "role": "owner", "pending": False, "expired": False}
GRACE: Json = {"email": "grace@example.com", "role": "member", "pending": False, "expired": False}
READ_SCOPES = ("alerts:read", "event:read", "member:read", "org:read", "project:read", "team:read")


def now() -> str:
    """Return the present as the API writes it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class StoredEvent(Struct, kw_only=True):
    """An event as it arrived, and the moment (monotonic seconds) from which the API shows it."""

    id: str
    project_id: str
    group_id: str
    payload: Json
    received: str
    visible_at: float

    @property
    def is_error(self) -> bool:
        """Whether the event carries an exception."""
        return "exception" in self.payload

    @property
    def title(self) -> str:
        """The title as the API shows it."""
        values = (self.payload.get("exception") or {}).get("values") or []
        if values:
            return f"{values[-1].get('type')}: {values[-1].get('value')}"
        entry = self.payload.get("logentry") or {}
        message = entry.get("formatted") or entry.get("message") or self.payload.get("message") or ""
        return str(message.get("formatted", "") if isinstance(message, dict) else message)

    @property
    def grouped_by(self) -> tuple[str, ...]:
        """What decides the event's issue: the fingerprint that the SDK sent, else the title."""
        sent = self.payload.get("fingerprint")
        return tuple(str(part) for part in sent) if isinstance(sent, list) and sent else ("title", self.title)

    @property
    def tags(self) -> dict[str, str]:
        """The event's tags, with those that Sentry derives."""
        given = self.payload.get("tags") or {}
        tags = {str(k): str(v) for k, v in (given.items() if isinstance(given, dict) else given)}
        derived = {
            "environment": self.payload.get("environment"),
            "release": self.payload.get("release"),
            "level": self.payload.get("level") or "error",
        }
        return {**{k: str(v) for k, v in derived.items() if v}, **tags}


class Project(Struct, kw_only=True):
    """A project with its client key and `more_keys`, which are on.

    `settings` replaces fields of the detail answer, `losses` counts by (outcome, category).
    `key_active` says whether the key takes events, `former` the slugs it had before, `team` the slug of its team ("" for none).
    """

    id: str
    slug: str
    name: str
    platform: str | None
    team: str
    key: str
    created: str
    first_event: str | None = None
    spans: list[Span] = field(default_factory=list)
    filters: tuple[str, ...] = ("web-crawlers", "localhost", "browser-extensions")
    ownership: str = ""
    losses: dict[tuple[str, str], int] = field(default_factory=dict)
    settings: Json = field(default_factory=dict)
    rules: list[Json] = field(default_factory=list)
    key_active: bool = True
    more_keys: list[str] = field(default_factory=list)
    former: list[str] = field(default_factory=list)

    @property
    def transactions(self) -> int:
        """The transactions that arrived."""
        return sum(s.is_transaction for s in self.spans)


class Fault(Struct, kw_only=True):
    """An answer that replaces the real one for some calls; for tests."""

    method: str
    path: str
    status: int
    body: str
    headers: dict[str, str]
    times: int
    after: bool = False
