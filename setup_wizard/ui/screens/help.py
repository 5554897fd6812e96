"""Help: what the groups, signs and keys mean, and where to read more."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from checks.checklist import SUPPORT
from setup_wizard.services.preferences import preferences_file
from setup_wizard.ui.text import MUTED, Row, link, safe
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.panel import Panel
from setup_wizard.ui.widgets.rows import Rows

_SIGNS = (
    ("✓", "$role-pass", "passing, with its evidence"),
    ("◐", "$role-wired", "wired: the repository says so; the detail says what would prove it"),
    ("✗", "$role-fail", "failing: missing or wrong, with the location"),
    ("?", "$role-unknown", "unknown: cannot be checked yet, with what is needed"),
    ("–", MUTED, "does not apply to this repository"),
)
_KEYS = (
    ("enter", "fix the selected item: questions, plan, proof; on a heading: fold or unfold it"),
    ("n", "the next open item; in a proof or a refused plan too"),
    ("A", "fix all, one by one; you still see each plan first"),
    ("a", "in a plan: apply it"),
    ("space", "in a plan: leave out a file or a part of it, or include it again"),
    ("c", "connect to Sentry"),
    ("r", "check everything again"),
    ("u", "undo the last step's file changes; asks first, and lists what stays in Sentry"),
    ("f", "finish: what is left, a commit on a branch, the report"),
    ("/", "find an item"),
    ("o  y  x", "open the documentation or page; copy the value; run the command for you, after asking"),
    ("j  k", "scroll the detail or the diff"),
    ("t", "choose a theme"),
    ("ctrl+p", "every action of this screen, with a search"),
    ("escape", "back, everywhere"),
    ("q", "quit, except in a text field; ctrl+q quits everywhere"),
)


def _short(path: Path) -> str:
    """Return a path below the home as a shell writes it."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _support() -> list[Row]:
    """Return where to read on, each page as a link."""
    pages = (line.partition(": ") for line in SUPPORT)
    return [(Content.assemble((f"{name:<15}", "bold")), link(page)) for name, _, page in pages]


class HelpScreen(ModalScreen[None]):
    """The help text."""

    AUTO_FOCUS = "#help"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark", "app.pop_screen", "Back", id="help.back")]

    def compose(self) -> ComposeResult:
        """Lay the text out."""
        rows: list[Row] = [
            ("", "Nothing is written, run or sent until you have seen its plan and pressed a."),
            ("", ""),
            *((Content.assemble("  ", (f"{sign}  ", style)), said) for sign, style, said in _SIGNS),
            ("", ""),
            *((Content.assemble((f"  {key:8} ", "bold $role-accent")), said) for key, said in _KEYS),
            ("", ""),
            (Content.assemble(("Your own keys  ", "bold")), '{"keys": {"home.next": "space"}}'),
            (" " * 15, Content.assemble(("in ", MUTED), safe(_short(preferences_file())))),
            *_support(),
        ]
        with Panel("Help", id="help", can_focus=True):
            yield Static(Rows(rows))
        yield Keys()
