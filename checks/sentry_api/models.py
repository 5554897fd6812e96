"""Answers of Sentry as typed values; a field of a wrong type is a clear error, never a crash further on."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from checks.sentry_api.dsn import parse_dsn
from checks.sentry_api.errors import NotSentryError
from checks.sentry_api.snapshot import Alert, AlertAction, ClientKey, Release

Json = Any


class TokenInfo(Struct, frozen=True, kw_only=True):
    """Whose token it is and what it may do; `user` is None for tokens without one (organization tokens)."""

    scopes: frozenset[str]
    user: str | None


class OrganizationDetails(Struct, frozen=True, kw_only=True):
    """An organization's settings: whether it requires two factors, its limit of members (None: not reported), and whether its
    members may join any team (None: not reported). `teams` are the rows of its teams, as their own list has them, where this
    answer holds them (None: it does not).
    """

    slug: str
    two_factor: bool
    seats: int | None
    open_membership: bool | None
    teams: tuple[Json, ...] | None = None


class Organization(Struct, frozen=True, kw_only=True):
    """An organization, with the base URL of its region; `details` where this answer had them, which a list has not."""

    slug: str
    name: str
    region_url: str | None
    details: OrganizationDetails | None = None


class Team(Struct, frozen=True, kw_only=True):
    """A team of an organization."""

    id: str
    slug: str
    name: str
    is_member: bool


class Project(Struct, frozen=True, kw_only=True):
    """A project."""

    id: str
    slug: str
    name: str
    platform: str | None


class StoredEvent(Struct, frozen=True, kw_only=True):
    """An event that Sentry stored: `kind` is `error` or `default` (a message), `group` the issue's id once it has one."""

    id: str
    project_id: str
    kind: str
    title: str
    group: str | None
    environment: str | None
    release: str | None


def mapping(data: Json, what: str) -> dict[str, Json]:
    """Return a JSON object. Raises `NotSentryError`."""
    if not isinstance(data, dict):
        raise NotSentryError(
            f"Sentry's answer for {what} has an unexpected shape", hint="is this the address of a Sentry?"
        )
    return data


def text(data: dict[str, Json], key: str, what: str) -> str:
    """Return a text or number field as text. Raises `NotSentryError`."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise NotSentryError(f"Sentry's answer for {what} has no `{key}`", hint="is this the address of a Sentry?")
    return str(value)


def identity(data: dict[str, Json], what: str) -> int:
    """Return the `id` as a number. Raises `NotSentryError`."""
    value = text(data, "id", what)
    if not (value.isascii() and value.isdigit() and len(value) <= 20):
        raise NotSentryError(f"Sentry's answer for {what} has no number as its `id`", hint="is this a Sentry?")
    return int(value)


def maybe_text(data: Json, *keys: str) -> str | None:
    """Return a text at a path of keys, None where there is none; a number is its text (servers answer ids as either).

    Raises `NotSentryError` for a value of another type: what is not understood is told, never taken for nothing.
    """
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    if data is None or isinstance(data, str):
        return data
    if isinstance(data, int) and not isinstance(data, bool):
        return str(data)
    raise _odd(keys, "a text")


def _odd(keys: tuple[str, ...], wanted: str) -> NotSentryError:
    return NotSentryError(f"Sentry's answer holds `{'.'.join(keys)}`, which is not {wanted}", hint="is this a Sentry?")


def objects(data: Json, *keys: str) -> list[dict[str, Json]]:
    """Return the objects of the list at a path of keys; nothing where there is none. Raises `NotSentryError` for another type."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    if data is None:
        return []
    if not isinstance(data, list) or not all(isinstance(d, dict) for d in data):
        raise _odd(keys, "a list of objects")
    return [d for d in data if isinstance(d, dict)]


