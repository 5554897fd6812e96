"""The steps that live in Sentry, through the engine: alerts to three channels, invitations, the performance review."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from checks.errors import UsageError
from checks.model import Outcome
from setup_wizard.plan import effects
from setup_wizard.plan.engine import Applied
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.test_event import send_test_events
from setup_wizard.session import Session
from setup_wizard.steps import find_steps


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState(traffic=True)) as state:
        yield state


async def apply(session: Session, step: str, lines: list[str] | None = None, **answers: str) -> Applied:
    session.answer({k.replace("__", "."): v for k, v in answers.items()})
    return await session.engine((lines if lines is not None else []).append).apply(find_steps([step]))


async def test_an_integration_that_is_missing_is_told_where_nobody_waits(session, sandbox):
    applied = await apply(session, "alerts", alerts__slack_channel="#ops")
    assert applied.steps[0].outcome == "failed"
    assert "Slack is not connected to acme" in applied.steps[0].reason
    assert f"{sandbox.public_url}/settings/acme/integrations/slack/" in applied.steps[0].reason
    assert sum(c.startswith("alert") for c in applied.created) == 2, "the email alerts are made all the same"


async def test_an_alert_is_made_as_soon_as_its_integration_appears(session, sandbox):
    opened: list[str] = []

    def somebody_signs_in(url: str) -> None:
        opened.append(url)
        sandbox.add_integration("slack" if "slack" in url else "pagerduty", "acme")

    session.open_page = somebody_signs_in
    lines: list[str] = []
    answers = {"alerts__slack_channel": "ops", "alerts__pagerduty_service": "on-call"}
    applied = await apply(session, "alerts", lines, **answers)
    assert applied.steps[0].outcome == "applied", applied.steps
    assert len(opened) == 2 and any("waiting until it appears" in line for line in lines)
    assert applied.report is not None
    for item in ("email-alerts", "slack-alerts", "pagerduty-alerts"):
        assert applied.report.result(item).outcome is Outcome.PASS, item
    before = len(sandbox.workflows)
    again = await apply(session, "alerts", **answers)
    assert again.steps[0].outcome == "unchanged" and len(sandbox.workflows) == before
    assert not any("0" * 32 in str(r) for r in (applied, again)), "PagerDuty's keys stay in Sentry"


async def test_the_wait_for_a_browser_ends(session, sandbox, monkeypatch):
    monkeypatch.setattr(effects, "BROWSER_DEADLINE", 0.05)
    session.open_page = lambda url: None
    applied = await apply(session, "alerts", alerts__slack_channel="#ops")
    assert applied.steps[0].outcome == "failed" and "run the command again" in applied.steps[0].reason


async def test_a_workspace_and_a_service_have_to_be_told_apart(session, sandbox):
    sandbox.add_integration("slack", "one")
    sandbox.add_integration("slack", "two")
    applied = await apply(session, "alerts", alerts__slack_channel="#ops")
    assert "one:#channel, two:#channel" in applied.steps[0].reason
    applied = await apply(session, "alerts", alerts__slack_channel="two:#ops")
    assert applied.steps[0].outcome == "applied"
    sandbox.add_integration("pagerduty", "acme")
    applied = await apply(session, "alerts", alerts__pagerduty_service="nobody")
    assert "PagerDuty has no service nobody" in applied.steps[0].reason and "on-call" in applied.steps[0].reason


async def test_people_are_invited_when_named_and_nobody_twice(session, sandbox):
    sandbox.members = sandbox.members[:1]
    applied = await apply(session, "team")
    assert applied.steps[0].outcome == "skipped" and "team.emails" in applied.steps[0].reason
    applied = await apply(session, "team", team__emails="new@example.com, NEW@example.com,ada@example.com")
    assert applied.steps[0].outcome == "applied" and applied.steps[0].proved == ("team-access",)
    assert [m["email"] for m in sandbox.members] == ["ada@example.com", "new@example.com"]
    again = await apply(session, "team", team__emails="new@example.com")
    assert again.steps[0].outcome == "unchanged"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"team__emails": "no-address"}, "is not an email address"),
        ({"team__emails": "a@example.com", "team__role": "king"}, "is not a role"),
    ],
)
async def test_a_wrong_invitation_is_refused_before_anything_is_sent(session, sandbox, answers, message):
    sent = len(sandbox.requests)
    with pytest.raises(UsageError, match=message):
        await apply(session, "team", **answers)
    assert all(method == "GET" for method, _ in sandbox.requests[sent:])


async def test_the_performance_review_shows_the_week_and_leaves_the_sign_off_to_a_person(session, sandbox):
    lines: list[str] = []
    applied = await apply(session, "performance", lines)
    assert applied.steps[0].outcome == "applied" and applied.run is None
    text = "\n".join(lines)
    assert "transactions in 7 days" in text and "/checkout" in text and "SELECT" in text
    assert any("sign-off performance-reviewed" in (b.command or "") for b in applied.by_hand)
    await session.sign_off("performance-reviewed", "Ada", "looks fine")
    report = await session.audit()
    assert report.result("performance-reviewed").outcome is Outcome.PASS
    assert (await apply(session, "performance")).steps[0].outcome == "unchanged"
    run, files = session.undo()
    assert run.steps == ("sign-off",) and len(files) == 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("dsn", "loss", "reason"),
    [
        ("other", None, "it arrived in the project other"),
        ("http://k@127.0.0.1:1/1", None, "the DSN leads to 127.0.0.1:1"),
        ("unknown project", None, "the DSN belongs to project 999"),
        (None, "filtered", "an inbound filter drops it"),
        (None, "rate_limited", "the quota or the key's rate limit"),
        (None, None, "the reason is not known"),
    ],
)
async def test_an_event_that_is_not_seen_says_why(session, sandbox, monkeypatch, dsn, loss, reason):
    monkeypatch.setattr(effects, "EVENT_DEADLINE", 0.2)
    backend = sandbox.projects["orchard-backend"]
    other = sandbox.add_project("other", "other", None, "acme", default_alert=False)
    if dsn is None:
        sandbox.delay = 3600
    if loss:
        backend.losses[(loss, "error")] = 2
    given = {"other": sandbox.dsn(other), "unknown project": sandbox.dsn(backend).rpartition("/")[0] + "/999"}.get(
        dsn, dsn
    )
    answers = {"backend__dsn": given} if given else {}
    applied = await apply(session, "test-event", **answers)
    assert applied.steps[0].outcome == "failed" and reason in applied.steps[0].reason, applied.steps[0].reason


async def test_a_dsn_whose_only_client_key_is_disabled_is_written_nowhere(session, sandbox):
    for project in sandbox.projects.values():
        project.key_active = False
    applied = await apply(session, "dsn")
    assert applied.steps[0].outcome == "refused" and not applied.steps[0].files, applied.steps
    assert "every client key of orchard-backend is disabled" in applied.steps[0].reason
    assert f"{sandbox.public_url}/settings/acme/projects/orchard-backend/keys/" in applied.steps[0].place
    tested = await apply(session, "test-event")
    assert tested.steps[0].outcome == "failed" and "no active client key" in tested.steps[0].reason


async def test_every_integration_that_is_missing_is_told(session, sandbox):
    applied = await apply(session, "alerts", alerts__slack_channel="#ops", alerts__pagerduty_service="on-call")
    assert "Slack is not connected" in applied.steps[0].reason
    assert "PagerDuty is not connected" in applied.steps[0].reason


async def test_test_events_of_one_repository_make_two_issues_however_often_they_are_sent(session, sandbox):
    dsn = sandbox.dsn(sandbox.projects["orchard-backend"])
    for _ in range(2):
        await asyncio.to_thread(send_test_events, dsn, environment="production", release=None)
    own = [e for e in sandbox.events if e.project_id == sandbox.projects["orchard-backend"].id]
    assert len(own) == 4 and len({e.group_id for e in own}) == 2
