"""Applying and its proof: what was done and what is under way, then the evidence that turned the item, or what went wrong."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Static
from textual.worker import Worker

from checks.errors import SentrySetupError
from checks.model import Outcome, Proof, Result
from checks.report.signs import place
from setup_wizard.plan.engine import Applied
from setup_wizard.plan.model import Plan, StepOutcome
from setup_wizard.plan.parts import LeftOut
from setup_wizard.session import Session
from setup_wizard.steps import Step
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.text import MUTED, Row, created_rows, glyph, problem, safe, state_of, style_of
from setup_wizard.ui.timeline import Moment, ended, rows, told
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.stepper import Stepper
from setup_wizard.ui.widgets.tasks import Task
from setup_wizard.ui.words import hint_inside, inside

_RUN_BY = frozenset({"sdk", "dsn", "test-event", "before-send", "traces-sampler"})
"""The steps after which running the application shows whether they work."""


_ISSUES = (
    ("open", "open the issue  o"),
    ("issues('resolve')", "resolve  x"),
    ("issues('archive')", "archive  w"),
    ("issues('assign')", "assign to me  m"),
)
"""What can be done with the test issues, for the mouse; each does what its key does."""


class Progress(Message):
    """A line of progress."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class Onward(Message):
    """A person continues with the next unchecked item, straight from the proof."""


