"""The diffs of several files in one scroll, each below its name and its counts; what is left out has no color."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from setup_wizard.plan.model import FileChange
from setup_wizard.ui.diffs import blocks_of, counted, gutter_of, rows_of
from setup_wizard.ui.text import MUTED, safe


class Changes(VerticalScroll):
    """The changes, one below the other; `blocks` are the lines of each part of each file, by its path."""

    def __init__(self, changes: Iterable[FileChange]) -> None:
        super().__init__(id="diff", can_focus=False)
        self.changes = tuple(changes)
        self.blocks = {c.path: blocks_of(c) for c in self.changes}
        self.digits = gutter_of(part for parts in self.blocks.values() for part in parts)

    def compose(self) -> ComposeResult:
        """Lay the files out."""
        for number, change in enumerate(self.changes):
            yield Static(self._head(change), id=f"head{number}", classes="head")
            with Vertical(classes="code"):
                for part, lines in enumerate(self.blocks[change.path]):
                    yield Static(rows_of(change.path, lines, self.digits), id=f"code{number}-{part}")

    def counted(self, path: str) -> str:
        """Return how many lines come and go in a file."""
        return counted(tuple(line for part in self.blocks[path] for line in part))

    def titled(self, path: str, room: int = 0) -> Content:
        """Return a file's name with its counts; in a narrow column its last folders, so that the counts stay in view."""
        counts, shown = f"  {self.counted(path)}", safe(path)
        while room and cell_len(shown) + len(counts) > room and (rest := shown.removeprefix("…/").partition("/")[2]):
            shown = f"…/{rest}"
        return Content.assemble(shown, (counts, MUTED))

    def leave_out(self, number: int, out: frozenset[int]) -> None:
        """Show which parts of a file are left out."""
        change = self.changes[number]
        blocks = self.blocks[change.path]
        for part, lines in enumerate(blocks):
            shown = rows_of(change.path, lines, self.digits, out=part in out)
            self.query_one(f"#code{number}-{part}", Static).update(shown)
        self.query_one(f"#head{number}", Static).update(self._head(change, out=len(out) == len(blocks)))

    def bring(self, number: int, part: int | None = None) -> None:
        """Bring a file, or a part of it, to the top of the view."""
        shown = f"#head{number}" if part is None else f"#code{number}-{part}"
        self.scroll_to_widget(self.query_one(shown), top=True, animate=False)

    def step(self, direction: int) -> None:
        """Scroll by a few lines; on a narrow screen the files and their diffs are one scroll."""
        scrolled = self if self.max_scroll_y else self.query_ancestor("#columns", Widget)
        scrolled.scroll_relative(y=direction * 5, animate=False)

    def _head(self, change: FileChange, *, out: bool = False) -> Content:
        """Return the line above a file's diff: its path, its counts, and whether it is new or left out."""
        said = "left out" if out else self.counted(change.path)
        made = "  new file" if change.before is None else ""
        return Content.assemble((safe(change.path), MUTED if out else "bold"), (f"  {said}{made}", MUTED))


def total_of(changes: Iterable[FileChange]) -> str:
    """Return how many lines come and go in all files together: `+148 −1`."""
    return counted(tuple(line for change in changes for part in blocks_of(change) for line in part))
