"""A launch at a server that takes Sentry's events and has none of its API, a Bugsink: what it shows is asked, and the rest is said.

It lists projects with their DSNs, issues and events, so that DSNs and test events are proven there; alerts, members, releases,
source maps and settings are not shown, and stay unknown until somebody signs them off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from checks.errors import SentrySetupError
from checks.model import Finding
from checks.repository.facts import Facts
from checks.sentry_api.bugsink import gather_bugsink
from checks.sentry_api.client import SentryClient
from checks.sentry_api.needs import EVERYTHING
from checks.sentry_api.snapshot import Snapshot
from setup_wizard.services.receiver import send_and_see, slugs_of

SHOWS = "This server is a Bugsink. It can prove that the projects exist, that the DSNs are theirs, and that test events arrive."
HIDES = "It cannot prove alerts, members, releases, source maps or settings: check them there, then sign these items off or waive them."
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
    slugs = slugs_of(facts)
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
            slug = slugs[backend.name]
            await send_and_see(client, facts.config, before, backend.name, slug, say=say, sleep=sleep)
            sent.add(backend.name)
        except SentrySetupError as error:
            problems.append(("test-event", Finding(message=f"{backend.name}: {error.message}", hint=error.hint)))
    after = await gather_bugsink(client, slugs, parts=EVERYTHING)
    return after or before, frozenset(sent), problems
