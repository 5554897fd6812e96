"""One item on a narrow screen: what is wrong, each place, what enter will do."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Static

from checks.checklist import find_item
from setup_wizard.state import Preview, WizardState
from setup_wizard.ui.screens.home import SetUp, act_label, name_enter, what_enter_does
from setup_wizard.ui.text import detail, documentation
from setup_wizard.ui.widgets.keys import Keys


class ItemScreen(Screen[None]):
    """One item on a narrow screen."""

    AUTO_FOCUS = "#item"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "set_up", "Fix this", id="home.open", priority=True),
        Binding("o", "docs", "Documentation", id="home.docs"),
        Binding("escape", "app.pop_screen", "Back", id="item.back"),
    ]

    def __init__(self, item_id: str, state: WizardState, preview: Preview | None) -> None:
        super().__init__()
        self.preview = preview
        self.item_id = item_id
        self.state = state
        self.does = what_enter_does(item_id, state.results.get(item_id))

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with VerticalScroll(id="item", can_focus=True):
            result, guide = self.state.results.get(self.item_id), self.state.header.guide
            yield Static(detail(self.item_id, result, self.preview, guide))
        if self.does:
            with Vertical(id="act"):
                yield Button(act_label(self.does), id="fix", variant="primary", compact=True)
        yield Keys()

    def on_mount(self) -> None:
        """Name the key as the button is named."""
        name_enter(self, self.does)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out the step where there is nothing to do."""
        return bool(self.does) if action == "set_up" else True

    @on(Button.Pressed, "#fix")
    def pressed(self, event: Button.Pressed) -> None:
        """The button acts as enter does."""
        event.stop()
        self.action_set_up()

    def action_docs(self) -> None:
        """Open the documentation in the browser."""
        self.app.open_url(documentation(find_item(self.item_id), self.state.header.guide))

    def action_set_up(self) -> None:
        """Leave for the item's step."""
        self.app.pop_screen()
        self.app.post_message(SetUp(self.item_id))
