"""While a step is planned: which step it is, since when, and how to stop."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from checks.errors import SentrySetupError
from setup_wizard.plan.model import Plan
from setup_wizard.session import Session
from setup_wizard.steps import Step
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.stepper import Stepper
from setup_wizard.ui.widgets.waiting import Waiting


class PlanningScreen(TellsFaults, Screen[Plan | SentrySetupError | None]):
    """Plans a step; dismissed with the plan, with what went wrong, or with None where the person did not wait."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Stop", id="plan.back")]

    def __init__(self, session: Session, step: Step, place: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.session, self.step, self.place = session, step, place

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Stepper(self.step.title, 1, self.place)
        yield Waiting(id="summary", stop="escape")
        yield Keys()

    def on_mount(self) -> None:
        """Begin to plan."""
        self.query_one(Waiting).wait(f"planning {self.step.title}")
        self.make()

    @work(exclusive=True, group="plan", exit_on_error=False)
    async def make(self) -> None:
        """Plan."""
        self.dismiss(await self.session.plan(self.step))

    def fail(self, error: SentrySetupError) -> None:
        """Hand what went wrong to where it is told."""
        self.dismiss(error)

    def action_back(self) -> None:
        """Go back; nothing was changed."""
        self.workers.cancel_group(self, "plan")
        self.dismiss(None)
