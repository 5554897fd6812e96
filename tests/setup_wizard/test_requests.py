"""How often Sentry is asked: each answer once a command, only what the items need, at most eight at once, in few waves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

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
from checks.sentry_api.snapshot import MapProof, ProjectSnapshot, Snapshot
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.steps import STEPS
from tests.setup_wizard.test_proofs import FILES
from tests.setup_wizard.test_server_truths import ANSWERS, add_alert, made, release, send, send_tests, to
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


def _nothing_happened(state: SandboxState) -> None:
    state.events.clear()
    state.releases.clear()
    state.integrations.clear()


STATES: dict[str, tuple[str, Callable[[SandboxState], object], int]] = {
    "everything there": ("workflows", lambda s: None, 18),
    "nothing happened yet": ("workflows", _nothing_happened, 16),
    "closed membership": ("workflows", lambda s: setattr(s, "open_membership", False), 19),
    "mail to a team": ("workflows", lambda s: (s.workflows.clear(), add_alert(s, to("team", "1"))), 19),
    "an upgraded server": ("upgraded", lambda s: None, 20),
    "a server with rules": ("rules", lambda s: None, 21),
}
"""A generation of servers, what is there, and the requests that it may cost; older servers answer for one project at a time."""


@pytest.mark.parametrize("case", STATES)
async def test_an_audit_of_a_backend_and_a_frontend(case):
    generation, change, most = STATES[case]
    state = busy(generation)
    change(state)
    waves, _ = await asked(state)
    assert len(waves.requests) <= most and len(waves.waves) <= 3, waves.waves
    assert max(len(wave) for wave in waves.waves) <= AT_ONCE
    assert max(Counter(waves.requests).values()) == 1, "nothing is asked twice"


async def test_a_browser_error_that_others_hide_is_found_in_the_projects_own_list():
    state = busy()
    for n in range(320):
        send(state, f"r{n}")
    _, snapshot = await asked(state)
    found = snapshot.projects["frontend"]
    assert isinstance(found, ProjectSnapshot) and isinstance(found.maps, MapProof)


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
