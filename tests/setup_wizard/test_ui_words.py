"""What the wizard says: no flag of the command line where a key does it, no id where there is a title, nothing out of line."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from textual.widgets import Button, Static
from textual.widgets._footer import FooterKey

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.errors import SentrySetupError
from setup_wizard.plan.model import ManualTask
from setup_wizard.session import Past, Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.screens.commit import CommitScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.home import HomeScreen
from setup_wizard.ui.screens.item import ItemScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.planning import PlanningScreen
from setup_wizard.ui.screens.practice import PracticeScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from setup_wizard.ui.text import detail
from setup_wizard.ui.widgets.tasks import Task
from setup_wizard.ui.widgets.waiting import Waiting
from setup_wizard.ui.words import hint_inside, inside
from tests.support.ui import decided, offline, on, settled, until

PRODUCT = Path(__file__).parent.parent.parent


def sentences() -> list[str]:
    """Return the hints and reasons of the product's source that name a flag."""
    found = []
    for folder in ("checks/items", "checks/targets", "setup_wizard/steps", "setup_wizard/plan"):
        for path in (PRODUCT / folder).rglob("*.py"):
            found += re.findall(r'"([^"\n]*(?:`--online`|`--set )[^"\n]*)"', path.read_text("utf-8"))
    return found


def test_no_sentence_asks_for_a_flag_of_another_command():
    seen = sentences()
    assert len(seen) >= 15
    for sentence in seen:
        said = inside(sentence)
        assert "--online" not in said and "`--set " not in said, said


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        (
            "run with `--online` and a token with `org:read`",
            "connect to Sentry (c); the token needs `org:read`",
        ),
        ("add one, or run with `--online` to see them", "add one, or connect to Sentry (c) to see them"),
        ("name it: `--set backend.project=…`", "name it: `sentry-setup --set backend.project=…`"),
        (
            "the SDK is not initialized (see sdk-initialized)",
            "the SDK is not initialized (see “Production initializes the SDK”)",
        ),
        ("as it is (see above)", "as it is (see above)"),
    ],
)
def test_a_sentence_is_said_in_the_wizards_words(sentence, said):
    assert inside(sentence) == said


def test_a_hint_that_enter_follows_is_not_said():
    assert hint_inside("`sentry-setup apply dsn --yes` declares it") == "" == hint_inside(None)
    assert hint_inside("`sentry-setup plan sdk` shows what to write") == ""
    assert hint_inside("set it") == "set it"


def test_a_sign_off_is_written_out_as_the_command_of_its_item():
    command = "run `sentry-setup sign-off dsn-configured --by NAME --note TEXT`"
    said = hint_inside("check the dashboard, then record a sign-off", "dsn-configured")
    assert said == f"check the dashboard, then {command}"
    assert hint_inside("review it again, and renew the sign-off", "dsn-configured") == f"review it again, and {command}"


@pytest.mark.parametrize(
    ("snippet", "command", "shown"),
    [
        ("A=https://k@h/1", "gh variable set A --body https://k@h/1", False),
        ("A=https://k@h/1", "railway variables --set A=https://k@h/1", False),
        ("A=https://k@h/1", "gh variable set A --body https://k@h/2", True),
        ("A=https://k@h/1", None, True),
        ("A=1\nB=2", "run A 1", True),
        ("", "run", False),
    ],
)
def test_a_value_that_its_command_holds_is_shown_once(snippet, command, shown):
    rows = Task(1, ManualTask(title="set it", command=command, snippet=snippet))._told()
    said = [str(body) for lead, body in rows if not str(lead).startswith("$")]
    assert any(line and line in snippet for line in said) is shown


@pytest.mark.parametrize("width", [38, 52, 53, 54, 55, 56, 60, 80, 92])
async def test_the_counts_of_all_headings_are_in_one_column(sample, width):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        groups = [o for o in app.home._options(width) if (o.id or "").startswith("group:")]
        assert len(groups) > 3 and {len(str(o.prompt)) for o in groups} == {width - 1}


async def test_a_narrow_item_has_its_button(sample):
    app = offline(sample)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        app.home.select("sdk-initialized")
        await pilot.press("enter")
        await until(pilot, on(app, ItemScreen))
        button = app.screen.query_one("#fix", Button)
        assert str(button.label) == "Fix this  ⏎" and button.region in app.screen.region
        await pilot.click("#fix")
        await until(pilot, lambda: not isinstance(app.screen, (ItemScreen, HomeScreen)))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)
        app.home.select("debug-off")
        await pilot.press("enter")
        await until(pilot, on(app, ItemScreen))
        assert not app.screen.query("#fix"), "nothing is to be done about what passes"
        assert "enter" not in app.screen.active_bindings, "nor does the footer offer it"


