"""A line that says what is waited for: a spinner, the sentence, since when, and how to stop."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.content import Content
from textual.timer import Timer
from textual.visual import Visual
from textual.widgets import Static

from setup_wizard.ui.text import MUTED, safe

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
INTERVAL = 0.12


class Waiting(Static):
    """Empty, or a message, or what is waited for; `stop` says which key ends the waiting ("" for none)."""

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, *, id: str, stop: str = "", indent: str = "") -> None:
        super().__init__(id=id)
        self.stop_, self.indent = stop, indent
        self.sentence: str | None = None
        self._since = 0.0
        self._frame = 0
        self._length = -1
        self._turning: Timer | None = None
        self.display = False  # an empty line would push the others down

    def wait(self, sentence: str) -> None:
        """Begin to wait, or go on waiting for the next thing; the time counts from the first."""
        if self.sentence is None:
            self._since = self.clock()
            self._turning = self.set_interval(INTERVAL, self._turn)
        self.sentence = sentence
        self.display = True
        self._draw()

    def tell(self, said: Visual | Content | str) -> None:
        """Stop waiting, and say something."""
        self.sentence = None
        if self._turning is not None:
            self._turning.stop()
            self._turning = None
        self.display = bool(str(said))
        self._length = -1
        self.update(said)

    def _turn(self) -> None:
        self._frame += 1
        self._draw()

    def _draw(self) -> None:
        if self.sentence is None:
            return
        stop = f", {self.stop_} stops" if self.stop_ else ""
        shown = Content.assemble(
            (f"{self.indent}{SPINNER[self._frame % len(SPINNER)]} ", "$role-accent"),
            safe(self.sentence),
            (f"  {self.clock() - self._since:.0f} s{stop}", MUTED),
        )
        # A turn of the spinner takes the room of the last one: a layout of the whole screen costs more than all the rest.
        self.update(shown, layout=shown.cell_length != self._length)
        self._length = shown.cell_length
