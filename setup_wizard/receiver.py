"""A launch at a server that takes Sentry's events and has none of its API, a Bugsink: what it shows is asked, and the rest is said.

It lists projects with their DSNs, issues and events, so that DSNs and test events are proven there; alerts, members, releases,
source maps and settings are not shown, and stay unknown until somebody signs them off.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from checks.errors import SentrySetupError
from checks.model import Finding
from checks.repository.facts import Facts
from checks.repository.names import project_slug
from checks.sentry_api.bugsink import gather_bugsink
from checks.sentry_api.client import SentryClient
from checks.sentry_api.needs import EVERYTHING, Part
from checks.sentry_api.snapshot import ProjectSnapshot, Snapshot

SHOWS = "This server is a Bugsink. It can prove that the projects exist, that the DSNs are theirs, and that test events arrive."
HIDES = "It cannot prove alerts, members, releases, source maps or settings: check them there, then sign these items off or waive them."
SECONDS = 30.0
"""Seconds to wait until a test event is listed."""
_PAUSE = 1.0

Problem = tuple[str, Finding]
"""What went wrong while sending: the item, and its finding."""


async def launch_at_receiver(
    client: SentryClient,
    facts: Facts,
    *,
    consent: bool,
    say: Callable[[str], None],
    sleep: Callable[[float], Any] = asyncio.sleep,
) -> tuple[Snapshot, frozenset[str], list[Problem]] | None:
    """Send the test events with consent, then read what the server shows; None where it is not a Bugsink.

    Returns the snapshot, the backends whose test event was seen, and what went wrong. Raises `SentrySetupError`.
    """
    slugs = _slugs(facts)
    before = await gather_bugsink(client, slugs, parts=EVERYTHING)
    if before is None:
        return None
    say(SHOWS)
    say(HIDES)
    if not consent:
        return before, frozenset(), []
    sent: set[str] = set()
    problems: list[Problem] = []
    for backend in facts.backends:
        try:
            await _send(client, facts, before, backend.name, slugs[backend.name], say, sleep)
            sent.add(backend.name)
        except SentrySetupError as error:
            problems.append(("test-event", Finding(message=f"{backend.name}: {error.message}", hint=error.hint)))
    after = await gather_bugsink(client, slugs, parts=EVERYTHING)
    return after or before, frozenset(sent), problems


def _slugs(facts: Facts) -> dict[str, str]:
    targets = [("backend", b.name) for b in facts.backends] + [("frontend", f.name) for f in facts.frontends]
    return {name: project_slug(facts, kind, name) for kind, name in targets}


async def _send(
    client: SentryClient,
    facts: Facts,
    snapshot: Snapshot,
    target: str,
    slug: str,
    say: Callable[[str], None],
    sleep: Callable[[float], Any],
) -> None:
    """Send a message and an error to a backend's project, and wait until both are listed. Raises `SentrySetupError`."""
    from setup_wizard.services.test_event import send_test_events

    project = snapshot.projects.get(target)
    keys = project.keys if isinstance(project, ProjectSnapshot) and isinstance(project.keys, tuple) else ()
    dsn = facts.config.get("backend.dsn", target) or next((k.dsn for k in keys if k.active), None)
    if not isinstance(project, ProjectSnapshot) or dsn is None:
        hint = "create it in the server's web interface, or name the one that is there: `--set backend.project=…`"
        raise SentrySetupError(f"this Bugsink has no project {slug} with a DSN", hint=hint)
    environment = facts.config.answers.get("environment", "production")
    sent = await asyncio.to_thread(send_test_events, dsn, environment=environment, release=None)
    say(f"Sent a test message and a test error to {slug} (nonce {sent.nonce}); waiting until both are listed")
    end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=SECONDS)
    while not await _listed(client, target, slug, sent.nonce):
        if dt.datetime.now(dt.UTC) > end:
            hint = "check that the DSN leads to that server, and that it stores events (its Snappea runs)"
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
