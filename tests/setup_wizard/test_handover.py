"""What goes to others: CI's token to GitHub's secret store, test notifications to channels, and only with a person's consent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.config import load_config
from checks.errors import UsageError
from checks.repository.names import github_name
from checks.repository.tree import MemoryTree
from checks.sentry_api.issues import archive_until
from setup_wizard.plan.engine import Applied
from setup_wizard.plan.model import StoreCiToken
from setup_wizard.questions import questions_for
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.session import Session
from setup_wizard.steps import find_steps

GH = """#!{python}
import pathlib, sys
store, mode = pathlib.Path({store!r}), pathlib.Path({mode!r}).read_text()
argv = sys.argv[1:]
if argv == ["secret", "list"]:
    print("".join(p.name + "\\t2026-01-01\\n" for p in sorted(store.iterdir())), end="")
elif argv[:2] == ["secret", "set"] and mode != "refuses":
    (store / argv[2]).write_text(sys.stdin.read())
else:
    print("HTTP 403: Resource not accessible", file=sys.stderr)
    sys.exit(1)
"""


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `gh` that keeps secrets in a folder, which is returned."""
    folder, store, mode = tmp_path / "bin", tmp_path / "store", tmp_path / "mode"
    for made in (folder, store):
        made.mkdir()
    mode.write_text("works")
    (folder / "gh").write_text(GH.format(python=sys.executable, store=str(store), mode=str(mode)))
    (folder / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return store


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState(traffic=True)) as state:
        yield state


async def apply(session: Session, *steps: str, lines: list[str] | None = None) -> Applied:
    say = (lines if lines is not None else []).append
    return await session.engine(say).apply(find_steps(list(steps)))


async def test_the_token_for_ci_is_made_and_stored_once_and_shown_to_nobody(session, sandbox, gh, sample):
    session.answer({"release.token": "create"})
    lines: list[str] = []
    applied = await apply(session, "source-maps", "release-tracking", lines=lines)
    stored = (gh / "SENTRY_AUTH_TOKEN").read_text()
    assert [t["token"] for t in sandbox.ci_tokens] == [stored] and sandbox.scopes(stored) == ("org:ci",)
    assert any(c.startswith("organization token orchard CI (sentry-setup)") for c in applied.created)
    assert not [t for t in applied.by_hand if "SENTRY_AUTH_TOKEN" in t.title]
    told = "\n".join([*lines, *applied.created, repr(applied)])
    assert stored not in told and sandbox.token not in stored
    for path in sample.rglob("*"):
        assert not path.is_file() or stored.encode() not in path.read_bytes(), path
    assert any("already exists and is kept" in line for line in lines), "the second step finds it"


async def test_nothing_is_made_without_consent_and_the_repository_cannot_give_it(session, sandbox, gh, sample):
    (sample / "sentry-setup.toml").write_text('[release]\ntoken = "create"\n[alerts]\ntest = "yes"\n')
    applied = await apply(session, "release-tracking", "alerts")
    assert sandbox.ci_tokens == [] == sandbox.fired and not list(gh.iterdir())
    assert any(t.command == "gh secret set SENTRY_AUTH_TOKEN" for t in applied.by_hand)


async def test_a_store_that_refuses_is_told_with_what_to_do(session, sandbox, gh, tmp_path):
    (tmp_path / "mode").write_text("refuses")
    session.answer({"release.token": "create"})
    applied = await apply(session, "release-tracking")
    assert applied.steps[0].outcome == "failed"
    assert "was created, but not stored: gh secret set SENTRY_AUTH_TOKEN: HTTP 403" in applied.steps[0].reason
    assert "revoke it at" in applied.steps[0].reason
    assert sandbox.ci_tokens[0]["token"] not in applied.steps[0].reason


async def test_a_token_whose_value_nobody_has_is_not_made_a_second_time(session, sandbox, gh):
    sandbox.ci_tokens.append({"id": "1", "name": "orchard CI (sentry-setup)", "token": "sntrys_x"})
    session.answer({"release.token": "create"})
    applied = await apply(session, "release-tracking")
    assert "already exists, and its value was shown only once" in applied.steps[0].reason
    assert len(sandbox.ci_tokens) == 1


