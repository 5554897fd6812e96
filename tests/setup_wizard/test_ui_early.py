"""Keys that come early: before the items are decided, and Escape while a plan is applied."""

from __future__ import annotations

import asyncio
import threading

import pytest
from textual.style import Style
from textual.theme import BUILTIN_THEMES
from textual.visual import RenderOptions
from textual.widgets import Static

from checks.errors import SentrySetupError
from checks.model import Outcome
from setup_wizard.demo import fingerprint
from setup_wizard.plan.engine import Engine
from setup_wizard.plan.execute import Execution
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import make_app
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.home import HomeScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from setup_wizard.ui.text import link
from setup_wizard.ui.themes import HIGH_CONTRAST, variables
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.waiting import Waiting
from tests.support.ui import decided, offline, on, proof_of, undone, until


@pytest.mark.parametrize(("key", "screen"), [("n", QuestionsScreen), ("f", FinishScreen)])
async def test_a_key_before_the_items_are_decided_waits_for_them(sample, monkeypatch, key, screen):
    slow, go = Session.audit_offline, threading.Event()
    monkeypatch.setattr(Session, "audit_offline", lambda self, told: (go.wait(60), slow(self, told))[1])
    app = offline(sample)
    app.wizard = app.wizard.__class__(header=app.wizard.header, alone=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, on(app, HomeScreen))
        await pilot.press(key, key)
        assert app.screen is app.home, "no step, and no report of items that nobody decided"
        assert app.home.query_one("#status", Waiting).sentence == "checking the repository first; then it opens"
        go.set()
        await until(pilot, on(app, screen))
        assert app.wizard.busy is None
        if key == "f":
            assert len(app.screen.report.results) > 40


async def test_where_the_items_could_not_be_decided_the_next_one_tries_again(sample, monkeypatch):
    decides, broken = Session.audit_offline, [True]

    def audit(self, told):
        if broken.pop() if broken else False:
            raise SentrySetupError("the repository could not be read", hint="try again")
        return decides(self, told)

    monkeypatch.setattr(Session, "audit_offline", audit)
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.wizard.error is not None)
        await pilot.press("n")
        await until(pilot, lambda: bool(app.wizard.results))
        assert app.screen is app.home and app.wizard.error is None


async def stopped(pilot, app, begun, go=None) -> str:
    """Apply the step `sdk`, press Escape when it has begun, let it `go` on, and return what the proof says then."""
    await until(pilot, decided(app))
    app.begin(find_steps(["sdk"])[0])
    await until(pilot, on(app, QuestionsScreen))
    await pilot.press("ctrl+s")
    await until(pilot, on(app, PlanScreen))
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, ProofScreen) and begun.is_set())
    await pilot.press("escape")
    assert app.screen.stopped and not app.screen.check_action("stop", ())
    if go is not None:
        assert not app.screen.ended, "what is being written is waited for"
        go.set()
    await until(pilot, lambda: app.screen.ended)
    shown = app.screen.query_one("#outcome", Static).render()
    return "\n".join(body if isinstance(body, str) else body.plain for _, body in shown.rows)


def standing_alone(sample):
    app = make_app(Session(sample, {"sentry.org": "acme"}, environ={}, install=False))
    app.wizard = app.wizard.__class__(header=app.wizard.header, alone=True)
    return app


async def test_a_stop_before_anything_was_written_says_so(sample, monkeypatch):
    before, begun = fingerprint(sample), threading.Event()
    app = standing_alone(sample)

    async def forever(self, *given, **named):
        begun.set()
        await asyncio.sleep(600)

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        monkeypatch.setattr(Engine, "apply", forever)
        said = await stopped(pilot, app, begun)
        assert said.split("\n")[1:] == ["Stopped. Nothing was written.", "Press Enter for the checklist."]
        await pilot.press("enter")
        await until(pilot, on(app, HomeScreen))
        assert not app.undoable and fingerprint(sample) == before