class ProofScreen(TellsFaults, Screen[Applied | None]):
    """Applies a plan and shows what came of it."""

    AUTO_FOCUS = "#proof"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done", "Checklist", id="proof.done"),
        Binding("n", "next", "Next", id="home.next"),
        Binding("escape", "stop", "Stop", id="proof.stop"),
        Binding("escape", "back", "Back", id="proof.back"),
        Binding("v", "verify", "Run the app", id="proof.verify"),
        Binding("o", "open", "Open the issue", id="proof.open"),
        Binding("x", "issues('resolve')", "Resolve", id="proof.resolve", show=False),
        Binding("w", "issues('archive')", "Archive", id="proof.archive", show=False),
        Binding("W", "issues('users')", "Archive until 10 users", id="proof.archive_users", show=False),
        Binding("m", "issues('assign')", "Assign to me", id="proof.assign", show=False),
    ]

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(
        self,
        session: Session,
        step: Step,
        plan: Plan,
        place: tuple[int, int] | None = None,
        *,
        leave_out: LeftOut | None = None,
    ) -> None:
        super().__init__()
        self.session, self.step, self.plan, self.place = session, step, plan, place
        self.leave_out = leave_out
        self.timeline: tuple[Moment, ...] = ()
        self.frame = 0
        self.lengths: list[tuple[int, int]] = []
        self.applied: Applied | None = None
        self.before: frozenset[str] = frozenset()
        self.ended = self.running = self.stopped = False
        self.halt = threading.Event()

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Stepper(self.step.title, 2, self.place)
        with VerticalScroll(id="proof"):
            yield Static(id="log")
            yield Static(id="outcome")
            with Horizontal(classes="buttons", id="issues"):
                for action, label in _ISSUES:
                    yield Button(label, name=action, compact=True)
        with Horizontal(classes="buttons", id="onward"):  # below the scroll: in view however much there is to do
            yield Button("Next item  n", id="next", variant="primary", compact=True)
            yield Button("Checklist  ⏎", id="checklist", compact=True)
        yield Keys()

    def on_mount(self) -> None:
        """Begin to apply."""
        self.query_one("#onward").display = self.query_one("#issues").display = False
        for button in self.query("#issues Button").results(Button):
            button.can_focus = False
        self.query_one("#outcome", Static).update(Content.assemble(("\nWorking. Press Escape to stop.", MUTED)))
        self.turning = self.set_interval(0.12, self._turn)
        self.apply()

    def _turn(self) -> None:
        self.frame += 1
        self._draw()

    def _draw(self) -> None:
        shown = Rows(rows(self.timeline, self.clock(), self.frame))
        lengths = [(lead.cell_length, body.cell_length) for lead, body in shown.rows]
        # A turn of the spinner takes the room of the last one, and needs no layout.
        self.query_one("#log", Static).update(shown, layout=lengths != self.lengths)
        self.lengths = lengths

    def note(self, sentence: str) -> None:
        """Take a line of progress, from whichever thread."""
        self.post_message(Progress(sentence))

    def on_progress(self, message: Progress) -> None:
        """Show a line of progress."""
        self.timeline = told(self.timeline, message.sentence, self.clock())
        self._draw()

    @work(exclusive=True, group="apply", exit_on_error=False)
    async def apply(self) -> None:
        """Apply the plan as it was shown."""
        self.note("check that nothing changed since the plan")
        try:
            self.before = frozenset(run.id for run in await asyncio.to_thread(self.session.history))
            self.applied = await self.session.apply(self.step, self.plan, self.note, self.leave_out)
        except SentrySetupError as error:
            self.call_later(self.fail, error)
            return
        self.call_later(self._finish, self.applied)

    async def _finish(self, applied: Applied) -> None:
        """Show the outcome; called later, when the lines that are on their way from the thread have come."""
        tasks = [Task(number, task) for number, task in enumerate(applied.by_hand, 1)]
        if tasks:
            title = Static(Content.assemble(("For you", "bold")), classes="part")
            await self.query_one("#proof").mount(title, *tasks)
        self._end(Rows(self._outcome(applied)))

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong, and what it means for the files."""
        said = problem(error.message, error.hint)
        after = Content.assemble(("Press Enter for the checklist; you can try the step again.", MUTED))
        self._end(Rows([("", ""), *said.rows, ("", ""), ("", after)]), well=False)

    def _end(self, shown: Rows, *, well: bool = True) -> None:
        self.ended = True
        self.turning.pause()
        self.timeline = ended(self.timeline, self.clock(), well=well)
        self._draw()
        self.query_one("#outcome", Static).update(shown)
        self.query_one("#onward").display = True
        self.query_one("#issues").display = bool(self.applied and self.applied.issues)
        self.refresh_bindings()

    def _outcome(self, applied: Applied) -> list[Row]:
        step = applied.steps[0]
        shown: list[Row] = [("", "")]
        if step.outcome is StepOutcome.FAILED:
            shown += [*problem(inside(step.reason)).rows, ("", "")]
        elif step.outcome in (StepOutcome.REFUSED, StepOutcome.SKIPPED):
            shown += [(Content.assemble(("– ", MUTED)), f"{step.outcome}: {safe(inside(step.reason))}"), ("", "")]
        for item_id in (*step.proved, *step.unproved):
            result = applied.report.result(item_id) if applied.report else None
            if result is not None:
                shown += self._evidence(result)
        if applied.created:
            shown += [("", ""), ("", Content.assemble(("Created in Sentry", "bold")))]
            shown += created_rows(applied.created)
        if applied.run:
            undo = f"Undo any time: u on the checklist, or sentry-setup undo {applied.run}"
            shown += [("", ""), ("", Content.assemble((undo, MUTED)))]
        return shown

    @staticmethod
    def _evidence(result: Result) -> list[Row]:
        """Return an item with its evidence or findings, and what would prove it where it is only wired."""
        head = Content.assemble((f"{glyph(result)} ", style_of(result)))
        said = Content.assemble((result.title, "bold"), (f"  {state_of(result)}", MUTED))
        shown: list[Row] = [(head, said)]
        if result.outcome is Outcome.PASS:
            shown += [(_at(place(e) if e.path else ""), safe(e.fact)) for e in result.evidence]
        for finding in result.findings:
            shown.append((_at(place(finding) if finding.path else ""), safe(inside(finding.message))))
            if hint := hint_inside(finding.hint, result.item.id):
                shown.append(("      → ", Content.assemble((safe(hint), MUTED))))
        if result.proof is Proof.WIRED:
            shown.append(("    ", Content.assemble((f"wired; proven by {result.item.proven_by}", MUTED))))
        return shown

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Going on waits for the end; issues can be handled only where the step made some."""
        if action in ("issues", "open"):
            return bool(self.ended and self.applied and self.applied.issues)
        if action == "verify":
            return bool(self.ended and self.step.id in _RUN_BY and self.applied and not self.running)
        if action == "stop":
            return self.running or not (self.ended or self.stopped)
        return self.ended and not self.running if action in ("done", "next", "back") else True

    @on(Button.Pressed)
    async def pressed(self, event: Button.Pressed) -> None:
        """The buttons continue, or act on the issues."""
        event.stop()
        if event.button.name:
            await self.run_action(f"screen.{event.button.name}")
            return
        self.action_next() if event.button.id == "next" else self.action_done()

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

    @work(exclusive=True, group="runtime", exit_on_error=False)
    async def action_verify(self) -> None:
        """Show the command that runs the application; run it where that is agreed to, and show what was seen."""
        try:
            command = await asyncio.to_thread(self.session.runtime_command)
            if not await self.app.push_screen_wait(ConfirmScreen.run(command)):
                return
            self.running = True
            self.turning.resume()
            self.refresh_bindings()
            self.note("run the application")
            self.halt.clear()
            _, lines = await asyncio.to_thread(self.session.run_application, self.note, self.halt)
            if self.halt.is_set():
                lines = ("✗ stopped; the application was ended",)
        except SentrySetupError as error:
            lines = (f"✗ {error.sentence}",)
        self.running = False
        self.turning.pause()
        # What is noted from here on arrives behind this.
        self.timeline = ended(self.timeline, self.clock(), well=not any(line.startswith("✗") for line in lines))
        for line in lines:
            self.note(line)
        self._draw()
        self.refresh_bindings()

    def action_open(self) -> None:
        """Open the first test issue in the browser."""
        connection = self.session.connection
        if self.applied is not None and self.applied.issues and connection is not None:
            organization, issue = connection.organization.slug, self.applied.issues[0]
            self.app.open_url(f"{connection.client.url}/organizations/{organization}/issues/{issue}/")

    def on_unmount(self) -> None:
        """Leave no application behind that the wizard started."""
        self.halt.set()

    def action_done(self) -> None:
        """Continue."""
        self.dismiss(self.applied)

    def action_back(self) -> None:
        """Go back to the checklist."""
        self.dismiss(self.applied)

    def action_next(self) -> None:
        """Continue with the next unchecked item."""
        self.post_message(Onward())
        self.dismiss(self.applied)

    def action_stop(self) -> None:
        """Stop what is under way."""
        if self.running:
            self.halt.set()
            return
        applying = self.workers.cancel_group(self, "apply")
        self.stopped = True
        self.query_one("#outcome", Static).update(Content.assemble(("\nStopping.", MUTED)))
        self.refresh_bindings()
        self.settle(applying)

    @work(exclusive=True, group="settle", exit_on_error=False)
    async def settle(self, applying: list[Worker[object]]) -> None:
        """Wait until nothing is under way, roll back what was half written, and say what is there now."""
        await asyncio.gather(*(worker.wait() for worker in applying), return_exceptions=True)
        if self.ended:
            return  # it ended before it could be stopped
        try:
            said, kept = await asyncio.to_thread(lambda: self.session.engine().settle(self.before))
        except SentrySetupError as error:
            self.fail(error)
            return
        self.call_later(self._end, Rows([("", ""), *stopped_rows(said, kept=kept)]), well=False)


def stopped_rows(said: list[str], *, kept: bool) -> list[Row]:
    """Say what a stop left: nothing, files that were written and can be undone, or what was rolled back (`said`)."""
    if kept:
        told = [
            "Stopped after the files were written, before the rest was done.",
            "Press Enter for the checklist; there u undoes the files, and the step can be taken up again.",
        ]
    elif said:
        told = ["Stopped.", *(f"{line[:1].upper()}{line[1:]}." for line in said), "Press Enter for the checklist."]
    else:
        told = ["Stopped. Nothing was written.", "Press Enter for the checklist."]
    return [("", line) for line in told]


def _at(where: str) -> Content:
    return Content.assemble("    ", (f"{where}  " if where else "", "bold"))
