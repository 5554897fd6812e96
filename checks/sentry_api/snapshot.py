"""What Sentry answered, as frozen values that the checks read; gathering them is `gather.py`'s work."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct, field


class Unavailable(Struct, frozen=True, kw_only=True):
    """Something that could not be asked: why, and what would make it known."""

    reason: str
    hint: str | None = None


class ClientKey(Struct, frozen=True, kw_only=True):
    """A client key of a project: its public part, whether it accepts events, its public DSN, and whether it has a rate limit.

    `rate_limited` is None where the server does not tell.
    """

    public: str
    active: bool
    dsn: str
    rate_limited: bool | None = False


class AlertAction(Struct, frozen=True, kw_only=True):
    """What an alert does: kind (`email`, `slack`, `pagerduty` …) and whom it reaches, in words; `reaches` False: nobody.

    `integration` is the id of the integration that it goes through (None: none). `target` is `team` or `user` for mail to
    one, `target_id` its id as Sentry writes it; `uncertainty` explains why it is not known whether it reaches anybody.
    `limited` says that conditions of its own narrow it, `serious_only` that they narrow it to errors or to high priority.
    """

    kind: str
    reaches: bool
    whom: str
    integration: str | None = None
    target: str = ""
    target_id: str = ""
    uncertainty: str | None = None
    limited: bool = False
    serious_only: bool = False


class Alert(Struct, frozen=True, kw_only=True):
    """An alert of a project: its triggers by their API names, the environment it is limited to, its actions.

    `limited` says that conditions beyond the trigger narrow all of it (level, priority, frequency). `muted` silences it for
    everyone, `paused` says that every monitor it watches is off, `every_event` that it fires on each event; `uncertainty`
    explains why it is not known whether it fires at all.
    """

    id: str
    name: str
    enabled: bool
    triggers: tuple[str, ...]
    environment: str | None
    limited: bool
    actions: tuple[AlertAction, ...]
    muted: bool = False
    paused: bool = False
    every_event: bool = False
    uncertainty: str | None = None


class SeenEvent(Struct, frozen=True, kw_only=True):
    """A test event that Sentry stored: id, kind (`message` or `error`), nonce, and when it arrived (UTC)."""

    id: str
    kind: str
    nonce: str
    received: dt.datetime


class Release(Struct, frozen=True, kw_only=True):
    """A release: version, whether it is finalized, commits, deploys with the last one's environment, and who made it."""

    version: str
    finalized: bool
    commits: int
    deploys: int
    environment: str | None
    user_agent: str
    created: dt.datetime | None


NOT_ASKED = Unavailable(reason="Sentry was not asked for it", hint="ask with `--online`")


class Member(Struct, frozen=True, kw_only=True):
    """A member or an invitation: role, whether it was accepted, whether an open invitation has expired, and the address.

    `id` is that of the membership, `user` that of the person's account ("" for an open invitation).
    """

    role: str
    accepted: bool
    expired: bool
    email: str = ""
    id: str = ""
    user: str = ""


ENOUGH_PEOPLE = 2
"""People who can see the errors, so that one on holiday leaves somebody."""
BILLING = "billing"
"""The role that manages the subscription, and sees no project (https://docs.sentry.io/organization/membership/)."""
EVERYWHERE = ("owner", "manager")
"""Roles that reach every project, whatever their teams (https://docs.sentry.io/organization/membership/)."""


class TeamSize(Struct, frozen=True, kw_only=True):
    """A team: id, slug, and how many members it has (None: not reported)."""

    id: str
    slug: str
    members: int | None


class Integration(Struct, frozen=True, kw_only=True):
    """An installed integration: id, provider (`slack`, `pagerduty` …), name, and whether it works."""

    id: str
    provider: str
    name: str
    active: bool


class Repository(Struct, frozen=True, kw_only=True):
    """A repository that Sentry lists: its name, the id of the integration that brought it in (None: none), whether it is active."""

    name: str
    integration: str | None
    active: bool


class ProjectSettings(Struct, frozen=True, kw_only=True):
    """A project's settings that the checklist asks for; None where this Sentry does not report.

    `minified` says that Sentry once saw a stack trace it could not map; `status` is `active`, or `pending_deletion`, `hidden` …
    """

    teams: int | None
    data_scrubber: bool | None
    scrub_defaults: bool | None
    allowed_domains: tuple[str, ...] | None
    spike_protection: bool | None
    transactions_seen: bool
    minified: bool
    status: str = "active"