def maybe_mapping(data: Json, *keys: str) -> dict[str, Json]:
    """Return the object at a path of keys; an empty one where there is none, or something else."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def number(data: Json, key: str) -> int:
    """Return a whole number, 0 where there is none. Raises `NotSentryError` for a value of another type."""
    value = data.get(key) if isinstance(data, dict) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise _odd((key,), "a whole number")
    return value or 0


def moment(value: Json) -> dt.datetime | None:
    """Return an ISO time with its zone (UTC where none is told), or None."""
    if not isinstance(value, str):
        return None
    try:
        parsed = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)


def token_info(data: Json) -> TokenInfo:
    """Read `GET /api/0/`. Raises `NotSentryError` when the token was not looked at."""
    answer = mapping(data, "the token")
    auth = answer.get("auth")
    if not isinstance(auth, dict):
        raise NotSentryError("Sentry did not check the token", hint="is this the address of a Sentry?")
    scopes = auth.get("scopes")
    return TokenInfo(
        scopes=frozenset(s for s in scopes if isinstance(s, str)) if isinstance(scopes, list) else frozenset(),
        user=maybe_text(answer, "user", "email") or maybe_text(answer, "user", "username"),
    )


def organization(data: Json) -> Organization:
    """Read an organization."""
    answer = mapping(data, "an organization")
    slug = text(answer, "slug", "an organization")
    return Organization(
        slug=slug,
        name=maybe_text(answer, "name") or slug,
        region_url=maybe_text(answer, "links", "regionUrl"),
        details=organization_details(answer) if "openMembership" in answer else None,
    )


def organization_details(data: Json) -> OrganizationDetails:
    """Read an organization's own answer."""
    answer = mapping(data, "an organization")
    quota, opened, teams = answer.get("quota"), answer.get("openMembership"), answer.get("teams")
    limit = quota.get("maxMembers") if isinstance(quota, dict) else None
    return OrganizationDetails(
        slug=text(answer, "slug", "an organization"),
        two_factor=answer.get("require2FA") is True,
        seats=limit if isinstance(limit, int) and not isinstance(limit, bool) else None,
        open_membership=opened if isinstance(opened, bool) else None,
        teams=tuple(teams) if isinstance(teams, list) else None,
    )


def team(data: Json) -> Team:
    """Read a team."""
    answer = mapping(data, "a team")
    slug = text(answer, "slug", "a team")
    return Team(
        id=text(answer, "id", "a team"),
        slug=slug,
        name=maybe_text(answer, "name") or slug,
        is_member=bool(answer.get("isMember")),
    )


def project(data: Json) -> Project:
    """Read a project."""
    answer = mapping(data, "a project")
    slug = text(answer, "slug", "a project")
    return Project(
        id=text(answer, "id", "a project"),
        slug=slug,
        name=maybe_text(answer, "name") or slug,
        platform=maybe_text(answer, "platform"),
    )


def client_key(data: Json) -> ClientKey:
    """Read a client key; its secret parts are left behind."""
    answer = mapping(data, "a client key")
    dsn = maybe_text(answer, "dsn", "public") or ""
    try:
        parse_dsn(dsn)  # it goes into files: only a DSN may be there
    except ValueError as error:
        raise NotSentryError(
            f"Sentry's answer for a client key has no DSN: {error}", hint="is this the address of a Sentry?"
        ) from None
    return ClientKey(
        public=text(answer, "public", "a client key"),
        active=answer.get("isActive") is not False,
        dsn=dsn,
        rate_limited=isinstance(answer.get("rateLimit"), dict),
    )


def tags(data: Json) -> dict[str, str]:
    """Return an event's tags."""
    listed = data.get("tags") if isinstance(data, dict) else None
    pairs = [(maybe_text(t, "key"), maybe_text(t, "value")) for t in listed] if isinstance(listed, list) else []
    return {k: v for k, v in pairs if k and v}


def stored_event(data: Json) -> StoredEvent:
    """Read an event."""
    answer = mapping(data, "an event")
    release = answer.get("release")
    return StoredEvent(
        id=text(answer, "eventID", "an event").replace("-", "").lower(),
        project_id=text(answer, "projectID", "an event"),
        kind=maybe_text(answer, "type") or "",
        title=maybe_text(answer, "title") or "",
        group=maybe_text(answer, "groupID"),
        environment=tags(answer).get("environment"),
        release=maybe_text(release, "version") or (release if isinstance(release, str) else None),
    )


