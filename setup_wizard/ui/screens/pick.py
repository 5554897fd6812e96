"""A list to choose from, with a search: type to narrow it, enter takes the highlighted entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from setup_wizard.ui.text import safe
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.panel import Panel


class PickScreen(ModalScreen[str | None]):
    """Dismissed with the chosen value, or None. `entries` are `(value, shown)`."""

    AUTO_FOCUS = "#search"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Down", id="pick.down", priority=True),
        Binding("up", "move(-1)", "Up", id="pick.up", priority=True),
        Binding("escape", "back", "Back", id="pick.back"),
    ]

    def __init__(self, title: str, entries: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.heading, self.entries = title, tuple(entries)

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Panel(self.heading):
            yield Input(placeholder="type to search", id="search")
            yield OptionList(id="choices")
        yield Keys()

    def on_mount(self) -> None:
        """Show all entries."""
        self.narrow("")

    @on(Input.Changed, "#search")
    def search(self, event: Input.Changed) -> None:
        """Show the entries that hold every word."""
        event.stop()
        self.narrow(event.value)

    def narrow(self, words: str) -> None:
        """Show the entries that hold every word."""
        wanted = words.lower().split()
        found = [(v, s) for v, s in self.entries if all(w in f"{v} {s}".lower() for w in wanted)]
        choices = self.query_one("#choices", OptionList)
        choices.clear_options()
        choices.add_options([Option(Content(safe(shown)), id=value) for value, shown in found])
        choices.highlighted = 0 if found else None

    def action_move(self, step: int) -> None:
        """Move the highlight, wherever the cursor is."""
        choices = self.query_one("#choices", OptionList)
        if choices.option_count:
            choices.highlighted = ((choices.highlighted or 0) + step) % choices.option_count

    @on(Input.Submitted, "#search")
    def take(self, event: Input.Submitted) -> None:
        """Take the highlighted entry."""
        event.stop()
        option = self.query_one("#choices", OptionList).highlighted_option
        if option is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected, "#choices")
    def clicked(self, event: OptionList.OptionSelected) -> None:
        """Take the entry that was clicked."""
        event.stop()
        self.dismiss(event.option.id)

    def action_back(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
