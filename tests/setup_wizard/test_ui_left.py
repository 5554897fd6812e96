"""What is left for a person in the wizard: ticked by what was seen, run after asking; keys that fit; a walk by the mouse alone."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.widgets import Button, OptionList
from textual.widgets._footer import FooterKey

from checks.model import Outcome
from setup_wizard.demo import fingerprint
from setup_wizard.plan.model import ManualTask
from setup_wizard.services import person_run
from setup_wizard.services.person_run import runnable
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import make_app
from setup_wizard.ui.leaving import summary
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.screens.connect import ConnectScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.keys import fitting
from setup_wizard.ui.widgets.tasks import Task
from setup_wizard.ui.widgets.waiting import Waiting
from tests.support.ui import decided, offline, on, session, settled, until


@pytest.fixture
def clients(monkeypatch):
    """Every client of a forge or host is installed."""
    monkeypatch.setattr(person_run.shutil, "which", lambda name: f"/usr/bin/{name}")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("gh secret set SENTRY_AUTH_TOKEN", ("gh", "secret", "set", "SENTRY_AUTH_TOKEN")),
        ("gh variable set A --body 'x y'", ("gh", "variable", "set", "A", "--body", "x y")),
        ("gh secret set A < token", None),
        ("gh secret set $(id)", None),
        ("echo x | gh secret set A", None),
        ("gh secret set A; rm b", None),
        ("gh secret set 'A", None),
        ("rm -r .", None),
        ("/tmp/gh secret set A", None),
        ("", None),
        (None, None),
    ],
)
def test_only_one_call_of_a_known_client_is_run(clients, command, words):
    assert runnable(command) == words


def test_a_client_that_is_not_installed_is_not_offered(monkeypatch):
    monkeypatch.setattr(person_run.shutil, "which", lambda name: None)
    assert runnable("gh secret set A") is None
    task = Task(1, ManualTask(title="x", command="gh secret set A"))
    assert not task.check_action("run", ()) and task.check_action("copy", ())


def test_a_command_has_no_token_of_sentry(tmp_path, monkeypatch, capfd):
    tool = tmp_path / "gh"
    tool.write_text("#!/bin/sh\necho token=$SENTRY_AUTH_TOKEN in $PWD: $1\nexit 3\n", "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "sntrys_secret")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115
    assert person_run.run_in_terminal(tmp_path, ("gh", "a;b")) == 3
    said = capfd.readouterr().out
    assert f"token= in {tmp_path}: a;b" in said and "sntrys_secret" not in said and "ended with 3" in said


async def test_a_command_is_run_after_asking_and_ticks_its_task(sample, clients, monkeypatch):
    ran: list[tuple[str, ...]] = []
    codes = [1, 0]
    app = offline(sample)
    monkeypatch.setattr(app, "hand_over", lambda words: (ran.append(words), codes.pop(0))[1])
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, settled(app))
        plan = await app.session.plan(find_steps(["source-maps"])[0])
        applied = await app.session.apply(find_steps(["source-maps"])[0], plan, lambda _: None)
        app.show(replace(app.wizard, applied=(applied,)))
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        finish = app.screen
        task = finish.query(Task).first()
        task.query_one(Tick).focus()
        await pilot.press("x")
        await until(pilot, on(app, ConfirmScreen))
        assert "gh secret set SENTRY_AUTH_TOKEN" in str(app.screen.query_one("#said").render()) and not ran
        await pilot.press("n")
        await until(pilot, lambda: app.screen is finish)
        assert not ran and not task.query_one(Tick).value
        for count, ticked in enumerate((False, True), 1):
            await pilot.press("x")
            await until(pilot, on(app, ConfirmScreen))
            await pilot.press("y")
            await until(pilot, lambda count=count: app.screen is finish and len(ran) == count)
            assert task.query_one(Tick).value is ticked, "a command that failed did nothing"
    assert ran == [("gh", "secret", "set", "SENTRY_AUTH_TOKEN")] * 2


async def test_a_task_is_a_line_and_shows_the_rest_where_the_cursor_is(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, settled(app))
        plan = await app.session.plan(find_steps(["source-maps"])[0])
        applied = await app.session.apply(find_steps(["source-maps"])[0], plan, lambda _: None)
        other = ManualTask(title="set SENTRY_DSN", snippet="SENTRY_DSN=https://key@o1.ingest.sentry.io/2\nTWO=2")
        app.show(replace(app.wizard, applied=(replace(applied, by_hand=(*applied.by_hand, other)),)))
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        first, second = app.screen.query(Task)
        await until(pilot, lambda: first.size.height > 2 and second.size.height == 1)
        assert str(second.query_one(".line").render()) == "Set SENTRY_DSN  SENTRY_DSN=https://key@o1.ingest.sentry.io/2"
        assert first.query_one(".buttons").display and not second.query_one(".buttons").display
        await pilot.press("down")
        await until(pilot, lambda: first.size.height == 1 and second.size.height > 2)
        await pilot.click(first.query_one(".line"))
        await until(pilot, lambda: first.size.height > 2 and second.size.height == 1)
        assert not first.query_one(Tick).value, "a click on the line ticks nothing"
        app._mouse_down_widget = second  # while a button is held down nothing moves: else the click would miss
        second.query_one(Tick).focus()
        await pilot.pause()
        assert second.size.height == 1
        second.query_one(Tick).toggle()
        app._mouse_down_widget = None
        await until(pilot, lambda: second.size.height > 2)
        app.screen.query_one("#show-diff").scroll_visible(animate=False)
        await pilot.pause()
        await pilot.click("#show-diff")
        await until(pilot, lambda: app.screen.query("#diff"))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is app.home)
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        assert [t.query_one(Tick).value for t in app.screen.query(Task)] == [False, True], "what a person ticked stays"
        said = summary(app.session, app.wizard)
        assert "  1. Create an organization token" in said and "SENTRY_DSN" not in said
        assert "  2. Set SENTRY_DSN\n     SENTRY_DSN=1\n" in summary(
            app.session,
            replace(
                app.wizard,
                applied=(replace(applied, by_hand=(*applied.by_hand, replace(other, snippet="SENTRY_DSN=1\n"))),),
                ticked=frozenset(),
            ),
        )


async def test_what_sentry_shows_ticks_a_task_when_a_person_comes_back(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        await until(pilot, decided(app))  # else the check that connecting began ends after ours
        await app.session.engine().apply(find_steps(["project", "sdk", "dsn"]))
        await app.check()
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        finish = app.screen
        titles = [t.task_.title for t in finish.query(Task)]
        assert any("orchard on Render (production)" in t for t in titles) and not any(
            t.done for t in finish.query(Task)
        )
        backend = sandbox.projects["orchard-backend"]
        sandbox.add_event(backend, {"message": "x", "environment": "staging", "release": "a" * 40})
        app.app_focus = False
        app.app_focus = True
        await until(pilot, lambda: any(t.done for t in finish.query(Task)))
        done = [t for t in finish.query(Task) if t.done]
        assert [t.task_.title for t in done] == [t for t in titles if "staging" in t]
        assert all(t.query_one(Tick).value and not t.check_action("copy", ()) for t in done)


def test_no_key_is_cut_and_the_way_back_stays():
    keys = [
        FooterKey(k, k, said, "x")
        for k, said in (("a", "Apply"), ("e", "Save as patch"), ("escape", "Back"), ("q", "Quit"))
    ]
    assert [k.key for k in fitting(keys, 80)] == ["a", "e", "escape", "q"]
    assert [k.key for k in fitting(keys, 34)] == ["a", "escape", "q"]
    assert [k.key for k in fitting(keys, 5)] == ["escape", "q"]


@pytest.mark.thorough
async def test_two_steps_by_the_mouse_alone(sample, sandbox):
    before = fingerprint(sample)
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, settled(app))
        items = app.home.query_one("#items", OptionList)
        at = items.options.index(next(o for o in items.options if o.id == "sdk-installed"))
        await pilot.click("#items", offset=(6, at), times=2)
        await until(pilot, on(app, QuestionsScreen))  # the token of the environment connected on the way
        for _ in range(2):
            if isinstance(app.screen, QuestionsScreen):
                await pilot.click("#plan")
            await until(pilot, on(app, PlanScreen))
            await pilot.click("#apply")
            await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
            await pilot.click("#next")
            await until(pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen)))
        back = next(k for k in app.screen.query(FooterKey) if k.key == "escape")
        await pilot.click(back)
        await until(pilot, lambda: app.screen is app.home)
        assert app.wizard.results["sdk-initialized"].outcome is Outcome.PASS
        undo = next(k for k in app.screen.query(FooterKey) if k.key == "u")
        for _ in range(2):
            await pilot.click(undo)
            await until(pilot, on(app, ConfirmScreen))
            runs = len(app.session.history())
            await pilot.click("#yes")
            await until(pilot, lambda runs=runs: app.screen is app.home and len(app.session.history()) == runs - 1)
            await until(pilot, decided(app))
            undo = next((k for k in app.screen.query(FooterKey) if k.key == "u"), undo)
    assert fingerprint(sample) == before


async def test_connecting_says_what_is_waited_for_and_has_its_buttons(sample, sandbox, monkeypatch):
    app = make_app(session(sample, sandbox, token=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        names = [b.name for b in app.screen.query("#ways Button").results(Button) if b.display]
        assert names == ["submit", "create"], "only what can be done now"
        waited: list[str] = []
        real = Waiting.wait
        monkeypatch.setattr(Waiting, "wait", lambda self, sentence: (waited.append(sentence), real(self, sentence))[1])
        app.screen.query_one("#token").value = sandbox.token  # type: ignore[attr-defined]
        await pilot.click("#ways Button")
        await until(pilot, lambda: app.wizard.connected)
        assert waited[:2] == [
            f"asking {sandbox.public_url} whose token this is",
            f"asking {sandbox.public_url} for the organization and its teams",
        ]