def alert(data: Json) -> Alert:
    """Read a workflow ("alert") of the current API. Raises `NotSentryError`; a condition of an odd shape counts as one that narrows.

    Each branch of its filters narrows its own actions only.
    """
    answer = mapping(data, "an alert")
    conditions = objects(answer, "triggers", "conditions")
    triggers = tuple(kind for c in conditions if (kind := maybe_text(c, "type")))
    either = len(conditions) < 2 or maybe_text(answer, "triggers", "logicType") in ("any", "any-short")
    urgent = bool(triggers) and set(triggers) <= {"new_high_priority_issue"}
    return Alert(
        id=text(answer, "id", "an alert"),
        name=maybe_text(answer, "name") or "",
        enabled=answer.get("enabled") is not False,
        triggers=triggers,
        environment=maybe_text(answer, "environment"),
        limited=not either or maybe_text(answer, "triggers", "logicType") == "none",
        actions=tuple(a for b in objects(answer, "actionFilters") for a in _branch(b, urgent)),
    )


def _branch(branch: dict[str, Json], urgent: bool) -> list[AlertAction]:
    """Return the active actions of a branch, with what its own conditions let through."""
    listed = branch.get("conditions")
    conditions = listed if isinstance(listed, list) else []
    logic = maybe_text(branch, "logicType") or "all"
    serious = urgent or only_serious(logic, [isinstance(c, dict) and _serious(c) for c in conditions])
    found = [_action(a) for a in objects(branch, "actions") if a.get("status", "active") == "active"]
    # `limited` also by what is not understood
    return [replace(a, limited=bool(listed), serious_only=serious) for a in found]


def only_serious(logic: str, conditions: list[bool]) -> bool:
    """Return whether conditions, joined as told, let only serious issues through; each says it of itself.

    `all` takes one such condition, `any` needs them all to be, and `none` turns each into its opposite.
    """
    if logic == "all":
        return any(conditions)
    return logic in ("any", "any-short") and bool(conditions) and all(conditions)


def reference(data: Json, *keys: str) -> str:
    """Return an id at a path of keys as text, whether Sentry writes it as a text or as a number; "" for anything else."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return str(data) if isinstance(data, (str, int)) and not isinstance(data, bool) else ""


def _serious(condition: Json) -> bool:
    """Return whether a condition lets through only errors and worse, or high priority."""
    kind = maybe_text(condition, "type")
    comparison = condition.get("comparison") if isinstance(condition, dict) else None
    if kind == "issue_priority_greater_or_equal":
        return comparison in (75, "75")
    if kind == "level" and isinstance(comparison, dict):
        level = comparison.get("level")
        return (
            comparison.get("match") in ("gte", "eq")
            and isinstance(level, (int, str))
            and re.fullmatch(r"[0-9]{1,3}", str(level)) is not None
            and int(level) >= 40
        )
    return False


def _action(data: dict[str, Json]) -> AlertAction:
    target = maybe_text(data, "config", "targetType") or ""
    fall = maybe_text(data, "data", "fallthroughType") or maybe_text(data, "data", "fallthrough_type")
    identity = reference(data, "config", "targetIdentifier")
    shown = maybe_text(data, "config", "targetDisplay") or target
    integration = data.get("integrationId")
    return action(
        maybe_text(data, "type") or "", target, identity, fall, shown, None if integration is None else str(integration)
    )


def action(kind: str, target: str, identity: str, fall: str | None, shown: str, integration: str | None) -> AlertAction:
    """Return an action of either generation of alerts; whom a team or a user is stays open (see `recipients`).

    Mail to issue owners whose fallthrough is `NoOne` reaches nobody where no ownership rule fits, and so counts as none.
    """
    owners = "the issue owners" + (", else all active members" if fall == "ActiveMembers" else "")
    return AlertAction(
        kind=kind,
        whom=owners if target == "issue_owners" else shown,
        reaches=not (target == "issue_owners" and fall in ("NoOne", None)),
        integration=integration,
        target=target if target in ("team", "user") else "",
        target_id=identity if target in ("team", "user") else "",
    )


def release(data: Json) -> Release:
    """Read a release."""
    answer = mapping(data, "a release")
    return Release(
        version=text(answer, "version", "a release"),
        finalized=isinstance(answer.get("dateReleased"), str),
        commits=number(answer, "commitCount"),
        deploys=number(answer, "deployCount"),
        environment=maybe_text(answer, "lastDeploy", "environment"),
        user_agent=maybe_text(answer, "userAgent") or "",
        created=moment(answer.get("dateCreated")),
    )
