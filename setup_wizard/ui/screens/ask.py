"""One line asked for: the name of a file to save to."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from setup_wizard.ui.text import MUTED, safe
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.panel import Panel


class AskScreen(ModalScreen[str | None]):
    """Dismissed with what was typed, or None."""

    AUTO_FOCUS = "#asked"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Back", id="ask.back")]

    def __init__(self, question: str, value: str, note: str = "") -> None:
        super().__init__()
        self.question, self.value, self.note = question, value, note

    def compose(self) -> ComposeResult:
        """Lay the question out."""
        with Panel(self.question):
            yield Input(self.value, id="asked", select_on_focus=False)
            yield Static(Content.assemble((safe(self.note), MUTED)))
            with Horizontal(classes="buttons"):
                yield Button("Save  ⏎", variant="primary", compact=True)
        yield Keys()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what was typed."""
        event.stop()
        self._take(event.value)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The button takes it too."""
        event.stop()
        self._take(self.query_one("#asked", Input).value)

    def _take(self, typed: str) -> None:
        if typed.strip():
            self.dismiss(typed.strip())

    def action_back(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
