"""Good practice: an item that no step sets up, in full, with a snippet fitted to the repository."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from checks.checklist import find_item
from checks.errors import SentrySetupError
from checks.model import Result
from setup_wizard.recommendations import Practice
from setup_wizard.session import Session
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import code_rows, detail, safe
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.rows import Rows

if TYPE_CHECKING:
    from setup_wizard.ui.app import WizardApp


class PracticeScreen(TellsFaults, Screen[str | None]):
    """Shows an item and its snippet; dismissed with the step that inserts it, or None."""

    AUTO_FOCUS = "#item"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "insert", "Insert it", id="practice.insert"),
        Binding("y", "copy", "Copy", id="practice.copy"),
        Binding("o", "docs", "Documentation", id="practice.docs"),
        Binding("escape", "back", "Back", id="practice.back"),
    ]

    def __init__(self, session: Session, item_id: str, result: Result | None) -> None:
        super().__init__()
        self.session, self.item_id, self.result = session, item_id, result
        self.practice: Practice | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(Content.assemble((" Good practice ", "bold reverse")), id="title")
        with VerticalScroll(id="item", can_focus=True):
            yield Static(detail(self.item_id, self.result))
            yield Static(id="snippet")
        yield Keys()

    def on_mount(self) -> None:
        """Look for what fits this repository."""
        self.look()

    @work(exclusive=True, group="practice", exit_on_error=False)
    async def look(self) -> None:
        """Show the snippet."""
        try:
            self.practice = await asyncio.to_thread(self.session.practice, self.item_id)
        except SentrySetupError as error:
            self.fail(error)
            return
        if self.practice is not None:
            head = Content.assemble((f"For {safe(self.practice.place)}", "bold"))
            self.query_one("#snippet", Static).update(
                Rows([("", ""), ("", head), ("", ""), *code_rows(self.practice.snippet, path=self.practice.place)])
            )
        self.refresh_bindings()

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        self.query_one("#snippet", Static).update(Content.assemble((f"\n✗ {safe(error.message)}", "$role-fail")))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to insert and to copy only what there is."""
        if action == "insert":
            return self.practice is not None and self.practice.step is not None
        return self.practice is not None if action == "copy" else True

    def action_insert(self) -> None:
        """Continue with the step that inserts it: plan, diff, apply."""
        if self.practice is not None:
            self.dismiss(self.practice.step)

    def action_copy(self) -> None:
        """Copy the snippet."""
        if self.practice is not None:
            cast("WizardApp", self.app).copy(self.practice.snippet, "the snippet")

    def action_docs(self) -> None:
        """Open the documentation in the browser."""
        self.app.open_url(find_item(self.item_id).docs_url)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)
