"""The plan and its proof: lines with numbers, files left out, a patch, tasks with their values, a timeline."""

from __future__ import annotations

import subprocess

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from setup_wizard.demo import fingerprint
from setup_wizard.plan.model import FileChange, ManualTask
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.diffs import counted, gutter_of, lines_of, rows_of
from setup_wizard.ui.screens.ask import AskScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from setup_wizard.ui.timeline import ended, past, rows, told
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.tasks import Task
from tests.support.ui import applied, decided, offline, on, session, settled, until


def change(before: str | None, after: str, *, secret: bool = False) -> FileChange:
    data = None if before is None else before.encode()
    return FileChange(path="a.py", before=data, after=after.encode(), secret=secret)


def drawn_lines(made: FileChange) -> list[str]:
    lines = lines_of(made)
    return str(rows_of(made.path, lines, gutter_of([lines]))).splitlines()


def test_a_change_has_numbers_signs_and_folded_context():
    text = "".join(f"x{n} = {n}\n" for n in range(1, 21))
    made = change(text, text.replace("x10 = 10\n", "x10 = 'ten'\ny = 1\n"))
    assert drawn_lines(made) == [
        "    ⋯ 6 unchanged lines",
        " 7    x7 = 7",
        " 8    x8 = 8",
        " 9    x9 = 9",
        "10  - x10 = 10",
        "10  + x10 = 'ten'",
        "11  + y = 1",
        "12    x11 = 11",
        "13    x12 = 12",
        "14    x13 = 13",
        "    ⋯ 7 unchanged lines",
    ]
    assert counted(lines_of(made)) == "+2 −1"


def test_a_new_file_and_one_that_git_ignores():
    assert drawn_lines(change(None, "a = 1\n")) == ["1  + a = 1"]
    made = drawn_lines(change("TOKEN=hush\nOLD=secret\n", "TOKEN=hush\nNEW=1\n", secret=True))
    assert "hush" not in "".join(made) and "secret" not in "".join(made) and made[-1] == "2  + NEW=1"


@pytest.mark.parametrize("path", ["a.py", "a.tsx", "a.yml", "a.json", "a.toml", "a.vue", "requirements.txt", ".env"])
def test_every_language_keeps_its_lines(path):
    text = "a: 1\n\t/* '''\n\x0c \u2028 [red] 界\n"
    made = FileChange(path=path, before=None, after=text.encode())
    lines = lines_of(made)
    assert len(rows_of(path, lines, gutter_of([lines])).rows) == len(lines)


def test_a_body_wraps_beside_its_lead_or_below_it():
    short = Rows([("a.py:1  ", "one two three four five six")])
    assert short.get_height({}, 80) == 1 and short.get_height({}, 22) > 1
    long = Rows([("a/very/long/path/to/a/file.py:100  ", "said of it")])
    assert long.get_height({}, 40) == 2 and long.get_height({}, 60) == 1
    assert Rows([("", "")]).get_height({}, 10) == 1 and Rows([]).get_height({}, 10) == 0


def test_a_timeline_is_in_the_past_with_durations():
    line = told(told((), "write a.py", 1.0), "run npm install", 1.5)
    assert [(m.sentence, m.took) for m in line] == [("write a.py", 0.5), ("run npm install", None)]
    shown = str(Rows(rows(ended(line, 4.0), 4.0, 0)))
    assert "0.50 s ✓ wrote a.py" in shown and "2.50 s ✓ ran npm install" in shown
    assert past("look whether it is there") == "looked whether it is there" and past("x y") == "x y"
    failed = str(Rows(rows(told(line, "✗ npm is not installed", 4.0), 4.0, 0)))
    assert (
        "0.50 s ✓ wrote a.py" in failed and "2.50 s ✗ run npm install" in failed and "✗ npm is not installed" in failed
    )
    assert "ran npm install" not in failed, "what failed was not done"


async def to_plan(pilot: Pilot, app: WizardApp, step: str) -> PlanScreen:
    chosen = find_steps([step])[0]
    app.set_up(chosen)
    await until(pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen)) and app.screen.is_mounted)
    if isinstance(app.screen, QuestionsScreen):
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
    assert isinstance(app.screen, PlanScreen)
    return app.screen


async def test_a_file_is_left_out_and_stays_as_it_is(sample):
    before = fingerprint(sample)
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        screen = await to_plan(pilot, app, "sdk")
        assert str(screen.query_one("#apply").label) == "Apply 2 changes  a"
        await pilot.press("space")
        assert screen.left_out == {"backend/requirements.txt": frozenset({0})}
        assert str(screen.query_one("#apply").label) == "Apply 1 change  a"
        assert "requirements.txt" not in screen.patch and "production.py" in screen.patch
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        assert "wrote backend/orchard/settings/production.py" in str(app.screen.query_one("#log").render())
    after = fingerprint(sample)
    assert {p for p in after if after[p] != before.get(p)} == {"backend/orchard/settings/production.py"}


