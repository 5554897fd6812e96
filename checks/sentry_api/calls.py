"""The calls of the Sentry API that the product makes, typed. Paths are below `/api/0`; trailing slashes matter."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api.client import SentryClient
from checks.sentry_api.snapshot import ClientKey

NONCE_TAG = "sentry_setup.nonce"
KIND_TAG = "sentry_setup.kind"
"""Tags on the wizard's test events, by which an audit finds them again."""


def _q(part: str) -> str:
    return quote(part, safe="")


class Sentry(Struct, frozen=True):
    """Sentry's API for one client. Organization calls go to the region of the organization (`region`), once known."""

    client: SentryClient
    region: str | None = None

    def in_region(self, organization: m.Organization) -> Sentry:
        """Return the same API with organization calls sent to the organization's region."""
        return Sentry(self.client, organization.region_url)

    async def token(self) -> m.TokenInfo:
        """Check the token: `GET /`, valid for every kind of token."""
        return m.token_info(await self.client.get("/"))

    async def organizations(self) -> list[m.Organization]:
        """List the organizations the token sees; asks each region where the main server leaves out the region's URL.

        Raises `NotSentryError` for a server that takes events but has no such list, as Bugsink.
        """
        try:
            found = [m.organization(o) async for o in self.client.pages("/organizations/")]
        except e.NotFoundError as error:
            raise e.NotSentryError(
                f"{self.client.url} has no Sentry API: it knows no organizations",
                hint="is this the address of a Sentry? a receiver without that API can be audited, but not set up",
                call=error.call,
                status=error.status,
            ) from error
        if found and all(o.region_url for o in found):
            return found
        by_slug = {o.slug: o for o in found}
        for region in await self._regions():
            async for data in self.client.pages("/organizations/", base=region):
                organization = m.organization(data)
                by_slug[organization.slug] = m.Organization(
                    slug=organization.slug, name=organization.name, region_url=region
                )
        return list(by_slug.values())

    async def _regions(self) -> list[str]:
        try:
            data = await self.client.get("/users/me/regions/")
        except (e.NotFoundError, e.ForbiddenError, e.UnauthorizedError):
            return []
        return [url for r in m.objects(data, "regions") if (url := m.maybe_text(r, "url"))]

    async def organization(self, slug: str) -> m.Organization:
        """Return one organization. Raises `NotFoundError`."""
        return m.organization(await self.client.get(f"/organizations/{_q(slug)}/"))

    async def teams(self, organization: str) -> list[m.Team]:
        """List the teams of an organization."""
        path = f"/organizations/{_q(organization)}/teams/"
        return [m.team(t) async for t in self.client.pages(path, base=self.region)]

    async def project(self, organization: str, slug: str) -> m.Project | None:
        """Return a project, or None when there is none that the token can see."""
        try:
            path = f"/projects/{_q(organization)}/{_q(slug)}/"
            return m.project(await self.client.get(path, {"collapse": "organization"}, base=self.region))
        except e.NotFoundError:
            return None

    async def projects(self, organization: str) -> list[m.Project]:
        """List the projects of an organization."""
        path = f"/organizations/{_q(organization)}/projects/"
        return [m.project(p) async for p in self.client.pages(path, base=self.region)]

    async def ensure_project(self, organization: str, team: str, slug: str, platform: str) -> tuple[m.Project, bool]:
        """Find the project with this slug, or create it; returns it and whether it was created.

        The slug is always sent: without it Sentry invents another one for a second run. After a lost answer the project is
        looked for before anything is repeated. Raises `ConflictError` when the slug is taken by a project out of sight.
        """
        existing = await self.project(organization, slug)
        if existing is not None:
            return existing, False
        body = {"name": slug[:50], "slug": slug, "platform": platform, "default_rules": True}
        try:
            data, _ = await self.client.post(f"/teams/{_q(organization)}/{_q(team)}/projects/", body, base=self.region)
            return m.project(data), True
        except e.ConflictError:
            existing = await self.project(organization, slug)
            if existing is not None:
                return existing, False
            raise e.ConflictError(
                f"the project name {slug} is taken by a project that this token cannot see",
                hint="choose another name (`--set backend.project=…`), or ask for access to that project",
            ) from None
        except e.UNCERTAIN:
            existing = await self.project(organization, slug)
            if existing is not None:
                return existing, True
            raise

    async def keys(self, organization: str, project: str) -> tuple[ClientKey, ...]:
        """List the client keys of a project, active ones first."""
        path = f"/projects/{_q(organization)}/{_q(project)}/keys/"
        keys = [m.client_key(k) async for k in self.client.pages(path, base=self.region)]
        return tuple(sorted(keys, key=lambda k: not k.active))

    async def event(self, organization: str, project: str, event_id: str) -> m.StoredEvent | None:
        """Return a stored event, or None while there is none."""
        try:
            path = f"/projects/{_q(organization)}/{_q(project)}/events/{_q(event_id)}/"
            return m.stored_event(await self.client.get(path, base=self.region))
        except e.NotFoundError:
            return None
