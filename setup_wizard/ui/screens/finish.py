"""Finish: the audit's own report, what changed, what is left for a person, how to undo."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from checks.checklist import CHECKLIST
from checks.errors import SentrySetupError
from checks.model import Report
from checks.report.text import render_text
from setup_wizard.plan.journal import Run
from setup_wizard.session import Session
from setup_wizard.state import WizardState
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import safe


class FinishScreen(TellsFaults, Screen[str | None]):
    """The report, for reading and copying."""

    AUTO_FOCUS = "#report"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="finish.back"),
        Binding("b", "commit", "Commit on a branch", id="finish.commit"),
        Binding("g", "audit_in_ci", "Audit in CI", id="finish.ci"),
        Binding("y", "copy", "Copy", id="finish.copy"),
        Binding("q", "app.quit", "Quit", id="finish.quit"),
    ]

    def __init__(self, session: Session, state: WizardState, runs: list[Run], committable: tuple[str, ...]) -> None:
        super().__init__()
        self.session, self.committable = session, committable
        results = tuple(state.results[i.id] for i in CHECKLIST if i.id in state.results)
        self.text = self._changed(state, runs) + render_text(
            Report(root=state.header.repository, revision=None, results=results, online=state.connected)
        )

    @staticmethod
    def _changed(state: WizardState, runs: list[Run]) -> str:
        """Say what the runs did that stand in the journal, those of earlier sittings too."""
        lines: list[str] = []
        for run in runs:
            name = ", ".join(run.steps)
            lines += [f"  {name:18} {path}" for path in sorted({record.path for record in run.files})]
        created = [f"{c['kind']} {c['name']}  {c['url']}" for run in runs for c in run.created]
        tasks = list(dict.fromkeys(t for a in state.applied for t in a.by_hand))
        out = ["What changed", *(lines or ["  no file"])]
        if created:
            out += ["", "Created in Sentry (undo never deletes there)", *(f"  {c}" for c in created)]
        done = sum(a.done for a in state.applied)
        if done or tasks:
            out += ["", f"done {done}, for you {len(tasks)}"]
        for task in tasks:
            out.append(f"  {task.title}" + (f": {task.reason}" if task.reason else ""))
            out += [f"    {x}" for x in (*task.snippet.splitlines(), task.command, task.url) if x]
        if runs:
            out += ["", "Undo", *(f"  sentry-setup undo {run.id}   {', '.join(run.steps)}" for run in reversed(runs))]
        return "\n".join(out) + "\n\n"

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(Content.assemble((" Report ", "bold reverse")), id="title")
        with VerticalScroll(id="report", can_focus=True):
            yield Static(Content("\n".join(safe(x) for x in self.text.splitlines())))
        yield Footer(show_command_palette=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to commit only where there is something to commit."""
        return bool(self.committable) if action == "commit" else True

    @work(exclusive=True, group="commit", exit_on_error=False)
    async def action_commit(self) -> None:
        """Commit the changed files on a branch of their own."""
        from setup_wizard.ui.screens.commit import CommitScreen

        branch = await self.app.push_screen_wait(CommitScreen(self.session, self.committable))
        if branch:
            self.committable = ()
            self.refresh_bindings()
            self.app.notify(f"Committed on {branch}, which is checked out now.", markup=False)

    def action_audit_in_ci(self) -> None:
        """Go on with the step that adds the audit to CI."""
        self.dismiss("ci-audit")

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong."""
        self.app.notify(error.sentence, severity="error", markup=False)

    def action_back(self) -> None:
        """Go back to the checklist."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy the report."""
        self.app.copy_to_clipboard(self.text)
        self.app.notify("Copied.")
