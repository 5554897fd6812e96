"""Good practice, finding, choosing, themes, the report with its commit, and coming back to where one was."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Select, Switch
from textual.widgets._footer import FooterKey

from checks.model import Outcome
from setup_wizard.demo import fingerprint
from setup_wizard.recommendations import practice
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.board import Group
from setup_wizard.ui.screens.commit import CommitScreen
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.screens.empty import EmptyScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.home import HomeScreen, SetUp, what_enter_does
from setup_wizard.ui.screens.item import ItemScreen
from setup_wizard.ui.screens.pick import PickScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.practice import PracticeScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from setup_wizard.ui.widgets.field import Field, Tick
from tests.support.ui import applied, decided, drawn, frozen, offline, on, proof_of, session, settled, undone, until

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
        await undone(pilot, app)
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


async def test_each_answer_has_the_control_that_fits_it(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        app.begin(find_steps(["alerts"])[0])
        await until(pilot, on(app, QuestionsScreen))
        fields = list(app.screen.query(Field))
        controls = [app.screen.query_one(f"#q{n}") for n in range(len(fields))]
        assert [type(c) for c in controls] == [Select, Input, Input, Switch]
        assert [f.value for f in fields] == ["issue-owners", "", "", "no"]
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: fields[0].value == "team:acme")
        controls[3].focus()
        await pilot.press("space")
        assert fields[3].value == "yes"
        controls[1].focus()
        await pilot.press("q", "u", "n")
        assert fields[1].value == "qun" and isinstance(app.screen, QuestionsScreen), "letters are text in a field"


async def test_a_deploy_job_is_left_out_by_its_checkbox(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        step = find_steps(["release-tracking"])[0]
        app.push_screen(QuestionsScreen(step, app.session.questions(step)))
        await until(pilot, on(app, QuestionsScreen))
        field = next(f for f in app.screen.query(Field) if f.question.key == "release.jobs")
        ticks = list(app.screen.query(Tick))
        assert [t.name for t in ticks] == field.value.split(",")
        ticks[0].focus()
        await pilot.press("space")
        assert ticks[0].name not in field.value
        await pilot.press("space")
        assert ticks[0].name in field.value


async def test_a_theme_is_chosen_from_all_and_kept(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"high-contrast")
        await until(pilot, lambda: app.screen.query_one("CommandList").option_count > 0)
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "high-contrast")
    again = offline(sample)
    async with again.run_test():
        assert again.theme == "high-contrast" and "nord" in again.available_themes


async def test_keys_of_a_persons_own_take_the_place_of_ours(sample):
    from setup_wizard.services import preferences

    preferences.preferences_file().parent.mkdir(parents=True, exist_ok=True)
    preferences.preferences_file().write_text('{"theme": "nord", "keys": {"home.find": "space", "home.next": 7}}')
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        assert app.theme == "nord"
        app.home.query_one("#detail").focus()
        await pilot.press("space")
        await until(pilot, on(app, PickScreen))
    preferences.prefer_theme("dracula")
    assert preferences.preferred_keys() == {"home.find": "space"}, "the theme is kept beside the keys"


async def test_what_a_step_asks_may_take_long_and_its_key_passes_over_nothing(sample, monkeypatch):
    app = offline(sample)
    free, asked, questions = threading.Event(), [], app.session.questions

    def slow(step):
        asked.append(step.id)
        assert free.wait(30)
        return questions(step)

    monkeypatch.setattr(app.session, "questions", slow)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        app.show(replace(app.wizard, alone=True))
        await pilot.press("n")
        await until(pilot, lambda: app.wizard.busy is not None)
        (first,) = asked
        title = find_steps([first])[0].title
        assert app.screen is app.home and f"preparing {title}" in str(app.home.query_one("#status").render())
        await pilot.press("n")
        free.set()
        await until(pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen)))
        assert asked == [first] and app.screen.step.id == first and app.wizard.busy is None


@pytest.mark.parametrize("own", [None, "space"])
async def test_the_footer_and_the_palette_say_what_enter_does(sample, own):
    from setup_wizard.services import preferences

    if own:
        preferences.preferences_file().parent.mkdir(parents=True, exist_ok=True)
        preferences.preferences_file().write_text(f'{{"keys": {{"home.open": "{own}"}}}}')
    app = offline(sample)
    key = own or "enter"

    async def said(item: str, does: str, footer: bool = True) -> None:
        app.home.select(item)

        def names() -> bool:
            binding = app.screen.active_bindings[key].binding
            shown = [str(k.description) for k in app.screen.query(FooterKey) if k.key == key]
            return (binding.description, shown) == (does, [does] if footer else [])

        await until(pilot, names)

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await said("sdk-initialized", "Fix this")
        await said(next(i for i, r in app.wizard.results.items() if what_enter_does(i, r) == "Show how"), "Show how")
        await said("debug-off", "Details", footer=False)  # nothing is to be done about what passes
        assert "Fix this" not in {c.title for c in app.get_system_commands(app.screen)}
        heading = f"group:{Group.PASSING}"
        await said(heading, "Fold")
        await pilot.press(key)
        await said(heading, "Unfold")
        await pilot.resize_terminal(80, 24)
        await said("sdk-initialized", "Open")
        await pilot.press(key)
        await until(pilot, on(app, ItemScreen))
        assert app.screen.active_bindings[key].binding.description == "Fix this"


async def test_the_palette_holds_every_action(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        names = {c.title for c in app.get_system_commands(app.screen)}
        assert {
            "Fix this",
            "Next",
            "Fix all",
            "Connect",
            "Find",
            "Finish",
            "Check again",
            "Theme",
            "Help",
            "Quit",
        } <= names


async def test_the_palette_opens_once(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("ctrl+p")
        await until(pilot, on(app, CommandPalette))
        app.push_screen(PickScreen("Find", [("a", "A")]))
        await until(pilot, on(app, PickScreen))
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert sum(isinstance(s, CommandPalette) for s in app.screen_stack) == 1


async def test_a_click_selects_and_a_double_click_acts(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, settled(app))
        items = app.home.query_one("#items")
        at = next(n for n, o in enumerate(items.options) if o.id == "sdk-initialized")
        await pilot.click("#items", offset=(10, at))
        assert app.home.selected() == "sdk-initialized" and app.screen is app.home
        await pilot.click("#items", offset=(10, at), times=2)
        await until(pilot, lambda: app.screen is not app.home)


async def test_groups_fold_and_what_is_found_unfolds_its_group(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        ids = [o.id for o in app.home.query_one("#items").options]
        assert "sdk-installed" in ids and "debug-off" not in ids
        app.home.select("debug-off")
        assert app.home.selected() == "debug-off"
        items = app.home.query_one("#items")
        items.highlighted = [o.id for o in items.options].index("group:PASSING")
        await pilot.press("enter")
        assert "debug-off" not in [o.id for o in items.options]


async def test_where_nothing_is_found_the_wizard_asks_for_the_folder(sample, tmp_path):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    app = offline(nothing)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, on(app, EmptyScreen))
        for typed in ("nowhere", "~nobody-of-that-name", "x" * 5000, "a\0b", "\x1b[31mred", ""):
            app.screen.query_one("#folder", Input).value = typed
            app.screen.query_one("#message").update("")
            await pilot.press("enter")
            if typed:
                said = str(app.screen.query_one("#message").render())
                assert "is not a directory" in said and "\x1b" not in said, typed
        await until(pilot, on(app, EmptyScreen))
        app.screen.query_one("#folder", Input).value = str(sample)
        await pilot.press("enter")
        await until(pilot, decided(app))
        assert app.session.root == sample.resolve() and app.wizard.results["sdk-installed"].outcome is Outcome.FAIL


async def test_nothing_is_undone_before_it_is_agreed_to(sample):
    await applied(sample, "sdk")
    after = fingerprint(sample)
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: decided(app)() and app.undoable)
        await pilot.press("u")
        await until(pilot, on(app, ConfirmScreen))
        said = str(app.screen.query_one("#said").render())
        assert "backend/requirements.txt" in said and "Nothing was created in Sentry" in said
        await pilot.press("escape")
        await until(pilot, on(app, HomeScreen))
    assert fingerprint(sample) == after


async def test_leaving_prints_what_is_left(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("q")
    assert "4 of 28 required items done" in app.summary and "✗ Production does not initialize the SDK" in app.summary
    assert f"Continue: sentry-setup {sample.resolve()}" in app.summary


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
        await pilot.wait_for_scheduled_animations()
        await pilot.pause()

    assert snap_compare(app, terminal_size=(120, 40), run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_picture_of_a_proof(sample, monkeypatch, snap_compare, size):
    app = frozen(sample, monkeypatch)
    monkeypatch.setattr("setup_wizard.plan.journal.run_name", lambda now: "20260101-000000-abab")
    monkeypatch.setattr(ProofScreen, "clock", staticmethod(lambda: 0.0))

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        app.session.answers["sentry.org"] = "acme"
        app.set_up(find_steps(["source-maps"])[0])
        await proof_of(pilot, app)
        await until(pilot, drawn(app, "Next"))

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
            await until(pilot, lambda: "Enter will" in str(app.home.query_one("#detail-text").render()))
            shown = str(app.home.query_one("#detail-text").render())
            assert "you to connect to Sentry" in shown, item
            assert "--set" not in shown and "--offline" not in shown, item
        await pilot.press("c")
        await until(
            pilot, lambda: "edit  frontend/vite.config.ts  +" in str(app.home.query_one("#detail-text").render())
        )
        shown = str(app.home.query_one("#detail-text").render())
        assert "you   create an organization token" in shown
        lines = shown.splitlines()
        assert "frontend/vite.config.ts" in lines and "+     sentryVitePlugin({" in lines, "the diff is beside it"
        beside = app.home.query_one("#detail")
        await pilot.press("j")
        await until(pilot, lambda: beside.scroll_y > 0)
        await pilot.press("k")
        await until(pilot, lambda: beside.scroll_y == 0)


@pytest.mark.thorough
async def test_one_key_goes_through_all_and_every_plan_is_shown(sample, sandbox):
    plans = 0
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("A")
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
