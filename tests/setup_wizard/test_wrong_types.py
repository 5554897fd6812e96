"""An answer of another type than Sentry's, from each endpoint in turn: it is told, and never taken for something or for nothing."""

from __future__ import annotations

import re

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.model import Outcome
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api import errors as e
from checks.sentry_api.alerts import Alerts, Channel
from checks.sentry_api.snapshot import Snapshot
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.state import SandboxState
from tests.setup_wizard.test_proofs import FILES
from tests.setup_wizard.test_requests import asked, busy
from tests.support.sentry import api
from tests.support.truths import ANSWERS, close

BODIES = ("null", "{}", "[{}]", '"x"', '{"raw": 5}', "<html>")


def _state(generation: str) -> SandboxState:
    state = busy(generation)
    close(state, "ada@example.com")
    state.add_integration("github", "acme", "acme/shop")
    return state


def _outcomes(snapshot: Snapshot) -> dict[tuple[str, str], Outcome]:
    report = run_audit(Facts(MemoryTree(FILES), Config(answers=ANSWERS), snapshot), CHECKLIST)
    return {(r.item.id, v.target.name if v.target else ""): v.outcome for r in report.results for v in r.verdicts}


def _break(state: SandboxState, path: str, body: str) -> None:
    headers = {"content-type": "application/json"}
    state.faults.append(Fault(method="GET", path=path, status=200, body=body, headers=headers, times=99))


@pytest.mark.parametrize("generation", ["workflows", "rules", "upgraded"])
async def test_each_endpoint_answers_something_else(generation):
    waves, whole = await asked(_state(generation))
    before = _outcomes(whole)
    paths = {re.sub(r"/events/[0-9a-f]{32}/", "/events/[0-9a-f]+/", p.partition(" ")[2]) for p in waves.requests}
    assert len(paths) >= 16
    wrong = []
    for path in sorted(paths):
        for body in BODIES:
            state = _state(generation)
            _break(state, f"{path}$", body)
            try:
                _, snapshot = await asked(state)
            except e.SentryApiError:
                assert path == "/api/0/organizations/acme/", f"{path}: nothing else stops an audit"
                continue
            after = _outcomes(snapshot)
            wrong += [(path, body, *k) for k in before if after[k] not in (before[k], Outcome.UNKNOWN)]
    assert not wrong


async def test_no_alert_is_made_where_it_is_not_known_which_kind_fires():
    state = busy("upgraded")
    _break(state, "detectors/$", "{}")
    sentry = api(state)
    project = await sentry.project("acme", "shop-backend")
    assert project is not None
    with pytest.raises(e.NotSentryError, match="whether this server fires its rules, or monitors by now, is not known"):
        await Alerts(sentry, "acme").ensure(project, Channel(kind="email"))
    assert len(state.projects["shop-backend"].rules) == 1 and not state.workflows
