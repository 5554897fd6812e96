"""A step's questions, prefilled with what was found; the next screen is its plan."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from checks.errors import SentrySetupError
from setup_wizard.questions import Question
from setup_wizard.steps import Step
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import MUTED
from setup_wizard.ui.widgets.field import Field
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.stepper import Stepper


class QuestionsScreen(TellsFaults, Screen[dict[str, str] | None]):
    """Asks a step's questions; dismissed with the answers, or None for back."""

    AUTO_FOCUS = "Tick, #q0"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (150, "-roomy")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "go_on", "Show the plan", id="questions.plan", priority=True),
        Binding("tab", "app.focus_next", "Next field", id="questions.field"),
        Binding("escape", "back", "Back", id="questions.back"),
    ]

    def __init__(
        self,
        step: Step,
        questions: tuple[Question, ...],
        place: tuple[int, int] | None = None,
        about: Rows | None = None,
    ) -> None:
        super().__init__()
        self.step, self.questions, self.place, self.about = step, questions, place, about

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        yield Stepper(self.step.title, 0, self.place)
        with Horizontal(id="columns"):
            with VerticalScroll(id="form", can_focus=False):
                for number, question in enumerate(self.questions):
                    yield Field(number, question)
                with Horizontal(classes="buttons"):
                    yield Button("Show the plan  ^s", id="plan", variant="primary", compact=True)
                    yield Static(Content.assemble(("Nothing is changed yet.", MUTED)), id="yet")
            if self.about is not None:
                with VerticalScroll(id="about", can_focus=False):
                    yield Static(self.about)
        yield Keys()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter in a text field shows the plan: the answers are prefilled."""
        event.stop()
        self.action_go_on()

    @on(Button.Pressed, "#plan")
    def pressed(self, event: Button.Pressed) -> None:
        """The button shows the plan."""
        event.stop()
        self.action_go_on()

    def action_go_on(self) -> None:
        """Continue to the plan, unless an answer is wrong."""
        fields = list(self.query(Field))
        wrong = next((f for f in fields if f.wrong), None)
        if wrong is not None:
            wrong.changed(Field.Answered())
            wrong.focus_control()
            return
        self.dismiss({f.question.key: f.value for f in fields})

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        self.app.notify(error.sentence, severity="error", markup=False)

    def action_back(self) -> None:
        """Go back; nothing was changed."""
        self.dismiss(None)
