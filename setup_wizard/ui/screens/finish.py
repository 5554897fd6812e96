"""Finish: the audit's own report, what changed, what is left for a person, how to undo."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from checks.checklist import CHECKLIST
from checks.model import Report
from checks.report.text import render_text
from setup_wizard.state import WizardState
from setup_wizard.ui.text import safe


class FinishScreen(Screen[None]):
    """The report, for reading and copying."""

    AUTO_FOCUS = "#report"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back", id="finish.back"),
        Binding("y", "copy", "Copy", id="finish.copy"),
        Binding("q", "app.quit", "Quit", id="finish.quit"),
    ]

    def __init__(self, state: WizardState, root: str) -> None:
        super().__init__()
        results = tuple(state.results[i.id] for i in CHECKLIST if i.id in state.results)
        self.text = self._changed(state) + render_text(
            Report(root=root, revision=None, results=results, online=state.connected)
        )

    @staticmethod
    def _changed(state: WizardState) -> str:
        lines: list[str] = []
        for applied in state.applied:
            for step in applied.steps:
                lines += [f"  {step.step:18} {path}" for path in step.files]
        created = [c for a in state.applied for c in a.created]
        tasks = list(dict.fromkeys(t for a in state.applied for t in a.by_hand))
        out = ["What changed", *(lines or ["  no file"])]
        if created:
            out += ["", "Created in Sentry (undo never deletes there)", *(f"  {c}" for c in created)]
        if tasks:
            out += ["", "Left for you"]
            for task in tasks:
                out += [f"  {task.title}", *(f"    {x}" for x in (task.command, task.url) if x)]
        runs = [a.run for a in state.applied if a.run]
        if runs:
            out += ["", "Undo", *(f"  sentry-setup undo {run}" for run in reversed(runs))]
        return "\n".join(out) + "\n\n"

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(Content.assemble((" Report ", "bold reverse")), id="title")
        with VerticalScroll(id="report", can_focus=True):
            yield Static(Content("\n".join(safe(x) for x in self.text.splitlines())))
        yield Footer(show_command_palette=False)

    def action_copy(self) -> None:
        """Copy the report."""
        self.app.copy_to_clipboard(self.text)
        self.app.notify("Copied.")
