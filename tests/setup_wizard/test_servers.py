"""Servers of every age: recorded answers of a real older Sentry and of GlitchTip, and the sandbox as an older one."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.model import Outcome
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api import settings
from checks.sentry_api.alerts import Alerts, Channel
from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import SentryClient
from checks.sentry_api.gather import gather
from checks.sentry_api.members import invite
from checks.sentry_api.performance import DAYS, Measurements
from checks.sentry_api.reads import OrganizationReads
from checks.sentry_api.rules import read_rule
from checks.sentry_api.single_reads import pagerduty_services
from checks.sentry_api.snapshot import MapProof, ProjectSnapshot, Snapshot, Unavailable
from setup_wizard.sandbox import answers
from setup_wizard.sandbox.records import Fault, now
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.spans import read_transaction
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import connect
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from setup_wizard.steps.performance import performance_lines
from tests.support.replay import Replay
from tests.support.sentry import URL, api, make_state, no_sleep, transport
from tests.support.truths import ANSWERS, FILES, made

DATA = Path(__file__).parents[1] / "data"

DJANGO = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "x.settings")\n',
    "x/__init__.py": "",
    "x/settings.py": "INSTALLED_APPS = []\n",
}


def make_facts(slug: str, snapshot: Snapshot | None = None) -> Facts:
    return Facts(MemoryTree(DJANGO), Config(answers={"backend.project": slug, "sentry.org": "acme"}), snapshot)


OLDER = [("sentry-23.7.1", "py-64140"), ("glitchtip", "py-64147")]


def replayed(name: str) -> tuple[Replay, SentryClient]:
    transport = Replay(name)
    return transport, SentryClient(URL, "t" * 64, transport=transport, sleep=no_sleep)


@pytest.mark.parametrize(("name", "slug"), OLDER)
async def test_an_audit_of_an_older_server_says_what_it_cannot_ask_and_never_fails(name, slug):
    transport, http = replayed(name)
    facts = make_facts(slug)
    async with http:
        snapshot = await gather(Sentry(http), facts)
    project = snapshot.projects["backend"]
    assert isinstance(project, ProjectSnapshot) and project.keys and not isinstance(project.keys, Unavailable)
    assert project.keys[0].active and snapshot.organization == "acme"
    report = run_audit(make_facts(slug, snapshot), CHECKLIST)
    assert Outcome.ERROR not in {r.outcome for r in report.results}
    assert report.result("project-created").outcome is Outcome.PASS
    assert report.result("team-access").outcome is Outcome.FAIL
    assert {m for m, _ in transport.asked} == {"GET"}


async def test_rules_of_a_real_older_sentry_are_read_as_alerts():
    _, http = replayed("sentry-23.7.1")
    async with http:
        sentry = Sentry(http)
        project = await sentry.project("acme", "py-64140")
        assert project is not None
        (rule,) = await Alerts(sentry, "acme").attached(project)
    assert rule.triggers == ("first_seen_event",) and rule.enabled and not rule.limited
    assert rule.actions[0].kind == "email" and rule.actions[0].reaches


async def test_glitchtips_alerts_cannot_be_asked_for_and_that_is_told():
    _, http = replayed("glitchtip")
    async with http:
        sentry = Sentry(http)
        project = await sentry.project("acme", "py-64147")
        assert project is not None
        with pytest.raises(e.GoneError, match="does not list alerts"):
            await Alerts(sentry, "acme").attached(project)


CHANNELS = [
    Channel(kind="email"),
    Channel(kind="email", to="1"),
    Channel(kind="slack", to="#alerts", shown="#alerts", integration="12"),
    Channel(kind="pagerduty", to="7", shown="on-call", integration="13"),
]


@pytest.mark.parametrize("generation", ["workflows", "rules"])
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: f"{c.kind}{c.to or ''}")
async def test_an_alert_is_made_once_and_read_back(generation, channel):
    state = make_state()
    state.generation = generation
    state.add_project("shop", "Shop", "python-django", "acme", default_alert=True)
    sentry = api(state)
    project = await sentry.project("acme", "shop")
    assert project is not None
    alerts = Alerts(sentry, "acme")
    identity, made = await alerts.ensure(project, channel)
    assert made and await alerts.ensure(project, channel) == (identity, False)
    alert = next(a for a in await alerts.attached(project) if a.id == identity)
    assert alert.actions[0].kind == channel.kind and alert.actions[0].reaches
    assert alert.actions[0].integration == channel.integration
    assert alert.actions[0].serious_only == (channel.kind == "pagerduty")
    assert channel.kind == "pagerduty" or (alert.triggers == ("first_seen_event",) and not alert.limited)


@pytest.mark.parametrize("generation", ["workflows", "rules"])
async def test_a_lost_answer_to_a_new_alert_makes_no_second_one(generation):
    state = make_state()
    state.generation = generation
    state.add_project("shop", "Shop", "python-django", "acme", default_alert=False)
    sentry = api(state)
    project = await sentry.project("acme", "shop")
    assert project is not None
    state.faults.append(
        Fault(method="POST", path="workflows|rules", status=502, body="", headers={}, times=1, after=True)
    )
    identity, made = await Alerts(sentry, "acme").ensure(project, Channel(kind="email"))
    assert made and identity
    assert len(state.workflows) + len(state.projects["shop"].rules) == 1


def test_a_rule_is_read_with_what_narrows_it():
    rule = read_rule(
        {
            "id": "1",
            "name": "x",
            "status": "disabled",
            "actionMatch": "all",
            "conditions": [{"id": "a.FirstSeenEventCondition"}, {"id": "b.RegressionEventCondition"}],
            "filters": [{"id": "sentry.rules.filters.level.LevelFilter", "match": "gte", "level": "40"}],
            "actions": [{"id": "sentry.mail.actions.NotifyEmailAction", "targetType": "IssueOwners"}],
        }
    )
    assert not rule.enabled and rule.limited and rule.actions[0].serious_only
    assert not rule.actions[0].reaches
    assert rule.triggers == ("first_seen_event", "regression_event")
    with pytest.raises(e.NotSentryError):
        read_rule([])


async def test_people_are_invited_once_and_an_expired_invitation_is_renewed():
    state = make_state()
    state.members.append({"email": "late@example.com", "role": "member", "pending": True, "expired": True})
    sentry = api(state)
    assert await invite(sentry, "acme", "new@example.com", role="member", team="acme")
    assert not await invite(sentry, "acme", "new@example.com", role="member", team="acme")
    assert await invite(sentry, "acme", "late@example.com", role="member", team=None)
    members = {m.email: m for m in await OrganizationReads(sentry, "acme").members()}
    assert not members["new@example.com"].accepted and not members["late@example.com"].expired
    with pytest.raises(e.InvalidError):
        await invite(sentry, "acme", "no address", role="member", team=None)
    with pytest.raises(e.ForbiddenError, match="member"):
        await invite(api(state, state.readonly_token), "acme", "x@example.com", role="member", team=None)


@pytest.mark.parametrize(("after", "made"), [(True, True), (False, False)])
async def test_an_invitation_whose_answer_is_lost_is_looked_for_before_it_failed(after, made):
    state = make_state()
    state.faults.append(Fault(method="POST", path="members", status=502, body="", headers={}, times=1, after=after))
    if made:
        assert await invite(api(state), "acme", "new@example.com", role="member", team="acme")
    else:
        with pytest.raises(e.ServerFaultError):
            await invite(api(state), "acme", "new@example.com", role="member", team="acme")
    assert [m["email"] for m in state.members].count("new@example.com") == made


@pytest.mark.parametrize(("scopes", "again"), [(("member:admin",), True), ((), False)])
async def test_an_older_server_is_asked_to_renew_an_expired_invitation_or_it_is_told(scopes, again):
    state = make_state()
    state.generation, state.more_scopes = "rules", scopes
    state.members.append({"email": "late@example.com", "role": "member", "pending": True, "expired": True})
    sentry = api(state)
    assert not await invite(sentry, "acme", "grace@example.com", role="member", team=None)
    if again:
        assert await invite(sentry, "acme", "Late@example.com", role="member", team=None)
        assert not state.members[-1]["expired"]
        return
    with pytest.raises(e.SentryApiError, match=r"late@example\.com expired, and this server does not send it") as said:
        await invite(sentry, "acme", "late@example.com", role="member", team=None)
    assert said.value.hint == f"send it again at {URL}/settings/acme/members/"


async def test_pagerdutys_services_come_without_their_keys():
    state = make_state()
    made = state.add_integration("pagerduty", "acme")
    found = await pagerduty_services(api(state), "acme", made["id"])
    assert found == {"7": "on-call"}


def transaction(name: str, milliseconds: float, *, status: str = "ok") -> dict:
    now = time.time()
    return {
        "transaction": name,
        "start_timestamp": now - milliseconds / 1000,
        "timestamp": now,
        "contexts": {"trace": {"op": "http.server", "status": status}},
        "spans": [
            {"op": "db", "description": "SELECT 1", "start_timestamp": now - 0.01, "timestamp": now, "status": "ok"},
            {"op": "http.client", "description": "GET https://x/", "start_timestamp": now - 0.2, "timestamp": now},
        ],
    }


async def test_the_weeks_performance_is_measured():
    state = make_state()
    shop = state.add_project("shop", "Shop", "python-django", "acme", default_alert=False)
    for number in range(20):
        payload = transaction("/checkout" if number % 4 == 0 else "/", 2000 if number % 4 == 0 else 100)
        payload["contexts"]["trace"]["status"] = "internal_error" if number == 0 else "ok"
        shop.spans += read_transaction(payload)
    sentry = api(state)
    project = await sentry.project("acme", "shop")
    assert project is not None
    found = await Measurements(sentry, "acme").of(project)
    assert found.count == 20 and len(found.days) == DAYS and found.days[-1].count == 20
    assert found.days[0].count == 0 and found.days[0].p95 is None
    assert found.days[-1].p50 == pytest.approx(100, abs=1) and found.days[-1].p95 == pytest.approx(2000, abs=1)
    assert found.failure_rate == pytest.approx(0.05) and found.apdex == pytest.approx(0.75)
    assert [s.name for s in found.transactions] == ["/checkout", "/"]
    assert found.queries[0].name == "SELECT 1" and found.requests[0].count == 20
    assert found.recommended_rate(1.0) == 1.0 and found.recommended_rate(0.0) is None
    text = "\n".join(performance_lines(found, 1.0))
    assert "errors 5.0 %, apdex 0.75" in text and "/checkout" in text and "sample rate: 1 now, 1 recommended" in text


async def test_a_server_without_spans_answers_from_its_own_dataset():
    state = make_state()
    state.datasets, state.generation = ("discover",), "rules"
    shop = state.add_project("shop", "Shop", "python-django", "acme", default_alert=False)
    for number in range(20):
        payload = transaction("/checkout" if number % 4 == 0 else "/", 2000 if number % 4 == 0 else 100)
        payload["contexts"]["trace"]["status"] = "internal_error" if number == 0 else "ok"
        shop.spans += read_transaction(payload)
    sentry = api(state)
    project = await sentry.project("acme", "shop")
    assert project is not None
    found = await Measurements(sentry, "acme").of(project)
    assert found.count == 20 and found.days[-1].p95 == pytest.approx(2000, abs=1)
    assert found.failure_rate == pytest.approx(0.05) and found.apdex == pytest.approx(0.75)
    assert [s.name for s in found.transactions] == ["/checkout", "/"]
    assert not found.parts and found.queries == found.requests == ()
    text = "\n".join(performance_lines(found, 1.0))
    assert "this server stores no spans, so slow queries and requests are unknown" in text
    state.datasets = ()
    with pytest.raises(e.InvalidError, match="dataset must be one of"):
        await Measurements(sentry, "acme").of(project)


@pytest.mark.parametrize(
    ("generation", "page", "figures"),
    [
        ("workflows", "monitors/alerts/{id}/", "organizations/acme/insights/backend/"),
        ("rules", "alerts/rules/orchard-backend/{id}/details/", "organizations/acme/performance/"),
    ],
)
async def test_links_lead_to_pages_that_this_version_has(sample, generation, page, figures):
    state = SandboxState(generation=generation)
    with running_sandbox(state):
        session = Session(sample, {"sentry.url": state.public_url}, environ={}, install=False, poll=0.1)
        session.connection = await connect(state.public_url, state.token, session.facts().config)
        await session.engine().apply(find_steps(["project"]))
        applied = await session.engine().apply(find_steps(["alerts", "performance"]))
        await session.disconnect()
    alert = next(c for c in applied.created if c.startswith("alert "))
    assert alert.endswith(f"/organizations/acme/{page.format(id=alert.split()[1])}"), applied.created
    assert [t.url for t in applied.by_hand if "figures" in t.title] == [f"{state.public_url}/{figures}"]


async def test_a_sentry_that_does_not_know_a_figure_leaves_it_out():
    state = make_state()
    state.add_project("shop", "Shop", "python-django", "acme", default_alert=False)
    sentry = api(state)
    project = await sentry.project("acme", "shop")
    assert project is not None
    state.faults.append(Fault(method="GET", path="stats_v2", status=404, body="", headers={}, times=9))
    found = await Measurements(sentry, "acme").of(project, today=dt.date(2026, 1, 1))
    assert found.count == 0 and found.usage is None and found.recommended_rate(0.1) is None
    assert performance_lines(found, 0.1) == [
        "shop: no transaction arrived in 7 days; is tracing on, and did anyone use it?"
    ]


@pytest.mark.parametrize(
    ("real", "present", "expected"), [(70_000, 0.1, 0.05), (7_000, 1.0, 1.0), (3_500_000, 1.0, 0.01)]
)
async def test_the_recommended_rate_follows_the_volume(real, present, expected):
    from checks.sentry_api.performance import Day, Performance

    day = Day(date=dt.date(2026, 1, 1), count=real, p50=1, p75=1, p95=1)
    found = Performance(
        project="p", days=(day,), failure_rate=0, apdex=1, transactions=(), queries=(), requests=(), usage=None
    )
    assert found.recommended_rate(present) == expected


def test_an_alert_narrowed_by_something_not_understood_counts_as_narrowed():
    mail = [{"type": "email"}]
    answer = {"id": "1", "name": "x", "actionFilters": [{"conditions": ["?"], "actions": mail}]}
    assert m.alert(answer).actions[0].limited
    assert not m.alert({**answer, "actionFilters": [{"conditions": [], "actions": mail}]}).actions[0].limited


@pytest.mark.parametrize(
    ("read", "field", "value"),
    [
        (m.project, "platform", ["python"]),
        (m.project, "name", {}),
        (m.client_key, "dsn", {"public": True}),
        (lambda d: m.objects(d, "data"), "data", "none"),
        (lambda d: m.objects(d, "data"), "data", [1]),
        (lambda d: m.number(d, "count"), "count", "many"),
        (lambda d: m.number(d, "count"), "count", True),
    ],
)
def test_a_field_of_another_type_is_told_and_not_taken_for_nothing(read, field, value):
    whole = {"id": "1", "slug": "shop", "name": "Shop", "public": "a" * 32}
    with pytest.raises(e.NotSentryError, match=field):
        read(whole | {field: value})


def test_numbers_and_texts_stand_for_each_other_where_servers_write_either():
    assert m.maybe_text({"id": 7}, "id") == "7" and m.number({"count()": 7.0}, "count()") == 7
    assert m.maybe_text({"id": None}, "id") is None and m.objects({}, "data") == [] and m.number({}, "count()") == 0


def test_a_project_tells_whether_its_server_is_older_than_monitors():
    recorded = json.loads((DATA / "answers-sentry-23.7.1.json").read_text("utf-8"))
    by_name = {entry["name"]: entry["body"] for entry in recorded}
    assert settings.is_older(by_name["project detail"]) and settings.is_older(by_name["org projects"][0])
    glitchtip = json.loads((DATA / "answers-glitchtip.json").read_text("utf-8"))
    assert not any(settings.is_older(entry["body"]) for entry in glitchtip), "another make is no version of Sentry"
    today = make_state()
    shown = answers.project_detail(today, today.add_project("shop", "shop", None, "acme", default_alert=False))
    assert not settings.is_older(shown)
    for name in ("hasFlags", "hasLogs", "hasTraceMetrics", "hasInsightsHttp"):
        assert not settings.is_older({"hasReplays": False, name: False}), f"one later part is enough: {name}"
    assert not settings.is_older({}) and not settings.is_older([]) and not settings.is_older(None)


@pytest.mark.parametrize("generation", ["rules", "workflows"])
async def test_an_upload_counts_where_a_version_does_not_show_how_an_event_was_mapped(generation):
    state = made(generation)
    error = {"type": "E", "value": "v", "stacktrace": {"frames": [{}]}}
    project = state.projects["shop-frontend"]
    state.add_event(project, {"platform": "javascript", "exception": {"values": [error]}})
    bundle = {"checksum": "c" * 40, "projects": ["shop-frontend"], "release": "1.0", "dist": None, "fileCount": 3}
    state.bundles.append(bundle | {"date": now(), "debugIds": ["d1"]})
    async with SentryClient(URL, state.token, transport=transport(state), sleep=no_sleep) as http:
        snapshot = await gather(Sentry(http), Facts(MemoryTree(FILES), Config(answers=ANSWERS)))
    found = snapshot.projects["frontend"]
    assert isinstance(found, ProjectSnapshot) and isinstance(found.bundles, tuple)
    if generation == "workflows":
        assert isinstance(found.maps, MapProof) and found.bundles == ()
        return
    assert isinstance(found.maps, Unavailable)
    assert found.maps.reason == "this version of Sentry does not show how an event was mapped"
    assert found.maps.hint == "open it in Sentry"
    assert [(b.releases, b.files) for b in found.bundles] == [(("1.0",), 3)]