async def test_a_part_is_left_out_and_the_rest_is_written(sample):
    path = sample / "render.yaml"
    before = path.read_bytes()
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        screen = await to_plan(pilot, app, "dsn")
        number = next(n for n, c in enumerate(screen.plan.changes) if c.path == "render.yaml")
        whole = screen.plan.changes[number].after
        screen.query_one(f"#part{number}-1", Tick).focus()
        await pilot.press("space")
        assert screen.left_out == {"render.yaml": frozenset({1})} and screen.query_one(f"#file{number}", Tick).value
        kept, out = (screen.query_one(f"#code{number}-{part}", Static).visual for part in (0, 1))
        assert isinstance(kept, Rows) and kept.grounds and isinstance(out, Rows) and not out.grounds
        assert "sync: false" in str(out), "what is left out can still be read"
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
    written = path.read_bytes()
    assert written.count(b"SENTRY_DSN") == 1 and whole.count(b"SENTRY_DSN") == 2
    assert written.splitlines()[20:] == before.splitlines()[18:], "the second service is as it was"


async def test_parts_that_belong_together_stay_together(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        screen = await to_plan(pilot, app, "sdk")
        number = next(n for n, c in enumerate(screen.plan.changes) if c.path.endswith("production.py"))
        tick = screen.query_one(f"#part{number}-0", Tick)
        tick.focus()
        await pilot.press("space")
        assert tick.value and not screen.left_out, "the import of what the other part calls"
        screen.query_one(f"#file{number}", Tick).focus()
        await pilot.press("space")
        assert not tick.value and screen.left_out == {screen.plan.changes[number].path: frozenset({0, 1})}
        await pilot.press("space")
        assert tick.value and not screen.left_out


async def test_everything_left_out_is_not_applied(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        screen = await to_plan(pilot, app, "sdk")
        for tick in screen.query(Tick):
            tick.value = False
        await pilot.pause()
        assert not screen.check_action("apply", ())


async def test_a_patch_is_saved_that_git_applies(sample, tmp_path):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        before = fingerprint(sample)
        await to_plan(pilot, app, "sdk")
        await pilot.press("e")
        await until(pilot, on(app, AskScreen))
        app.screen.query_one("#asked", Input).value = str(tmp_path / "out.patch")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "out.patch").exists)
        assert fingerprint(sample) == before
    subprocess.run(["git", "-C", str(sample), "apply", str(tmp_path / "out.patch")], check=True)
    assert "sentry_sdk.init(" in (sample / "backend/orchard/settings/production.py").read_text()


@pytest.mark.parametrize("ticked", [False, True])
async def test_what_is_left_is_copied_and_not_ticked_by_that(sample, ticked):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, settled(app))
        await to_plan(pilot, app, "source-maps")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        assert app.screen.query(Task)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.home)
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        task = app.screen.query(Task).first()
        task.query_one(Tick).focus()
        await pilot.press("y")
        assert app.clipboard == "gh secret set SENTRY_AUTH_TOKEN"
        assert not task.query_one(Tick).value, "what was copied is not done yet"
        if ticked:
            await pilot.press("space")
            assert task.query_one(Tick).value, "a person may tick it"
        assert "for you" in str(app.screen.query_one("#headline").render())
        await pilot.press("q")
    assert ("gh secret set SENTRY_AUTH_TOKEN" in app.summary) is not ticked, "only what is open is told"


def test_a_task_without_a_page_offers_none():
    task = Task(1, ManualTask(title="x", command="true"))
    assert not task.check_action("open", ()) and task.check_action("copy", ())


async def test_the_report_is_saved_as_a_page(sample, tmp_path):
    await applied(sample, "sdk")
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        await pilot.press("h")
        await until(pilot, on(app, AskScreen))
        app.screen.query_one("#asked", Input).value = str(tmp_path / "page.html")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "page.html").exists)
    assert "<html" in (tmp_path / "page.html").read_text()


async def test_a_step_that_needs_sentry_connects_and_continues(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        await to_plan(pilot, app, "test-event")
        assert "– This step needs Sentry.\n  Connect once (c)" in str(app.screen.query_one("#summary", Static).visual)
        assert str(app.screen.query_one("#connect").label) == "Connect to Sentry  c"
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        await until(pilot, lambda: isinstance(app.screen, QuestionsScreen) and app.screen.step.id == "test-event")


async def test_the_code_of_all_files_begins_in_one_column(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        screen = await to_plan(pilot, app, "dsn")
        shown = [screen.query_one(f"#code{n}-0", Static).visual for n in range(len(screen.plan.changes))]
        leads = {lead.cell_length for rows in shown if isinstance(rows, Rows) for lead, _ in rows.rows}
        assert len(shown) > 2 and len(leads) == 1, "one file has lines above 9, the others have not"


async def test_the_button_counts_calls_as_the_line_above_does(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        app.action_connect()
        await until(pilot, lambda: app.wizard.connected)
        await until(pilot, decided(app))
        screen = await to_plan(pilot, app, "project")
        assert str(screen.query_one("#summary", Static).visual).startswith("1 file · 2 calls to Sentry")
        assert str(screen.query_one("#apply").label) == "Apply 3 changes  a"
