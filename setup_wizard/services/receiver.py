"""A server that takes Sentry's events and has none of its API, a Bugsink: what it shows, and a test event sent to it and seen.

It lists projects with their DSNs, issues and events. Alerts, members, releases and settings stand in its web interface alone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from checks.config import Config
from checks.errors import SentrySetupError
from checks.repository.facts import Facts
from checks.repository.names import project_slug
from checks.sentry_api.bugsink import gather_bugsink
from checks.sentry_api.client import SentryClient
from checks.sentry_api.needs import EVERYTHING, Part
from checks.sentry_api.snapshot import ProjectSnapshot, Snapshot
from setup_wizard.services.hosts import remember_host
from setup_wizard.steps.context import SentryState

SECONDS = 30.0
"""Seconds to wait until a test event is listed."""
_PAUSE = 1.0

Say = Callable[[str], None]


class Receiver(Struct, kw_only=True):
    """An open connection to such a server."""

    client: SentryClient

    async def known(self, facts: Facts) -> SentryState:
        """Read the projects that are there, with their DSNs. Raises `SentryApiError`."""
        snapshot = await gather_bugsink(self.client, slugs_of(facts), parts=EVERYTHING)
        projects = snapshot.projects if snapshot is not None else {}
        there = {t: p for t, p in projects.items() if isinstance(p, ProjectSnapshot)}
        return SentryState(
            url=self.client.url,
            existing={t: p.slug for t, p in there.items()},
            dsns={t: p.keys[0].dsn for t, p in there.items() if isinstance(p.keys, tuple) and p.keys},
            snapshot=snapshot,
            receiver=True,
        )

    async def with_projects(self, known: SentryState, slugs: Mapping[str, str]) -> SentryState:
        """Return what is known: no project is created there."""
        return known

    async def close(self) -> None:
        """Close the connection."""
        await self.client.__aexit__(None, None, None)


async def open_receiver(url: str, token: str, facts: Facts) -> Receiver | None:
    """Return a connection to a Bugsink, None where the server is none. Raises `SentrySetupError` where it refuses the token."""
    client = SentryClient(url, token, ca_file=facts.config.given.get("sentry.ca_file"))
    found = None
    try:
        found = await gather_bugsink(client, {}, parts=frozenset())
    finally:
        if found is None:
            await asyncio.shield(client.__aexit__(None, None, None))
    if found is None:
        return None
    remember_host(url)
    return Receiver(client=client)


def slugs_of(facts: Facts) -> dict[str, str]:
    """Return the slug of each target's project."""
    targets = [("backend", b.name) for b in facts.backends] + [("frontend", f.name) for f in facts.frontends]
    return {name: project_slug(facts, kind, name) for kind, name in targets}


async def send_and_see(
    client: SentryClient,
    config: Config,
    snapshot: Snapshot,
    target: str,
    slug: str,
    *,
    say: Say,
    sleep: Callable[[float], Any] = asyncio.sleep,
) -> None:
    """Send a message and an error to a backend's project, and wait until both are listed. Raises `SentrySetupError`."""
    from setup_wizard.services.test_event import send_test_events

    project = snapshot.projects.get(target)
    keys = project.keys if isinstance(project, ProjectSnapshot) and isinstance(project.keys, tuple) else ()
    dsn = config.get("backend.dsn", target) or next((k.dsn for k in keys if k.active), None)
    if not isinstance(project, ProjectSnapshot) or dsn is None:
        hint = "create it in the server's web interface, or name the one that is there: `--set backend.project=…`"
        raise SentrySetupError(f"this Bugsink has no project {slug} with a DSN", hint=hint)
    environment = config.answers.get("environment", "production")
    sent = await asyncio.to_thread(send_test_events, dsn, environment=environment, release=None)
    say(f"Sent a test message and a test error to {slug} (nonce {sent.nonce}); waiting until both are listed")
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=SECONDS)
    while not await _listed(client, target, slug, sent.nonce):
        if dt.datetime.now(dt.UTC) > end:
            hint = "check that the DSN points to that server, and that its worker (Snappea) is running"
            raise SentrySetupError(f"the test event was not listed in {slug} within {SECONDS:.0f} s", hint=hint)
        await sleep(_PAUSE)


async def _listed(client: SentryClient, target: str, slug: str, nonce: str) -> bool:
    found: Mapping[str, object] = {}
    snapshot = await gather_bugsink(client, {target: slug}, parts=frozenset({Part.EVENTS}))
    if snapshot is not None:
        found = snapshot.projects
    project = found.get(target)
    events = project.test_events if isinstance(project, ProjectSnapshot) else ()
    kinds = {e.kind for e in events if e.nonce == nonce} if isinstance(events, tuple) else set()
    return {"message", "error"} <= kinds
