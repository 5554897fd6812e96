"""The wizard's app: keeps the state, starts the audits, and holds what every screen has: keys, themes, palette, clipboard."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from platformdirs import user_downloads_dir
from textual import events, work
from textual.app import SuspendNotSupported, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.driver import Driver
from textual.screen import Screen

from checks.checklist import CHECKLIST
from checks.errors import FaultError
from checks.report.safe import safe_traceback
from setup_wizard.services.preferences import prefer_theme, preferred_keys, preferred_theme
from setup_wizard.ui.flow import Flow
from setup_wizard.ui.text import safe
from setup_wizard.ui.themes import DEFAULT, HIGH_CONTRAST, variables

if TYPE_CHECKING:
    from setup_wizard.session import Session

LEAST = (60, 16)
"""Columns and rows below which no screen has room."""


_SELDOM = 1000
"""Collections of the young that come before a full one by itself; an audit makes up to a hundred."""


class WizardApp(Flow):
    """The wizard on one repository."""

    CSS_PATH = "wizard.tcss"
    TITLE = "sentry-setup"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", id="app.help"),
        Binding("q", "quit", "Quit", id="app.quit"),
        Binding("t", "change_theme", "Theme", id="app.theme", show=False),
        Binding("ctrl+q", "quit", "Quit", id="app.quit_always", show=False, priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.register_theme(HIGH_CONTRAST)
        chosen = preferred_theme() or DEFAULT
        self.theme = chosen if chosen in self.available_themes else DEFAULT
        self.set_keymap(preferred_keys())
        self.summary = ""

    def get_driver_class(self) -> type[Driver]:
        """Draw where the terminal is: Textual draws on stderr, which may be a file that keeps what goes wrong (`2>FILE`)."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver" or sys.stderr.isatty() or not sys.stdout.isatty():
            return chosen

        class OnStdout(chosen):  # type: ignore[misc, valid-type]
            """Draws on stdout."""

            def __init__(self, *given: Any, **named: Any) -> None:
                super().__init__(*given, **named)
                self._file = sys.__stdout__

        return OnStdout

    def get_css_variables(self) -> dict[str, str]:
        """Add the roles of `themes.py` to the theme's own variables."""
        self.theme_variables = super().get_css_variables() | variables(self.current_theme)
        return self.theme_variables

    def _watch_theme(self, theme_name: str) -> None:
        super()._watch_theme(theme_name)
        if self.is_running and theme_name != (preferred_theme() or DEFAULT):
            prefer_theme(theme_name)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every action of the screen and of the app in the palette, by the name that its key has in the footer."""
        seen: set[str] = set()
        for node, binding, enabled, _ in screen.active_bindings.values():
            inner = binding.id is None  # a widget's own key: the cursor, scrolling
            if inner or not enabled or binding.action in seen or binding.action == "command_palette":
                continue
            seen.add(binding.action)
            keys = f"key {self.get_key_display(binding)}"
            yield SystemCommand(binding.description, keys, partial(self.run_action, binding.action, node))
        yield SystemCommand("Keys", "Show the keys of this screen", self.action_show_help_panel)
        yield SystemCommand("Screenshot", "Save this screen as SVG", lambda: self.set_timer(0.1, self._save_screen))

    def _save_screen(self) -> None:
        """Save the screen where downloads are kept, or at home where there is no such folder."""
        downloads = Path(user_downloads_dir())
        self.deliver_screenshot(path=str(downloads if downloads.is_dir() else Path.home()))

    def action_command_palette(self) -> None:
        """Open the palette, unless it is there: behind another screen, or about to close."""
        if not any(isinstance(node, CommandPalette) for node in self._nodes):
            super().action_command_palette()

    def on_resize(self, event: events.Resize) -> None:
        """Say that a terminal is too small, as long as it is."""
        if event.size.width >= LEAST[0] and event.size.height >= LEAST[1]:
            return
        from setup_wizard.ui.screens.small import SmallScreen

        if not isinstance(self.screen, SmallScreen):
            self.push_screen(SmallScreen(LEAST))

    def copy(self, text: str, what: str) -> bool:
        """Copy text, and say so, or say that it could not be copied."""
        from setup_wizard.services.clipboard import copied

        self.copy_to_clipboard(text)  # also what a paste inside the wizard takes
        done = copied(text, self.session.environ)
        if done is False:
            self.notify(
                f"{what} could not be copied: this terminal does not allow it. Select the text with the mouse.",
                severity="warning",
                markup=False,
            )
        elif done:
            self.notify(f"Copied {what}.", markup=False)
        else:
            self.notify(
                f"Copied {what} through the terminal. If pasting gives nothing, select it with the mouse.", markup=False
            )
        return done is not False

    def hand_over(self, words: tuple[str, ...]) -> int | None:
        """Give this terminal to a command, and return its exit code; None where this screen is in no terminal, which is said."""
        from setup_wizard.services.person_run import run_in_terminal

        try:
            with self.suspend():
                return run_in_terminal(self.session.root, words)
        except SuspendNotSupported:
            self.notify("It can't run here. Copy it (y), and run it in a terminal.", severity="warning")
            return None

    def _fatal_error(self) -> None:
        """Leave with a traceback of our own: Textual's shows the values of variables, and one of them may be a token."""
        from rich.text import Text

        error = sys.exc_info()[1] or RuntimeError("unknown error")
        fault = FaultError(error)
        self.panic(Text(f"{safe_traceback(error)}\nsentry-setup: {safe(fault.message)}\n  → {fault.hint}"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to connect only while not connected, and to undo only what there is."""
        if action == "undo":
            return self.undoable
        return not self.wizard.connected if action == "connect" else True

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def action_find(self) -> None:
        """Find an item by a word of its id or title."""
        from setup_wizard.ui.screens.pick import PickScreen

        entries = [
            (i.id, self.wizard.results[i.id].title if i.id in self.wizard.results else i.title) for i in CHECKLIST
        ]
        chosen = await self.push_screen_wait(PickScreen("Find an item", entries))
        if chosen is not None:
            self.home.select(chosen)

    def action_help(self) -> None:
        """Show the help."""
        from setup_wizard.ui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    async def action_quit(self) -> None:
        """Leave; what was applied stays, and the next start sees it."""
        from setup_wizard.ui.leaving import summary

        self.summary = summary(self.session, self.wizard)
        await self.session.disconnect()
        self.exit(0)


def make_app(session: Session) -> WizardApp:
    """Return the app for a sitting; tests and the command line share it."""
    return WizardApp(session)


def collect_seldom() -> None:
    """Let no full garbage collection hold up the keys: it stops every thread, for 170 ms while a repository of 2,300 files is planned.

    What was imported is left out of them (https://docs.python.org/3/library/gc.html#gc.freeze), and there is none until the plans
    behind the checklist are made, when little is left to look at.
    """
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], _SELDOM)
    gc.enable()


def run_app(session: Session, *, opening: str | None = None) -> int:
    """Run the wizard in this terminal until it is closed; returns its exit code (0: closed as usual). `opening` is said first."""
    app = make_app(session)
    app.opening = opening
    collect_seldom()
    code = app.run() or 0
    if app.summary and opening is None:  # a demo's folder is gone by now, and it says by itself what comes next
        sys.stdout.write(app.summary)
    return code
