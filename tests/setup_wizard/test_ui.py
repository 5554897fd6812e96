"""The wizard: the journey by keys, its error states, and each screen as a picture."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from setup_wizard.demo import fingerprint
from setup_wizard.sandbox.records import Fault
from setup_wizard.state import next_step, progress
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.screens.connect import ConnectScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.help import HelpScreen
from setup_wizard.ui.screens.home import HomeScreen
from setup_wizard.ui.screens.item import ItemScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from tests.support.ui import decided, frozen, on, session, settled, undone, until


async def step_through(pilot: Pilot, app: WizardApp) -> str:
    """Take the next step from the checklist to its proof; returns the step's id."""
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen)))
    if isinstance(app.screen, QuestionsScreen):
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
    step = app.screen.step.id
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
    await pilot.press("enter")
    await until(pilot, on(app, HomeScreen))
    await until(pilot, decided(app))
    return step


@pytest.mark.thorough
async def test_the_journey_by_keys(sample, sandbox):
    before = fingerprint(sample)
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        goals = [progress(app.wizard)]
        steps = []
        for _ in range(8):
            steps.append(await step_through(pilot, app))
            goals.append(progress(app.wizard))
        assert goals[0] == (4, 28) and goals == sorted(goals, key=lambda g: g[0])
        assert max(of for _, of in goals) == 28, "the goal moved away"
        assert steps == [
            "project",
            "sdk",
            "dsn",
            "test-event",
            "source-maps",
            "frontend-sdk",
            "alerts",
            "release-tracking",
        ]
        assert progress(app.wizard) == (26, 27) and next_step(app.wizard) is None
        assert len(sandbox.events) == 2
        await pilot.press("n")
        await until(pilot, on(app, FinishScreen))
        assert "frontend/vite.config.ts" in app.screen.text and "0 required items failing, 1 unknown" in app.screen.text
        await pilot.press("escape")
        for _ in range(7):
            await undone(pilot, app)
        await until(pilot, lambda: fingerprint(sample) == before)


@pytest.mark.thorough
async def test_every_required_item_takes_at_most_25_keys(sample, sandbox):
    """From the first screen to all that this wizard can do, with the proof's own key for the next item; each plan is shown."""
    app, pressed, plans = make_app(session(sample, sandbox)), [], 0
    async with app.run_test(size=(80, 24)) as pilot:

        async def press(key: str) -> None:
            pressed.append(key)
            await pilot.press(key)

        await until(pilot, decided(app))
        await press("n")
        while True:
            await until(pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen, FinishScreen)))
            if isinstance(app.screen, FinishScreen):
                break
            if isinstance(app.screen, QuestionsScreen):
                await press("ctrl+s")
                await until(pilot, on(app, PlanScreen))
            plans += 1
            await press("a")
            await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended, 30)
            await press("n")
            await until(pilot, lambda: not isinstance(app.screen, ProofScreen))
        assert progress(app.wizard) == (26, 27) and len(pressed) <= 25, pressed
        assert plans == 8 and next_step(app.wizard) is None
        required = [(i, r.outcome.value) for i, r in app.wizard.results.items() if r.item.severity.value == "required"]
        assert "fail" not in dict(required).values(), required


async def test_the_journey_begins_on_a_small_screen_too(sample, sandbox):
    before = fingerprint(sample)
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        assert [await step_through(pilot, app) for _ in range(2)] == ["project", "sdk"]
        for _ in range(2):
            await undone(pilot, app)
        await until(pilot, lambda: fingerprint(sample) == before)


async def test_nothing_is_written_before_it_is_applied_and_escape_goes_back(sample, sandbox):
    before = fingerprint(sample)
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("n")
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        await pilot.press("escape")
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("escape")
        await until(pilot, on(app, HomeScreen))
        assert fingerprint(sample) == before and not sandbox.projects
        await pilot.press("question_mark")
        await until(pilot, on(app, HelpScreen))
        await pilot.press("escape")
        await until(pilot, on(app, HomeScreen))


