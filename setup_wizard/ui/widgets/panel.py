"""A dialog's frame: its title in the border, what it holds scrolls within it."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content

from setup_wizard.ui.text import safe


class Panel(VerticalScroll):
    """The frame of a modal screen, named by its border."""

    def __init__(self, title: str, *, id: str | None = None, can_focus: bool = False) -> None:
        super().__init__(id=id, classes="panel", can_focus=can_focus)
        self.border_title = Content(f" {safe(title)} ")
