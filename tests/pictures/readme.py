"""The picture of the README: the wizard on the demo's sample with the local Sentry, recorded while it really runs.

python -m tests.pictures.readme            # writes .github/demo.svg
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from checks.checklist import CHECKLIST
from setup_wizard.demo import make_sample
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.session import Session
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.screens.finish import FinishScreen
from setup_wizard.ui.screens.home import HomeScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from tests.pictures.animation import Frame, animated

TARGET = Path(__file__).parent.parent.parent / ".github" / "demo.svg"
SIZE = (104, 30)
TITLE = "sentry-setup sets up a sample project: checklist, questions, plan, proof, finish"


async def record(app: WizardApp) -> list[Frame]:
    """Walk through the demo and return what was seen at each moment."""
    frames: list[Frame] = []

    def take(seconds: float, caption: str) -> None:
        frames.append(Frame(svg=app.export_screenshot(simplify=True), seconds=seconds, caption=caption))

    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, lambda: len(app.wizard.results) == len(CHECKLIST) and not app.wizard.busy)
        await _until(pilot, lambda: bool(app.wizard.previews))
        take(3, "sentry-setup   the checklist: what is missing, and what each fix will do")
        shown = {"project", "source-maps", "test-event"}
        while True:
            await pilot.press("n")
            await _until(pilot, lambda: isinstance(app.screen, (QuestionsScreen, PlanScreen, FinishScreen)))
            if isinstance(app.screen, FinishScreen):
                break
            step = app.screen.step.id
            if isinstance(app.screen, QuestionsScreen):
                if step in shown:
                    take(2, "n   the next step: each answer comes with the place it was found in")
                await pilot.press("ctrl+s")
                await _until(pilot, lambda: isinstance(app.screen, PlanScreen))
            if step in shown:
                take(3, "ctrl+s   the plan: nothing has been written yet")
            await pilot.press("a")
            await _until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
            if step in shown:
                take(3, "a   apply, then prove it")
            await pilot.press("enter")
            await _until(pilot, lambda: isinstance(app.screen, HomeScreen) and app.wizard.busy is None)
            if step in shown:
                take(1.5, "enter   the item is ticked by what was seen")
        await pilot.pause()
        take(5, "what is left for you, what changed, and how to share it")
    return frames


async def _until(pilot: Pilot[object], condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"the screen is {pilot.app.screen!r}")
        await pilot.pause(0.02)
    await pilot.pause(0.1)


def main() -> int:
    """Record the demo, and write the picture."""
    with tempfile.TemporaryDirectory() as folder, running_sandbox(SandboxState(traffic=True)) as sandbox:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        session = Session(
            make_sample(Path(folder).resolve()),
            {"sentry.url": sandbox.public_url},
            environ={"SENTRY_AUTH_TOKEN": sandbox.token},
            install=False,
            poll=0.1,
        )
        picture = animated(asyncio.run(record(make_app(session))), TITLE)
    TARGET.write_text(picture.replace(folder, "~"), "utf-8")
    sys.stderr.write(f"{TARGET}: {len(picture) // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
