"""Good practice, finding, choosing, themes, the report with its commit, and coming back to where one was."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from checks.model import Outcome
from setup_wizard import resume
from setup_wizard.demo import fingerprint
from setup_wizard.practice import practice
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.folders import journal_folder
from setup_wizard.services.git import GitRefusedError, GitRepository
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.screens.commit import CommitScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.home import HomeScreen, SetUp
from setup_wizard.ui.screens.pick import PickScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.practice import PracticeScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from setup_wizard.ui.themes import THEMES, following
from tests.support.ui import decided, frozen, on, session, settled, until

SIZES = [(120, 40), (80, 24)]


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


def offline(sample: Path) -> WizardApp:
    return make_app(Session(sample, {"sentry.org": "acme"}, environ={}, install=False))


def git(root: Path, *argv: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *argv], capture_output=True, text=True, check=True)
    return done.stdout.strip()


async def applied(sample: Path, *steps: str) -> None:
    made = Session(sample, {"sentry.org": "acme"}, environ={}, install=False)
    await made.engine().apply(find_steps(list(steps)))


@pytest.mark.parametrize(
    ("item", "word", "step"),
    [
        ("context-used", "set_context", None),
        ("user-context-minimal", "set_user", None),
        ("noise-filtered", "def before_send", "before-send"),
        ("traces-sampler-safe", "def traces_sampler", "traces-sampler"),
        ("error-boundary", "reactErrorHandler", None),
        ("csp-allows-sentry", "connect-src", None),
    ],
)
def test_a_practice_fits_the_repository(sample, item, word, step):
    made = practice(item, Session(sample, {}, environ={}).facts())
    assert made is not None and word in made.snippet and made.step == step
    if step:
        assert made.place == "backend/orchard/settings/production.py"
    if item == "error-boundary":
        assert made.place == "frontend/src/main.tsx"


async def test_good_practice_is_read_copied_and_inserted(sample):
    await applied(sample, "sdk")
    before = fingerprint(sample)
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        app.post_message(SetUp("noise-filtered"))
        await until(pilot, lambda: isinstance(app.screen, PracticeScreen) and app.screen.practice is not None)
        assert "def before_send" in str(app.screen.query_one("#snippet").render())
        await pilot.press("y")
        assert app.clipboard.startswith("def before_send")
        await pilot.press("i")
        await until(pilot, on(app, PlanScreen))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        await pilot.press("enter")
        await until(pilot, on(app, HomeScreen))
        await until(pilot, lambda: app.wizard.results["noise-filtered"].outcome is Outcome.PASS)
        await pilot.press("u")
        await until(pilot, lambda: fingerprint(sample) == before)


async def test_a_practice_without_a_snippet_offers_only_what_there_is(sample):
    app = offline(sample)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        app.post_message(SetUp("two-factor-required"))
        await until(pilot, on(app, PracticeScreen))
        await until(pilot, lambda: not [w for w in app.workers if w.group == "practice"])
        assert not app.screen.check_action("insert", ()) and not app.screen.check_action("copy", ())
        await pilot.press("escape")
        await until(pilot, on(app, HomeScreen))


async def test_an_item_is_found_by_a_word(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("slash")
        await until(pilot, on(app, PickScreen))
        await pilot.press(*"boundary")
        assert app.screen.query_one("#choices", OptionList).option_count == 1
        await pilot.press("enter")
        await until(pilot, on(app, HomeScreen))
        assert app.home.selected() == "error-boundary"
        await pilot.press("slash")
        await until(pilot, on(app, PickScreen))
        await pilot.press(*"zzz", "enter", "escape")
        await until(pilot, on(app, HomeScreen))
        assert app.home.selected() == "error-boundary", "nothing was found, and nothing was taken"


async def test_an_answer_is_chosen_from_its_list(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        app.begin(find_steps(["alerts"])[0])
        await until(pilot, on(app, QuestionsScreen))
        assert app.screen.check_action("choose", ())
        await pilot.press("down")
        await until(pilot, on(app, PickScreen))
        await pilot.press("down", "enter")
        await until(pilot, on(app, QuestionsScreen))
        assert app.screen.query_one("#q0", Input).value == "team:acme"
        app.screen.query_one("#q1", Input).focus()
        await pilot.pause()
        assert not app.screen.check_action("choose", ()), "this field has no list"


async def test_the_theme_goes_round_and_is_kept(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        seen = [app.theme]
        for _ in THEMES:
            await pilot.press("t")
            seen.append(app.theme)
        assert seen == [*THEMES, THEMES[0]]
        await pilot.press("t", "t")
    again = offline(sample)
    async with again.run_test():
        assert again.theme == "high-contrast" and following("unknown") == THEMES[0]


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
        await until(pilot, on(app, PlanScreen))
        assert app.screen.step.id == "ci-audit" and app.screen.plan.changes


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


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_picture_of_good_practice(sample, monkeypatch, snap_compare, size):
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        app.post_message(SetUp("noise-filtered"))
        await until(pilot, lambda: isinstance(app.screen, PracticeScreen) and app.screen.practice is not None)

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_picture_of_finding(sample, monkeypatch, snap_compare, size):
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        await pilot.press("slash")
        await until(pilot, on(app, PickScreen))
        await pilot.press(*"token")

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("theme", ["textual-light", "high-contrast"])
def test_picture_of_other_themes(sample, monkeypatch, snap_compare, theme):
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        app.theme = theme
        await pilot.pause()

    assert snap_compare(app, terminal_size=(120, 40), run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_picture_of_a_proof(sample, monkeypatch, snap_compare, size):
    app = frozen(sample, monkeypatch)
    monkeypatch.setattr("setup_wizard.plan.journal.run_name", lambda now: "20260101-000000-abab")

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        app.session.answers["sentry.org"] = "acme"
        app.set_up(find_steps(["source-maps"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_picture_of_the_report(sample, monkeypatch, snap_compare, size):
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))

    assert snap_compare(app, terminal_size=size, run_before=ready)


def test_picture_of_a_commit(sample, monkeypatch, snap_compare):
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        app.push_screen(CommitScreen(app.session, ("backend/requirements.txt", "frontend/vite.config.ts")))
        await until(pilot, on(app, CommitScreen))

    assert snap_compare(app, terminal_size=(80, 24), run_before=ready)


async def test_an_item_says_what_its_step_would_do(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, settled(app))
        app.home.select("source-maps")
        await until(pilot, lambda: "This step would" in str(app.home.query_one("#detail-text").render()))
        shown = str(app.home.query_one("#detail-text").render())
        assert "not be done automatically" in shown, "the organization is not known yet"
        await pilot.press("c")
        await until(
            pilot, lambda: "edit  frontend/vite.config.ts  +" in str(app.home.query_one("#detail-text").render())
        )
        assert "you   create an organization token" in str(app.home.query_one("#detail-text").render())


async def test_one_key_goes_through_all_and_every_plan_is_shown(sample, sandbox):
    plans = 0
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("a")
        while True:
            await until(pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen, FinishScreen)))
            if isinstance(app.screen, FinishScreen):
                break
            if isinstance(app.screen, QuestionsScreen):
                await pilot.press("ctrl+s")
                await until(pilot, on(app, PlanScreen))
            plans += 1
            await pilot.press("a")
            await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(app.screen, ProofScreen))
    assert plans == 8


async def test_the_issue_is_opened_from_its_proof(sample, sandbox, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(WizardApp, "open_url", lambda self, url, new_tab=True: opened.append(url))
    made = session(sample, sandbox)
    app = make_app(made)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        await made.engine().apply(find_steps(["project"]))
        app.begin(find_steps(["test-event"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        await pilot.press("o")
    assert len(opened) == 1 and opened[0].startswith(f"{sandbox.public_url}/organizations/acme/issues/")


def test_the_header_tells_versions(tmp_path):
    from tests.support.repo import backend, frontend

    files = {**backend(), **frontend(), "requirements.txt": "django==5.2.1\nsentry-sdk>=2.75,<3\n"}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = Session(tmp_path, {}, environ={}).header().found
    assert found[0] == "Django 5.2.1 shop.settings, sentry-sdk 2.75" and found[1] == "Vite 7 frontend"
