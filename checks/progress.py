"""Progress on stderr for work that takes more than a second: one line that is rewritten, then cleared.

A line appears only on a terminal, so that pipes and logs never hold it. It is cleared with spaces, which every terminal understands.
"""

from __future__ import annotations

import os
import shutil
import sys
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from checks.report.safe import printable, redact

if TYPE_CHECKING:
    from threading import Event, Thread

DELAY = 1.0
"""Seconds of silence: shorter work shows nothing."""
_FRAMES = "|/-\\"
_EVERY = 0.12


class Waiting:
    """A context in which a terminal shows what is under way. Anything else that writes to stderr goes through `write_line`."""

    def __init__(self, text: str, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shows = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._text = text
        self._drawn = 0
        self._end: Event | None = None
        self._thread: Thread | None = None

    def update(self, text: str) -> None:
        """Change what is shown from the next frame on."""
        self._text = text

    def __enter__(self) -> Waiting:
        if self._shows:
            from threading import Event, Thread

            self._end = Event()
            self._thread = Thread(target=self._draw, args=(self._end, DELAY), daemon=True)
            self._thread.start()
            _active.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._end is not None and self._thread is not None:
            _active.remove(self)
            self._end.set()
            self._thread.join()
            self.clear()

    def _draw(self, end: Event, delay: float) -> None:
        frame = 0
        while not end.wait(delay):
            delay, frame = _EVERY, frame + 1
            room = max(shutil.get_terminal_size().columns - 1, 10)
            line = f"{_FRAMES[frame % len(_FRAMES)]} {redact(printable(self._text))}"[:room]
            self._write("\r" + line.ljust(self._drawn))
            self._drawn = len(line)

    def clear(self) -> None:
        """Remove the line; the next frame draws it again."""
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._drawn = 0  # the terminal is gone; the work continues


_active: list[Waiting] = []


def write_line(text: str) -> None:
    """Write a line to stderr, in place of a progress line that may be there."""
    for waiting in _active:
        waiting.clear()
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
