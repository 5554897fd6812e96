"""What may go wrong has its screen, and the wizard continues."""

from __future__ import annotations

import errno
import os

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from checks.model import Finding, Outcome, Result, Verdict
from setup_wizard.plan import swap
from setup_wizard.sandbox.state import Fault
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.screens.connect import ConnectScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.small import SmallScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from setup_wizard.ui.widgets.tasks import Task
from tests.support.ui import decided, drawn, frozen, offline, on, session, until

SIZES = [(120, 40), (80, 24)]


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full when the settings are to be written: the requirements are written by then."""
    real, met = swap.replace, []

    def replaced(temporary, full, before):
        if full.name == "production.py" and not met:
            met.append(full)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(full))
        return real(temporary, full, before)

    monkeypatch.setattr(swap, "replace", replaced)


async def applying(pilot, app: WizardApp, step: str) -> None:
    """Bring a step to the end of its proof."""
    app.begin(find_steps([step])[0])
    await until(pilot, lambda: isinstance(app.screen, (ConnectScreen, QuestionsScreen)) and app.screen.is_mounted)
    if isinstance(app.screen, ConnectScreen):
        await pilot.press("ctrl+g")
    await until(pilot, lambda: isinstance(app.screen, (PlanScreen, QuestionsScreen)) and app.screen.is_mounted)
    if isinstance(app.screen, QuestionsScreen):
        await pilot.press("ctrl+s")
    await until(pilot, on(app, PlanScreen))
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)


async def test_a_full_disk_is_told_and_every_file_is_as_before(sample, monkeypatch):
    before = {p: p.read_bytes() for p in sample.rglob("*") if p.is_file() and ".git/" not in p.as_posix()}
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        with monkeypatch.context() as patch:
            full_disk(patch)
            await applying(pilot, app, "sdk")
        told = str(app.screen.query_one("#outcome").render())
        assert "No space left on device" in told and "production.py" in told
        assert {p: p.read_bytes() for p in before} == before
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.home)
        await applying(pilot, app, "sdk")
        assert "pass" in str(app.screen.query_one("#outcome").render()), "with room it goes on"


async def test_a_sentry_that_nobody_reaches_is_told_and_the_rest_works(sample):
    nowhere = {"sentry.url": "http://127.0.0.1:9", "sentry.org": "acme"}
    app = make_app(Session(sample, nowhere, environ={"SENTRY_AUTH_TOKEN": "x"}, install=False))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        await until(pilot, lambda: "127.0.0.1:9" in str(app.screen.query_one("#message").render()), 40)
        assert app.screen.query_one("#token", Input).display, "another token or server can be named"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)
        await applying(pilot, app, "sdk")
        assert "pass" in str(app.screen.query_one("#outcome").render())


@pytest.mark.thorough
async def test_a_token_that_ends_in_the_middle_is_told_and_can_be_replaced(sample, sandbox):
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        await until(pilot, decided(app))
        app.begin(find_steps(["project"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        body = '{"detail": "Invalid token"}'
        sandbox.faults.append(Fault(method="POST", path="/projects/", status=401, body=body, headers={}, times=9))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        told = str(app.screen.query_one("#outcome").render())
        assert "does not accept" in told and sandbox.token not in app.export_screenshot()
        sandbox.faults.clear()
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.home)
        await applying(pilot, app, "project")
        assert sandbox.projects, "the same step, tried again, is made good"


@pytest.mark.thorough
async def test_hundreds_of_findings_and_a_screen_that_shrinks(sample):
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        old = app.wizard.results["sdk-installed"]
        findings = tuple(
            Finding(message=f"finding {n} 界面 [red]", path="a/b.py", line=n, hint="x" * 200) for n in range(1, 301)
        )
        many = Result(item=old.item, outcome=Outcome.FAIL, verdicts=(Verdict(outcome=Outcome.FAIL, findings=findings),))
        app.show(replace(app.wizard, results={**app.wizard.results, "sdk-installed": many}))
        app.home.select("sdk-installed")
        detail = app.home.query_one("#detail")
        shown = app.home.query_one("#detail-text")
        await until(pilot, lambda: "finding 300 界面 [red]" in str(shown.render()))
        for _ in range(3):
            await pilot.press("j")
        await until(pilot, lambda: detail.scroll_y > 0)
        for size in ((80, 24), (40, 10), (20, 5), (200, 60), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            small = size[0] < 60 or size[1] < 16
            await until(pilot, lambda small=small: isinstance(app.screen, SmallScreen) is small)
            assert small or (app.screen is app.home and app.home.size.width == size[0])
        app.home.select("sdk-installed")
        await pilot.resize_terminal(80, 24)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not app.home)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)


@pytest.mark.parametrize("size", SIZES, ids=["size0", "size1"])  # the names of the pictures
def test_picture_of_a_full_disk(sample, monkeypatch, snap_compare, size):
    app = frozen(sample, monkeypatch)
    monkeypatch.setattr(ProofScreen, "clock", staticmethod(lambda: 0.0))
    app.session.answers["sentry.org"] = "acme"

    async def ready(pilot):
        await until(pilot, decided(app))
        with monkeypatch.context() as patch:
            full_disk(patch)
            await applying(pilot, app, "sdk")
        await until(pilot, drawn(app, "Next"))

    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=["size0", "size1"])  # the names of the pictures
def test_picture_of_a_refusal(sample, monkeypatch, snap_compare, size):
    (sample / "frontend/vite.config.ts").write_text("export default mergeConfig(a, b)\n")
    app = frozen(sample, monkeypatch)
    app.session.answers["sentry.org"] = "acme"

    async def ready(pilot):
        await until(pilot, decided(app))
        app.show(replace(app.wizard, alone=True))
        app.begin(find_steps(["source-maps"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        await until(pilot, drawn(app, "Next"))

    assert snap_compare(app, terminal_size=size, run_before=ready)


async def test_without_sentry_the_next_items_are_those_that_need_none(sample):
    app = offline(sample)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("n")
        await until(pilot, on(app, ConnectScreen))
        assert drawn(app, "Continue without")()
        await pilot.press("ctrl+g")
        await until(pilot, on(app, QuestionsScreen))
        assert app.screen.step.id == "sdk", "not the Sentry project"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)
        assert "without Sentry" in str(app.home.query_one("#connection").render())
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, (PlanScreen, QuestionsScreen)))
        assert app.screen.step.id == "dsn"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        assert not drawn(app, "Continue without")(), "there is nothing to continue with"


async def test_a_refused_step_is_left_for_the_next(sample):
    (sample / "frontend/vite.config.ts").write_text("export default mergeConfig(a, b)\n")
    app = offline(sample)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        app.show(replace(app.wizard, alone=True))
        app.tried = frozenset({"sdk", "dsn"})
        app.begin(find_steps(["source-maps"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        assert "the config is `b`" in str(app.screen.query_one("#summary").render())
        await pilot.press("n")
        await until(
            pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen)) and app.screen.step.id != "source-maps"
        )
        assert app.screen.step.id == "frontend-sdk"
        while app.screen is not app.home:
            await pilot.press("escape")
            await pilot.pause()
        app.action_finish()
        await until(pilot, lambda: on(app, FinishScreen)() and bool(app.screen.query(Task)))
        told = [t.task_ for t in app.screen.query(Task) if t.task_.path == "frontend/vite.config.ts"]
        assert [t.title for t in told] == ["edit `plugins` in frontend/vite.config.ts"], told
        assert "the config is `b`" in told[0].reason and "sentryVitePlugin" in told[0].snippet