async def test_a_screen_fits_its_width_from_the_first_frame_on(sample):
    app = offline(sample)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        for width, name in ((80, "-narrow"), (120, "-wide"), (160, "-roomy")):
            await pilot.resize_terminal(width, 30)
            await until(pilot, lambda width=width: app.size.width == width)
            screen = FinishScreen(app.session, app.wizard, Past())
            expected = {"-wide": "-narrow"}.get(name, name)
            app.push_screen(screen)
            assert screen.has_class(expected), "before it is laid out"
            await until(pilot, on(app, FinishScreen))
            assert screen.has_class(expected)
            app.pop_screen()


async def test_the_keys_are_shown_before_a_browser_gives_the_focus(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        app.app_focus = False
        await until(pilot, lambda: {"enter", "n", "question_mark", "q"} <= {k.key for k in app.home.query(FooterKey)})


async def test_the_commit_has_its_button_in_view_however_many_files_there_are(sample):
    app = offline(sample)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        app.push_screen(CommitScreen(app.session, tuple(f"frontend/src/file{n}.ts" for n in range(40))))
        await until(pilot, on(app, CommitScreen))
        await pilot.pause(0.1)
        button = app.screen.query_one(Button)
        assert button.region in app.screen.query_one(".panel").region and button.region.bottom < 22


async def test_a_snippet_has_the_colors_of_its_language(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        app.look_at("noise-filtered")
        await until(pilot, lambda: isinstance(app.screen, PracticeScreen) and app.screen.practice is not None)
        rows = app.screen.query_one("#snippet", Static).visual.rows  # type: ignore[attr-defined]
        styles = {
            body.plain[s.start : s.end]: str(s.style) for _, body in rows for s in body.spans if "role" in str(s.style)
        }
        assert styles.get("def") == "$role-accent" and styles.get("return") == "$role-accent"
        await until(pilot, lambda: "def before_send" in str(app.screen.query_one("#snippet", Static).visual))


@pytest.mark.parametrize(("size", "below"), [((120, 40), True), ((200, 50), False)])
async def test_the_item_is_with_its_questions_wherever_there_is_room(sample, size, below):
    app = offline(sample)
    async with app.run_test(size=size) as pilot:
        await until(pilot, settled(app))
        app.set_up(find_steps(["sdk"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.pause(0.2)
        form, about = (app.screen.query_one(i).region for i in ("#form", "#about"))
        assert about.height > 5 and "SDK" in str(app.screen.query_one("#about Static", Static).visual)
        assert (about.y >= form.bottom) is below and (about.x >= form.right) is not below
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not app.screen.query_one("#about").display)


async def test_while_a_step_is_planned_it_says_so_and_escape_goes_back(sample, monkeypatch):
    app = offline(sample)
    gate = asyncio.Event()
    real = app.session.plan

    async def slow(step):
        await gate.wait()
        return await real(step)

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, settled(app))
        monkeypatch.setattr(app.session, "plan", slow)
        app.set_up(find_steps(["sdk"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanningScreen))
        await until(pilot, lambda: "planning SDK" in str(app.screen.query_one(Waiting).visual))
        assert "escape stops" in str(app.screen.query_one(Waiting).visual)
        await pilot.press("escape")
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanningScreen))
        gate.set()
        await until(pilot, on(app, PlanScreen))


async def test_what_cannot_be_planned_says_why_and_the_answers_stay(sample, monkeypatch):
    app = offline(sample)
    said = "the workflow cannot be determined, since two of them have a job of this name"

    async def broken(step):
        raise SentrySetupError(said, hint="pass `--set release.workflow=…`")

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, settled(app))
        monkeypatch.setattr(app.session, "plan", broken)
        app.set_up(find_steps(["sdk"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(app._notifications) and isinstance(app.screen, QuestionsScreen))
        [toast] = app._notifications
        assert said in toast.message and "`sentry-setup --set release.workflow=…`" in toast.message
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)
        app.set_up(find_steps(["dsn"])[0])  # it asks nothing, so the checklist says it
        await until(pilot, lambda: app.screen is app.home and said in str(app.home.query_one("#status", Static).visual))
        await pilot.pause(0.2)
        assert app.home.query_one("#status").size.height == 2, "it is not cut"


def test_no_item_of_the_checklist_names_another_by_its_id(sample):
    ids, seen = {i.id for i in CHECKLIST}, 0
    for result in run_audit(Session(sample, {}, environ={}).facts(), CHECKLIST).results:
        said = str(detail(result.item.id, result))
        seen += "(see “" in said
        assert not set(re.findall(r"\(see ([a-z-]+)\)", said)) & ids, result.item.id
    assert seen > 3
