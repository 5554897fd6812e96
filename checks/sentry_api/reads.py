"""The read-only calls of one organization, each asked once however many items need its answer.

What several projects need is asked for all of them at once; what waits for nothing is asked at the same time as the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api import settings as s
from checks.sentry_api.alerts import Alerts, Listed
from checks.sentry_api.calls import Sentry
from checks.sentry_api.hosts import is_saas
from checks.sentry_api.recipients import resolve
from checks.sentry_api.seen import Newest, Seen, newest_events, seen_events
from checks.sentry_api.single_reads import ask, installed_integrations, usage_of
from checks.sentry_api.snapshot import (
    BILLING,
    ENOUGH_PEOPLE,
    EVERYWHERE,
    Alert,
    Bundle,
    ClientKey,
    Integration,
    MapProof,
    Member,
    ProjectSettings,
    Release,
    Repository,
    TeamSize,
    Unavailable,
    Usage,
)

T = TypeVar("T")


def _q(part: str) -> str:
    return quote(part, safe="")


class Found(m.Project, frozen=True, kw_only=True):
    """A project that is there. `renamed_from` is the slug that was asked for, where Sentry has another one now."""

    renamed_from: str | None = None


class OrganizationReads:
    """The answers for one organization. `slugs` are the projects wanted, `detailed` whether their settings are needed.

    `known` is the organization where it was looked up already, `choosing` the call that looks it up meanwhile, `integrations`
    the one that lists them.
    """

    def __init__(
        self,
        sentry: Sentry,
        organization: str,
        slugs: Sequence[str] = (),
        *,
        detailed: bool = True,
        known: m.Organization | None = None,
        choosing: asyncio.Future[m.Organization] | None = None,
        integrations: asyncio.Future[tuple[Integration, ...]] | None = None,
    ) -> None:
        self.sentry, self.organization = sentry, organization
        self.slugs, self.detailed = tuple(dict.fromkeys(slugs)), detailed
        self._asked: dict[Hashable, asyncio.Future[Any]] = {}
        self._known = known
        if choosing is not None:
            self._asked["chosen"] = choosing
        if integrations is not None:
            self._asked["integrations"] = integrations

    def _started(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> asyncio.Future[T]:
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(call())
        return self._asked[key]

    async def _once(self, key: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        return await self._started(key, call)

    def start(self, *, alerts: bool, integrations: bool, repositories: bool, events: bool) -> None:
        """Send the calls that others wait for before those that nothing waits for; only so many are under way at once."""
        self._start_projects()
        if alerts:
            self._started("alerts", self._listed_alerts)
        if integrations:
            self._started("integrations", self._list_integrations)
        if repositories:
            self._started("repositories", self._list_repositories)
        if events:
            self._started("seen", self._see)

    def _start_projects(self) -> None:
        for slug in self.slugs:
            self._started(("project", slug), partial(self._find, slug))

    async def close(self) -> None:
        """Give up what is still asked for, after a failure that makes the rest useless."""
        open_calls = [t for t in self._asked.values() if not t.done()]
        for task in open_calls:
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    @property
    def _org(self) -> str:
        return f"/organizations/{_q(self.organization)}"

    def _of(self, slug: str) -> str:
        return f"/projects/{_q(self.organization)}/{_q(slug)}"

    async def _pages(self, path: str, parameters: dict[str, str | list[str]] | None = None) -> list[m.Json]:
        return [d async for d in self.sentry.client.pages(path, parameters, base=self.sentry.region)]

    async def details(self) -> m.OrganizationDetails:
        """Return the organization's settings (needs `org:read`)."""

        async def call() -> m.OrganizationDetails:
            known = self._known
            if "chosen" in self._asked:
                known = await self._asked["chosen"]
            if known is not None and known.details is not None:
                return known.details
            return m.organization_details(await self.sentry.client.get(f"{self._org}/", base=self.sentry.region))

        return await self._once("details", call)

    async def chosen(self) -> str:
        """Return the organization's slug, once it is known to be there. Raises `SentrySetupError`."""
        if "chosen" in self._asked:
            await self._asked["chosen"]
        return self.organization

    async def members(self) -> tuple[Member, ...]:
        """List members and open invitations (needs `member:read`)."""

        async def call() -> tuple[Member, ...]:
            return tuple([s.member(d) for d in await self._pages(f"{self._org}/members/")])

        return await self._once("members", call)

    async def teams(self) -> tuple[TeamSize, ...]:
        """List the teams with the number of their members (needs `team:read`); the organization's own answer has them too.

        https://docs.sentry.io/api/organizations/retrieve-an-organization/ : only `detailed=0` leaves them out.
        """

        return await self._once("teams", self._list_teams)

    async def _list_teams(self) -> tuple[TeamSize, ...]:
        details = await ask(self.details())
        known = None if isinstance(details, Unavailable) else details.teams
        return tuple([s.team_size(d) for d in (await self._pages(f"{self._org}/teams/") if known is None else known)])

    async def integrations(self) -> tuple[Integration, ...]:
        """List the installed integrations, without their configuration: PagerDuty's holds keys in clear."""
        return await self._once("integrations", self._list_integrations)

    async def _list_integrations(self) -> tuple[Integration, ...]:
        return await installed_integrations(self.sentry, self.organization)

    async def _lacks_code(self) -> bool:
        """Return whether no integration holds code, so that Sentry has neither repositories nor mappings to them."""
        installed = await ask(self.integrations())
        return not isinstance(installed, Unavailable) and not any(i.provider in s.HOLD_CODE for i in installed)

    async def repositories(self) -> tuple[Repository, ...]:
        """List the repositories that integrations brought in (https://docs.sentry.io/api/organizations/)."""
        return await self._once("repositories", self._list_repositories)

    async def _list_repositories(self) -> tuple[Repository, ...]:
        if await self._lacks_code():
            return ()
        return tuple([s.repository(d) for d in await self._pages(f"{self._org}/repos/", {"status": "active"})])

    async def _summaries(self) -> dict[str, m.Json]:
        """Return the wanted projects as the organization's list has them, by slug: one call for all."""

        async def call() -> dict[str, m.Json]:
            wanted = " ".join(f"slug:{slug}" for slug in self.slugs)
            answers = await self._pages(f"{self._org}/projects/", {"query": wanted})
            return {str(d.get("slug")): d for d in answers if isinstance(d, dict) and d.get("slug") in self.slugs}

        return await self._once("summaries", call)

    async def project_answer(self, slug: str) -> tuple[m.Json, str | None] | None:
        """Return what Sentry has of a project, and the slug it was asked by where it was renamed; None where it has none."""
        return await self._once(("project", slug), lambda: self._find(slug))

    async def _find(self, slug: str) -> tuple[m.Json, str | None] | None:
        if not self.detailed:
            summaries = await ask(self._summaries())
            if not isinstance(summaries, Unavailable) and slug in summaries:
                return summaries[slug], None
        try:
            return await self._detail(slug), None
        except e.MovedError as error:
            if error.slug is None or error.slug == slug:
                raise
            return await self._detail(error.slug), slug
        except e.NotFoundError:
            return None

    async def _detail(self, slug: str) -> m.Json:
        return await self.sentry.client.get(f"{self._of(slug)}/", {"collapse": "organization"}, base=self.sentry.region)

    async def project(self, slug: str) -> Found | None:
        """Return a project, or None when there is none that the token can see. Raises `SentryApiError`."""
        answer = await self.project_answer(slug)
        if answer is None:
            return None
        known = m.project(answer[0])
        return Found(id=known.id, slug=known.slug, name=known.name, platform=known.platform, renamed_from=answer[1])

    async def projects(self) -> list[m.Project]:
        """Return those of the wanted projects that are there."""
        self._start_projects()
        found = [await ask(self.project(slug)) for slug in self.slugs]
        return [p for p in found if isinstance(p, Found)]

    async def keys(self, project: Found) -> tuple[ClientKey, ...]:
        """List the client keys of a project, active ones first; those of several projects come in one answer where they fit."""
        older = await self._is_older() or await self.has_monitors() is False  # they have no such list
        whole = None if older or len(self.slugs) < 2 else await ask(self._once("keys", self._all_keys))
        if isinstance(whole, dict):
            return whole.get(project.id, ())
        return await self._once(("keys", project.slug), lambda: self.sentry.keys(self.organization, project.slug))

    async def _all_keys(self) -> dict[str, tuple[ClientKey, ...]] | None:
        """Return the client keys of the organization by project id, None where they take more than a page."""
        path = f"{self._org}/project-keys/"
        data, cursor = await self.sentry.client.get_page(path, {"per_page": "100"}, base=self.sentry.region)
        if cursor is not None or not isinstance(data, list):
            return None
        found: dict[str, list[ClientKey]] = {}
        for entry in data:
            found.setdefault(m.reference(entry, "projectId"), []).append(m.client_key(entry))
        return {identity: tuple(sorted(keys, key=lambda k: not k.active)) for identity, keys in found.items()}

    async def alerts(self, project: Found) -> tuple[Alert, ...]:
        """List the alerts of a project, with whom their mail reaches. Raises `SentryApiError`."""
        listed, alerts = await self._once("alerts", self._listed_alerts), Alerts(self.sentry, self.organization)
        if "team" in alerts.listed_targets(project, listed):
            self._started("teams", self._list_teams)  # beside the rules that are asked for once more
        own = await alerts.of(project, listed)
        targets = {a.target for alert in own for a in alert.actions}
        teams = await ask(self.teams()) if "team" in targets else ()
        members = await ask(self.members()) if "user" in targets else ()
        return tuple(resolve(alert, teams, members) for alert in own)

    async def _ids(self) -> list[str]:
        return [p.id for p in await self.projects()]

    async def _listed_alerts(self) -> Listed:
        known = await self._once("monitors", self._list_monitors)
        return await Alerts(self.sentry, self.organization).completed(known, self.slugs, self._ids)

    async def _list_monitors(self) -> Listed:
        if await self._is_older():
            return Listed(monitors=None)
        return await Alerts(self.sentry, self.organization).monitors(self.slugs, self._ids)

    async def _is_older(self) -> bool:
        """Return whether the answers of projects show a server of before monitors; sentry.io is none."""
        if is_saas(self.sentry.client.url):
            return False
        answers = [await ask(self.project_answer(slug)) for slug in self.slugs]
        return any(s.is_older(a[0]) for a in answers if isinstance(a, tuple))

    async def has_monitors(self) -> bool | None:
        """Return whether this server's alerts watch monitors, as they were asked for already; None where they were not."""
        found = await ask(self._once("monitors", self._list_monitors)) if "alerts" in self._asked else None
        return found.monitors is not None if isinstance(found, Listed) else None

    async def seen(self, project: Found) -> Seen:
        """Return what events tell of a project. Raises `SentryApiError`."""
        return (await self._once("seen", self._see))[project.id]

    async def _see(self) -> dict[str, Seen]:
        newest = await self._once("newest events", self._newest)
        return await seen_events(self.sentry, self.organization, newest)

    async def _newest(self) -> Newest:
        return await newest_events(self.sentry, self.organization, self.projects, self.slugs)

    async def releases(self, project: Found) -> tuple[Release, ...]:
        """List a project's latest releases, newest first."""

        async def call() -> list[tuple[frozenset[str], Release]]:
            parameters: dict[str, str | list[str]] = {"project": await self._ids(), "per_page": "100"}
            data, _ = await self.sentry.client.get_page(f"{self._org}/releases/", parameters, base=self.sentry.region)
            return s.releases(data)

        return tuple([r for ids, r in await self._once("releases", call) if not ids or project.id in ids])

    async def usage(self, project: Found) -> Usage:
        """Count what arrived in 14 days by category and outcome (https://docs.sentry.io/api/organizations/)."""

        async def call() -> dict[str, Usage]:
            return await usage_of(self.sentry, self.organization, await self.projects())

        return (await self._once("usage", call)).get(project.id, Usage(counts={}))

    async def settings(self, project: Found) -> ProjectSettings:
        """Return a project's settings (needs `project:read`)."""
        answer = await self.project_answer(project.renamed_from or project.slug)
        return s.project_settings(answer[0] if answer else None)

    async def filters(self, project: Found) -> tuple[str, ...]:
        """List the inbound filters that are on (https://docs.sentry.io/concepts/data-management/filtering/)."""
        return s.filters(await self._pages(f"{self._of(project.slug)}/filters/"))

    async def ownership(self, project: Found) -> bool:
        """Return whether ownership rules are written for a project; a comment is none."""
        return s.has_ownership(
            await self.sentry.client.get(f"{self._of(project.slug)}/ownership/", base=self.sentry.region)
        )

    async def code_mappings(self, project: Found) -> int:
        """Count the mappings from stack traces to source code; a mapping is one of a repository, and without it there is none."""

        async def call() -> list[m.Json]:
            listed = await ask(self._asked["repositories"]) if "repositories" in self._asked else None
            none = listed == () if listed is not None else await self._lacks_code()
            return [] if none else await self._pages(f"{self._org}/code-mappings/")

        found = [m.mapping(d, "a code mapping") for d in await self._once("code mappings", call)]
        return sum(m.text(d, "projectId", "a code mapping") == project.id for d in found)

    async def people(self, project: Found) -> tuple[Member, ...] | None:
        """List the members of a project's teams; None where that decides nothing.

        That is where members may join any team and so reach every project, and where enough reach it by their role, or by the
        size of one of its teams.
        """
        if (await self.details()).open_membership is not False:
            return None
        members = await ask(self.members())
        known = () if isinstance(members, Unavailable) else members
        if sum(m.accepted and m.role in EVERYWHERE for m in known) >= ENOUGH_PEOPLE:
            return None
        answer = await self.project_answer(project.renamed_from or project.slug)
        own = frozenset(m.reference(t, "id") for t in m.objects(answer[0] if answer else None, "teams"))
        teams = await ask(self.teams()) if own and known else ()
        sizes = [t.members or 0 for t in teams if t.id in own] if not isinstance(teams, Unavailable) else []
        if max(sizes, default=0) - sum(m.role == BILLING for m in known) >= ENOUGH_PEOPLE:
            return None

        async def call() -> tuple[Member, ...]:
            return tuple([s.member(d) for d in await self._pages(f"{self._of(project.slug)}/members/")])

        return await self._once(("people", own or project.slug), call)

    async def browser_event(self, project: Found) -> str | None:
        """Return the id of the newest error of a browser, or None; asks for the project's own list where others hide it."""
        newest = await ask(self._once("newest events", self._newest))
        if isinstance(newest, Newest) and (found := newest.browser_event(project.id)) is not None:
            return found
        seen = await ask(self.seen(project))
        if not isinstance(seen, Unavailable):
            event = seen.browser_event()
            if event is not None or seen.complete:
                return event

        async def call() -> str | None:
            parameters = {"statsPeriod": "14d"}
            path = f"{self._of(project.slug)}/events/"
            data, _ = await self.sentry.client.get_page(path, parameters, base=self.sentry.region)
            return s.browser_event(data)

        return await self._once(("browser event", project.slug), call)

    async def maps(self, project: Found) -> MapProof | None:
        """Return how the newest browser error was mapped; None where there is none. Raises `SentryApiError`."""
        return await self._once(("maps", project.slug), partial(self._maps, project))

    async def _maps(self, project: Found) -> MapProof | None:
        event = await self.browser_event(project)
        if event is None:
            return None
        if await self._is_older():  # asked for one frame at a time, it does not tell whether its map was found
            raise e.GoneError("this version of Sentry does not show how an event was mapped", hint="open it in Sentry")
        path = f"{self._of(project.slug)}/events/{_q(event)}/source-map-debug/"
        return s.map_proof(event, await self.sentry.client.get(path, base=self.sentry.region))

    async def bundles(self, project: Found) -> tuple[Bundle, ...]:
        """List the latest artifact bundles, where no event shows more: `GET …/files/artifact-bundles/`, which Sentry's page uses."""
        if isinstance(await ask(self.maps(project)), MapProof):
            return ()
        parameters = {"per_page": "10", "sortBy": "-date_added"}
        path = f"{self._of(project.slug)}/files/artifact-bundles/"
        data, _ = await self.sentry.client.get_page(path, parameters, base=self.sentry.region)
        return s.bundles(data)
