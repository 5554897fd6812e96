"""Gathers a snapshot of Sentry for the checks: read-only calls, each once; what a token may not see is `Unavailable`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

from checks.errors import UsageError
from checks.repository.facts import Facts
from checks.repository.names import project_slug
from checks.repository.release_steps import commits_workflow
from checks.sentry_api import errors as e
from checks.sentry_api.bugsink import gather_bugsink
from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import SentryClient
from checks.sentry_api.credentials import READ_TOKENS, environment_token, stored_token
from checks.sentry_api.hosts import choose_url, is_saas
from checks.sentry_api.models import Organization
from checks.sentry_api.needs import EVERYTHING, Part
from checks.sentry_api.reads import Found, OrganizationReads
from checks.sentry_api.single_reads import ask, installed_integrations
from checks.sentry_api.snapshot import NOT_ASKED, Integration, ProjectSnapshot, Snapshot, Unavailable

T = TypeVar("T")


def read_token(url: str, environ: Mapping[str, str], facts: Facts | None = None) -> str:
    """Return the token an audit uses: of the environment, else of the keyring, else of a stored login that was agreed to.

    Raises `UsageError` when there is none; one that is there and was not agreed to is named.
    """
    found, offered = environment_token(environ, READ_TOKENS) or stored_token(url, environ), None
    if found is None and facts is not None:
        from checks.sentry_api.cli_login import found_login

        offered = found_login(url, Path(facts.tree.root), environ)
        found = offered if facts.config.consents("sentry.login") else None
    if found is None:
        hint = "put a read-only token into SENTRY_READ_TOKEN"
        if offered is not None:
            hint += f", or use {offered.place} with `--set sentry.login=stored`"
        raise UsageError("there is no token for Sentry", hint=hint)
    return found.token


def gather_for_audit(
    facts: Facts,
    environ: Mapping[str, str],
    *,
    named_url: str | None,
    parts: frozenset[Part] = EVERYTHING,
    region: str | None = None,
) -> Snapshot:
    """Ask Sentry with the environment's token. Raises `SentrySetupError` when it cannot be asked at all."""
    allowed = facts.config.consents("sentry.allow_http")
    url = choose_url(named_url, environ, facts.config.answers.get("sentry.url"), allow_http=allowed)
    token = read_token(url, environ, facts)

    async def read() -> Snapshot:
        async with SentryClient(url, token, ca_file=facts.config.given.get("sentry.ca_file")) as client:
            try:
                return await gather(Sentry(client), facts, parts=parts, region=region)
            except e.NotSentryError:
                other = await gather_bugsink(client, {n: s for n, (_, s) in _slugs(facts).items()}, parts=parts)
                if other is None:
                    raise
                return other

    return asyncio.run(read())


async def choose_organization(sentry: Sentry, wanted: str | None) -> Organization:
    """Return the wanted organization, or the only one. Raises `UsageError` or a `SentryApiError`."""
    if wanted:
        try:
            return await sentry.organization(wanted)
        except (e.NotFoundError, e.ForbiddenError, e.MovedError):
            found = await sentry.organizations()
            named = next((o for o in found if o.slug == wanted), None)
            if named is not None:
                return named
            raise UsageError(
                f"this token sees no organization `{wanted}`; was it renamed?", hint=_choices(found)
            ) from None
    found = await sentry.organizations()
    if len(found) == 1:
        return found[0]
    raise UsageError(
        "this token sees several organizations" if found else "this token sees no organization", hint=_choices(found)
    )


def _choices(found: list[Organization]) -> str:
    if not found:
        return "use a token of a member of the organization"
    return "choose one: " + ", ".join(f"--set sentry.org={o.slug}" for o in found[:8])


async def gather(
    sentry: Sentry,
    facts: Facts,
    *,
    parts: frozenset[Part] = EVERYTHING,
    organization: Organization | None = None,
    region: str | None = None,
) -> Snapshot:
    """Ask for the parts that are wanted, for each backend and frontend; calls that wait for no other go at the same time.

    Without `organization` the configured one is looked up, or the only one; `region` is where it is on sentry.io, as far as
    that is known before. Raises `SentrySetupError`.
    """
    wanted = facts.config.answers.get("sentry.org")
    if commits_workflow(facts) is None:
        parts -= {Part.REPOSITORIES}  # nothing waits for the repository to be linked
    saas = is_saas(sentry.client.url)
    if organization is None and wanted and (region or not saas):
        # One server has no regions, and a region can be guessed: nothing has to wait until the organization is known.
        choosing = asyncio.ensure_future(choose_organization(sentry, wanted))
        guessed = Sentry(sentry.client, region if saas else None)
        try:
            snapshot = await _in_region(guessed, wanted, facts, parts, choosing=asyncio.shield(choosing))
        except e.SentryApiError:
            found = await choosing
            if not saas or found.region_url in (None, region):
                raise
        else:
            found = await choosing
            if not saas or found.region_url in (None, region):
                return snapshot
        organization = found  # it is in another region, whose answers count
    early = None
    if organization is None and wanted and needs_integrations(parts):
        early = asyncio.ensure_future(installed_integrations(sentry, wanted))
    try:
        organization = organization or await choose_organization(sentry, wanted)
    except BaseException:
        if early is not None:
            early.cancel()
            await asyncio.gather(early, return_exceptions=True)
        raise
    there = sentry.in_region(organization)
    return await _in_region(there, organization.slug, facts, parts, known=organization, integrations=early)


