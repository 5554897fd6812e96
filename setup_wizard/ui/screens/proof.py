"""Applying and its proof: what is under way, then the evidence that turned the item, or what went wrong and what did not."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Static

from checks.errors import SentrySetupError
from checks.model import Outcome
from checks.report.text import GLYPHS, place
from setup_wizard.plan.engine import Applied
from setup_wizard.plan.model import Plan
from setup_wizard.session import Session
from setup_wizard.steps import Step
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import STYLES, safe

Part = str | tuple[str, str]


class Progress(Message):
    """A line of progress."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class Onward(Message):
    """A person goes on with the next unchecked item, straight from the proof."""


class ProofScreen(TellsFaults, Screen[Applied | None]):
    """Applies a plan and shows what came of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done", "Checklist", id="proof.done"),
        Binding("n", "next", "Next unchecked", id="proof.next"),
        Binding("escape", "stop", "Stop / back", id="proof.stop"),
        Binding("o", "open", "Open the issue", id="proof.open", show=False),
        Binding("r", "issues('resolve')", "Resolve the test issues", id="proof.resolve"),
        Binding("v", "issues('archive')", "Archive", id="proof.archive"),
        Binding("w", "issues('users')", "Archive until 10 users", id="proof.archive_users", show=False),
        Binding("m", "issues('assign')", "Assign to me", id="proof.assign"),
    ]

    def __init__(
        self,
        session: Session,
        step: Step,
        plan: Plan,
        place: tuple[int, int] | None = None,
        *,
        leave_out: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__()
        self.leave_out = leave_out
        self.session, self.step, self.plan = session, step, plan
        self.lines: list[str] = []
        self.applied: Applied | None = None
        self.ended = False

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(
            Content.assemble(
                (f" {self.step.title} ", "bold reverse"),
                ("   1 questions · 2 plan · ", "$role-muted"),
                ("3 proof", "bold"),
            ),
            id="title",
        )
        with VerticalScroll(id="proof"):
            yield Static(id="log")
            yield Static(id="outcome")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to apply."""
        self.query_one("#outcome", Static).update(Content("… working; escape stops"))
        self.apply()

    def note(self, sentence: str) -> None:
        """Take a line of progress, from whichever thread."""
        self.post_message(Progress(sentence))

    def on_progress(self, message: Progress) -> None:
        """Show a line of progress."""
        sentence = message.sentence
        self.lines.append(sentence)
        self.query_one("#log", Static).update(Content("\n".join(f"  {safe(x)}" for x in self.lines[-200:])))

    @work(exclusive=True, group="apply", exit_on_error=False)
    async def apply(self) -> None:
        """Apply the plan as it was shown."""
        try:
            self.applied = await self.session.apply(self.step, self.plan, self.note, self.leave_out)
        except SentrySetupError as error:
            self.call_later(self.fail, error)
            return
        self.call_later(self._finish, self.applied)

    def _finish(self, applied: Applied) -> None:
        """Show the outcome; called later, when the lines that are on their way from the thread have come."""
        self._end(self._outcome(applied))

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong, and what it means for the files."""
        hint = f"\n  → {safe(error.hint)}" if error.hint else ""
        self._end(
            Content.assemble(
                ("\n✗ " if self.lines else "✗ ", "$role-fail"),
                f"{safe(error.message)}{hint}\n\n",
                ("Enter goes back to the checklist; the step can be tried again.", "$role-muted"),
            )
        )

    def _end(self, content: Content) -> None:
        self.ended = True
        self.query_one("#outcome", Static).update(content)
        self.refresh_bindings()

    def _outcome(self, applied: Applied) -> Content:
        step = applied.steps[0]
        parts: list[Part] = [("\n" if self.lines else "")]
        if step.outcome == "failed":
            parts += [("✗ ", "$role-fail"), safe(step.reason) + "\n\n"]
        elif step.outcome in ("refused", "skipped"):
            parts += [("– ", "$role-muted"), f"{step.outcome}: {safe(step.reason)}\n\n"]
        for item_id in (*step.proved, *step.unproved):
            result = applied.report.result(item_id) if applied.report else None
            if result is None:
                continue
            parts.append((f"{GLYPHS[result.outcome]} {result.outcome.value:8}", STYLES[result.outcome]))
            parts.append(f" {result.item.title}\n")
            if result.outcome is Outcome.PASS:
                for evidence in result.evidence:
                    parts.append(f"    {place(evidence) + '  ' if evidence.path else ''}{safe(evidence.fact)}\n")
            for finding in result.findings:
                parts.append(f"    {place(finding) + '  ' if finding.path else ''}{safe(finding.message)}\n")
                if finding.hint:
                    parts.append((f"      → {safe(finding.hint)}\n", "$role-muted"))
        for created in applied.created:
            parts += [("\ncreated  ", "bold"), safe(created)]
        for task in applied.by_hand:
            parts += [("\nfor you  ", "bold"), safe(task.title)]
            parts += [(f"\n         {safe(x)}", "$role-muted") for x in (task.command, task.url) if x]
        if applied.run:
            parts.append((f"\n\nundo any time: u on the checklist, or sentry-setup undo {applied.run}", "$role-muted"))
        return Content.assemble(*parts)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Going on waits for the end; issues can be handled only where the step made some."""
        if action in ("issues", "open"):
            return bool(self.ended and self.applied and self.applied.issues)
        return self.ended if action in ("done", "next") else True

    @work(exclusive=True, group="issues", exit_on_error=False)
    async def action_issues(self, change: str) -> None:
        """Resolve, archive or assign the test issues."""
        assert self.applied is not None
        try:
            await self.session.update_issues(self.applied.issues, change)
        except SentrySetupError as error:
            self.note(f"✗ {error.sentence}")
            return
        done = {
            "resolve": "resolved",
            "archive": "archived until they escalate",
            "users": "archived until they affect 10 users",
            "assign": "assigned to you",
        }
        self.note(f"✓ the test issues are {done[change]}")

    def action_open(self) -> None:
        """Open the first test issue in the browser."""
        connection = self.session.connection
        if self.applied is not None and self.applied.issues and connection is not None:
            organization, issue = connection.organization.slug, self.applied.issues[0]
            self.app.open_url(f"{connection.client.url}/organizations/{organization}/issues/{issue}/")

    def action_done(self) -> None:
        """Go on."""
        self.dismiss(self.applied)

    def action_next(self) -> None:
        """Go on with the next unchecked item."""
        self.post_message(Onward())
        self.dismiss(self.applied)

    def action_stop(self) -> None:
        """Stop what is under way, or go back when it has ended."""
        if self.ended:
            self.dismiss(self.applied)
            return
        self.workers.cancel_group(self, "apply")
        self.note("stopped; the next command finishes what was begun, or rolls it back")
        self._end(Content("Stopped. Enter goes back to the checklist."))
