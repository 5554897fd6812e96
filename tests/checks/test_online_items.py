"""The items that Sentry decides: each outcome, and what a missing scope or an older Sentry leaves open."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec.structs import replace

from checks.checklist import CHECKLIST
from checks.model import Outcome
from checks.sentry_api.snapshot import (
    Alert,
    AlertAction,
    Integration,
    MapProof,
    Member,
    ProjectSettings,
    Release,
    Snapshot,
    Unavailable,
    Usage,
)
from tests.support.repo import INIT, MAIL, PLUGIN, PROJECT, backend, check_one, frontend, sentry

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
NO_SCOPE = Unavailable(reason="the token lacks org:read", hint="use one with org:read")
SETTINGS = ProjectSettings(
    teams=1,
    data_scrubber=True,
    scrub_defaults=True,
    allowed_domains=("shop.example.com",),
    spike_protection=True,
    transactions_seen=True,
    minified=False,
)
SLACK = Integration(id="5", provider="slack", name="acme", active=True)
PAGER = Integration(id="6", provider="pagerduty", name="acme", active=True)


def settings(**changes):
    return sentry(settings=replace(SETTINGS, **changes))


def alert(kind: str, integration: str | None, *, serious_only: bool = False, **changes) -> Alert:
    action = AlertAction(kind=kind, reaches=True, whom="#alerts", integration=integration, serious_only=serious_only)
    return replace(MAIL, actions=(action,), **changes)


def members(*people: tuple[bool, bool], **changes) -> Snapshot:
    found = tuple(Member(role="member", accepted=a, expired=e) for a, e in people)
    return replace(settings(), members=found, **changes)


def released(created: dt.datetime | None) -> Snapshot:
    one = Release(
        version="1",
        finalized=True,
        commits=1,
        deploys=1,
        environment="production",
        user_agent="sentry-cli",
        created=created,
    )
    return sentry(releases=(one,))


def web(**changes) -> Snapshot:
    return replace(
        sentry(), projects={"frontend": replace(PROJECT, slug="shop-frontend", settings=SETTINGS, **changes)}
    )


def with_integrations(snapshot: Snapshot, *found: Integration) -> Snapshot:
    return replace(snapshot, integrations=found)


DJANGO, WEB = backend(), frontend(PLUGIN)
CASES = {
    "performance-data": [
        (DJANGO, sentry(spans=9), P),
        (DJANGO, sentry(spans=0), F),
        (DJANGO, sentry(spans=NO_SCOPE), U),
    ],
    "environments-seen": [
        (DJANGO, sentry(environments=("production",)), P),
        (DJANGO, sentry(environments=("prod",)), F),
        (DJANGO, sentry(environments=NO_SCOPE), U),
    ],
    "data-scrubbing": [
        (DJANGO, settings(), P),
        (DJANGO, settings(scrub_defaults=False), F),
        (DJANGO, settings(data_scrubber=None, scrub_defaults=None), U),
        (DJANGO, settings(scrub_defaults=None), U),
        (DJANGO, sentry(settings=NO_SCOPE), U),
    ],
    "inbound-filters": [
        (DJANGO, sentry(filters=("web-crawlers",)), P),
        (DJANGO, sentry(filters=()), F),
        (WEB, web(filters=("web-crawlers",)), F),
        (DJANGO, sentry(filters=NO_SCOPE), U),
    ],
    "spike-protection": [
        (DJANGO, settings(), P),
        (DJANGO, settings(spike_protection=False), F),
        (DJANGO, settings(spike_protection=None), U),
        (DJANGO, sentry(settings=NO_SCOPE), U),
    ],
    "allowed-domains": [
        (WEB, web(), P),
        (
            WEB,
            replace(web(), projects={"frontend": replace(PROJECT, settings=replace(SETTINGS, allowed_domains=("*",)))}),
            F,
        ),
        (WEB, replace(web(), projects={"frontend": replace(PROJECT, settings=NO_SCOPE)}), U),
        (DJANGO, settings(), N),
    ],
    "quota-headroom": [
        (DJANGO, sentry(usage=Usage(counts={("error", "accepted"): 100})), P),
        (DJANGO, sentry(usage=Usage(counts={("error", "accepted"): 90, ("error", "rate_limited"): 10})), F),
        (DJANGO, sentry(usage=Usage(counts={})), P),
        (DJANGO, sentry(usage=NO_SCOPE), U),
    ],
    "key-rate-limit": [
        (DJANGO, sentry(keys=(replace(PROJECT.keys[0], rate_limited=True),)), P),
        (DJANGO, sentry(keys=(PROJECT.keys[0], replace(PROJECT.keys[0], rate_limited=True))), F),
        (DJANGO, sentry(keys=()), F),
        (DJANGO, sentry(), F),
        (DJANGO, sentry(keys=NO_SCOPE), U),
    ],
    "ownership-rules": [
        (DJANGO, sentry(ownership=True), P),
        (DJANGO, sentry(ownership=False), F),
        (DJANGO, sentry(ownership=NO_SCOPE), U),
    ],
    "code-mappings": [
        (DJANGO, sentry(code_mappings=1), P),
        (DJANGO, sentry(code_mappings=0), F),
        (DJANGO, sentry(code_mappings=NO_SCOPE), U),
    ],
    "two-factor-required": [
        (DJANGO, replace(sentry(), requires_two_factor=True), P),
        (DJANGO, replace(sentry(), requires_two_factor=False), F),
        (DJANGO, replace(sentry(), requires_two_factor=NO_SCOPE), U),
    ],
    "team-access": [
        (DJANGO, members((True, False), (True, False)), P),
        (DJANGO, members((True, False), (False, False)), P),
        (DJANGO, members((True, False), (False, True)), F),
        (DJANGO, members((True, False)), F),
        (DJANGO, members((True, False), seats=1), N),
        (DJANGO, replace(members((True, False), (True, False)), projects=settings(teams=0).projects), F),
        (DJANGO, replace(settings(), members=NO_SCOPE), U),
    ],
    "slack-alerts": [
        (DJANGO, with_integrations(sentry(alerts=(alert("slack", "5"),)), SLACK), P),
        (DJANGO, with_integrations(sentry(alerts=(alert("slack", "5"),)), replace(SLACK, active=False)), F),
        (DJANGO, with_integrations(sentry(alerts=(alert("slack", "5", enabled=False),)), SLACK), F),
        (DJANGO, with_integrations(sentry(alerts=(alert("slack", "5", environment="staging"),)), SLACK), F),
        (DJANGO, with_integrations(sentry(), SLACK), F),
        (DJANGO, replace(sentry(alerts=(alert("slack", "5"),)), integrations=NO_SCOPE), U),
    ],
    "pagerduty-alerts": [
        (DJANGO, with_integrations(sentry(alerts=(alert("pagerduty", "6", serious_only=True),)), PAGER), P),
        (DJANGO, with_integrations(sentry(alerts=(alert("pagerduty", "6"),)), PAGER), F),
        (DJANGO, with_integrations(sentry(), SLACK), F),
        (DJANGO, sentry(alerts=NO_SCOPE), U),
    ],
    "source-maps": [
        (WEB, web(maps=MapProof(event="e" * 32, release="r", mapped=3, frames=4)), P),
        (WEB, web(maps=MapProof(event="e" * 32, release="r", mapped=0, frames=4)), F),
        (WEB, web(maps=None), U),
        (frontend(), web(maps=MapProof(event="e" * 32, release="r", mapped=3, frames=4)), F),
    ],
    "dsn-configured": [
        (DJANGO | {"shop/settings.py": INIT, "railway.json": "{}"}, sentry(environments=("production",)), P),
        (DJANGO | {"shop/settings.py": INIT, "railway.json": "{}"}, sentry(environments=()), U),
    ],
    "release-tracking": [
        (
            DJANGO,
            released(None),
            P,
        ),
        (
            DJANGO,
            released(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
            U,
        ),
    ],
}


@pytest.mark.parametrize(
    ("item_id", "files", "snapshot", "outcome"),
    [pytest.param(i, f, s, o, id=f"{i}-{n}-{o}") for i, cases in CASES.items() for n, (f, s, o) in enumerate(cases)],
)
def test_outcome(item_id, files, snapshot, outcome):
    result = check_one(item_id, files, snapshot)
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is U:
        assert all(f.hint for f in result.findings)


def test_every_online_item_is_tested_and_unknown_offline_where_sentry_alone_decides():
    for item in CHECKLIST:
        if item.section == "Sentry project":
            assert {P, F, U} <= {o for _, _, o in CASES[item.id]}, item.id
            offline = check_one(item.id, DJANGO | WEB)
            assert offline.outcome is U and "`--online`" in offline.findings[0].hint
            assert check_one(item.id, {"README.md": ""}).outcome is (U if item.id == "two-factor-required" else N)
