"""Read-only calls that only an audit makes: members, integrations, a project's settings, what arrived, how maps resolved."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct

from checks.sentry_api import models as m
from checks.sentry_api.calls import NONCE_TAG, Sentry
from checks.sentry_api.snapshot import Integration, MapProof, Member, ProjectSettings, Usage

_FRAMES = 20
"""Frames of an event that are looked at."""


def _q(part: str) -> str:
    return quote(part, safe="")


class Looks(Struct, frozen=True):
    """The read-only calls, for one organization."""

    sentry: Sentry
    organization: str

    @property
    def _org(self) -> str:
        return f"/organizations/{_q(self.organization)}"

    def _of(self, project: m.Project) -> str:
        return f"/projects/{_q(self.organization)}/{_q(project.slug)}"

    async def members(self) -> tuple[Member, ...]:
        """List members and open invitations (needs `member:read`)."""
        found = []
        async for data in self.sentry.client.pages(f"{self._org}/members/", base=self.sentry.region):
            answer = m.mapping(data, "a member")
            accepted = answer.get("pending") is False and isinstance(answer.get("user"), dict)
            role = m.maybe_text(answer, "orgRole") or m.maybe_text(answer, "role") or ""
            expired, email = answer.get("expired") is True, m.maybe_text(answer, "email") or ""
            found.append(Member(role=role, accepted=accepted, expired=expired, email=email))
        return tuple(found)

    async def integrations(self) -> tuple[Integration, ...]:
        """List the installed integrations, without their configuration: PagerDuty's holds keys in clear."""
        found = []
        parameters = {"includeConfig": "0"}
        async for data in self.sentry.client.pages(f"{self._org}/integrations/", parameters, base=self.sentry.region):
            answer = m.mapping(data, "an integration")
            states = (answer.get("status", "active"), answer.get("organizationIntegrationStatus", "active"))
            found.append(
                Integration(
                    id=m.text(answer, "id", "an integration"),
                    provider=m.maybe_text(answer, "provider", "key") or "",
                    name=m.maybe_text(answer, "name") or "",
                    active=all(s == "active" for s in states) and answer.get("outOfDate") is not True,
                )
            )
        return tuple(found)

    async def services(self, integration: str) -> dict[str, str]:
        """Return the PagerDuty services of an integration by id; the keys that Sentry answers beside them are left behind."""
        path = f"{self._org}/integrations/{_q(integration)}/"
        answer = m.mapping(await self.sentry.client.get(path, base=self.sentry.region), "an integration")
        rows = m.objects(answer, "configData", "service_table")
        return {str(r["id"]): m.maybe_text(r, "service") or "" for r in rows if r.get("id") is not None}

    async def two_factor(self) -> tuple[bool, int | None]:
        """Return whether the organization requires two factors, and its limit of members (None: not told)."""
        answer = m.mapping(await self.sentry.client.get(f"{self._org}/", base=self.sentry.region), "an organization")
        quota = answer.get("quota")
        limit = quota.get("maxMembers") if isinstance(quota, dict) else None
        return answer.get("require2FA") is True, limit if isinstance(limit, int) else None

    async def settings(self, project: m.Project) -> ProjectSettings:
        """Return a project's settings (needs `project:read`)."""
        parameters = {"collapse": "organization"}
        data = await self.sentry.client.get(f"{self._of(project)}/", parameters, base=self.sentry.region)
        answer = m.mapping(data, "a project")

        def truth(key: str) -> bool | None:
            value = answer.get(key)
            return value if isinstance(value, bool) else None

        options = answer.get("options")
        disabled = options.get("quotas:spike-protection-disabled") if isinstance(options, dict) else None
        domains, teams = answer.get("allowedDomains"), answer.get("teams")
        return ProjectSettings(
            teams=len(teams) if isinstance(teams, list) else 0,
            data_scrubber=truth("dataScrubber"),
            scrub_defaults=truth("dataScrubberDefaults"),
            allowed_domains=tuple(str(d) for d in domains) if isinstance(domains, list) else None,
            spike_protection=not disabled if isinstance(disabled, bool) else None,
            transactions_seen=answer.get("firstTransactionEvent") is True,
            minified=answer.get("hasMinifiedStackTrace") is True,
        )

    async def filters(self, project: m.Project) -> tuple[str, ...]:
        """List the inbound filters that are on (https://docs.sentry.io/concepts/data-management/filtering/)."""
        found = []
        async for data in self.sentry.client.pages(f"{self._of(project)}/filters/", base=self.sentry.region):
            answer = m.mapping(data, "a filter")
            if answer.get("active"):
                found.append(m.text(answer, "id", "a filter"))
        return tuple(found)

    async def environments(self, project: m.Project) -> tuple[str, ...]:
        """List the environments of the last 30 days' errors, without the wizard's own test events."""
        rows = await self._rows(project, ["environment", "count()"], "30d", f"!has:{NONCE_TAG}", "errors")
        return tuple(sorted({name for r in rows if (name := m.maybe_text(r, "environment"))}))

    async def latest_release(self, project: m.Project) -> str | None:
        """Return the release of the newest error that is not the wizard's own; "" for none, None without an event."""
        rows = await self._rows(
            project, ["id", "release", "timestamp"], "30d", f"!has:{NONCE_TAG}", "errors", sort="-timestamp"
        )
        return (m.maybe_text(rows[0], "release") or "") if rows else None

    async def spans(self, project: m.Project) -> int:
        """Count the spans of the last 14 days."""
        rows = await self._rows(project, ["count()"], "14d", "", "spans")
        return sum(m.number(r, "count()") for r in rows)

    async def _rows(
        self, project: m.Project, fields: list[str], period: str, query: str, dataset: str, *, sort: str | None = None
    ) -> list[m.Json]:
        parameters: dict[str, str | list[str]] = {
            "dataset": dataset,
            "field": fields,
            "project": project.id,
            "statsPeriod": period,
            "query": query,
            "per_page": "50",
        }
        if sort:
            parameters["sort"] = sort
        data = await self.sentry.client.get(f"{self._org}/events/", parameters, base=self.sentry.region)
        return m.objects(data, "data")

    async def usage(self, project: m.Project) -> Usage:
        """Count what arrived in 14 days by category and outcome (https://docs.sentry.io/api/organizations/)."""
        parameters: dict[str, str | list[str]] = {
            "field": "sum(quantity)",
            "groupBy": ["outcome", "category"],
            "project": project.id,
            "statsPeriod": "14d",
            "interval": "1d",
        }
        data = await self.sentry.client.get(f"{self._org}/stats_v2/", parameters, base=self.sentry.region)
        counts: dict[tuple[str, str], int] = {}
        for group in m.objects(data, "groups"):
            category, outcome = m.maybe_text(group, "by", "category"), m.maybe_text(group, "by", "outcome")
            if category and outcome:
                counts[(category, outcome)] = m.number(group.get("totals"), "sum(quantity)")
        return Usage(counts=counts)

    async def maps(self, project: m.Project) -> MapProof | None:
        """Look how the newest browser error with a stack trace was mapped; None where there is none in 14 days."""
        events = [
            m.mapping(d, "an event")
            async for d in self.sentry.client.pages(
                f"{self._of(project)}/events/", {"statsPeriod": "14d"}, base=self.sentry.region, limit=1
            )
        ]
        errors = [d for d in events if d.get("event.type") == "error" and m.maybe_text(d, "platform") == "javascript"]
        if not errors:
            return None
        event = m.text(errors[0], "eventID", "an event")
        path = f"{self._of(project)}/events/{_q(event)}/source-map-debug/"
        data = m.mapping(await self.sentry.client.get(path, base=self.sentry.region), "a source map look-up")
        frames = mapped = 0
        for exception in m.objects(data, "exceptions"):
            for frame in m.objects(exception, "frames")[:_FRAMES]:
                frames += 1
                mapped += _mapped(frame)
        return MapProof(event=event, release=m.maybe_text(data, "release"), mapped=mapped, frames=frames)

    async def ownership(self, project: m.Project) -> bool:
        """Return whether ownership rules are written for a project."""
        data = await self.sentry.client.get(f"{self._of(project)}/ownership/", base=self.sentry.region)
        return bool((m.maybe_text(data, "raw") or "").strip())

    async def code_mappings(self, project: m.Project) -> int:
        """Count the mappings from stack traces to source code."""
        parameters = {"project": project.id}
        pages = self.sentry.client.pages(f"{self._org}/code-mappings/", parameters, base=self.sentry.region)
        found = [m.mapping(d, "a code mapping") async for d in pages]
        return sum(str(d.get("projectId", project.id)) == project.id for d in found)


def _mapped(frame: m.Json) -> bool:
    by_id = frame.get("debug_id_process") if isinstance(frame, dict) else None
    by_release = frame.get("release_process") if isinstance(frame, dict) else None
    if isinstance(by_id, dict) and by_id.get("uploaded_source_map_with_correct_debug_id") is True:
        return True
    return isinstance(by_release, dict) and by_release.get("source_map_lookup_result") == "found"
