"""Commit on a separate branch: what would be committed, under which name; nothing before it is agreed to."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from checks.errors import SentrySetupError
from setup_wizard.session import Session
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import safe
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.panel import Panel


class CommitScreen(TellsFaults, ModalScreen[str | None]):
    """Asks for the branch and the message; dismissed with the branch that holds the commit, or None."""

    AUTO_FOCUS = "#branch"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "commit", "Commit", id="commit.commit", priority=True),
        Binding("escape", "back", "Back", id="commit.back"),
    ]

    def __init__(self, session: Session, paths: tuple[str, ...]) -> None:
        super().__init__()
        self.session, self.paths = session, paths

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with Panel("Commit on a separate branch"):
            for name, label, value in (
                ("branch", "Branch", "sentry-setup"),
                ("text", "Message", self.session.commit_subject()),
            ):
                with Horizontal(classes="question"):
                    yield Static(label, classes="label", markup=False)
                    with Vertical(classes="answer"):
                        yield Input(value, id=name, select_on_focus=False)
            yield Static(
                "Only the files below are committed. Other changes stay untouched, and your git hooks run.",
                classes="muted",
            )
            yield Static(id="message")
            with Horizontal(classes="buttons"):
                yield Button("Commit  ^s", variant="primary", compact=True)
            yield Static(Content("\n".join(f"  {safe(p)}" for p in self.paths)), classes="muted part")
        yield Keys()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter commits."""
        event.stop()
        self.action_commit()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The button commits."""
        event.stop()
        self.action_commit()

    @work(exclusive=True, group="commit", exit_on_error=False)
    async def action_commit(self) -> None:
        """Commit."""
        branch, text = (self.query_one(f"#{name}", Input).value.strip() for name in ("branch", "text"))
        self.query_one("#message", Static).update(Content("… committing"))
        try:
            await asyncio.to_thread(self.session.commit, branch, text, self.paths)
        except SentrySetupError as error:
            self.fail(error)
            return
        self.dismiss(branch)

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        hint = f"\n  → {safe(error.hint)}" if error.hint else ""
        self.query_one("#message", Static).update(Content.assemble((f"✗ {safe(error.message)}{hint}", "$role-fail")))

    def action_back(self) -> None:
        """Go back; nothing was committed."""
        self.dismiss(None)
