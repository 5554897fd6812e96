"""Leaving the wizard: the report, a commit on a branch of its own, the audit in CI, and coming back to where one was."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from textual.widgets import Input

from setup_wizard import resume
from setup_wizard.demo import fingerprint
from setup_wizard.services.folders import journal_folder
from setup_wizard.services.git import GitRefusedError, GitRepository
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import make_app
from setup_wizard.ui.screens.commit import CommitScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from tests.support.ui import applied, decided, offline, on, session, until


def git(root: Path, *argv: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *argv], capture_output=True, text=True, check=True)
    return done.stdout.strip()


async def test_the_report_tells_of_earlier_sittings_and_commits_on_a_branch(sample):
    await applied(sample, "sdk", "source-maps")
    (sample / "README.md").write_text("somebody's own work\n")
    git(sample, "add", "README.md")
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        assert "frontend/vite.config.ts" in app.screen.text and "sentry-setup undo" in app.screen.text
        await pilot.press("b")
        await until(pilot, on(app, CommitScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FinishScreen) and not app.screen.committable)
    assert git(sample, "branch", "--show-current") == "sentry-setup"
    committed = git(sample, "show", "--name-only", "--format=%s").splitlines()
    assert committed[0] == "Set up Sentry" and "README.md" not in committed
    assert "backend/requirements.txt" in committed and "frontend/vite.config.ts" in committed
    assert git(sample, "diff", "--cached", "--name-only") == "README.md", "what was staged stays staged"
    assert git(sample, "log", "--oneline", "main").count("\n") == 0


async def test_a_branch_that_is_there_already_is_told_and_nothing_is_committed(sample):
    await applied(sample, "sdk")
    git(sample, "branch", "sentry-setup")
    before = fingerprint(sample)
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        await pilot.press("b")
        await until(pilot, on(app, CommitScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "already exists" in str(app.screen.query_one("#message").render()))
        await pilot.press("escape")
        await until(pilot, on(app, FinishScreen))
    assert git(sample, "branch", "--show-current") == "main" and fingerprint(sample) == before


async def test_a_commit_that_a_hook_refuses_leaves_branch_and_files_as_they_were(sample):
    await applied(sample, "sdk", "frontend-sdk")
    before, status = fingerprint(sample), git(sample, "status", "--porcelain")
    hook = sample / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no sentry today' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitRefusedError, match="no sentry today"):
        GitRepository(sample).commit("x", "text", ("backend/requirements.txt", "frontend/src/instrument.ts"))
    assert "?? frontend/src/instrument.ts" in status and git(sample, "status", "--porcelain") == status
    assert git(sample, "branch", "--show-current") == "main" and git(sample, "branch", "--list", "x") == ""
    assert fingerprint(sample) == before
    for branch in ("-x", "", "a..b", "a b"):
        with pytest.raises(GitRefusedError):
            GitRepository(sample).commit(branch, "text", ("backend/requirements.txt",))


async def test_the_report_goes_on_to_the_audit_in_ci(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        await pilot.press("g")
        await until(pilot, on(app, QuestionsScreen))
        assert app.screen.questions[0].key == "ci.runtime" and app.screen.questions[0].value == "no"
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        assert app.screen.step.id == "ci-audit" and app.screen.plan.changes
        assert b"verify-runtime" not in app.screen.plan.changes[0].after
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.home and decided(app)())
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        assert "add the audit to CI" not in str(app.screen.query_one("#further").render())
        assert "g" not in app.screen.active_bindings, "it is there already"


async def test_the_next_start_resumes_where_one_left(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        app.begin(find_steps(["sdk"])[0])
        await until(pilot, on(app, QuestionsScreen))
        app.screen.query_one("#q1", Input).value = "0.25"
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        await until(
            pilot, lambda: resume.recall(journal_folder(sample)).answers.get("performance.sample_rate") == "0.25"
        )
    again = make_app(session(sample, sandbox))
    async with again.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(again))
        await until(pilot, lambda: again.home.selected() == "sdk-installed")
        assert again.session.answers["performance.sample_rate"] == "0.25"
        assert again.session.answers["sentry.url"] == sandbox.public_url, "as said at this start"


def test_a_place_keeps_no_consent_no_dsn_and_no_host_and_takes_none(tmp_path):
    answers = {
        "sentry.url": "https://evil.example",
        "backend.dsn": "https://k@h/1",
        "release.token": "create",
        "alerts.test": "yes",
        "test_event.application": "yes",
        "sentry.org": "acme",
        "no.such.key": "x",
    }
    resume.remember(tmp_path, resume.Place(answers=answers, step="sdk"))
    assert json.loads((tmp_path / "place.json").read_text())["answers"] == {"sentry.org": "acme"}
    (tmp_path / "place.json").write_text(json.dumps({"answers": answers, "step": 7}))
    assert resume.recall(tmp_path) == resume.Place(answers={"sentry.org": "acme"}, step=None)
    for broken in ("", "[]", "{", "[" * 100_000, json.dumps({"answers": [1]})):
        (tmp_path / "place.json").write_text(broken)
        assert resume.recall(tmp_path) == resume.Place()
    assert resume.recall(tmp_path / "nowhere") == resume.Place()