async def test_a_wrong_answer_is_told_beside_its_field(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("n")
        await until(pilot, on(app, QuestionsScreen))
        app.screen.query_one("#q1", Input).value = "Not A Slug"
        await pilot.pause()
        await pilot.press("ctrl+s")
        assert isinstance(app.screen, QuestionsScreen)
        assert "lower-case" in str(app.screen.query_one("#f1").render())


async def test_a_token_is_asked_for_hidden_and_a_wrong_one_is_told(sample, sandbox):
    app = make_app(session(sample, sandbox, token=False))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        assert app.screen.query_one("#token", Input).password
        app.screen.query_one("#token", Input).value = "sntryu_wrong"
        await pilot.press("enter")
        await until(pilot, lambda: "does not accept" in str(app.screen.query_one("#message").render()))
        app.screen.query_one("#token", Input).value = sandbox.token
        await pilot.press("enter")
        await until(pilot, lambda: app.wizard.connected)
        assert sandbox.token not in app.export_screenshot()


@pytest.mark.thorough
async def test_a_fault_in_the_middle_has_its_screen_and_the_wizard_goes_on(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        sandbox.faults.append(Fault(method="POST", path="/projects/", status=403, body="{}", headers={}, times=9))
        assert await step_through(pilot, app) == "project"
        sandbox.faults.clear()
        assert not sandbox.projects and app.wizard.results["project-created"].outcome.value == "fail"
        assert await step_through(pilot, app) == "sdk"


@pytest.mark.thorough
async def test_a_file_changed_after_the_plan_is_a_conflict_and_stays(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await step_through(pilot, app)
        await pilot.press("n")
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        path = sample / "backend/requirements.txt"
        path.write_text("mine==1\n")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        assert "changed since the plan was made" in str(app.screen.query_one("#outcome").render())
        assert path.read_text() == "mine==1\n"


async def test_a_refusal_shows_what_to_write(sample, sandbox):
    (sample / "frontend/vite.config.ts").write_text("export default mergeConfig(a, b)\n")
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        await until(pilot, decided(app))
        app.tried = frozenset({"project", "sdk", "dsn", "test-event"})
        await pilot.press("n")
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        assert "sentryVitePlugin" in str(app.screen.query_one("#refusal Static").render())
        await pilot.press("a")
        assert isinstance(app.screen, PlanScreen)


async def test_hostile_names_are_no_markup(tmp_path, sandbox):
    root = tmp_path / "repo"
    (root / "[red]x[/red]").mkdir(parents=True)
    (root / "[red]x[/red]" / "manage.py").write_text('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "a\x1b[31m.b")\n')
    app = make_app(session(root, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        assert "\x1b" not in app.export_screenshot()


async def test_a_narrow_screen_opens_the_item_first(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("enter")
        await until(pilot, on(app, ItemScreen))
        await pilot.press("escape")
        await until(pilot, on(app, HomeScreen))


SIZES = [(120, 40), (80, 24)]


@pytest.mark.parametrize("size", SIZES, ids=["size0", "size1"])  # the names of the pictures
def test_picture_of_home(sample, monkeypatch, snap_compare, size):
    """The checklist, decided offline."""
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        await pilot.press("down")

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=["size0", "size1"])  # the names of the pictures
def test_picture_of_a_plan(sample, monkeypatch, snap_compare, size):
    """A step's plan: files, diff, what else happens."""
    from setup_wizard.steps import find_steps

    app = frozen(sample, monkeypatch)
    app.session.answers["sentry.org"] = "acme"

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        step = find_steps(["source-maps"])[0]
        app.push_screen(PlanScreen(step, await app.session.plan(step)))
        await until(pilot, on(app, PlanScreen))

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=["size0", "size1"])  # the names of the pictures
def test_picture_of_questions(sample, monkeypatch, snap_compare, size):
    """A step's questions, prefilled."""
    from setup_wizard.steps import find_steps

    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        step = find_steps(["sdk"])[0]
        app.push_screen(QuestionsScreen(step, app.session.questions(step)))
        await until(pilot, on(app, QuestionsScreen))
        app.screen.query_one("#q0", Input).cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=["size0", "size1"])  # the names of the pictures
def test_picture_of_connect(sample, monkeypatch, snap_compare, size):
    """Connecting without a token at hand."""
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        app.screen.query_one("#token", Input).cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=ready)


def test_picture_of_help(sample, monkeypatch, snap_compare):
    """The help."""
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        await pilot.press("question_mark")
        await until(pilot, on(app, HelpScreen))

    assert snap_compare(app, terminal_size=(80, 24), run_before=ready)


def test_picture_without_colour(sample, monkeypatch, snap_compare):
    """NO_COLOR: every outcome is still glyph and word."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))

    assert snap_compare(app, terminal_size=(120, 40), run_before=ready)


async def test_a_result_that_comes_while_the_wizard_closes_does_no_harm(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)):
        pass
    result = next(iter(app.session.audit_offline(lambda _: None).results))
    app.show(app.wizard.with_result(result))
    assert app.wizard.results[result.item.id] is result
