"""Driving the wizard in tests: waiting for conditions, sittings on the sandbox, and a sitting that is the same each time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from checks.checklist import CHECKLIST
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen


async def until(pilot: Pilot, condition: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for a condition, not for a time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            told = getattr(getattr(pilot.app, "wizard", None), "error", None)
            raise AssertionError(f"it did not happen; the screen is {pilot.app.screen!r}; told: {told}")
        await pilot.pause(0.02)
    await pilot.pause()


def on(app: WizardApp, screen: type) -> Callable[[], bool]:
    return lambda: isinstance(app.screen, screen) and app.screen.is_mounted


def decided(app: WizardApp) -> Callable[[], bool]:
    return lambda: (
        len(app.wizard.results) == len(CHECKLIST) and bool(app.wizard.header.found) and app.wizard.busy is None
    )


def drawn(app: WizardApp, word: str) -> Callable[[], bool]:
    """A word stands on the screen, in the footer too: what is drawn last is drawn."""
    return lambda: word in app.export_screenshot().replace("&#160;", " ")


def settled(app: WizardApp) -> Callable[[], bool]:
    """Everything decided, and what each step would do planned: nothing changes on the screen by itself any more."""
    return lambda: decided(app)() and bool(app.wizard.previews)


def session(root: Path, state: SandboxState, token: bool = True) -> Session:
    environ = {"SENTRY_AUTH_TOKEN": state.token} if token else {}
    return Session(root, {"sentry.url": state.public_url}, environ=environ, install=False, poll=0.1)


def frozen(sample: Path, monkeypatch: pytest.MonkeyPatch) -> WizardApp:
    """The app on the sample with all that changes from run to run taken out."""
    monkeypatch.setattr("setup_wizard.ui.sitting.repository_name", lambda root: "orchard")
    made = Session(sample, {"sentry.url": "http://127.0.0.1:9000"}, environ={}, install=False)
    made.header = lambda: made_header  # type: ignore[method-assign]
    from setup_wizard.state import Header

    made_header = Header(
        repository="orchard", branch="main", changed=0, found=("Django orchard.settings.production", "Vite frontend")
    )
    return make_app(made)


def offline(sample: Path) -> WizardApp:
    """The app on a repository, without Sentry."""
    return make_app(Session(sample, {"sentry.org": "acme"}, environ={}, install=False))


async def applied(sample: Path, *steps: str) -> None:
    """Apply steps without Sentry, as an earlier sitting would have."""
    made = Session(sample, {"sentry.org": "acme"}, environ={}, install=False)
    await made.engine().apply(find_steps(list(steps)))


async def undone(pilot: Pilot, app: WizardApp) -> None:
    """Undo the last run, and agree to it."""
    await until(pilot, decided(app))
    await pilot.press("u")
    await until(pilot, on(app, ConfirmScreen))
    await pilot.press("y")
    for worker in list(app.workers):
        with suppress(WorkerCancelled):  # a newer look at the plans takes the place of one that is under way
            await worker.wait()
    await until(pilot, decided(app))


async def proof_of(pilot: Pilot, app: WizardApp) -> None:
    """Go from a step's questions over its plan to the end of its proof, with the answers that stand there."""
    await until(pilot, on(app, QuestionsScreen))
    await pilot.press("ctrl+s")
    await until(pilot, on(app, PlanScreen))
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