async def test_without_gh_no_token_is_made(session, sandbox, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("shutil.which", lambda name: None if name == "gh" else f"/usr/bin/{name}")
    session.answer({"release.token": "create"})
    applied = await apply(session, "release-tracking")
    assert "gh is not installed" in applied.steps[0].reason and sandbox.ci_tokens == []
    assert not [q for q in questions_for("release-tracking", session.facts(), session.connection) if "token" in q.key]


async def test_a_server_without_that_call_is_told(session, sandbox, gh):
    path = "/org-auth-tokens/$"
    sandbox.faults.append(Fault(method="POST", path=path, status=403, body='{"detail": "no"}', headers={}, times=9))
    session.answer({"release.token": "create"})
    applied = await apply(session, "release-tracking")
    assert applied.steps[0].outcome == "failed" and "org-auth-tokens" in applied.steps[0].reason
    assert not list(gh.iterdir())


async def test_the_wizard_asks_for_consent_where_it_can_be_acted_on(session, gh):
    question = questions_for("release-tracking", session.facts(), session.connection)[-1]
    assert question.key == "release.token" and question.value == "by-hand" and question.choices == ("by-hand", "create")


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("git@github.com:acme/orchard.git", "acme/orchard"),
        ("https://github.com/acme/orchard", "acme/orchard"),
        ("https://github.example.com/acme/orchard.git/", "acme/orchard"),
        ("git@gitlab.com:acme/orchard.git", None),
    ],
)
async def test_a_repository_that_sentry_does_not_know_is_for_a_person_to_link(session, sandbox, sample, origin, name):
    subprocess.run(["git", "-C", str(sample), "remote", "add", "origin", origin], check=True)
    assert github_name(str(sample)) == name
    sandbox.repositories = [] if name is None else [{"id": "1", "name": "acme/other", "status": "active"}]
    plan = await session.engine().plan(find_steps(["release-tracking"]))
    assert ("check whether Sentry knows" in " ".join(a.title for a in plan.steps[0].actions)) == (name is not None)
    applied = await apply(session, "release-tracking")
    links = [t for t in applied.by_hand if t.title.startswith("link acme/orchard")]
    assert len(links) == (name is not None)
    assert not links or links[0].url == f"{sandbox.public_url}/settings/acme/integrations/github/"
    assert not links or links[0].id in {t.id for t in applied.report.manual}
    assert not links or links[0] in applied.steps[0].manual


async def test_a_known_repository_is_no_task(session, sandbox, sample):
    subprocess.run(["git", "-C", str(sample), "remote", "add", "origin", "git@github.com:Acme/Orchard.git"], check=True)
    sandbox.add_integration("github", "acme", "acme/orchard")
    assert not [t for t in (await apply(session, "release-tracking")).by_hand if t.title.startswith("link")]


async def test_a_test_notification_is_sent_where_it_was_agreed_to(session, sandbox):
    sandbox.add_integration("slack", "acme")
    sandbox.add_integration("pagerduty", "acme")
    session.answer({"alerts.slack_channel": "#ops", "alerts.pagerduty_service": "on-call", "alerts.test": "yes"})
    await apply(session, "alerts")
    assert [a["type"] for a in sandbox.fired] == ["email", "slack", "pagerduty"]
    assert sandbox.fired[1]["config"]["targetDisplay"] == "#ops"
    sandbox.fired.clear()
    session.answer({"alerts.test": "no"})
    await apply(session, "alerts")
    assert sandbox.fired == []


async def test_an_issue_is_archived_until_it_affects_users(session, sandbox):
    applied = await apply(session, "test-event")
    await session.update_issues(applied.issues, "users")
    assert {i["substatus"] for i in sandbox.issues.values()} == {"archived_until_condition_met"}
    assert archive_until(10)["statusDetails"] == {"ignoreUserCount": 10}


def test_consent_is_a_persons_and_no_files():
    config = load_config(MemoryTree({"sentry-setup.toml": b'[test_event]\napplication = "yes"\n'}))
    assert config.answers["test_event.application"] == "yes" and not config.consents("test_event.application")
    assert config.with_answers({"test_event.application": "yes"}).consents("test_event.application")
    for key, value in (("release.token", "crate"), ("alerts.test", "create"), ("test_event.application", "maybe")):
        with pytest.raises(UsageError, match=f"{key}={value}"):
            config.with_answers({key: value}).consents(key)
    assert not config.with_answers({"release.token": "by-hand"}).consents("release.token")
    assert StoreCiToken(name="x", variable="Y").title.startswith("create the organization token")
