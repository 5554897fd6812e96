"""Bugsink, which takes the events of Sentry's SDKs and has an API of its own: what that shows, and in words what it does not.

Facts from its schema, which each server has at `/api/canonical/0/schema/` (tried with 2.6.2): `projects/` with their DSNs, `issues/`
and `events/` that can be searched by tag. Lists come as `{"next", "previous", "results"}`, 250 entries a page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG
from checks.sentry_api.client import SentryClient
from checks.sentry_api.dsn import parse_dsn
from checks.sentry_api.needs import Part
from checks.sentry_api.single_reads import ask
from checks.sentry_api.snapshot import ClientKey, ProjectSnapshot, SeenEvent, Snapshot, Unavailable

_API = "/api/canonical/0"
_NEWEST = {"order": "desc"}
_PAGES = 40
"""Pages of projects that are read."""


def _not_shown(what: str) -> Unavailable:
    return Unavailable(
        reason=f"this server is a Bugsink, and its API does not show {what}",
        hint="check it in its web interface, then sign the item off or waive it",
    )


async def gather_bugsink(client: SentryClient, slugs: Mapping[str, str], *, parts: frozenset[Part]) -> Snapshot | None:
    """Return what a Bugsink shows of the projects that targets are given by slug; None where the server is none.

    Raises `UnauthorizedError` or `ForbiddenError` where it is one and does not let this token read its projects.
    """
    try:
        found = {str(p.get("slug")): p for p in await _results(client, "/projects/", {}, pages=_PAGES)}
    except (e.UnauthorizedError, e.ForbiddenError) as error:
        hint = "create one with the rights to read projects, issues and events under Tokens of that Bugsink"
        raise type(error)(error.message, hint=hint, call=error.call, status=error.status) from error
    except e.SentryApiError:
        return None
    there = {name: found[slug] for name, slug in slugs.items() if slug in found}
    projects = await asyncio.gather(*(_project(client, p, parts) for p in there.values()))
    return Snapshot(
        url=client.url,
        organization="this Bugsink",
        projects=dict(zip(there, projects, strict=True)),
        missing={name: slug for name, slug in slugs.items() if slug not in found},
        members=_not_shown("members"),
        integrations=_not_shown("integrations: it has none of Sentry's"),
        repositories=_not_shown("repositories"),
        requires_two_factor=_not_shown("whether two factors are required"),
        receiver=True,
    )


async def _results(
    client: SentryClient, path: str, parameters: Mapping[str, str], *, pages: int = 1
) -> list[dict[str, m.Json]]:
    """Return a list's first pages; only the cursor is taken from its links. Raises `NotSentryError` for another shape."""
    query, found = dict(parameters), list[dict[str, m.Json]]()
    for _ in range(pages):
        answer = m.mapping(await client.get(path, query, api=_API), f"the list {path}")
        if "results" not in answer:
            raise e.NotSentryError(f"{client.url} did not answer with a list to {path}", hint="is this a Bugsink?")
        found += m.objects(answer, "results")
        cursor = parse_qs(urlsplit(m.maybe_text(answer, "next") or "").query).get("cursor")
        if not cursor:
            break
        query["cursor"] = cursor[0]
    return found


async def _project(client: SentryClient, data: dict[str, m.Json], parts: frozenset[Part]) -> ProjectSnapshot:
    identity, dsn = m.text(data, "id", "a project"), m.maybe_text(data, "dsn") or ""
    mails = data.get("alert_on_new_issue")
    about = (
        "who gets email for a new issue"
        if mails
        else "any alert: its setting “new issue” is off"
        if mails is False
        else "alerts"
    )
    seen = ask(_test_events(client, identity)) if Part.EVENTS in parts else None
    return ProjectSnapshot(
        slug=m.text(data, "slug", "a project"),
        id=identity,
        platform=None,
        keys=_keys(dsn),
        alerts=_not_shown(about),
        test_events=await seen if seen is not None else _not_shown("events that were not asked for"),
        releases=_not_shown("who created a release: it makes one of every event that names it"),
        settings=_not_shown("these settings of a project"),
        filters=_not_shown("inbound filters: it has none"),
        environments=_not_shown("the environments of a project"),
        live=_not_shown("the releases of live events"),
        usage=_not_shown("spans, quotas or what was dropped"),
        spans=_not_shown("spans: it takes errors only"),
        maps=_not_shown("how the frames of an event were mapped"),
        bundles=_not_shown("the source maps that it has"),
        ownership=_not_shown("ownership rules: it has none"),
        code_mappings=_not_shown("code mappings: it has none"),
    )


def _keys(dsn: str) -> tuple[ClientKey, ...] | Unavailable:
    """Return the one key of a project, by its DSN, which follows the address that the server is set up with."""
    try:
        return (ClientKey(public=parse_dsn(dsn).public_key, active=True, dsn=dsn, rate_limited=None),)
    except ValueError as error:
        return Unavailable(reason=f"this Bugsink shows no DSN: {error}", hint="set BASE_URL in its configuration")


async def _test_events(client: SentryClient, project: str) -> tuple[SeenEvent, ...]:
    """Return the newest test message and the newest test error of a project. Raises `SentryApiError`."""
    found = await asyncio.gather(*(_newest(client, project, kind) for kind in ("message", "error")))
    return tuple(event for event in found if event is not None)


async def _newest(client: SentryClient, project: str, kind: str) -> SeenEvent | None:
    tagged = {"q": f"{KIND_TAG}:{kind}"} | _NEWEST
    issues = await _results(client, "/issues/", tagged | {"project": project, "sort": "last_seen"})
    if not issues:
        return None
    events = await _results(client, "/events/", tagged | {"issue": m.text(issues[0], "id", "an issue")})
    if not events:
        return None
    whole = m.mapping(await client.get(f"/events/{m.text(events[0], 'id', 'an event')}/", api=_API), "an event")
    tags, received = m.maybe_mapping(whole, "data", "tags"), m.moment(whole.get("ingested_at"))
    nonce = m.maybe_text(tags, NONCE_TAG)
    if not nonce or received is None:
        return None
    identity = m.text(whole, "event_id", "an event").replace("-", "").lower()
    return SeenEvent(id=identity, kind=kind, nonce=nonce, received=received)
