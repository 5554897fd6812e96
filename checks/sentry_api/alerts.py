"""Alerts of both generations: the workflow engine (sentry.io, self-hosted 26.7 and newer) and the older issue rules.

https://docs.sentry.io/api/monitors/ ; the rules of older servers: `GET|POST /projects/{organization}/{project}/rules/`.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from msgspec import Struct

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api.calls import Sentry
from checks.sentry_api.hosts import is_saas
from checks.sentry_api.rules import read_rule, rule_body
from checks.sentry_api.snapshot import Alert

MONITOR_PAUSE = 1.0
"""Seconds between two looks for the monitors of a new project."""

_NO_MONITORS = "sentry.io keeps monitors for every project; ask with a token that may see this one"


def _q(part: str) -> str:
    return quote(part, safe="")


class Channel(Struct, frozen=True, kw_only=True):
    """Where an alert goes: `email` (to a team, else the issue owners, else all active members), `slack` or `pagerduty`.

    `to` is the team's id, the Slack channel (`#alerts`) or the PagerDuty service's id; `shown` how people call it.
    """

    kind: str
    to: str | None = None
    shown: str = ""
    integration: str | None = None

    def alert_name(self, project: str) -> str:
        """Return the name of the alert, by which it is found again."""
        what = "High-priority issue" if self.kind == "pagerduty" else "New issue in production"
        to = {"email": "email", "slack": f"Slack {self.shown}", "pagerduty": f"PagerDuty {self.shown}"}[self.kind]
        return f"[sentry-setup] {what} → {to} ({project})"


class Alerts(Struct, frozen=True):
    """The alerts of one organization."""

    sentry: Sentry
    organization: str

    async def attached(self, project: m.Project) -> tuple[Alert, ...]:
        """List the alerts of a project: those of its error and issue-stream monitors, or an older server's rules.

        Raises `SentryApiError`; `GoneError` where this server's alerts cannot be asked for at all.
        """
        monitors = await self._monitors(project)
        if monitors is None:
            return tuple([read_rule(r) for r in await self._rules(project)])
        wanted = {
            m.text(d, "id", "a monitor")
            for d in monitors
            if d.get("type") in ("error", "issue_stream") and d.get("enabled") is not False
        }
        found = []
        parameters = {"project": project.id, "per_page": "100"}
        async for data in self.sentry.client.pages(self._workflows, parameters, base=self.sentry.region):
            ids = data.get("detectorIds") if isinstance(data, dict) else None
            if isinstance(ids, list) and wanted & {str(d) for d in ids}:
                found.append(m.alert(data))
        return tuple(found)

    @property
    def _workflows(self) -> str:
        return f"/organizations/{_q(self.organization)}/workflows/"

    def _rules_path(self, project: m.Project) -> str:
        return f"/projects/{_q(self.organization)}/{_q(project.slug)}/rules/"

    async def _monitors(self, project: m.Project) -> list[dict[str, m.Json]] | None:
        """List a project's monitors; None where the server is older than they are (never on sentry.io)."""
        path = f"/organizations/{_q(self.organization)}/detectors/"
        try:
            pages = self.sentry.client.pages(path, {"project": project.id}, base=self.sentry.region)
            found = [m.mapping(d, "a monitor") async for d in pages]
        except (e.NotFoundError, e.GoneError, e.NotSentryError):
            if is_saas(self.sentry.client.url):
                raise
            return None
        own = [d for d in found if d.get("projectId") is None or str(d.get("projectId")) == project.id]
        return own if own or is_saas(self.sentry.client.url) else None

    async def _rules(self, project: m.Project) -> list[m.Json]:
        try:
            pages = self.sentry.client.pages(self._rules_path(project), base=self.sentry.region)
            return [r async for r in pages]
        except (e.NotFoundError, e.GoneError, e.ServerFaultError, e.NotSentryError) as error:
            raise e.GoneError(
                "the alerts of this server cannot be asked for through its API",
                hint="look at them in its web interface, and sign the item off or waive it",
                call=error.call,
                status=error.status,
            ) from error

    async def ensure(self, project: m.Project, channel: Channel) -> tuple[str, bool]:
        """Find or create a project's alert for a channel; returns its id and whether it was created.

        Neither generation refuses duplicates, so the name (with the project's slug) is looked for first, and again after a
        lost answer. Raises `SentryApiError`.
        """
        monitors = await self._awaited_monitors(project)
        name = channel.alert_name(project.slug)
        existing = await self._named(project, name)
        if existing:
            return existing, False
        if monitors is None:
            path, body = self._rules_path(project), rule_body(name, channel.kind, channel.to, channel.integration)
        else:
            wanted = [d for d in monitors if d.get("type") == "error"] or [
                d for d in monitors if d.get("type") == "issue_stream"
            ]
            if not wanted:
                raise e.NotFoundError(f"project {project.slug} has no error monitor", hint=_NO_MONITORS)
            path = self._workflows
            body = workflow_body(name, channel, [m.identity(d, "a monitor") for d in wanted])
        try:
            answer, _ = await self.sentry.client.post(path, body, base=self.sentry.region)
        except e.UNCERTAIN:
            existing = await self._named(project, name)
            if existing:
                return existing, True
            raise
        return m.text(m.mapping(answer, "an alert"), "id", "an alert"), True

    async def notify(self, channel: Channel) -> None:
        """Really send a test notification: `POST /organizations/{organization}/test-fire-actions/`. Raises `SentryApiError`."""
        path = f"/organizations/{_q(self.organization)}/test-fire-actions/"
        await self.sentry.client.post(path, {"actions": [_action(channel)]}, base=self.sentry.region)

    async def _awaited_monitors(self, project: m.Project) -> list[dict[str, m.Json]] | None:
        """Return the monitors; those of a new project appear a moment later."""
        for _ in range(4):
            monitors = await self._monitors(project)
            if monitors is None or any(d.get("type") == "error" for d in monitors):
                break
            await asyncio.sleep(MONITOR_PAUSE)
        return monitors

    async def _named(self, project: m.Project, name: str) -> str | None:
        return next((a.id for a in await self.attached(project) if a.name == name and a.enabled), None)


def workflow_body(name: str, channel: Channel, monitors: list[int]) -> dict[str, object]:
    """Return the body that creates an alert: `triggers`, `config` and `actionFilters` are always sent, servers index them."""
    trigger = "new_high_priority_issue" if channel.kind == "pagerduty" else "first_seen_event"
    return {
        "name": name,
        "enabled": True,
        "detectorIds": monitors,
        "config": {"frequency": 30},
        "environment": None,
        "triggers": {
            "logicType": "any-short",
            "actions": [],
            "conditions": [{"type": trigger, "comparison": True, "conditionResult": True}],
        },
        "actionFilters": [{"logicType": "all", "conditions": [], "actions": [_action(channel)]}],
    }


def _action(channel: Channel) -> dict[str, object]:
    email = channel.kind == "email"
    target = "specific"
    data: dict[str, str] = {"priority": "default"} if channel.kind == "pagerduty" else {}
    if email:
        target, data = ("team", {}) if channel.to else ("issue_owners", {"fallthroughType": "ActiveMembers"})
    config = {
        "targetType": target,
        "targetDisplay": None if email else channel.shown,
        "targetIdentifier": "" if channel.kind == "slack" else channel.to or "",
    }
    return {
        "type": channel.kind,
        "integrationId": channel.integration,
        "data": data,
        "config": config,
        "status": "active",
    }
