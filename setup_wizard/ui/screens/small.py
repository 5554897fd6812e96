"""A terminal that is too small says so, and continues where it was as soon as it is larger."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static


class SmallScreen(ModalScreen[None]):
    """Shown while the terminal is smaller than `least` (columns, rows)."""

    def __init__(self, least: tuple[int, int]) -> None:
        super().__init__()
        self.least = least

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(id="small")

    def on_mount(self) -> None:
        """Begin with the size there is."""
        self._measure()

    def on_resize(self) -> None:
        """Leave when there is room, else say how much is missing."""
        self._measure()

    def on_screen_resume(self) -> None:
        """Another screen was above this one meanwhile."""
        self._measure()

    def _measure(self) -> None:
        size = self.app.size
        if size.width >= self.least[0] and size.height >= self.least[1]:
            if self.is_current:
                self.dismiss(None)
            return
        columns, rows = self.least
        self.query_one("#small", Static).update(
            f"Too small: {size.width} × {size.height}\nMake it {columns} × {rows}\nq quits, nothing is lost"
        )