class Usage(Struct, frozen=True, kw_only=True):
    """What arrived in the last 14 days, by category (`error`, `span`, `transaction`) and outcome (`accepted`, `rate_limited` …)."""

    counts: dict[tuple[str, str], int]

    @property
    def traces(self) -> int:
        """The spans or transactions that were taken: newer SDKs count as spans, older servers know transactions only."""
        return max(
            self.count(c, outcome="accepted") for c in ("span", "span_indexed", "transaction", "transaction_indexed")
        )

    def count(self, *categories: str, outcome: str) -> int:
        """Return how many of some categories had an outcome."""
        return sum(n for (c, o), n in self.counts.items() if c in categories and o == outcome)


class LiveRelease(Struct, frozen=True, kw_only=True):
    """What the application itself reported: a release ("" for none) in an environment ("" for none), and when last (UTC)."""

    release: str
    environment: str
    last: dt.datetime


class Bundle(Struct, frozen=True, kw_only=True):
    """An artifact bundle of uploaded maps: its id, the releases it belongs to, its number of files, and when it came (UTC)."""

    id: str
    releases: tuple[str, ...]
    files: int
    date: dt.datetime | None = None


class MapProof(Struct, frozen=True, kw_only=True):
    """Whether the maps of a real browser event were found: the event, its release, and frames mapped of frames looked at."""

    event: str
    release: str | None
    mapped: int
    frames: int


class ProjectSnapshot(Struct, frozen=True, kw_only=True):
    """What Sentry knows of one project.

    `environments` are those of errors of the last 30 days that are not the wizard's own, and `live` their releases, newest
    first. `renamed_from` is the slug under which the repository
    knows it, where Sentry has another one now; `people` are the members who belong to one of its teams (None: not asked,
    for anybody may join, or enough reach it by their role or by the size of a team). `all_environments` says that no
    environment hides behind newer events that were not read.
    """

    slug: str
    id: str
    platform: str | None
    keys: tuple[ClientKey, ...] | Unavailable
    alerts: tuple[Alert, ...] | Unavailable
    test_events: tuple[SeenEvent, ...] | Unavailable
    releases: tuple[Release, ...] | Unavailable
    settings: ProjectSettings | Unavailable = NOT_ASKED
    filters: tuple[str, ...] | Unavailable = NOT_ASKED
    environments: tuple[str, ...] | Unavailable = NOT_ASKED
    all_environments: bool = True
    live: tuple[LiveRelease, ...] | Unavailable = NOT_ASKED
    usage: Usage | Unavailable = NOT_ASKED
    spans: int | Unavailable = NOT_ASKED
    maps: MapProof | Unavailable | None = NOT_ASKED
    bundles: tuple[Bundle, ...] | Unavailable = NOT_ASKED
    people: tuple[Member, ...] | Unavailable | None = None
    renamed_from: str | None = None
    ownership: bool | Unavailable = NOT_ASKED
    code_mappings: int | Unavailable = NOT_ASKED


class Snapshot(Struct, frozen=True, kw_only=True):
    """What Sentry answered: projects by target name (a backend's or frontend's), `Unavailable` where it could not be asked.

    A missing project is an `Unavailable` in `missing`, apart from one that could not be looked at. `seats` is the
    organization's own limit of members (None: not reported), `open_membership` whether members may join any team, `has_monitors`
    whether this server's alerts watch monitors (None: not asked); older servers have rules. `receiver` is a server of another
    make, which takes events and is not set up from here.
    """

    url: str
    organization: str
    projects: dict[str, ProjectSnapshot | Unavailable] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    members: tuple[Member, ...] | Unavailable = NOT_ASKED
    integrations: tuple[Integration, ...] | Unavailable = NOT_ASKED
    repositories: tuple[Repository, ...] | Unavailable = NOT_ASKED
    requires_two_factor: bool | Unavailable = NOT_ASKED
    seats: int | None = None
    open_membership: bool | None = None
    has_monitors: bool | None = None
    receiver: bool = False
