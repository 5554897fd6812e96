"""Every screen and state of the wizard as a PNG, at three sizes and in three themes, to be viewed one by one.

python -m tests.pictures.screens FOLDER [--size 80x24] [--theme textual-dark] [--only home,plan]

It needs Pillow (`pip install pillow`) and a monospaced TrueType font, found with `fc-match`. Each cell is drawn where a terminal
would draw it, so that a misaligned border or a cut word shows as it would there.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from rich.cells import cell_len
from textual.color import Color
from textual.pilot import Pilot
from textual.widgets import Collapsible, Input, Select, Static

from checks.checklist import CHECKLIST
from checks.sentry_api.performance import Day, Performance, Slow
from checks.sentry_api.snapshot import Usage
from setup_wizard.demo import OPENING, make_sample
from setup_wizard.sandbox.sample_projects import SAMPLES
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.session import Review, Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.board import FOLDED
from setup_wizard.ui.screens.commit import CommitScreen
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.screens.connect import ConnectScreen
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.performance import PerformanceScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.practice import PracticeScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen

SIZES = ((80, 24), (120, 40), (200, 50))
THEMES = ("textual-dark", "textual-light", "high-contrast")
CELL = (9, 18)
"""Width and height of a cell, in pixels."""

_DEFAULT = (Color(255, 255, 255), Color(0, 0, 0))


class Painter:
    """Draws what an app shows into PNG files."""

    def __init__(self, folder: Path) -> None:
        from PIL import ImageFont

        def font(style: str) -> object:
            argv = ["fc-match", "-f", "%{file}", f"DejaVu Sans Mono:style={style}"]
            found = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
            return ImageFont.truetype(found, 15)

        self.folder = folder
        self.regular, self.bold = font("Book"), font("Bold")

    def take(self, app: WizardApp, name: str) -> None:
        """Write the screen as `name`.png."""
        from PIL import Image, ImageDraw

        width, height = app.size
        image = Image.new("RGB", (width * CELL[0], height * CELL[1]), app.screen.styles.background.rgb)
        draw = ImageDraw.Draw(image)
        for y, strip in enumerate(app.screen._compositor.render_strips()):
            x = 0
            for segment in strip:
                style = segment.style
                fore, back = _DEFAULT
                if style is not None and style.color is not None:
                    fore = Color.from_rich_color(style.color)
                if style is not None and style.bgcolor is not None:
                    back = Color.from_rich_color(style.bgcolor)
                if style is not None and style.reverse:
                    fore, back = back, fore
                font = self.bold if style is not None and style.bold else self.regular
                for character in segment.text:
                    wide = cell_len(character)
                    left, top = x * CELL[0], y * CELL[1]
                    right = left + max(wide, 1) * CELL[0]
                    draw.rectangle((left, top, right - 1, top + CELL[1] - 1), fill=back.rgb)
                    if character.strip():
                        draw.text((left, top), character, font=font, fill=fore.rgb)
                    if style is not None and style.strike:
                        draw.line((left, top + 9, right, top + 9), fill=fore.rgb)
                    if style is not None and style.underline:
                        draw.line((left, top + 16, right, top + 16), fill=fore.rgb)
                    x += wide
        image.save(self.folder / f"{name}.png")


async def until(pilot: Pilot[object], condition: Callable[[], bool], seconds: float = 45) -> None:
    """Wait for a condition."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        if loop.time() > end:
            raise TimeoutError(f"the screen is {pilot.app.screen!r}")
        await asyncio.sleep(0.02)
    await pilot.pause(0.1)


def on(app: WizardApp, kind: type) -> Callable[[], bool]:
    """Return whether a screen of a kind is shown."""
    return lambda: isinstance(app.screen, kind) and app.screen.is_mounted


def settled(app: WizardApp) -> bool:
    """Return whether nothing changes on the checklist by itself any more."""
    return len(app.wizard.results) == len(CHECKLIST) and app.wizard.busy is None


async def questions_of(pilot: Pilot[object], app: WizardApp, step: str) -> None:
    """Open a step's questions, or its plan where it asks nothing."""
    app.set_up(find_steps([step])[0])
    await until(pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen)) and app.screen.is_mounted)


