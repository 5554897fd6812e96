"""What Sentry answered, as frozen values that the checks read; gathering them is `gather.py`'s work."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """Something that could not be asked: why, and what would make it known."""

    reason: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKey:
    """A client key of a project: its public part, whether it accepts events, and its public DSN."""

    public: str
    active: bool
    dsn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAction:
    """What an alert does: kind (`email`, `slack`, `pagerduty` …) and whom it reaches, in words; `reaches` False: nobody."""

    kind: str
    reaches: bool
    whom: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert of a project: its triggers by their API names, the environment it is limited to, its actions.

    `limited` says that conditions beyond the trigger narrow it (level, priority, frequency).
    """

    id: str
    name: str
    enabled: bool
    triggers: tuple[str, ...]
    environment: str | None
    limited: bool
    actions: tuple[AlertAction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEvent:
    """A test event that Sentry stored: id, kind (`message` or `error`), nonce, and when it arrived (UTC)."""

    id: str
    kind: str
    nonce: str
    received: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release: version, whether it is finalised, commits, deploys with the last one's environment, and who made it."""

    version: str
    finalised: bool
    commits: int
    deploys: int
    environment: str | None
    user_agent: str
    created: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSnapshot:
    """What Sentry knows of one project."""

    slug: str
    id: str
    platform: str | None
    keys: tuple[ClientKey, ...] | Unavailable
    alerts: tuple[Alert, ...] | Unavailable
    test_events: tuple[SeenEvent, ...] | Unavailable
    releases: tuple[Release, ...] | Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What Sentry answered: projects by target name (a backend's or frontend's), `Unavailable` where it could not be asked.

    A missing project is an `Unavailable` in `missing`, apart from one that could not be looked at.
    """

    url: str
    organization: str
    projects: dict[str, ProjectSnapshot | Unavailable] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
