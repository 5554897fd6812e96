"""Gathers a snapshot of Sentry for the checks: read-only calls, concurrently; what a token may not see is `Unavailable`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from checks.errors import UsageError
from checks.repository.facts import Facts
from checks.repository.names import project_slug
from checks.sentry_api import errors as e
from checks.sentry_api.alerts import Alerts
from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import SentryClient
from checks.sentry_api.credentials import READ_TOKENS, environment_token, stored_token
from checks.sentry_api.hosts import choose_url
from checks.sentry_api.looks import Looks
from checks.sentry_api.models import Organization, Project
from checks.sentry_api.snapshot import ProjectSnapshot, Snapshot, Unavailable

T = TypeVar("T")


def read_token(url: str, environ: Mapping[str, str]) -> str:
    """Return the token an audit uses: of the environment, else of the keyring. Raises `UsageError` when there is none."""
    found = environment_token(environ, READ_TOKENS) or stored_token(url, environ)
    if found is None:
        raise UsageError("no token to ask Sentry with", hint="put a read-only token into SENTRY_READ_TOKEN")
    return found.token


def gather_for_audit(facts: Facts, environ: Mapping[str, str], *, named_url: str | None) -> Snapshot:
    """Ask Sentry with the environment's token. Raises `SentrySetupError` when it cannot be asked at all."""
    url = choose_url(named_url, environ, facts.config.answers.get("sentry.url"))
    token = read_token(url, environ)

    async def ask() -> Snapshot:
        async with SentryClient(url, token) as client:
            return await gather(Sentry(client), facts)

    return asyncio.run(ask())


async def choose_organization(sentry: Sentry, wanted: str | None) -> Organization:
    """Return the wanted organization, or the only one. Raises `UsageError` or a `SentryApiError`."""
    found = await sentry.organizations()
    if wanted:
        named = next((o for o in found if o.slug == wanted), None)
        return named or await sentry.organization(wanted)
    if len(found) == 1:
        return found[0]
    names = ", ".join(o.slug for o in found[:8])
    raise UsageError(
        "the token sees no organization" if not found else f"the token sees several organizations: {names}",
        hint="say `--set sentry.org=…`",
    )


async def gather(sentry: Sentry, facts: Facts) -> Snapshot:
    """Ask for everything the checks use, for each backend and frontend; calls that do not wait for one another go at once."""
    organization = await choose_organization(sentry, facts.config.answers.get("sentry.org"))
    sentry = sentry.in_region(organization)
    looks = Looks(sentry, organization.slug)
    parts = [("backend", b.name) for b in facts.backends] + [("frontend", f.name) for f in facts.frontends]
    slugs = {name: (kind, project_slug(facts, kind, name)) for kind, name in parts}
    answers, members, integrations, two_factor = await asyncio.gather(
        asyncio.gather(*(_project(looks, kind, slug) for kind, slug in slugs.values())),
        _ask(looks.members()),
        _ask(looks.integrations()),
        _ask(looks.two_factor()),
    )
    projects = {n: a for n, a in zip(slugs, answers, strict=True) if a is not None}
    missing = {n: slug for (n, (_, slug)), a in zip(slugs.items(), answers, strict=True) if a is None}
    return Snapshot(
        url=sentry.client.url,
        organization=organization.slug,
        projects=projects,
        missing=missing,
        members=members,
        integrations=integrations,
        requires_two_factor=two_factor if isinstance(two_factor, Unavailable) else two_factor[0],
        seats=None if isinstance(two_factor, Unavailable) else two_factor[1],
    )


async def _project(looks: Looks, kind: str, slug: str) -> ProjectSnapshot | Unavailable | None:
    sentry, organization = looks.sentry, looks.organization
    project = await _ask(sentry.project(organization, slug))
    if not isinstance(project, Project):
        return project
    stands, arrived, kept = await asyncio.gather(
        asyncio.gather(
            _ask(sentry.keys(organization, slug)),
            _ask(Alerts(sentry, organization).attached(project)),
            _ask(sentry.test_events(organization, project)),
            _ask(sentry.releases(organization, project)),
        ),
        asyncio.gather(
            _ask(looks.environments(project)),
            _ask(looks.latest_release(project)),
            _ask(looks.usage(project)),
            _ask(looks.spans(project)),
            _ask(looks.maps(project) if kind == "frontend" else _nothing()),
        ),
        asyncio.gather(
            _ask(looks.settings(project)),
            _ask(looks.filters(project)),
            _ask(looks.ownership(project)),
            _ask(looks.code_mappings(project)),
        ),
    )
    keys, alerts, events, releases = stands
    environments, latest, usage, spans, maps = arrived
    settings, filters, ownership, mappings = kept
    return ProjectSnapshot(
        slug=project.slug,
        id=project.id,
        platform=project.platform,
        keys=keys,
        alerts=alerts,
        test_events=events,
        releases=releases,
        settings=settings,
        filters=filters,
        environments=environments,
        latest_release=latest,
        usage=usage,
        spans=spans,
        ownership=ownership,
        code_mappings=mappings,
        maps=maps,
    )


async def _nothing() -> None:
    return None


async def _ask(call: Awaitable[T]) -> T | Unavailable:
    try:
        return await call
    except e.UnauthorizedError:
        raise
    except e.SentryApiError as error:
        return Unavailable(reason=error.message, hint=error.hint)
