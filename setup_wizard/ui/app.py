"""The wizard's app: keeps the state, starts the work, moves between screens."""

from __future__ import annotations

import asyncio
import gc
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message

from checks.errors import FaultError, SentrySetupError
from checks.model import Outcome, Result
from checks.report.safe import safe_traceback
from checks.repository.names import repository_name
from setup_wizard.state import Header, WizardState, next_step, step_of
from setup_wizard.ui.faults import TellsFaults, sentence
from setup_wizard.ui.screens.home import HomeScreen, SetUp
from setup_wizard.ui.text import safe

if TYPE_CHECKING:
    from setup_wizard.plan.engine import Applied
    from setup_wizard.session import Session
    from setup_wizard.steps import Step


class Decided(Message):
    """An item was decided, in the thread of the audit."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


class WizardApp(TellsFaults, App[int]):
    """The wizard on one repository."""

    CSS_PATH = "wizard.tcss"
    TITLE = "sentry-setup"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", id="app.help"),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", show=False, priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.tried: frozenset[str] = frozenset()
        self.walking = self.onward = False
        self.wizard = WizardState(header=Header(repository=repository_name(str(session.root))))
        self.home = HomeScreen(self.wizard)

    def _fatal_error(self) -> None:
        """Leave with a traceback of our own: Textual's shows the values of variables, and one of them may be a token."""
        from rich.text import Text

        error = sys.exc_info()[1] or RuntimeError("nobody knows what")
        fault = FaultError(error)
        self.panic(Text(f"{safe_traceback(error)}\nsentry-setup: {safe(fault.message)}\n  → {fault.hint}"))

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong, above the checklist."""
        self.show(replace(self.wizard, busy=None, error=sentence(error)))

    def on_mount(self) -> None:
        """Show the checklist, and when it is drawn begin to decide it: the audit's thread would hold up the first paint."""
        self.push_screen(self.home)
        self.call_after_refresh(self.first_look)

    def show(self, state: WizardState) -> None:
        """Take a new state and show it; the keys are drawn anew only when one comes or goes, which costs more than the rest."""
        turned = state.connected is not self.wizard.connected
        self.wizard = state
        if not self.screen_stack:
            return  # a result that came while the wizard was being closed
        self.home.show(state)
        if turned:
            self.refresh_bindings()

    @work(thread=True, exclusive=True, group="audit", exit_on_error=False)
    def first_look(self) -> None:
        """Decide the items offline, each shown as soon as it is known."""
        try:
            self.session.audit_offline(self.decided)
            header = self.session.header()
        except SentrySetupError as error:
            self.call_from_thread(self.fail, error)
            return
        self.call_from_thread(lambda: self.show(replace(self.wizard, header=header)))
        self.warm()

    @staticmethod
    def warm() -> None:
        """Import the screens and what they need, while nobody waits for them."""
        from setup_wizard.session import Session
        from setup_wizard.ui.screens import connect, finish, help, performance, plan, proof, step  # noqa: F401

        Session.warm()

    def decided(self, result: Result) -> None:
        """Hand a decided item over from the audit's thread."""
        self.post_message(Decided(result))

    def on_decided(self, message: Decided) -> None:
        """Show a decided item."""
        self.show(self.wizard.with_result(message.result))

    @work(exclusive=True, group="audit", exit_on_error=False)
    async def recheck(self) -> None:
        """Decide everything again, with Sentry where connected."""
        self.show(replace(self.wizard, busy="checking again", error=None))
        try:
            report = await self.session.audit()
        except SentrySetupError as error:
            self.fail(error)
            return
        self.show(replace(self.wizard.with_report(report), busy=None))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to connect only while not connected."""
        return not self.wizard.connected if action == "connect" else True

    def action_recheck(self) -> None:
        """Check again."""
        self.recheck()

    def action_help(self) -> None:
        """Show the help."""
        from setup_wizard.ui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_connect(self) -> None:
        """Connect to Sentry."""
        self.connect(None)

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def connect(self, then: Step | None) -> None:
        """Connect, then go on with a step."""
        from setup_wizard.ui.screens.connect import ConnectScreen

        if not await self.push_screen_wait(ConnectScreen(self.session)):
            return
        connection = self.session.connection
        if connection is not None:
            self.show(
                replace(self.wizard, organization=connection.organization.slug, url=connection.client.url, error=None)
            )
        self.recheck()
        if then is not None:
            self.set_up(then)

    def on_set_up(self, message: SetUp) -> None:
        """Set up the item that a person chose."""
        step = step_of(message.item_id)
        result = self.wizard.results.get(message.item_id)
        if step is None:
            return
        if result is not None and result.outcome is Outcome.PASS and (self.wizard.connected or not step.only_sentry):
            self.notify("It passes already; its evidence stands in the detail.", markup=False)
        else:
            self.begin(step)

    def action_next(self) -> None:
        """Set up the next item that is not done."""
        step = next_step(self.wizard, self.tried)
        if step is None:
            self.action_finish()
        else:
            self.begin(step)

    def begin(self, step: Step) -> None:
        """Begin a step; every step names projects or an organization, so the connection comes first."""
        self.connect(step) if self.session.connection is None else self.set_up(step)

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def set_up(self, step: Step) -> None:
        """Ask, show the plan, apply, prove; back goes one screen back."""
        self.tried |= {step.id}
        self.walking, self.onward = True, False
        try:
            applied = await self._walk(step)
        except SentrySetupError as error:
            self.fail(error)
            return
        finally:
            self.walking = False
        if applied is None:
            return
        state = replace(self.wizard, applied=(*self.wizard.applied, applied), busy=None, error=None)
        if applied.report is not None:
            state = state.with_report(applied.report)
        self.show(state)
        if self.onward:
            self.call_later(self.action_next)

    def on_onward(self) -> None:
        """Go on with the next unchecked item as soon as this one's proof is taken in."""
        if self.walking:
            self.onward = True
        else:
            self.call_later(self.action_next)

    async def _walk(self, step: Step) -> Applied | None:
        from setup_wizard.ui.screens.performance import PerformanceScreen
        from setup_wizard.ui.screens.plan import PlanScreen
        from setup_wizard.ui.screens.proof import ProofScreen
        from setup_wizard.ui.screens.step import QuestionsScreen

        if step.id == "performance":
            if await self.push_screen_wait(PerformanceScreen(self.session)):
                self.recheck()
            return None
        while True:
            questions = await asyncio.to_thread(self.session.questions, step)
            if questions:
                answers = await self.push_screen_wait(QuestionsScreen(step, questions))
                if answers is None:
                    return None
                self.session.answer(answers)
            self.show(replace(self.wizard, busy=f"planning {step.title.lower()}", error=None))
            plan = await self.session.plan(step)
            self.show(replace(self.wizard, busy=None))
            if await self.push_screen_wait(PlanScreen(step, plan)):
                return await self.push_screen_wait(ProofScreen(self.session, step, plan))
            if not questions:
                return None

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def undo_last(self) -> None:
        """Undo the last run of this repository."""
        try:
            run, files = await asyncio.to_thread(self.session.undo)
        except SentrySetupError as error:
            self.notify(sentence(error), severity="error", markup=False)
            return
        self.notify(f"Undid {', '.join(run.steps)}: {len(files)} files are as before.", markup=False)
        self.tried -= frozenset(run.steps)
        self.recheck()

    def action_undo(self) -> None:
        """Undo the last step."""
        self.undo_last()

    def action_finish(self) -> None:
        """Show the report."""
        from setup_wizard.ui.screens.finish import FinishScreen

        self.push_screen(FinishScreen(self.wizard, str(self.session.root)))

    async def action_quit(self) -> None:
        """Leave; what was applied stays, and the next start sees it."""
        await self.session.disconnect()
        self.exit(0)


def make_app(session: Session) -> WizardApp:
    """Return the app for a sitting; tests and the command line share it."""
    return WizardApp(session)


def run_app(session: Session) -> int:
    """Run the wizard in this terminal until it is closed; returns its exit code (0: closed as usual).

    What was imported stays, so the collector need not look at it again: a full collection while the audit runs held up the
    keys for 70 ms (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    app = make_app(session)
    gc.freeze()
    return app.run() or 0
