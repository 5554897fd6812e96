"""Alerts of both generations: the workflow engine (sentry.io, self-hosted 26.7 and newer) and the older issue rules.

https://docs.sentry.io/api/monitors/ ; the rules of older servers: `GET|POST /projects/{organization}/{project}/rules/`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api.calls import Sentry
from checks.sentry_api.hosts import is_saas
from checks.sentry_api.rules import read_rule, rule_body
from checks.sentry_api.snapshot import Alert

MONITOR_PAUSE = 1.0
"""Seconds between two looks for the monitors of a new project."""

_NO_MONITORS = "sentry.io keeps monitors for every project; ask with a token that may see this one"


_UPGRADED = "this server has monitors, but none for {slug}, so its older rules may no longer fire"
"""Self-hosted 26.7 and newer fire by monitors only, and keep older rules in their list (getsentry/self-hosted issue 4452)."""


_UNLISTED = "it watches a monitor that this server does not list, perhaps that of all projects"


_UNREAD = "whether this server fires its rules, or monitors by now, is not known: {why}"


def _q(part: str) -> str:
    return quote(part, safe="")


def _own(monitors: Sequence[dict[str, m.Json]], project: m.Project) -> list[dict[str, m.Json]]:
    return _of_id(monitors, project.id)


def _of_id(monitors: Sequence[dict[str, m.Json]], identity: str) -> list[dict[str, m.Json]]:
    return [d for d in monitors if _of_every_project(d) or str(d.get("projectId")) == identity]


def _of_every_project(monitor: dict[str, m.Json]) -> bool:
    """Return whether a monitor watches all projects; some versions write its project as the text `None`."""
    return monitor.get("projectId") in (None, "None")


def _projects(rule: dict[str, m.Json]) -> list[str]:
    named = rule.get("projects")
    return [p for p in named if isinstance(p, str)] if isinstance(named, list) else []


def _watches(monitor: dict[str, m.Json]) -> bool:
    return monitor.get("type") in ("error", "issue_stream")


def _may_count(rule: Alert) -> bool:
    """Return whether an item could count a rule as one that tells somebody, were it not muted."""
    kinds = {a.kind for a in rule.actions}
    mails = "email" in kinds and not rule.limited and (rule.every_event or "first_seen_event" in rule.triggers)
    return rule.enabled and (mails or bool(kinds & {"slack", "pagerduty", "opsgenie"}))


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


class Listed(Struct, frozen=True):
    """The monitors and alerts of some projects; `monitors` is None for a server that is older than they are.

    `rules` are the issue rules of several projects that no monitor watches, where one answer had them all (None: it had not).
    `unread` says why it is not known whether the server has monitors ("": it is), `named` by which names it was asked.
    """

    monitors: tuple[dict[str, m.Json], ...] | None
    workflows: tuple[dict[str, m.Json], ...] = ()
    rules: tuple[dict[str, m.Json], ...] | None = None
    unread: str = ""
    named: tuple[str, ...] = ()


Ids = Callable[[], Awaitable[Sequence[str]]]
"""Asks for the ids of projects, which are known later than their slugs."""


class Alerts(Struct, frozen=True):
    """The alerts of one organization."""

    sentry: Sentry
    organization: str

    async def attached(self, project: m.Project) -> tuple[Alert, ...]:
        """List the alerts of a project: those of its error and issue-stream monitors, or an older server's rules.

        Raises `SentryApiError`; `GoneError` where this server's alerts cannot be asked for at all.
        """

        async def ids() -> list[str]:
            return [project.id]

        return await self.of(project, await self.listed((), ids))

    async def listed(self, slugs: Sequence[str], ids: Ids) -> Listed:
        """List the monitors and the alerts of projects, named by slug where the server takes one, else by their ids."""
        return await self.completed(await self.monitors(slugs, ids), slugs, ids)

    async def monitors(self, slugs: Sequence[str], ids: Ids) -> Listed:
        """List the monitors of projects; on sentry.io, where each project has some, the alerts at the same time.

        Servers with monitors take either name (https://docs.sentry.io/api/monitors/); a slug that is not there is refused,
        and then `ids` are asked for.
        """
        if slugs:
            with contextlib.suppress(e.InvalidError, e.ForbiddenError):
                return await self._monitors(slugs)
        return await self._monitors(await ids())

    async def completed(self, found: Listed, slugs: Sequence[str], ids: Ids) -> Listed:
        """Return monitors with the alerts that watch them, and with the rules of several projects that no monitor watches."""
        found = await self._with_workflows(found)
        if self._saas or len(slugs) < 2:
            return found
        unwatched = [i for i in await ids() if found.monitors is None or not _of_id(found.monitors, i)]
        return replace(found, rules=await self._rules_of(unwatched)) if len(unwatched) > 1 else found

    async def _rules_of(self, ids: Sequence[str]) -> tuple[dict[str, m.Json], ...] | None:
        """List the issue rules of several projects at once: `GET …/combined-rules/`, from which Sentry's own page lists them.

        None where this server has no such list, or answers it in another shape.
        """
        path = f"/organizations/{_q(self.organization)}/combined-rules/"
        parameters: dict[str, str | list[str]] = {"project": list(ids), "per_page": "100"}
        try:
            rows = [r async for r in self.sentry.client.pages(path, parameters, base=self.sentry.region)]
        except e.UnauthorizedError:
            raise
        except e.SentryApiError:
            return None
        rules = [r for r in rows if isinstance(r, dict) and r.get("type") == "rule"]
        readable = all(isinstance(r, dict) and r.get("type") for r in rows)
        return tuple(rules) if readable and all(_projects(r) for r in rules) else None

    async def _listed(self, projects: Sequence[str]) -> Listed:
        return await self._with_workflows(await self._monitors(projects))

    async def _monitors(self, projects: Sequence[str]) -> Listed:
        path = f"/organizations/{_q(self.organization)}/detectors/"
        asked: dict[str, str | list[str]] = {"project": list(projects)}
        if self._saas:
            known, listed = await asyncio.gather(self._pages(path, asked), self._alerts_of(projects))
            return Listed(monitors=tuple(known), workflows=tuple(listed), named=tuple(projects))
        try:
            return Listed(monitors=tuple(await self._pages(path, asked)), named=tuple(projects))
        except (e.NotFoundError, e.GoneError):
            return Listed(monitors=None)
        except e.NotSentryError as error:
            return Listed(monitors=None, unread=error.message)

    async def _with_workflows(self, found: Listed) -> Listed:
        if self._saas or not any(_watches(d) for d in found.monitors or ()):
            return found  # an alert is one by the monitor that it watches
        return replace(found, workflows=tuple(await self._alerts_of(found.named)))

    async def _alerts_of(self, projects: Sequence[str]) -> list[dict[str, m.Json]]:
        return await self._pages(self._workflows, {"project": list(projects), "per_page": "100"})

    async def of(self, project: m.Project, listed: Listed) -> tuple[Alert, ...]:
        """Return a project's alerts out of those listed; asks for its rules where no monitor watches it. Raises `SentryApiError`."""
        own = _own(listed.monitors, project) if listed.monitors is not None else []
        if not own and not self._saas:
            rules = await self._listed_rules(project, listed)
            if listed.monitors is None and not listed.unread:
                return await self._unmuted(project, rules)
            why = _UNREAD.format(why=listed.unread) if listed.unread else _UPGRADED.format(slug=project.slug)
            return tuple(replace(read_rule(r), uncertainty=why) for r in rules)
        watching = {m.text(d, "id", "a monitor"): d.get("enabled") is not False for d in own if _watches(d)}
        named = {m.text(d, "id", "a monitor") for d in listed.monitors or ()}
        found = []
        for data in listed.workflows:
            ids = data.get("detectorIds")
            ids = [str(i) for i in ids] if isinstance(ids, list) else []
            watched = [watching[i] for i in ids if i in watching]
            if watched:
                found.append(replace(m.alert(data), paused=not any(watched)))
            elif not named.issuperset(ids):  # that of all projects is not listed by every version
                found.append(replace(m.alert(data), uncertainty=_UNLISTED))
        return tuple(found)

    def listed_targets(self, project: m.Project, listed: Listed) -> frozenset[str]:
        """Return whom a project's rules mail, as their list says before each is asked for once more. Raises `SentryApiError`."""
        own = [read_rule(r) for r in listed.rules or () if project.slug in _projects(r)]
        return frozenset(a.target for rule in own for a in rule.actions)

    @property
    def _saas(self) -> bool:
        return is_saas(self.sentry.client.url)

    @property
    def _workflows(self) -> str:
        return f"/organizations/{_q(self.organization)}/workflows/"

    def _rules_path(self, project: m.Project) -> str:
        return f"/projects/{_q(self.organization)}/{_q(project.slug)}/rules/"

    async def _pages(self, path: str, parameters: dict[str, str | list[str]]) -> list[dict[str, m.Json]]:
        pages = self.sentry.client.pages(path, parameters, base=self.sentry.region)
        found = [m.mapping(d, "a monitor or an alert") async for d in pages]
        for row in found:  # one that cannot be read would be taken for none
            m.text(row, "id", "a monitor or an alert")
            if "type" not in row and not isinstance(row.get("detectorIds"), list):
                raise e.NotSentryError("Sentry's answer for alerts has an unexpected shape", hint="is this a Sentry?")
        return found

    async def _unmuted(self, project: m.Project, rules: Sequence[m.Json]) -> tuple[Alert, ...]:
        """Read a project's rules; those that may count are asked for once more where their list does not tell of mutes."""
        path = self._rules_path(project)
        return tuple(await asyncio.gather(*(self._rule(path, r) for r in rules)))

    async def _listed_rules(self, project: m.Project, listed: Listed) -> Sequence[m.Json]:
        if listed.rules is not None:
            return [r for r in listed.rules if project.slug in _projects(r)]
        try:
            return [r async for r in self.sentry.client.pages(self._rules_path(project), base=self.sentry.region)]
        except (e.NotFoundError, e.GoneError, e.ServerFaultError, e.NotSentryError) as error:
            raise e.GoneError(
                "this server's API does not list alerts",
                hint="check them in its web interface, then sign the item off or waive it",
                call=error.call,
                status=error.status,
            ) from error

    async def _rule(self, path: str, listed: m.Json) -> Alert:
        rule = read_rule(listed)
        if "snooze" in listed or not _may_count(rule):
            return rule
        try:
            return read_rule(await self.sentry.client.get(f"{path}{_q(rule.id)}/", base=self.sentry.region))
        except (e.NotFoundError, e.GoneError, e.NotSentryError):
            return rule

    async def page(self, project: m.Project, identity: str) -> str:
        """Return the page of an alert below the organization's, as this server's version has it. Raises `SentryApiError`."""
        if (await self._listed([project.id])).monitors is not None:
            return f"monitors/alerts/{identity}/"
        return f"alerts/rules/{project.slug}/{identity}/details/"

    async def ensure(self, project: m.Project, channel: Channel) -> tuple[str, bool]:
        """Find or create a project's alert for a channel; returns its id and whether it was created.

        Neither generation refuses duplicates, so the name (with the project's slug) is looked for first, and again after a
        lost answer. Raises `SentryApiError`.
        """
        listed = await self._awaited(project)
        if listed.unread:
            raise e.NotSentryError(_UNREAD.format(why=listed.unread), hint="create the alert in its web interface")
        name = channel.alert_name(project.slug)
        existing = await self._named(project, name, listed)
        if existing:
            return existing, False
        monitors = _own(listed.monitors, project) if listed.monitors is not None else None
        if not monitors and not self._saas:
            monitors = None
        if monitors is None:
            path, body = self._rules_path(project), rule_body(name, channel.kind, channel.to, channel.integration)
        else:
            ours = [d for d in monitors if not _of_every_project(d)]  # an alert of another one is every project's
            wanted = [d for d in ours if d.get("type") == "error"] or [
                d for d in ours if d.get("type") == "issue_stream"
            ]
            if not wanted:
                raise e.NotFoundError(f"project {project.slug} has no error monitor", hint=_NO_MONITORS)
            path = self._workflows
            body = workflow_body(name, channel, [m.identity(d, "a monitor") for d in wanted])
        try:
            answer, _ = await self.sentry.client.post(path, body, base=self.sentry.region)
        except e.UNCERTAIN:
            existing = await self._named(project, name, await self._listed([project.id]))
            if existing:
                return existing, True
            raise
        return m.text(m.mapping(answer, "an alert"), "id", "an alert"), True

    async def notify(self, channel: Channel) -> None:
        """Really send a test notification: `POST /organizations/{organization}/test-fire-actions/`. Raises `SentryApiError`."""
        path = f"/organizations/{_q(self.organization)}/test-fire-actions/"
        await self.sentry.client.post(path, {"actions": [_action(channel)]}, base=self.sentry.region)

    async def _awaited(self, project: m.Project) -> Listed:
        """List a project's monitors and alerts; the monitors of a new project appear a moment later."""
        for _ in range(4):
            listed = await self._listed([project.id])
            if listed.monitors is None or any(d.get("type") == "error" for d in _own(listed.monitors, project)):
                break
            await asyncio.sleep(MONITOR_PAUSE)
        return listed

    async def _named(self, project: m.Project, name: str, listed: Listed) -> str | None:
        return next((a.id for a in await self.of(project, listed) if a.name == name and a.enabled), None)


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