async def test_a_stop_while_files_are_written_restores_them(sample, monkeypatch):
    before, begun, go, writes = fingerprint(sample), threading.Event(), threading.Event(), Engine._write

    def slowly(self, run, changes):
        writes(self, run, changes)
        begun.set()
        go.wait(60)

    monkeypatch.setattr(Engine, "_write", slowly)
    app = standing_alone(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        said = await stopped(pilot, app, begun, go)
        assert "Stopped.\nRolled back run " in said and "which was interrupted while it wrote files." in said
        assert fingerprint(sample) == before
        await pilot.press("enter")
        await until(pilot, on(app, HomeScreen))
        assert not app.undoable


@pytest.mark.parametrize(("part", "name"), [(Execution, "act"), (Engine, "_result")])
async def test_a_stop_after_files_were_written_keeps_them_for_undo(sample, monkeypatch, part, name):
    before, begun = fingerprint(sample), threading.Event()

    async def forever(self, *given):
        begun.set()
        await asyncio.sleep(600)

    monkeypatch.setattr(part, name, forever)
    app = standing_alone(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        said = await stopped(pilot, app, begun)
        assert "Stopped after the files were written, before the rest was done." in said
        assert "there u undoes the files" in said
        assert fingerprint(sample) != before
        await pilot.press("enter")
        await until(pilot, on(app, HomeScreen))
        await until(pilot, lambda: app.undoable and app.wizard.results["sdk-initialized"].outcome is Outcome.PASS)
        await undone(pilot, app)
        await until(pilot, lambda: fingerprint(sample) == before)


async def test_between_a_proof_and_the_next_item_the_checklist_says_what_it_does(sample, monkeypatch):
    go, remembers = threading.Event(), Session.remember
    app = standing_alone(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        app.begin(find_steps(["sdk"])[0])
        await proof_of(pilot, app)
        monkeypatch.setattr(Session, "remember", lambda self, step: (go.wait(60), remembers(self, step)))
        await pilot.press("n")
        await until(pilot, on(app, HomeScreen))
        await until(pilot, lambda: app.home.query_one("#status", Waiting).sentence == "opening the next item")
        await pilot.press("n")
        go.set()
        await until(pilot, on(app, PlanScreen))
        assert app.screen.step.id == "dsn" and app.wizard.busy is None, "the next one, and none passed over"


@pytest.mark.parametrize("there", [True, False])
async def test_a_screenshot_is_saved_where_there_is_a_folder(sample, tmp_path, monkeypatch, there):
    downloads, home = tmp_path / "Downloads", tmp_path / "home"
    home.mkdir()
    if there:
        downloads.mkdir()
    monkeypatch.setattr("setup_wizard.ui.app.user_downloads_dir", lambda: str(downloads))
    monkeypatch.setattr("pathlib.Path.home", lambda: home)
    app = offline(sample)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        next(c for c in app.get_system_commands(app.screen) if c.title == "Screenshot").callback()
        await until(pilot, lambda: bool(list((downloads if there else home).glob("*.svg"))))
        assert not list(home.glob("*.svg")) or not there


def test_a_sign_that_would_be_alone_in_its_line_is_left_out():
    address = "https://docs.example/a/page"
    rows = Rows([("Read: ", link(address))])
    whole = len("Read: docs.example/a/page ↗")
    assert rows.get_height({}, whole) == 1 and str(rows).endswith(" ↗")
    shown = rows.render_strips(whole - 1, None, Style(), RenderOptions(lambda style: Style(), {}))
    assert [strip.text.rstrip() for strip in shown] == ["Read: docs.example/a/page"]


def test_a_toast_is_raised_from_what_it_covers():
    for theme in (HIGH_CONTRAST, BUILTIN_THEMES["textual-dark"], BUILTIN_THEMES["textual-light"]):
        made = variables(theme)
        assert made["panel-lighten-1"] == made["ground-panel"] != made["ground-background"], theme.name
