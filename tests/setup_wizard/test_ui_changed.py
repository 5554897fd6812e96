"""Everything that changed: what all runs did together, as a diff, as a count, as a patch; and undone from the same screen."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, OptionList, Static

from setup_wizard.demo import fingerprint
from setup_wizard.plan.changed import changed_by
from setup_wizard.plan.journal import Journal
from setup_wizard.ui.screens.changed import ChangedScreen
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.widgets.changes import total_of
from setup_wizard.ui.widgets.tasks import Task
from tests.support.ui import applied, decided, frozen, offline, on, settled, until

SIZES = [(120, 40), (80, 24), (200, 50)]


def journal(root: Path) -> Journal:
    made = Journal(root, root / ".journal")
    made.prepare()
    return made


def write(kept: Journal, path: str, after: bytes, *, private: bool = False) -> None:
    """Write a file in a run of its own."""
    run = kept.start(("step",))
    file = kept.root / path
    kept.write(run, path, file.read_bytes() if file.exists() else None, after, private=private)
    run.add("end")


def test_runs_that_changed_one_file_are_one_change(tmp_path):
    (tmp_path / "a.py").write_bytes(b"one\ntwo\n")
    kept = journal(tmp_path)
    write(kept, "a.py", b"zero\none\ntwo\n")
    write(kept, "new.py", b"made\n")
    write(kept, "a.py", b"zero\none\ntwo\nthree\n")
    write(kept, "new.py", b"made\nagain\n")
    found = changed_by(tmp_path, kept.runs(), lambda path: False)
    assert [(c.path, c.before, c.after, c.secret) for c in found.changes] == [
        ("a.py", b"one\ntwo\n", b"zero\none\ntwo\nthree\n", False),
        ("new.py", None, b"made\nagain\n", False),
    ]
    assert total_of(found.changes) == "+4 −0" and found.edited == ()


def test_what_was_edited_meanwhile_is_named_and_not_shown_as_ours(tmp_path):
    kept = journal(tmp_path)
    for name in ("after", "between", "gone", "ours", "twice"):
        (tmp_path / name).write_bytes(b"one\n")
        write(kept, name, b"one\ntwo\n")
    (tmp_path / "after").write_bytes(b"one\ntwo\nsomebody else's\n")
    (tmp_path / "gone").unlink()
    (tmp_path / "between").write_bytes(b"somebody else's\none\ntwo\n")
    write(kept, "between", b"somebody else's\none\ntwo\nthree\n")
    write(kept, "twice", b"one\n")
    found = changed_by(tmp_path, kept.runs(), lambda path: False)
    assert found.edited == ("after", "between", "gone")
    assert [c.path for c in found.changes] == ["ours"], "one that is as before has no change"


def test_the_other_lines_of_a_secret_file_are_not_shown(tmp_path):
    (tmp_path / ".env").write_bytes(b"PASSWORD=hunter2\n")
    (tmp_path / "ignored").write_bytes(b"one\n")
    kept = journal(tmp_path)
    write(kept, ".env", b"PASSWORD=hunter2\nSENTRY_DSN=\n", private=True)
    write(kept, "ignored", b"one\ntwo\n")
    found = changed_by(tmp_path, kept.runs(), lambda path: path == "ignored")
    assert [c.secret for c in found.changes] == [True, True]
    shown = str(ChangedScreen(found).patch)
    assert shown == ""


async def test_the_finish_counts_all_lines_shows_them_and_saves_them_as_a_patch(sample, tmp_path):
    before = fingerprint(sample)
    await applied(sample, "sdk")
    await applied(sample, "source-maps")
    app = offline(sample)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, decided(app))
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        finish = app.screen
        stat = subprocess.run(
            ["git", "-C", str(sample), "diff", "--numstat", "HEAD"], capture_output=True, text=True, check=True
        )
        rows = [line.split("\t") for line in stat.stdout.splitlines()]
        added, removed = (sum(int(r[n]) for r in rows) for n in (0, 1))
        said = str(finish.query_one("#total", Static).visual)
        assert said == f"Changed  {len(rows)} files (+{added} −{removed})   d shows the diff, u undoes the last step"
        assert {b.size.height for b in finish.query("#about-changed Button")} == {1}, "no rule of another screen's diff"
        await pilot.press("d")
        await until(pilot, on(app, ChangedScreen))
        assert f"+{added} −{removed}" in str(app.screen.query_one("#headline", Static).visual)
        files = app.screen.query_one("#files", OptionList)
        assert [str(o.prompt).split("  ")[0].rsplit("/", 1)[-1] for o in files.options] == [
            r[2].rsplit("/", 1)[-1] for r in sorted(rows, key=lambda r: r[2])
        ]
        await pilot.press("end")
        await until(pilot, lambda: app.screen.query_one("#diff").scroll_y > 0)
        patch = tmp_path / "all.patch"
        await pilot.press("e")
        await until(pilot, lambda: bool(app.screen.query("#asked")))
        app.screen.query_one("#asked").value = str(patch)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChangedScreen) and patch.exists())
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is finish)
    subprocess.run(["git", "-C", str(sample), "apply", "--reverse", str(patch)], check=True)
    assert fingerprint(sample) == before, "the patch is what changed, to the byte"


async def test_steps_are_undone_from_the_finish_until_nothing_is_left_of_them(sample):
    before = fingerprint(sample)
    app = offline(sample)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, settled(app))
        for step in ("SDK", "Source maps"):
            app.set_up(next(s for s in _steps() if s.title == step))
            await until(pilot, lambda: bool(app.screen.query("#plan, #apply")))
            if not isinstance(app.screen, PlanScreen):
                await pilot.press("ctrl+s")
                await until(pilot, on(app, PlanScreen))
            await pilot.press("a")
            await until(pilot, lambda: bool(getattr(app.screen, "ended", False)))
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is app.home and decided(app)())
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        finish = app.screen
        assert len(finish.query(Task)) > 0, "the step has left something for the person"
        await pilot.press("u")
        await until(pilot, on(app, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is finish)
        assert len(finish.past.runs) == 2, "it was not agreed to"
        for left in (1, 0):
            await pilot.click("#undo") if left else await pilot.press("u")
            await until(pilot, on(app, ConfirmScreen))
            await pilot.press("y")
            await until(pilot, lambda left=left: app.screen is finish and len(finish.past.runs) == left)
            await until(pilot, decided(app))
        await until(pilot, lambda: not finish.query("#undo, #show-diff"))
        assert not finish.query(Task), "what an undone step left for the person is gone with it"
        assert "Nothing has changed yet" in str(finish.query_one("#changed", Static).visual)
        keys = {b.key for _, b, enabled, _ in finish.active_bindings.values() if enabled}
        assert not keys & {"d", "u", "b"}
    assert fingerprint(sample) == before


async def test_on_a_narrow_screen_a_file_is_gone_to_and_everything_is_scrolled(sample):
    await applied(sample, "sdk", "source-maps")
    app = offline(sample)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        app.push_screen(ChangedScreen(app.session.past().changed))
        await until(pilot, on(app, ChangedScreen))
        whole = app.screen.query_one("#columns")
        await pilot.press("j")
        await until(pilot, lambda: whole.scroll_y > 0)
        await pilot.press("k")
        await until(pilot, lambda: whole.scroll_y == 0)
        await pilot.press("end", "enter")
        await until(pilot, lambda: whole.scroll_y > 0)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_picture_of_what_changed(sample, monkeypatch, snap_compare, size):
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        await applied(sample, "sdk", "source-maps")
        app.push_screen(ChangedScreen(app.session.past().changed))
        await until(pilot, on(app, ChangedScreen))
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_picture_of_a_finish_with_changes(sample, monkeypatch, snap_compare, size):
    app = frozen(sample, monkeypatch)

    async def ready(pilot: Pilot) -> None:
        await until(pilot, settled(app))
        await applied(sample, "sdk", "source-maps")
        await app.check()
        await pilot.press("f")
        await until(pilot, on(app, FinishScreen))
        app.screen.query_one("#about-changed Button", Button).scroll_visible(animate=False)
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=ready)


def _steps():
    from setup_wizard.steps import STEPS

    return STEPS
