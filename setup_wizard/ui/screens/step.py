"""A step's questions, prefilled with what was found; the next screen is its plan."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.suggester import SuggestFromList
from textual.widgets import Footer, Input, Static

from checks.errors import SentrySetupError
from setup_wizard.questions import Question
from setup_wizard.steps import Step
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import safe


class QuestionsScreen(TellsFaults, Screen[dict[str, str] | None]):
    """Asks a step's questions; dismissed with the answers, or None for back."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "go_on", "Show the plan", id="questions.plan", priority=True),
        Binding("down", "choose", "Choose from a list", id="questions.choose", priority=True),
        Binding("escape", "back", "Back", id="questions.back"),
    ]

    def __init__(self, step: Step, questions: tuple[Question, ...]) -> None:
        super().__init__()
        self.step = step
        self.questions = questions

    def compose(self) -> ComposeResult:
        """Lay the form out."""
        yield Static(
            Content.assemble(
                (f" {self.step.title} ", "bold reverse"),
                ("   1 questions", "bold"),
                (" · 2 plan · 3 proof", "$text-muted"),
            ),
            id="title",
        )
        with VerticalScroll(id="form"):
            for number, question in enumerate(self.questions):
                with Horizontal(classes="question"):
                    yield Static(question.label, classes="label", markup=False)
                    with Vertical(classes="answer"):
                        suggester = SuggestFromList(question.choices) if question.choices else None
                        yield Input(question.value, id=f"q{number}", suggester=suggester, select_on_focus=False)
                        yield Static(Content(self._found(question)), id=f"f{number}", classes="muted")
            yield Static("Nothing is changed yet: enter shows the plan, tab moves between the fields.", classes="muted")
        yield Footer(show_command_palette=False)

    def _found(self, question: Question) -> str:
        choices = f"   choices: {', '.join(question.choices[:5])}" if question.choices else ""
        return safe(question.found + choices)

    def _asked(self) -> Question | None:
        """Return the question whose field the cursor is in."""
        identity = (self.focused.id or "") if self.focused is not None else ""
        return self.questions[int(identity[1:])] if identity[:1] == "q" and identity[1:].isdigit() else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a list only where a field has one."""
        if action != "choose":
            return True
        asked = self._asked()
        return bool(asked and asked.choices)

    def on_descendant_focus(self) -> None:
        """Show the keys of the field that the cursor went to."""
        self.refresh_bindings()

    @work(exclusive=True, group="choose", exit_on_error=False)
    async def action_choose(self) -> None:
        """Choose an answer from its list, with a search."""
        from setup_wizard.ui.screens.pick import PickScreen

        asked, field = self._asked(), self.focused
        if asked is None or not isinstance(field, Input):
            return
        chosen = await self.app.push_screen_wait(PickScreen(asked.label, [(c, c) for c in asked.choices]))
        if chosen is not None:
            field.value = chosen

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say beside a field what is wrong with it."""
        number = int((event.input.id or "q0")[1:])
        question = self.questions[number]
        problem = question.problem(event.value)
        note = self.query_one(f"#f{number}", Static)
        note.update(Content.assemble((f"✗ {problem}", "$text-error")) if problem else Content(self._found(question)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter shows the plan, from whichever field: the answers are prefilled."""
        event.stop()
        self.action_go_on()

    def action_go_on(self) -> None:
        """Go on to the plan, unless an answer is wrong."""
        answers = {}
        for number, question in enumerate(self.questions):
            field = self.query_one(f"#q{number}", Input)
            if question.problem(field.value):
                field.focus()
                return
            answers[question.key] = field.value.strip()
        self.dismiss(answers)

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        self.app.notify(error.sentence, severity="error", markup=False)

    def action_back(self) -> None:
        """Go back; nothing was changed."""
        self.dismiss(None)
