"""The footer: the keys that work now, as many as the width holds whole; Help and the palette have the rest."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_KEPT = frozenset({"escape", "question_mark", "q"})
"""Keys that are never dropped: the way back, the help, the way out."""

_PADDING = 3


def fitting(keys: Iterable[FooterKey], width: int) -> list[FooterKey]:
    """Return the keys that fit into a width, in order; what comes last is dropped first, but never the way back, help or quit."""
    kept = list(keys)
    for key in reversed([k for k in kept if k.key.split(",")[0] not in _KEPT]):
        if sum(cell_len(k.key_display) + cell_len(k.description) + _PADDING for k in kept) <= width:
            break
        kept.remove(key)
    return kept


class Keys(Footer):
    """A footer in which no key is cut."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._fitted = 0
        self._shown: tuple[object, ...] | None = None

    def compose(self) -> ComposeResult:
        """Lay the keys out."""
        made: list[Widget] = list(super().compose())
        self._shown = self._to_show() if self._bindings_ready else None
        self._fitted = self.screen.size.width
        yield from fitting((w for w in made if isinstance(w, FooterKey)), self._fitted)

    def _to_show(self) -> tuple[object, ...]:
        active = self.screen.active_bindings.values()
        return tuple((b.key, b.description, b.action, enabled, tooltip) for _, b, enabled, tooltip in active if b.show)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Lay the keys out again where others work now: a screen tells of each focus, and most change none of them."""
        if self._bindings_ready and self._to_show() == self._shown:
            return
        super().bindings_changed(screen)
        if not screen.app.app_focus and self.is_attached and screen is self.screen:
            self.call_after_refresh(
                self.recompose
            )  # a browser's tab is read before it is clicked; Textual waits for that

    def on_resize(self, event: events.Resize) -> None:
        """Fit the keys to another width."""
        if self._fitted and self._fitted != self.screen.size.width:
            self.call_after_refresh(self.recompose)
