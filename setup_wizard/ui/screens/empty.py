"""Nothing to set up here: asks for the repository instead of showing a list of what does not apply."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from setup_wizard.ui.text import FAIL, MUTED, safe
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.panel import Panel


class EmptyScreen(ModalScreen[Path | None]):
    """Asks for another folder; dismissed with it, or with None for staying."""

    AUTO_FOCUS = "#folder"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "stay", "Show the checklist anyway", id="empty.stay")]

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def compose(self) -> ComposeResult:
        """Lay the question out."""
        with Panel("Nothing to set up here"):
            yield Static(
                Content.assemble(
                    ("In ", ""),
                    (safe(str(self.root)), "bold"),
                    " there is no backend (a Django project, or an application that a command starts) and no frontend with a bundler "
                    "(a package.json with Vite, for example).\n\nWhich folder is the repository?",
                )
            )
            yield Input(str(self.root), id="folder", select_on_focus=False)
            yield Static(id="message")
            with Horizontal(classes="buttons"):
                yield Button("Use this folder  ⏎", variant="primary", compact=True)
            yield Static(
                Content.assemble(
                    (
                        "\nIf this is the right one, leave with ctrl+q and name its folders:\n"
                        "  sentry-setup --set backend.root=FOLDER\n"
                        "  sentry-setup --set frontend.root=FOLDER",
                        MUTED,
                    )
                )
            )
        yield Keys()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the folder."""
        event.stop()
        self._take(event.value)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The button takes it too."""
        event.stop()
        self._take(self.query_one("#folder", Input).value)

    def _take(self, typed: str) -> None:
        """Take the folder, if it is one."""
        try:
            folder = Path(typed.strip()).expanduser()
            folder = folder if folder.is_absolute() else self.root / folder
            there = folder.is_dir()
        except (OSError, RuntimeError, ValueError):  # too long, not to be entered, the home of nobody
            there = False
        if not there:
            self.query_one("#message", Static).update(Content.assemble((f"✗ {safe(typed)} is not a directory", FAIL)))
            return
        self.dismiss(folder.resolve())

    def action_stay(self) -> None:
        """Stay here."""
        self.dismiss(None)
