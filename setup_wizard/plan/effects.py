"""The calls to Sentry that a plan asks for: projects, alerts, and the test event with the wait until it is seen."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from checks.config import Config
from checks.errors import SentrySetupError, UsageError
from checks.manual import integration_id, linked_repository, working_integrations
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.sentry_api.alerts import Alerts, Channel
from checks.sentry_api.issues import update_issue
from checks.sentry_api.members import invite
from checks.sentry_api.missing_event import UNKNOWN, diagnose_missing_event
from checks.sentry_api.models import StoredEvent
from checks.sentry_api.performance import Measurements, Performance
from checks.sentry_api.reads import OrganizationReads
from checks.sentry_api.single_reads import pagerduty_services
from checks.sentry_api.snapshot import Integration, SeenEvent
from checks.sentry_api.tokens import create_ci_token
from setup_wizard.plan.journal import Run
from setup_wizard.plan.model import (
    EnsureAlert,
    EnsureProject,
    FindRepository,
    InviteMember,
    ManualTask,
    ReviewPerformance,
    SendTestEvent,
    SendThroughApplication,
    StoreCiToken,
    TestNotification,
)
from setup_wizard.services.ci_secret import store_secret, stored_secrets
from setup_wizard.services.connection import Connection

EVENT_DEADLINE = 90.0
"""Seconds after which a test event counts as not arriving."""

BROWSER_DEADLINE = 600.0
"""Seconds that a person has for what only a browser can do."""

_NAMES = {"slack": "Slack", "pagerduty": "PagerDuty"}

OpenPage = Callable[[str], object]
"""Shows a page to a person; without it (in scripts) nothing waits for one."""


class TestEventMilestone(Struct, frozen=True, kw_only=True):
    """A moment of a test event: what happened, seconds since it was sent, and a detail."""

    name: str
    seconds: float
    detail: str


class NotSeenError(SentrySetupError):
    """An event was accepted, and is not seen within the limit."""

    code = "not-seen"


class SentryEffects:
    """Makes the calls over one connection; `poll` stretches or shortens the pauses while waiting (1: as Sentry likes it)."""

    def __init__(
        self,
        connection: Connection,
        config: Config,
        say: Callable[[str], None],
        poll: float,
        open_page: OpenPage | None = None,
    ) -> None:
        self.connection = connection
        self.open_page = open_page
        self.config = config
        self.say = say
        self.poll = poll
        self.milestones: list[TestEventMilestone] = []
        self.issues: list[str] = []

    async def ensure_project(self, run: Run, action: EnsureProject) -> list[str]:
        """Find or create a project; returns what was created, in words. Raises `SentryApiError`."""
        connection = self.connection
        self.say(action.title)
        project, made = await connection.sentry.ensure_project(
            connection.organization.slug, connection.team.slug, action.slug, action.platform
        )
        connection.found[action.slug] = project
        return self._created(run, "project", project.slug, f"projects/{project.slug}/") if made else []

    async def ensure_alert(self, run: Run, action: EnsureAlert) -> list[str]:
        """Find or create an alert; returns what was created, in words. Raises `SentrySetupError`.

        Slack and PagerDuty can be connected in a browser alone: the page is opened, and the alert made when they appear.
        """
        connection = self.connection
        self.say(action.title)
        project = await connection.project(action.slug)
        channel = await self._channel(action)
        alerts = Alerts(connection.sentry, connection.organization.slug)
        identity, made = await alerts.ensure(project, channel)
        return self._created(run, "alert", identity, await alerts.page(project, identity)) if made else []

    async def notify(self, action: TestNotification) -> None:
        """Really send a test notification. Raises `SentrySetupError`."""
        self.say(action.title)
        channel = await self._channel(action)
        await Alerts(self.connection.sentry, self.connection.organization.slug).notify(channel)
        self.say("  Sentry sent it; check in the channel that it arrived")

    async def store_ci_token(self, run: Run, root: Path, action: StoreCiToken) -> list[str]:
        """Create CI's token and store it; returns what was created, in words. Raises `SentrySetupError`.

        The store is asked first: a secret that is there is left alone, and without a store that answers no token is made.
        """
        self.say(action.title)
        if action.variable in await asyncio.to_thread(stored_secrets, root):
            self.say(f"  the secret {action.variable} already exists and is kept")
            return []
        organization = self.connection.organization.slug
        token = await create_ci_token(self.connection.sentry, organization, action.name)
        url = f"{self.connection.client.url}/settings/{organization}/auth-tokens/"
        run.created.append({"kind": "organization token", "name": action.name, "url": url})
        run.add("created", **run.created[-1])
        try:
            await asyncio.to_thread(store_secret, root, action.variable, token)
        except SentrySetupError as error:
            raise SentrySetupError(
                f"the organization token “{action.name}” was created, but not stored: {error.message}",
                hint=f"revoke it at {url}; {error.hint}",
            ) from error
        return [f"organization token {action.name}  {url}"]

    async def find_repository(self, action: FindRepository) -> ManualTask | None:
        """Look for a repository; returns what a person does to link it, None where it is linked. Raises `SentryApiError`."""
        organization, reads = self.connection.organization.slug, self._reads()
        self.say(action.title)
        active = working_integrations(await reads.integrations(), action.forge)
        if linked_repository(action.name, active, await reads.repositories()) is not None:
            return None
        url = f"{self.connection.client.url}/settings/{organization}/integrations/{action.forge}/"
        title = f"link {action.name} to Sentry, so that releases know their commits"
        return ManualTask(id=integration_id(action.forge), title=title, url=url)

    async def _channel(self, action: EnsureAlert | TestNotification) -> Channel:
        if action.channel == "email":
            return Channel(kind="email", to=action.to)
        wanted = (action.to or "").strip()
        if action.channel == "slack":
            workspace, colon, channel = wanted.rpartition(":")
            integration = await self._integration("slack", workspace if colon else None)
            shown = channel if channel.startswith(("#", "@")) else f"#{channel}"
            return Channel(kind="slack", to=shown, shown=shown, integration=integration.id)
        integration = await self._integration("pagerduty", None)
        organization = self.connection.organization.slug
        services = await pagerduty_services(self.connection.sentry, organization, integration.id)
        found = next((i for i, name in services.items() if wanted in (i, name)), None)
        if found is None:
            known = ", ".join(services.values()) or "none is configured in Sentry's PagerDuty integration yet"
            raise UsageError(f"PagerDuty has no service {wanted}", hint=f"services: {known}")
        return Channel(kind="pagerduty", to=found, shown=services[found], integration=integration.id)

    def _reads(self) -> OrganizationReads:
        return OrganizationReads(self.connection.sentry, self.connection.organization.slug)

    async def _integration(self, provider: str, workspace: str | None) -> Integration:
        """Return the active integration of a provider; where there is none, open its page and wait for it to appear."""
        connection, name = self.connection, _NAMES[provider]
        organization = connection.organization.slug
        url = f"{connection.client.url}/settings/{organization}/integrations/{provider}/"
        loop = asyncio.get_running_loop()
        began, asked = loop.time(), False
        while True:
            found = [
                i
                for i in await self._reads().integrations()
                if i.provider == provider and i.active and workspace in (None, i.name)
            ]
            if len(found) > 1:
                names = ", ".join(f"{i.name}:#channel" for i in found)
                raise UsageError(f"several {name} workspaces are connected", hint=f"choose one: {names}")
            if found:
                return found[0]
            hint = f"connect it at {url}, then run the command again"
            if self.open_page is None or loop.time() - began > BROWSER_DEADLINE:
                raise SentrySetupError(f"{name} is not connected to {organization}", hint=hint)
            if not asked:
                self.say(f"connect {name} in the browser: {url}; waiting until it appears (press Escape to stop)")
                await asyncio.to_thread(self.open_page, url)
                asked = True
            await asyncio.sleep(3 * self.poll)

    async def invite(self, run: Run, action: InviteMember) -> list[str]:
        """Invite somebody; returns what was created, in words. Raises `SentryApiError`."""
        connection = self.connection
        self.say(action.title)
        organization = connection.organization.slug
        made = await invite(connection.sentry, organization, action.email, role=action.role, team=action.team)
        return self._created(run, "invitation", action.email, "members/") if made else []

    async def performance(self, slug: str) -> Performance:
        """Measure a project's last week. Raises `SentrySetupError`."""
        connection = self.connection
        project = await connection.project(slug)
        return await Measurements(connection.sentry, connection.organization.slug).of(project)

    async def review_performance(self, action: ReviewPerformance) -> None:
        """Show the figures of a project. Raises `SentrySetupError`."""
        from setup_wizard.steps.performance import performance_lines

        self.say(action.title)
        for line in performance_lines(await self.performance(action.slug), action.present_rate):
            self.say(line)

    async def update_issues(self, issues: tuple[str, ...], change: dict[str, object]) -> None:
        """Change issues. Raises `SentryApiError`."""
        for issue in dict.fromkeys(issues):
            await update_issue(self.connection.sentry, self.connection.organization.slug, issue, change)

    def _created(self, run: Run, kind: str, name: str, path: str) -> list[str]:
        url = f"{self.connection.client.url}/organizations/{self.connection.organization.slug}/{path}"
        run.created.append({"kind": kind, "name": name, "url": url})
        run.add("created", kind=kind, name=name, url=url)
        return [f"{kind} {name}  {url}"]

    async def send_test_event(self, action: SendTestEvent) -> None:
        """Send a message and an exception, and wait until both are seen in the right project. Raises `SentrySetupError`."""
        from setup_wizard.services.test_event import send_test_events

        connection = self.connection
        project = await connection.project(action.slug)
        listed = await connection.sentry.keys(connection.organization.slug, project.slug)
        keys = [k for k in listed if k.active]
        dsn = self.config.get("backend.dsn", action.target) or (keys[0].dsn if keys else None)
        if dsn is None:
            raise UsageError(f"project {project.slug} has no active client key", hint="enable one under Client Keys")
        self.say(action.title)
        began = asyncio.get_running_loop().time()
        self._note(began, "sent", f"capture_message and ZeroDivisionError, environment {action.environment}")
        sent = await asyncio.to_thread(send_test_events, dsn, environment=action.environment, release=action.release)
        self._note(began, "accepted", f"by the ingest endpoint (nonce {sent.nonce}); waiting for Sentry to store it")
        for kind, event_id in (("message", sent.message), ("error", sent.error)):
            try:
                stored = await self._wait_for(project.slug, event_id, began)
            except NotSeenError as error:
                organization = connection.organization.slug
                why, hint = await diagnose_missing_event(
                    connection.sentry, organization, project, event_id, dsn, tuple(listed)
                )
                raise NotSeenError(f"{error.message}: {why}", hint=hint) from error
            seen = SeenEvent(id=event_id, kind=kind, nonce=sent.nonce, received=dt.datetime.now(dt.UTC))
            connection.seen.setdefault(action.target, []).append(seen)
            issue = f", issue {stored.group}" if stored.group else ""
            self.issues += [stored.group] if stored.group else []
            self._note(began, "seen", f"{kind} {event_id[:8]}… in {project.slug}{issue}")

    async def through_application(self, root: Path, action: SendThroughApplication, facts: Facts) -> None:
        """Do `send_through_application` for a target, with the project's DSN where the environment has none."""
        backend = next((b for b in facts.backends if b.name == action.target), None)
        if backend is None:
            raise UsageError(f"there is no backend {action.target}", hint="run `sentry-setup audit` again")
        keys = await self.connection.sentry.keys(self.connection.organization.slug, action.slug)
        dsn = self.config.get("backend.dsn", action.target) or next((k.dsn for k in keys if k.active), "")
        self.say(action.title)
        await self.send_through_application(root, backend, action.slug, {"SENTRY_DSN": dsn, **os.environ})

    async def send_through_application(
        self, root: Path, backend: Backend, slug: str, environ: Mapping[str, str]
    ) -> None:
        """Send the same through the application's production settings, and wait until it is seen. Raises `SentrySetupError`.

        Runs the application's code: the caller has a person's consent.
        """
        from setup_wizard.services.application import send_through_application

        began = asyncio.get_running_loop().time()
        name = backend.settings.name if backend.settings else "the application"
        self._note(began, "sent", f"through {name}")
        sent = await asyncio.to_thread(send_through_application, root, backend, environ)
        for kind, event_id in (("message", sent.message), ("error", sent.error)):
            stored = await self._wait_for(slug, event_id, began)
            place = f"environment {stored.environment or 'none'}, release {stored.release or 'none'}"
            self._note(began, "seen", f"{kind} {event_id[:8]}… through the application, {place}")

    def _note(self, began: float, name: str, detail: str) -> None:
        seconds = asyncio.get_running_loop().time() - began
        self.milestones.append(TestEventMilestone(name=name, seconds=seconds, detail=detail))
        self.say(f"  {seconds:5.2f} s  {name}  {detail}")

    async def _wait_for(self, slug: str, event_id: str, began: float) -> StoredEvent:
        """Ask for an event until it is stored; Sentry allows this call 5 times a second at most."""
        connection = self.connection
        loop = asyncio.get_running_loop()
        pause = 0.25 * self.poll
        while True:
            event = await connection.sentry.event(connection.organization.slug, slug, event_id)
            if event is not None:
                return event
            if loop.time() - began > EVENT_DEADLINE:
                raise NotSeenError(
                    f"event {event_id} was sent, but was not seen in {slug} within {EVENT_DEADLINE:.0f} seconds",
                    hint=UNKNOWN[1],
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.7, 5.0)