def needs_integrations(parts: frozenset[Part]) -> bool:
    """Return whether some parts wait for the list of integrations."""
    return bool(parts & {Part.INTEGRATIONS, Part.MAPPINGS, Part.REPOSITORIES})


async def _in_region(
    sentry: Sentry,
    slug: str,
    facts: Facts,
    parts: frozenset[Part],
    *,
    known: Organization | None = None,
    choosing: asyncio.Future[Organization] | None = None,
    integrations: asyncio.Future[tuple[Integration, ...]] | None = None,
) -> Snapshot:
    slugs = _slugs(facts)
    reads = OrganizationReads(
        sentry,
        slug,
        [s for _, s in slugs.values()],
        detailed=Part.SETTINGS in parts,
        known=known,
        choosing=choosing,
        integrations=integrations,
    )
    try:
        return await _gather(reads, slugs, parts)
    finally:
        await reads.close()


def _slugs(facts: Facts) -> dict[str, tuple[str, str]]:
    """Return the kind of each target and the slug of its project, by the target's name."""
    names = [("backend", b.name) for b in facts.backends] + [("frontend", f.name) for f in facts.frontends]
    return {name: (kind, project_slug(facts, kind, name)) for kind, name in names}


async def _gather(reads: OrganizationReads, slugs: Mapping[str, tuple[str, str]], parts: frozenset[Part]) -> Snapshot:
    def wants(part: Part, call: Callable[[], Awaitable[T]]) -> Awaitable[T | Unavailable]:
        return ask(call()) if part in parts else _not_asked()

    reads.start(
        alerts=Part.ALERTS in parts,
        integrations=needs_integrations(parts),
        repositories=Part.REPOSITORIES in parts,
        events=bool(parts & {Part.EVENTS, Part.MAPS}),
    )
    organization, answers, members, integrations, repositories, details = await asyncio.gather(
        reads.chosen(),
        asyncio.gather(*(_project(reads, kind, slug, parts) for kind, slug in slugs.values())),
        wants(Part.MEMBERS, reads.members),
        wants(Part.INTEGRATIONS, reads.integrations),
        wants(Part.REPOSITORIES, reads.repositories),
        wants(Part.ORGANIZATION, reads.details),
    )
    return Snapshot(
        url=reads.sentry.client.url,
        organization=organization,
        projects={n: a for n, a in zip(slugs, answers, strict=True) if a is not None},
        missing={n: slug for (n, (_, slug)), a in zip(slugs.items(), answers, strict=True) if a is None},
        members=members,
        integrations=integrations,
        repositories=repositories,
        requires_two_factor=details if isinstance(details, Unavailable) else details.two_factor,
        seats=None if isinstance(details, Unavailable) else details.seats,
        has_monitors=await reads.has_monitors() if Part.ALERTS in parts else None,
        open_membership=None if isinstance(details, Unavailable) else details.open_membership,
    )


async def _not_asked() -> Unavailable:
    return NOT_ASKED


async def _nothing() -> None:
    return None


async def _project(
    reads: OrganizationReads, kind: str, slug: str, parts: frozenset[Part]
) -> ProjectSnapshot | Unavailable | None:
    """Ask for one project; nothing more where there is none."""

    def needs(part: Part, call: Callable[[Found], Awaitable[T]]) -> Awaitable[T | Unavailable]:
        return _of_project(reads, slug, call) if part in parts else _not_asked()

    browser = kind == "frontend"
    (
        known,
        (keys, filters, ownership),
        (settings, alerts, seen),
        (releases, usage, mappings),
        (maps, bundles, people),
    ) = await asyncio.gather(
        ask(reads.project(slug)),
        asyncio.gather(
            needs(Part.KEYS, reads.keys), needs(Part.FILTERS, reads.filters), needs(Part.OWNERSHIP, reads.ownership)
        ),
        asyncio.gather(
            needs(Part.SETTINGS, reads.settings), needs(Part.ALERTS, reads.alerts), needs(Part.EVENTS, reads.seen)
        ),
        asyncio.gather(
            needs(Part.RELEASES, reads.releases),
            needs(Part.USAGE, reads.usage),
            needs(Part.MAPPINGS, reads.code_mappings),
        ),
        asyncio.gather(
            needs(Part.MAPS, reads.maps) if browser else _nothing(),
            needs(Part.MAPS, reads.bundles) if browser else _not_asked(),
            needs(Part.PEOPLE, reads.people) if Part.PEOPLE in parts else _nothing(),
        ),
    )
    if not isinstance(known, Found):
        return known
    return ProjectSnapshot(
        slug=known.slug,
        id=known.id,
        platform=known.platform,
        keys=keys,
        alerts=alerts,
        test_events=seen if isinstance(seen, Unavailable) else seen.test_events(),
        releases=releases,
        settings=settings,
        filters=filters,
        environments=seen if isinstance(seen, Unavailable) else seen.environments(),
        all_environments=isinstance(seen, Unavailable) or seen.complete,
        live=seen if isinstance(seen, Unavailable) else seen.live_releases(),
        usage=usage,
        spans=usage if isinstance(usage, Unavailable) else usage.traces,
        ownership=ownership,
        code_mappings=mappings,
        maps=maps,
        bundles=bundles,
        people=people,
        renamed_from=known.renamed_from,
    )


async def _of_project(reads: OrganizationReads, slug: str, call: Callable[[Found], Awaitable[T]]) -> T | Unavailable:
    """Ask for what needs the project's id."""
    found = await ask(reads.project(slug))
    if isinstance(found, Unavailable):
        return found
    if found is None:
        return Unavailable(reason=f"project {slug} does not exist")
    return await ask(call(found))
