"""A connection to Sentry for setting up: who the token is, which organization and team, and what exists there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
from msgspec import Struct, field
from msgspec.structs import replace

from checks.config import Config
from checks.errors import UsageError
from checks.repository.facts import Facts
from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import SentryClient
from checks.sentry_api.gather import choose_organization, gather
from checks.sentry_api.hosts import choose_url
from checks.sentry_api.models import Organization, Project, Team, TokenInfo
from checks.sentry_api.snapshot import Integration, ProjectSnapshot, SeenEvent
from setup_wizard.services.hosts import remember_host
from setup_wizard.steps.context import SentryState

WIZARD_SCOPES = (
    "org:read",
    "project:read",
    "project:write",
    "team:read",
    "alerts:read",
    "alerts:write",
    "event:read",
    "event:write",
    "member:read",
    "member:invite",
)
"""What the steps need of a token."""


class Connection(Struct, kw_only=True):
    """An open connection. `seen` are test events that were seen by id, which lists may show only later; `integrations` are
    those that the last look found, and `found` the projects that are there by slug.
    """

    client: SentryClient
    sentry: Sentry
    token: TokenInfo
    organization: Organization
    teams: list[Team]
    team: Team
    seen: dict[str, list[SeenEvent]]
    integrations: tuple[Integration, ...] = ()
    found: dict[str, Project] = field(default_factory=dict)

    async def known(self, facts: Facts) -> SentryState:
        """Read what Sentry has for the repository's targets: a snapshot, existing projects, their DSNs."""
        snapshot = await gather(Sentry(self.client), facts, organization=self.organization)
        projects = dict(snapshot.projects)
        for target, events in self.seen.items():
            project = projects.get(target)
            if isinstance(project, ProjectSnapshot) and isinstance(project.test_events, tuple):
                projects[target] = replace(project, test_events=(*project.test_events, *events))
        snapshot = replace(snapshot, projects=projects)
        self.integrations = snapshot.integrations if isinstance(snapshot.integrations, tuple) else ()
        existing, dsns, keyless = {}, {}, {}
        self.found = {}
        for target, project in projects.items():
            if isinstance(project, ProjectSnapshot):
                existing[target] = project.slug
                self.found[project.slug] = Project(
                    id=project.id, slug=project.slug, name=project.slug, platform=project.platform
                )
                active = [k.dsn for k in project.keys if k.active] if isinstance(project.keys, tuple) else []
                if active:
                    dsns[target] = active[0]
                elif isinstance(project.keys, tuple):
                    keyless[target] = self.keys_page(project.slug)
        return SentryState(
            url=self.client.url,
            organization=self.organization.slug,
            team=self.team.slug,
            team_ids={t.slug: t.id for t in self.teams},
            existing=existing,
            dsns=dsns,
            keyless=keyless,
            snapshot=snapshot,
            connected=True,
        )

    def keys_page(self, slug: str) -> str:
        """Return the page of a project's client keys."""
        return f"{self.client.url}/settings/{self.organization.slug}/projects/{slug}/keys/"

    async def with_projects(self, known: SentryState, slugs: Mapping[str, str]) -> SentryState:
        """Return what is known, with projects that were found or created since, by target; only their keys are asked for."""
        there = {t: s for t, s in slugs.items() if s in self.found}
        listed = await asyncio.gather(*(self.sentry.keys(self.organization.slug, s) for s in there.values()))
        dsns = {t: k.dsn for t, keys in zip(there, listed, strict=True) for k in reversed(keys) if k.active}
        return replace(known, existing=known.existing | there, dsns=known.dsns | dsns)

    async def project(self, slug: str) -> Project:
        """Return a project that has to exist. Raises `UsageError`."""
        if slug in self.found:
            return self.found[slug]
        found = await self.sentry.project(self.organization.slug, slug)
        if found is None:
            raise UsageError(
                f"there is no project {slug} in {self.organization.slug}", hint="run the step `project` first"
            )
        self.found[slug] = found
        return found

    async def close(self) -> None:
        """Close the connection."""
        await self.client.__aexit__(None, None, None)


def missing_scopes(token: TokenInfo) -> tuple[str, ...]:
    """Return the scopes that the steps need and the token lacks; `x:admin` and `x:write` hold the smaller ones."""
    held = set(token.scopes)
    for scope in token.scopes:
        name, _, level = scope.partition(":")
        held |= {f"{name}:read"} if level in ("write", "admin") else set()
        held |= {f"{name}:write"} if level == "admin" else set()
        # https://docs.sentry.io/api/permissions/ : who may invite may read members, who may write them may invite.
        held |= {"member:read", "member:invite"} if name == "member" and level != "read" else set()
    return tuple(s for s in WIZARD_SCOPES if s not in held)


def sentry_url(config: Config, answers: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """Return the Sentry to talk to; one that only the repository names is refused."""
    allowed = config.with_answers(dict(answers)).consents("sentry.allow_http")
    return choose_url(answers.get("sentry.url"), environ, config.answers.get("sentry.url"), allow_http=allowed)


async def connect(
    url: str, token: str, config: Config, *, transport: httpx.AsyncBaseTransport | None = None
) -> Connection:
    """Check the token, then choose organization and team. Raises `SentrySetupError`.

    An organization token (`sntrys_`) can do releases and uploads only, and is told so before anything fails.
    """
    if token.startswith("sntrys_"):
        raise UsageError(
            "this is an organization token, which can create releases and upload source maps only",
            hint=f"create a personal token at {url}/settings/account/api/auth-tokens/new-token/",
        )
    client = SentryClient(url, token, transport=transport, ca_file=config.given.get("sentry.ca_file"))
    try:
        plain = Sentry(client)
        info = await plain.token()
        organization = await choose_organization(plain, config.answers.get("sentry.org"))
        sentry = plain.in_region(organization)
        teams = await sentry.teams(organization.slug)
        team = _team(teams, config.answers.get("sentry.team"), organization.slug)
    except BaseException:
        await asyncio.shield(client.__aexit__(None, None, None))
        raise
    remember_host(url)
    return Connection(
        client=client, sentry=sentry, token=info, organization=organization, teams=teams, team=team, seen={}
    )


def _team(teams: list[Team], wanted: str | None, organization: str) -> Team:
    if wanted:
        named = next((t for t in teams if t.slug == wanted), None)
        if named is None:
            raise UsageError(
                f"there is no team {wanted} in {organization}",
                hint="one of " + ", ".join(t.slug for t in teams[:8]) if teams else None,
            )
        return named
    mine = [t for t in teams if t.is_member] or teams
    if not mine:
        raise UsageError(f"{organization} has no team", hint="create one under Settings → Teams")
    return mine[0]