async def plan_of(pilot: Pilot[object], app: WizardApp, step: str) -> None:
    """Open a step's plan, with the answers that are found."""
    await questions_of(pilot, app, step)
    if isinstance(app.screen, QuestionsScreen):
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))


async def proof_of(pilot: Pilot[object], app: WizardApp, step: str) -> None:
    """Apply a step, up to the end of its proof."""
    await plan_of(pilot, app, step)
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)


async def home(pilot: Pilot[object], app: WizardApp) -> None:
    """Go back to the checklist."""
    for _ in range(6):
        if app.screen is app.home:
            break
        await pilot.press("escape")
        await pilot.pause(0.1)
    await until(pilot, lambda: app.screen is app.home and settled(app))


async def offline(pilot: Pilot[object], app: WizardApp) -> AsyncIterator[str]:
    """Yield the names of the states that need no Sentry."""
    yield "home-checking"
    await until(pilot, lambda: settled(app) and bool(app.wizard.previews))
    yield "home"
    for severity in ("information", "warning", "error"):
        app.notify("A toast says one sentence, with its next action.", title=severity, severity=severity, timeout=600)
    await pilot.pause(1)
    yield "toasts"
    app.clear_notifications()
    app.home.folded.clear()
    app.home._redraw()
    await pilot.pause(0.1)
    yield "home-unfolded"
    app.home.select("debug-off")
    await pilot.pause(0.1)
    yield "home-passing"
    app.home.folded |= FOLDED
    app.home._redraw()
    app.home.select("source-maps")
    if app.size.width < 100:
        await pilot.press("enter")
        await pilot.pause(0.2)
        yield "item"
        await pilot.press("escape")
    await pilot.press("question_mark")
    await pilot.pause(0.2)
    yield "help"
    await pilot.press("escape", "slash")
    await pilot.pause(0.2)
    await pilot.press(*"source")
    await pilot.pause(0.2)
    yield "find"
    await pilot.press("escape", "ctrl+p")
    await pilot.pause(0.6)
    yield "palette"
    await pilot.press("escape", "t")
    await pilot.pause(0.6)
    yield "theme"
    await pilot.press("escape")
    await pilot.pause(0.2)
    app.look_at("traces-sampler-safe")
    await until(pilot, on(app, PracticeScreen))
    await pilot.pause(0.5)
    yield "practice"
    await home(pilot, app)
    app.action_connect()
    await until(pilot, on(app, ConnectScreen))
    yield "connect"
    app.screen.query_one("#token", Input).value = "sntryu_wrong"
    await pilot.press("enter")
    await until(pilot, lambda: "✗" in str(app.screen.query_one("#message").render()))
    yield "connect-refused"
    await home(pilot, app)
    await questions_of(pilot, app, "source-maps")
    yield "questions-offline"
    await home(pilot, app)
    app.session.answers["sentry.org"] = "acme"
    await plan_of(pilot, app, "sdk")
    yield "plan"
    await pilot.press("space")
    await pilot.pause(0.1)
    yield "plan-left-out"
    await pilot.press("e")
    await pilot.pause(0.2)
    yield "ask"
    await home(pilot, app)
    await plan_of(pilot, app, "test-event")
    yield "plan-skipped"
    await home(pilot, app)


async def refused(pilot: Pilot[object], app: WizardApp) -> AsyncIterator[str]:
    """Yield the states of a repository with a settings module that is not understood, and one that is empty."""
    (app.session.root / "backend" / "orchard" / "settings" / "production.py").write_text("x = (\n", "utf-8")
    await until(pilot, lambda: settled(app))
    yield "home-unparsed"
    await plan_of(pilot, app, "sdk")
    yield "plan-refused"
    await home(pilot, app)


async def empty(pilot: Pilot[object], app: WizardApp) -> AsyncIterator[str]:
    """Yield the state of a folder with nothing to set up."""
    await until(pilot, lambda: type(app.screen).__name__ == "EmptyScreen")
    yield "empty"
    await pilot.press("enter")
    await pilot.press("escape")
    await pilot.pause(0.3)
    yield "home-empty"


