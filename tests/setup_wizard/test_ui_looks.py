"""What pictures of every screen showed: each screen says what its keys do, has its main button in view, and uses its width."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.widgets import Button, Static

from checks.checklist import find_item
from checks.model import Finding, Outcome, Result, Verdict
from setup_wizard.plan.journal import Run
from setup_wizard.plan.model import ManualTask
from setup_wizard.session import Review
from setup_wizard.state import Preview, waiting
from setup_wizard.ui.leaving import sentence, tasks_of
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.help import HelpScreen
from setup_wizard.ui.screens.performance import PerformanceScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.small import SmallScreen
from setup_wizard.ui.text import created_rows, detail
from setup_wizard.ui.widgets.rows import Rows
from tests.support.ui import applied, decided, offline, on, until


def failing(item: str) -> Result:
    return Result(
        item=find_item(item),
        outcome=Outcome.FAIL,
        verdicts=(Verdict(outcome=Outcome.FAIL, findings=(Finding(message="missing"),)),),
    )


def test_a_step_that_is_under_way_does_by_itself_what_enter_would_begin():
    does = Preview(lines=("ask   you to connect to Sentry", "edit  render.yaml  +4"))
    before = str(detail("dsn-configured", failing("dsn-configured"), does))
    begun = str(detail("dsn-configured", failing("dsn-configured"), does, begun=True))
    assert "Enter will\n  ask" in before and "Enter will" not in begun
    assert "This step will\n  edit  render.yaml  +4" in begun and "connect to Sentry" not in begun


def test_no_item_sends_a_person_from_the_wizard_to_its_own_command():
    said = str(detail("test-event", failing("test-event"), Preview(lines=("then  send a test message",))))
    assert "sentry-setup apply" not in said and "Enter will\n  then  send a test message" in said


def test_what_was_created_is_a_link():
    rows = created_rows(("project shop  https://sentry.io/projects/shop/", "a token"))
    assert [(str(lead), str(body)) for lead, body in rows] == [
        ("  project shop  ", "sentry.io/projects/shop/ ↗"),
        ("  ", "a token"),
    ]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("set SENTRY_DSN on Render", "Set SENTRY_DSN on Render"),
        ("render.yaml: write services once", "render.yaml: write services once"),
        ("sentry-cli needs a token", "sentry-cli needs a token"),
    ],
)
def test_a_task_begins_with_a_capital_unless_with_a_name(title, shown):
    assert sentence(title) == shown


def test_an_undo_without_files_says_what_it_does_instead():
    made = [{"kind": "alert", "name": "7", "url": "https://sentry.io/alerts/7/"}]
    run = Run(id="r", folder=Path(), started="", steps=("alerts",), created=made)
    screen = ConfirmScreen.undo(run)
    said = str(Rows(screen.rows))
    assert screen.question == "Undo Alerts?" and screen.agree == "Skip it  y"
    assert "changed no file, so there is nothing to restore" in said and "sentry.io/alerts/7/ ↗" in said


async def nothing() -> tuple[Review, ...]:
    return (Review(slug="shop", found="there is no project shop", present_rate=None),)


async def test_dialogs_dim_what_is_behind_and_figures_come_before_a_sign_off(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("question_mark")
        await until(pilot, on(app, HelpScreen))
        assert 0 < app.screen.styles.background.a < 1
        assert "wizard.json" in str(app.screen.query_one("#help Static", Static).visual)
        await pilot.press("escape")
        app.push_screen(SmallScreen((500, 500)))
        await until(pilot, on(app, SmallScreen))
        assert app.screen.styles.background.a == 1, "nothing else fits on it"
        app.pop_screen()
        app.session.performance = nothing  # type: ignore[method-assign]
        app.push_screen(PerformanceScreen(app.session))
        await until(pilot, on(app, PerformanceScreen))
        message = app.screen.query_one("#message", Static)
        await until(pilot, lambda: "no figures to judge yet" in str(message.visual))
        assert not app.screen.query_one("#sign-off").display
        assert {b.action for _, b, enabled, _ in app.screen.active_bindings.values() if enabled}.isdisjoint(
            {"sign", "field"}
        )


async def test_the_next_item_is_in_view_however_much_is_left_to_do(sample):
    app = offline(sample)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        app.set_up(next(s for s in _steps() if s.id == "dsn"))
        await until(pilot, on(app, PlanScreen))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        await until(pilot, lambda: len(app.screen.query(".task")) > 1)
        await pilot.pause(0.2)
        button = app.screen.query_one("#next", Button)
        assert app.screen.query_one("#proof").max_scroll_y > 0, "the tasks do not fit"
        assert button.region in app.screen.region and button.region.bottom < 24
        keys = {b.key: b.description for _, b, enabled, _ in app.screen.active_bindings.values() if enabled}
        assert keys["escape"] == "Back"


async def test_the_finish_names_steps_by_their_titles_and_uses_a_wide_screen(sample):
    await applied(sample, "sdk")
    app = offline(sample)
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, decided(app))
        app.action_finish()
        await until(pilot, on(app, FinishScreen))
        assert "  SDK  backend/orchard/settings/production.py" in app.screen.text  # type: ignore[attr-defined]
        todo = [r for r in app.screen._left() if "can be checked after these" in str(r[1])]  # type: ignore[attr-defined]
        assert [str(r[1]) for r in todo] == [f"{r.title}  can be checked after these" for r in waiting(app.wizard)]
        assert todo, "what the goal counts is named"
        tasks = {step: (ManualTask(title=f"a task of {step}"),) for step in ("sdk", "dsn")}
        assert [t.task.title for t in tasks_of(replace(app.wizard, unchanged=tasks))] == ["a task of dsn"], "sdk passes"
        left, right = app.screen.query(".half")
        assert left.region.y == right.region.y and left.region.right <= right.region.x
        assert str(app.screen.query_one("#commit", Button).label) == "Commit on a branch  b"
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: right.region.y >= left.region.bottom)


def _steps():
    from setup_wizard.steps import STEPS

    return STEPS
