"""Help: what the keys do and where to read more."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from checks.checklist import SUPPORT

_TEXT = """\
The checklist says what production-ready Sentry needs, and what this repository has of it.

  ✓ pass      proven, with its evidence       ? unknown   cannot be told here; says what would tell it
  ✗ fail      not there, with its place       – n/a       does not concern this repository

  enter   set the selected item up: questions, plan with diff, apply, proof
  n       the next item that is not done      a   all of them, one after the other
  c       connect to Sentry                   r   check everything again
  u       undo the last step's files          f   the report, a commit on a branch; q or ctrl+q leaves
  /       find an item                        o   its documentation in the browser
  j k     scroll the detail and its diff      t   theme: dark, light, high contrast
  escape  goes back, everywhere

Nothing is written, run or sent before its plan was shown and you pressed a.
"""


class HelpScreen(ModalScreen[None]):
    """The help text."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark", "app.pop_screen", "Back", id="help.back")]

    def compose(self) -> ComposeResult:
        """Lay the text out."""
        with VerticalScroll(classes="panel"):
            yield Static(Content(_TEXT + "\n" + "\n".join(SUPPORT)))
        yield Footer(show_command_palette=False)
