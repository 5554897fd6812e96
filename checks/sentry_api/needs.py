"""Which parts of Sentry's answers each item is decided by, so that an audit asks for no more than its items need."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Part(StrEnum):
    """A part of a snapshot: of a project, or of the organization. The projects themselves are always asked for."""

    KEYS = "keys"
    ALERTS = "alerts"
    EVENTS = "events"
    RELEASES = "releases"
    SETTINGS = "settings"
    FILTERS = "filters"
    USAGE = "usage"
    OWNERSHIP = "ownership"
    MAPPINGS = "code-mappings"
    MAPS = "maps"
    PEOPLE = "people"
    MEMBERS = "members"
    INTEGRATIONS = "integrations"
    ORGANIZATION = "organization"
    REPOSITORIES = "repositories"


EVERYTHING = frozenset(Part)

NEEDS: dict[str, tuple[Part, ...]] = {
    "project-created": (),
    "dsn-configured": (Part.EVENTS,),
    "test-event": (Part.EVENTS, Part.KEYS),
    "email-alerts": (Part.ALERTS,),
    "slack-alerts": (Part.ALERTS, Part.INTEGRATIONS),
    "pagerduty-alerts": (Part.ALERTS, Part.INTEGRATIONS),
    "release-tracking": (Part.RELEASES,),
    "source-maps": (Part.MAPS,),
    "team-access": (Part.MEMBERS, Part.ORGANIZATION, Part.PEOPLE),
    "dsn-target": (Part.KEYS, Part.EVENTS),
    "environment-set": (Part.EVENTS,),
    "release-consistent": (Part.RELEASES, Part.EVENTS),
    "tracing-enabled": (Part.USAGE,),
    "frontend-dsn-configured": (Part.EVENTS,),
    "deploy-recorded": (Part.RELEASES,),
    "commits-associated": (Part.RELEASES, Part.REPOSITORIES, Part.INTEGRATIONS),
    "performance-data": (Part.USAGE,),
    "environments-seen": (Part.EVENTS,),
    "data-scrubbing": (Part.SETTINGS,),
    "inbound-filters": (Part.FILTERS,),
    "spike-protection": (Part.SETTINGS,),
    "allowed-domains": (Part.SETTINGS,),
    "quota-headroom": (Part.USAGE,),
    "key-rate-limit": (Part.KEYS,),
    "ownership-rules": (Part.OWNERSHIP,),
    "code-mappings": (Part.MAPPINGS, Part.INTEGRATIONS),
    "two-factor-required": (Part.ORGANIZATION,),
}
"""The parts that an item is decided by; an item that is not here is decided by the repository only."""


def parts_for(items: Iterable[str]) -> frozenset[Part] | None:
    """Return the parts that some items need; None where none of them asks Sentry anything."""
    asking = [i for i in items if i in NEEDS]
    return frozenset(p for i in asking for p in NEEDS[i]) if asking else None