async def connected(pilot: Pilot[object], app: WizardApp) -> AsyncIterator[str]:
    """Yield the names of the states with Sentry."""
    opening = OPENING.format(name=SAMPLES[0].name, about=SAMPLES[0].about)
    app.notify(opening, title="Demo", timeout=600, markup=False)
    await until(pilot, lambda: settled(app))
    yield "demo-opening"
    app.clear_notifications()
    app.action_connect()
    await until(pilot, lambda: app.wizard.connected and settled(app))
    app.clear_notifications()
    await pilot.pause(0.3)
    yield "home-connected"
    await questions_of(pilot, app, "project")
    if select := list(app.screen.query(Select)):
        select[0].action_show_overlay()
        await pilot.pause(0.3)
        yield "questions-select"
        await pilot.press("escape")
    field = app.screen.query(Input).first()
    kept, field.value = field.value, "Not A Slug!"
    await pilot.pause(0.2)
    yield "questions-wrong"
    field.value = kept
    await home(pilot, app)
    await plan_of(pilot, app, "project")
    yield "plan-project"
    await home(pilot, app)
    await proof_of(pilot, app, "project")
    yield "proof-project"
    await pilot.press("enter")
    await home(pilot, app)
    await plan_of(pilot, app, "dsn")
    yield "plan-dsn"
    await home(pilot, app)
    for step in ("sdk", "dsn"):
        await proof_of(pilot, app, step)
        yield f"proof-{step}"
        if step == "sdk":
            await pilot.press("v")
            await until(pilot, on(app, ConfirmScreen))
            yield "confirm-run"
            await pilot.press("n")
            await pilot.pause(0.2)
        await pilot.press("enter")
        await home(pilot, app)
    await questions_of(pilot, app, "test-event")
    yield "questions-test-event"
    await pilot.press("ctrl+s")
    await until(pilot, on(app, PlanScreen))
    await pilot.press("a")
    await until(pilot, on(app, ProofScreen))
    await until(pilot, lambda: "accepted" in str(app.screen.query_one("#log", Static).render()))
    yield "proof-under-way"
    await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
    yield "proof-test-event"
    await pilot.press("enter")
    await home(pilot, app)
    for step in ("frontend-sdk", "source-maps"):
        await plan_of(pilot, app, step)
        yield f"plan-{step}"
        await home(pilot, app)
        await proof_of(pilot, app, step)
        yield f"proof-{step}"
        await pilot.press("enter")
        await home(pilot, app)
    await questions_of(pilot, app, "alerts")
    yield "questions-alerts"
    await home(pilot, app)
    await questions_of(pilot, app, "release-tracking")
    yield "questions-release"
    await home(pilot, app)
    for step in ("release-tracking", "alerts"):
        await proof_of(pilot, app, step)
        yield f"proof-{step}"
        await pilot.press("enter")
        await home(pilot, app)
        await pilot.press("u")
        await until(pilot, on(app, ConfirmScreen))
        yield f"confirm-undo-{step}"
        await pilot.press("n")
        await pilot.pause(0.1)
    yield "home-done"
    app.action_finish()
    await until(pilot, on(app, FinishScreen))
    yield "finish"
    app.screen.query_one("#report").scroll_end(animate=False)
    await pilot.pause(0.2)
    yield "finish-end"
    for fold in app.screen.query(Collapsible):
        fold.collapsed = False
    await pilot.pause(0.3)
    app.screen.query_one("#report").scroll_relative(y=app.size.height // 2, animate=False)
    await pilot.pause(0.2)
    yield "finish-report"
    await pilot.press("b")
    await until(pilot, on(app, CommitScreen))
    yield "commit"
    await pilot.press("ctrl+s")
    await until(pilot, on(app, FinishScreen))
    app.clear_notifications()
    await pilot.pause(0.5)
    yield "finish-committed"
    await home(pilot, app)
    app.session.performance = week  # type: ignore[method-assign]
    app.push_screen(PerformanceScreen(app.session))
    await until(pilot, on(app, PerformanceScreen))
    await pilot.pause(0.8)
    yield "performance"
    app.screen.query_one("#form").scroll_end(animate=False)
    await pilot.pause(0.2)
    yield "performance-end"
    await home(pilot, app)
    app.session.performance = nothing  # type: ignore[method-assign]
    app.push_screen(PerformanceScreen(app.session))
    await until(pilot, on(app, PerformanceScreen))
    await pilot.pause(0.5)
    yield "performance-empty"
    await home(pilot, app)


async def week() -> tuple[Review, ...]:
    """Return a week of a shop."""
    days = tuple(
        Day(
            date=dt.date(2026, 11, 17) + dt.timedelta(days=n),
            count=[4210, 5120, 6033, 5500, 5890, 2100, 1800][n],
            p50=80 + n,
            p75=140 + 9 * n,
            p95=None if n == 2 else 700 + 60 * n,
            failure_rate=0.002 * n,
            apdex=0.97 - 0.01 * n,
        )
        for n in range(7)
    )
    found = Performance(
        project="orchard-backend",
        days=days,
        failure_rate=0.012,
        apdex=0.91,
        transactions=(
            Slow(name="/api/v1/checkout/", count=3500, p95=1850.0),
            Slow(name="/api/v1/products/{id}/", count=12260, p95=420.0),
            Slow(name="/", count=26000, p95=120.0),
        ),
        queries=(Slow(name="SELECT … FROM orchard_checkout", count=35, p95=1100.0),),
        requests=(),
        usage=Usage(counts={("span", "accepted"): 1_402_113, ("span", "rate_limited"): 31_020}),
    )
    other = Review(slug="orchard-frontend", found="there is no project orchard-frontend", present_rate=None)
    return Review(slug="orchard-backend", found=found, present_rate=0.1), other


async def nothing() -> tuple[Review, ...]:
    """Return a project without traffic."""
    found = Performance(
        project="orchard-backend",
        days=(),
        failure_rate=None,
        apdex=None,
        transactions=(),
        queries=(),
        requests=(),
        usage=None,
    )
    return (Review(slug="orchard-backend", found=found, present_rate=0.1),)


WALKS = (offline, refused, empty, connected)


async def walk(
    painter: Painter, folder: Path, size: tuple[int, int], themes: tuple[str, ...], only: tuple[str, ...], which: object
) -> None:
    """Take every state of a walk in every theme."""
    scratch = Path(tempfile.mkdtemp(dir=folder))
    root = scratch if which is empty else make_sample(scratch)
    with running_sandbox(SandboxState(traffic=True, delay=2.5)) as sandbox:
        environ = {"SENTRY_AUTH_TOKEN": sandbox.token} if which is connected else {}
        session = Session(root, {"sentry.url": sandbox.public_url}, environ=environ, install=False, poll=0.1)
        app = make_app(session)
        async with app.run_test(size=size, notifications=True) as pilot:
            async for name in which(app=app, pilot=pilot):  # type: ignore[operator]
                if only and not any(name.startswith(o) for o in only):
                    continue
                for theme in themes:
                    app.theme = theme
                    app.stylesheet.update(app.screen)  # the palette takes a new theme only when it opens
                    await pilot.pause(0.15)
                    painter.take(app, f"{size[0]}x{size[1]}-{theme.removeprefix('textual-')}-{name}")
                app.theme = themes[0]
                sys.stderr.write(f"{size[0]}x{size[1]} {name}\n")


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", action="append", type=lambda t: tuple(int(n) for n in t.split("x")))
    parser.add_argument("--theme", action="append")
    parser.add_argument("--only", default="")
    parser.add_argument("--walk", action="append", choices=[w.__name__ for w in WALKS])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    painter = Painter(given.folder)
    only = tuple(o for o in given.only.split(",") if o)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(XDG_STATE_HOME=scratch, XDG_CONFIG_HOME=scratch, XDG_CACHE_HOME=scratch, HOME=scratch)
        for size in given.size or SIZES:
            for which in WALKS:
                if not given.walk or which.__name__ in given.walk:
                    work = walk(painter, Path(scratch), size, tuple(given.theme or THEMES), only, which)
                    asyncio.run(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
