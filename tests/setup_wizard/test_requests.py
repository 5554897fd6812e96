"""How often Sentry is asked: each answer once a command, only what the items need, at most eight at once, in few waves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST, find_item
from checks.config import Config
from checks.items.dsn import named_region
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import AT_ONCE, SentryClient
from checks.sentry_api.gather import gather
from checks.sentry_api.needs import EVERYTHING, NEEDS, parts_for
from checks.sentry_api.snapshot import NOT_ASKED, MapProof, ProjectSnapshot, Snapshot, Unavailable
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.steps import STEPS
from tests.setup_wizard.test_proofs import FILES
from tests.support.sentry import URL, no_sleep, transport
from tests.support.silos import ELSEWHERE, HERE, MAIN, Silos
from tests.support.truths import ANSWERS, add_alert, made, release, send, send_tests, to
from tests.support.waves import Waves


def busy(generation: str = "workflows") -> SandboxState:
    """A sandbox where everything that an audit asks for is there."""
    state = made(generation)
    add_alert(state)
    send_tests(state)
    release(state, "a" * 40)
    send(state, "a" * 40)
    state.add_integration("github", "acme")
    browser_error(state)
    return state


def browser_error(state: SandboxState) -> None:
    values = [{"type": "E", "value": "v", "stacktrace": {"frames": [{}]}}]
    state.add_event(state.projects["shop-frontend"], {"platform": "javascript", "exception": {"values": values}})


async def asked(state: SandboxState, parts=EVERYTHING, answers: dict[str, str] = ANSWERS) -> tuple[Waves, Snapshot]:
    waves = Waves(transport(state))
    async with SentryClient(URL, state.token, transport=waves, sleep=no_sleep) as http:
        facts = Facts(MemoryTree(FILES), Config(answers=answers))
        return waves, await gather(Sentry(http), facts, parts=parts)


async def asked_of_saas(state: SandboxState, dsn: str | None) -> tuple[Waves, Silos, Snapshot]:
    """Ask sentry.io, with a DSN in the repository or without one."""
    silos = Silos(state)
    waves = Waves(silos)
    async with SentryClient(state.public_url, state.token, transport=waves, sleep=no_sleep) as http:
        facts = Facts(MemoryTree(FILES), Config(answers=ANSWERS | ({"backend.dsn": dsn} if dsn else {})))
        return waves, silos, await gather(Sentry(http), facts, region=named_region(facts))


def _nothing_happened(state: SandboxState) -> None:
    state.events.clear()
    state.releases.clear()
    state.integrations.clear()


def _closed(state: SandboxState) -> None:
    state.open_membership = False


def _to_a_team(state: SandboxState) -> None:
    state.workflows.clear()
    add_alert(state, to("team", "1"))


def _teams_apart(state: SandboxState) -> None:
    state.lists_teams = False


def _hiding(state: SandboxState) -> None:
    for n in range(320):
        send(state, f"r{n}")


def _many_releases(state: SandboxState) -> None:
    _hiding(state)
    browser_error(state)


def _linked(state: SandboxState) -> None:
    state.integrations.clear()
    state.add_integration("github", "acme", "acme/shop")


def _both_alert(state: SandboxState) -> None:
    add_alert(state, project="shop-frontend")


def _documented(state: SandboxState) -> None:
    state.datasets = ("errors", "spans")


def _lists_mutes(state: SandboxState) -> None:
    state.lists_mutes, state.datasets = True, ("errors", "discover")


STATES: dict[str, tuple[str, tuple[Callable[[SandboxState], object], ...], int]] = {
    "a browser error behind many releases": ("workflows", (_hiding,), 18),
    "everything there": ("workflows", (), 17),
    "nothing happened yet": ("workflows", (_nothing_happened,), 16),
    "closed membership": ("workflows", (_closed,), 17),
    "mail to a team": ("workflows", (_to_a_team,), 17),
    "closed membership, and mail to a team": ("workflows", (_closed, _to_a_team), 17),
    "an organization that does not show its teams": ("workflows", (_closed, _to_a_team, _teams_apart), 18),
    "many releases": ("workflows", (_many_releases,), 18),
    "the repository is linked": ("workflows", (_linked,), 18),
    "everything of these at once": ("workflows", (_closed, _to_a_team, _many_releases, _linked), 19),
    "everything, and a hidden browser error": ("workflows", (_closed, _to_a_team, _hiding, _linked), 19),
    "an upgraded server": ("upgraded", (), 17),
    "an upgraded server with everything": ("upgraded", (_closed, _hiding, _linked), 19),
    "a server with only the documented datasets": ("workflows", (_documented,), 18),
    "a server with rules": ("rules", (), 18),
    "a server with rules, and its list tells who muted them": ("rules", (_lists_mutes, _both_alert), 18),
    "a server with rules of both projects": ("rules", (_both_alert,), 19),
    "a server with rules and everything": ("rules", (_closed, _hiding, _linked), 20),
    "a server with rules that mail a team it does not show": ("rules", (_to_a_team, _teams_apart), 20),
    "a server with rules and every oddity": (
        "rules",
        (_closed, _to_a_team, _teams_apart, _many_releases, _linked),
        22,
    ),
}
"""A generation of servers, what is there, and the requests that it may cost; older servers list keys for one project at a time."""


@pytest.mark.parametrize("case", STATES)
async def test_an_audit_of_a_backend_and_a_frontend(case):
    generation, changes, most = STATES[case]
    state = busy(generation)
    for change in changes:
        change(state)
    waves, _ = await asked(state)
    assert len(waves.requests) <= most, waves.waves
    assert len(waves.waves) <= 3, waves.waves
    assert max(len(wave) for wave in waves.waves) <= AT_ONCE
    assert max(Counter(waves.urls).values()) == 1, "nothing is asked twice"


DSNS = {
    "named": f"https://{'a' * 32}@o1.ingest.de.sentry.io/1001",
    "not named": None,
    "of another region": f"https://{'a' * 32}@o1.ingest.sentry.io/1001",
}


@pytest.mark.parametrize("changes", [(), (_closed, _to_a_team)], ids=["open", "closed"])
@pytest.mark.parametrize("region", ["named", "not named"])
async def test_an_audit_of_sentry_io(region, changes):
    state = busy()
    for change in changes:
        change(state)
    waves, silos, snapshot = await asked_of_saas(state, DSNS[region])
    assert len(waves.requests) <= 18 and len(waves.waves) <= 3, waves.waves
    assert max(len(wave) for wave in waves.waves) <= AT_ONCE
    assert {host for host, _ in silos.asked} == {MAIN, HERE}
    assert not [p for p in snapshot.projects.values() if not isinstance(p, ProjectSnapshot)]
    _same_as_one_server(state, snapshot)


async def test_a_region_that_a_dsn_names_wrongly_is_found_out():
    state = busy()
    _, silos, snapshot = await asked_of_saas(state, DSNS["of another region"])
    assert (ELSEWHERE, "/api/0/projects/acme/shop-backend/") in silos.asked
    _same_as_one_server(state, snapshot)


def _same_as_one_server(state: SandboxState, snapshot: Snapshot) -> None:
    """Everything was answered, so that an item is decided as by one server."""
    odd = [
        (name, part, value)
        for name, project in snapshot.projects.items()
        for part in (
            "keys",
            "alerts",
            "test_events",
            "releases",
            "settings",
            "filters",
            "usage",
            "code_mappings",
            "maps",
        )
        if isinstance(value := getattr(project, part), Unavailable) and value is not NOT_ASKED
    ]
    assert not odd and isinstance(snapshot.integrations, tuple) and isinstance(snapshot.members, tuple), odd


async def test_a_browser_error_that_others_hide_is_found():
    state = busy()
    _hiding(state)
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
@pytest.mark.parametrize("generation", ["workflows", "rules"])
async def test_only_what_the_items_need_is_asked(items, most, generation):
    waves, _ = await asked(busy(generation), parts_for(items) or frozenset())
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


SHORT = ["email-alerts", "test-event", "team-access", "environments-seen"]
"""Items that what is asked for together decides: rules, events, teams."""


def _refuse(path: str, status: int, body: str) -> Callable[[SandboxState], None]:
    return lambda state: state.faults.append(
        Fault(method="GET", path=path, status=status, body=body, headers={}, times=1, after=False)
    )


async def _said(state: SandboxState) -> list[list[object]]:
    _, snapshot = await asked(state)
    facts = Facts(MemoryTree(FILES), Config(answers=ANSWERS), snapshot)
    return [[(v.target, v.outcome) for v in run_audit(facts, [find_item(i)]).result(i).verdicts] for i in SHORT]


@pytest.mark.parametrize(
    "refuse",
    [
        _refuse("combined-rules", 403, '{"detail": "You do not have permission to perform this action."}'),
        _refuse("combined-rules", 404, '{"detail": "The requested resource does not exist"}'),
        _refuse("combined-rules", 200, '{"detail": "nothing"}'),
        _refuse("combined-rules", 200, '[{"id": "1", "type": "rule"}]'),
        _refuse("combined-rules", 200, "[7]"),
        _teams_apart,
        _refuse("organizations/acme/events/", 400, '{"detail": "Invalid query. Project(s) x do not exist"}'),
    ],
    ids=["not allowed", "not there", "not a list", "rules of no project", "not rules", "teams apart", "refused"],
)
@pytest.mark.parametrize("change", [_closed, _hiding])
async def test_what_is_not_answered_together_is_asked_one_by_one(refuse, change):
    states = [busy("rules"), busy("rules")]
    for state in states:
        change(state)
    refuse(states[1])
    assert await _said(states[1]) == await _said(states[0])


async def test_rules_listed_together_stay_those_of_their_project():
    state = busy("rules")
    project, other = state.projects["shop-backend"], state.projects["shop-frontend"]
    project.rules, other.rules = [], project.rules
    other.rules[0]["projects"] = ["shop-frontend"]
    _, snapshot = await asked(state)
    backend, frontend = snapshot.projects["backend"], snapshot.projects["frontend"]
    assert isinstance(backend, ProjectSnapshot) and isinstance(frontend, ProjectSnapshot)
    assert backend.alerts == () and isinstance(frontend.alerts, tuple) and len(frontend.alerts) == 1


async def test_metric_alerts_beside_rules_are_none_of_theirs():
    state = busy("rules")
    state.projects["shop-frontend"].rules.append({"id": "9", "type": "alert_rule", "projects": ["shop-frontend"]})
    _, snapshot = await asked(state)
    frontend = snapshot.projects["frontend"]
    assert isinstance(frontend, ProjectSnapshot) and frontend.alerts == ()


async def test_a_project_that_is_missing_hides_nothing_of_the_other_one():
    state = busy()
    _hiding(state)
    whole = await asked(state)
    del state.projects["shop-frontend"]
    waves, snapshot = await asked(state)
    before, after = whole[1].projects["backend"], snapshot.projects["backend"]
    assert isinstance(before, ProjectSnapshot) and isinstance(after, ProjectSnapshot)
    assert (after.test_events, after.environments, after.live) == (before.test_events, before.environments, before.live)
    assert snapshot.missing == {"frontend": "shop-frontend"} and len(waves.requests) <= 18
