"""How often Sentry is asked: each answer once a command, only what the items need, at most eight at once, in few waves."""

from __future__ import annotations

from collections import Counter

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST, find_item
from checks.config import Config
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import AT_ONCE, SentryClient
from checks.sentry_api.gather import gather
from checks.sentry_api.needs import EVERYTHING, NEEDS, parts_for
from checks.sentry_api.snapshot import Snapshot
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.steps import STEPS
from tests.setup_wizard.test_server_truths import ANSWERS, FILES, add_alert, made, release, send, send_tests
from tests.support.sentry import URL, no_sleep, transport
from tests.support.waves import Waves


def busy(generation: str = "workflows") -> SandboxState:
    """A sandbox where everything that an audit asks for is there."""
    state = made(generation)
    add_alert(state)
    send_tests(state)
    release(state, "a" * 40)
    send(state, "a" * 40)
    state.add_integration("github", "acme")
    state.add_event(
        state.projects["shop-frontend"],
        {
            "platform": "javascript",
            "exception": {"values": [{"type": "E", "value": "v", "stacktrace": {"frames": [{}]}}]},
        },
    )
    return state


async def asked(state: SandboxState, parts=EVERYTHING, answers: dict[str, str] = ANSWERS) -> tuple[Waves, Snapshot]:
    waves = Waves(transport(state))
    async with SentryClient(URL, state.token, transport=waves, sleep=no_sleep) as http:
        facts = Facts(MemoryTree(FILES), Config(answers=answers))
        return waves, await gather(Sentry(http), facts, parts=parts)


@pytest.mark.parametrize("generation", ["workflows", "rules"])
async def test_an_audit_of_a_backend_and_a_frontend(generation):
    waves, _ = await asked(busy(generation))
    assert len(waves.requests) <= (18 if generation == "workflows" else 23), waves.requests
    assert len(waves.waves) <= (3 if generation == "workflows" else 5), waves.waves
    assert max(len(wave) for wave in waves.waves) <= AT_ONCE
    assert max(Counter(waves.requests).values()) == 1, "nothing is asked twice"


async def test_an_organization_that_has_to_be_found_costs_one_request_more():
    answers = {k: v for k, v in ANSWERS.items() if k != "sentry.org"}
    waves, snapshot = await asked(busy(), answers=answers)
    assert snapshot.organization == "acme" and len(waves.requests) <= 20


@pytest.mark.parametrize(
    ("items", "most"),
    [
        (["email-alerts"], 4),
        (["team-access"], 5),
        (["release-tracking"], 3),
        (["two-factor-required"], 2),
        (["dsn-target"], 5),
    ],
)
async def test_only_what_the_items_need_is_asked(items, most):
    waves, _ = await asked(busy(), parts_for(items) or frozenset())
    assert len(waves.requests) <= most, waves.requests


def test_items_of_the_repository_ask_nothing():
    assert parts_for(["sdk-installed", "debug-off"]) is None
    assert {i.id for i in CHECKLIST} >= NEEDS.keys()


@pytest.mark.parametrize("item", sorted(NEEDS))
async def test_an_item_is_decided_alike_by_what_it_needs_and_by_everything(item):
    state = busy()
    _, whole = await asked(state)
    _, part = await asked(state, parts_for([item]) or frozenset())
    config = Config(answers=ANSWERS)
    results = [run_audit(Facts(MemoryTree(FILES), config, s), [find_item(item)]).result(item) for s in (whole, part)]
    assert results[0].verdicts == results[1].verdicts


async def test_apply_looks_at_everything_once_before_and_once_after(session, sandbox):
    sandbox.requests.clear()
    applied = await session.engine().apply(STEPS)
    assert {s.outcome for s in applied.steps} <= {"applied", "unchanged", "skipped"}, applied.steps
    counts = Counter(sandbox.requests)
    whole = ("", "members/", "integrations/", "releases/", "project-keys/", "teams/")
    assert all(counts[("GET", f"/api/0/organizations/acme/{p}")] <= 2 for p in whole), counts
    assert sum(counts.values()) <= 90, (sum(counts.values()), counts.most_common(12))
    sandbox.requests.clear()
    await session.engine().apply(STEPS)
    assert len(sandbox.requests) <= 62, Counter(sandbox.requests).most_common(12)
