"""A question with two answers, asked before something that is not easily taken back."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from setup_wizard.plan.journal import Run
from setup_wizard.ui.text import MUTED, Row, created_of, created_rows, safe, titles
from setup_wizard.ui.widgets.panel import Panel
from setup_wizard.ui.widgets.rows import Rows

_MAX_PATHS = 12


class ConfirmScreen(ModalScreen[bool]):
    """Asks; dismissed with whether it was agreed to."""

    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "agree", "Yes", id="confirm.yes"),
        Binding("n,escape", "refuse", "No", id="confirm.no"),
        Binding("left,right", "app.focus_next", "The other answer", show=False),
    ]

    def __init__(self, question: str, rows: tuple[Row, ...], agree: str, refuse: str = "Keep it  n") -> None:
        super().__init__()
        self.question, self.rows, self.agree, self.refuse = question, rows, agree, refuse

    @classmethod
    def undo(cls, run: Run) -> ConfirmScreen:
        """Ask whether the last run is to be undone: which files, and what stays in Sentry."""
        paths = sorted({record.path for record in run.files})
        counted = f"{len(paths)} file{'s' * (len(paths) != 1)} as before the run:"
        nothing = "This step changed no file, so there is nothing to restore."
        rows: list[Row] = [("", Content.assemble((counted if paths else nothing, "bold")))]
        rows += [("  ", safe(p)) for p in paths[:_MAX_PATHS]]
        rows += [("  ", f"… and {len(paths) - _MAX_PATHS} more")] * (len(paths) > _MAX_PATHS)
        if run.created:
            rows += [("", ""), ("", Content.assemble(("Stays in Sentry; undo deletes nothing there:", "bold")))]
            rows += created_rows(created_of(run.created))
        else:
            rows += [("", ""), ("", Content.assemble(("Nothing was created in Sentry.", MUTED)))]
        if not paths:
            rows += [("", ""), ("", "Skip it, and the next undo takes the step before it.")]
        return cls(f"Undo {titles(run.steps)}?", tuple(rows), "Undo it  y" if paths else "Skip it  y")

    @classmethod
    def run(cls, command: str) -> ConfirmScreen:
        """Ask whether the application is to be run: the very command, and what it does."""
        rows: list[Row] = [
            ("  ", Content.assemble((safe(command), "bold"))),
            ("", ""),
            (
                "",
                "It runs your repository's own code under its production settings, for at most two minutes. Errors go to "
                "a Sentry on this machine; other connections are refused, and none of your secrets are passed on.",
            ),
        ]
        return cls("Run the application to prove that it reports?", tuple(rows), "Run it  y", "Not now  n")

    @classmethod
    def command(cls, command: str) -> ConfirmScreen:
        """Ask whether a command that is the person's own to run is to be run for them."""
        rows: list[Row] = [
            ("  $ ", Content.assemble((safe(command), "bold"))),
            ("", ""),
            (
                "",
                "It runs in this terminal with your own login, and may ask you for input. Undo cannot reverse it.",
            ),
        ]
        return cls("Run this for you?", tuple(rows), "Run it  y", "Not now  n")

    def compose(self) -> ComposeResult:
        """Lay the question out."""
        with Panel(self.question):
            yield Static(Rows(self.rows), id="said")
            with Horizontal(classes="buttons"):
                yield Button(self.agree, id="yes", variant="primary", compact=True)
                yield Button(self.refuse, id="no", compact=True)

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        """Answer by a button."""
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_agree(self) -> None:
        """Agree."""
        self.dismiss(True)

    def action_refuse(self) -> None:
        """Refuse."""
        self.dismiss(False)
