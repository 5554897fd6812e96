"""Good practice, finding, choosing, themes, the report with its commit, and coming back to where one was."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from checks.model import Outcome
from setup_wizard.demo import fingerprint
from setup_wizard.practice import practice
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
from tests.support.ui import applied, decided, drawn, frozen, offline, on, proof_of, session, settled, until

SIZES = [(120, 40), (80, 24)]


@pytest.mark.parametrize(
    ("item", "word", "step"),
    [
        ("context-used", "set_context", None),
        ("user-context-minimal", "set_user", None),
        ("noise-filtered", "def before_send", "before-send"),
        ("traces-sampler-safe", "def traces_sampler", "traces-sampler"),
        ("error-boundary", "reactErrorHandler", "error-boundary"),
        ("csp-allows-sentry", "connect-src", None),
    ],
)
def test_a_practice_fits_the_repository(sample, item, word, step):
    made = practice(item, Session(sample, {}, environ={}).facts())
    assert made is not None and word in made.snippet and made.step == step
    if step:
        browser = item == "error-boundary"
        assert made.place == ("frontend/src/main.tsx" if browser else "backend/orchard/settings/production.py")


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
        app.screen.query_one("#search", Input).cursor_blink = False
        await pilot.pause()

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
        await proof_of(pilot, app)
        await until(pilot, drawn(app, "Next unchecked"))

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
        app.screen.query_one("#branch", Input).cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=(80, 24), run_before=ready)


async def test_an_item_says_what_its_step_would_do(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, settled(app))
        for item in ("project-created", "email-alerts", "test-event", "release-tracking", "source-maps"):
            app.home.select(item)
            await until(pilot, lambda: "This step would" in str(app.home.query_one("#detail-text").render()))
            shown = str(app.home.query_one("#detail-text").render())
            assert "need your Sentry: connect first (c)" in shown, item
            assert "--set" not in shown and "--offline" not in shown, item
        await pilot.press("c")
        await until(
            pilot, lambda: "edit  frontend/vite.config.ts  +" in str(app.home.query_one("#detail-text").render())
        )
        shown = str(app.home.query_one("#detail-text").render())
        assert "you   create an organization token" in shown
        assert "+++ b/frontend/vite.config.ts" in shown and "+    sentryVitePlugin({" in shown, (
            "the diff stands beside it"
        )
        beside = app.home.query_one("#detail")
        await pilot.press("j")
        await until(pilot, lambda: beside.scroll_y > 0)
        await pilot.press("k")
        await until(pilot, lambda: beside.scroll_y == 0)


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
        await proof_of(pilot, app)
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
