"""The first line of a step's screens: what is set up, which step of how many, and how far: questions, plan, proof."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from setup_wizard.ui.text import MUTED

STAGES = ("Questions", "Plan", "Proof")


class Stepper(Horizontal):
    """A step's title, its place (`step 3 of 8`, where it has one), and the stages with the present one marked."""

    def __init__(self, title: str, stage: int, place: tuple[int, int] | None = None) -> None:
        super().__init__(id="title", classes="stepper")
        self.heading, self.stage, self.place = title, stage, place

    def compose(self) -> ComposeResult:
        """Lay the line out."""
        yield Static(Content.assemble((f" {self.heading} ", "bold reverse")), id="product")
        yield Static(Content.assemble((f"step {self.place[0]} of {self.place[1]}" if self.place else "", MUTED)))
        parts: list[str | tuple[str, str]] = []
        for number, stage in enumerate(STAGES):
            parts.append((" ─ ", MUTED) if number else "")
            mark = "✓ " if number < self.stage else "● " if number == self.stage else "○ "
            parts.append((mark + stage, "bold $role-accent" if number == self.stage else MUTED))
        yield Static(Content.assemble(*parts), id="stages")
