"""The wizard's app: keeps the state, starts the work, moves between screens."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message

from checks.checklist import CHECKLIST
from checks.errors import FaultError, SentrySetupError
from checks.model import Outcome, Result
from checks.report.safe import safe_traceback
from checks.repository.names import repository_name
from setup_wizard.services.preferences import prefer_theme, preferred_theme
from setup_wizard.state import Header, WizardState, is_open, next_step, open_steps, step_of
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.screens.home import HomeScreen, SetUp
from setup_wizard.ui.text import safe, short
from setup_wizard.ui.themes import HIGH_CONTRAST, THEMES, following

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
        Binding("t", "turn_theme", "Theme", id="app.theme", show=False),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", show=False, priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.register_theme(HIGH_CONTRAST)
        chosen = preferred_theme()
        self.theme = chosen if chosen in THEMES else THEMES[0]
        self.tried: frozenset[str] = frozenset()
        self.walking = self.onward = self.undoable = self.through = False
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
        self.show(replace(self.wizard, busy=None, error=error.sentence))

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
            place = self.session.recall()
            self.session.audit_offline(self.decided)
            header = self.session.header()
        except SentrySetupError as error:
            self.call_from_thread(self.fail, error)
            return
        self.call_from_thread(lambda: self.show(replace(self.wizard, header=header)))
        if place.step is not None:
            self.call_from_thread(self.resume, place.step)
        self.warm()
        history = bool(self.session.history())
        self.call_from_thread(self.offer_undo, history)
        self.call_from_thread(self.preview)

    @work(exclusive=True, group="preview", exit_on_error=False)
    async def preview(self) -> None:
        """Plan the open steps behind the checklist, so that each item says what its step would do."""
        found = await self.session.previews(open_steps(self.wizard))
        self.show(replace(self.wizard, previews=found))

    def offer_undo(self, there: bool) -> None:
        """Show the key that undoes only where there is something to undo."""
        self.undoable = there
        self.refresh_bindings()

    def resume(self, step_id: str) -> None:
        """Take a person back to where the last sitting was left."""
        step = next((s for s in open_steps(self.wizard) if s.id == step_id), None)
        if step is not None:
            self.home.select(step.proves[0])
            self.notify(f"You were at: {step.title}. Your answers are still there; enter goes on.", markup=False)

    @staticmethod
    def warm() -> None:
        """Import the screens and what they need, while nobody waits for them."""
        from setup_wizard.session import Session
        from setup_wizard.ui.screens import connect, finish, help, performance, pick, plan, practice, proof, step  # noqa: F401

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
        await self.check()
        self.preview()

    async def check(self) -> None:
        """Decide everything again; what goes wrong is told above the checklist."""
        self.show(replace(self.wizard, busy="checking again", error=None))
        try:
            report = await self.session.audit()
        except SentrySetupError as error:
            self.fail(error)
            return
        self.show(replace(self.wizard.with_report(report), busy=None))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to connect only while not connected, and to undo only what there is."""
        if action == "undo":
            return self.undoable
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

        answer = await self.push_screen_wait(ConnectScreen(self.session, on_the_way=then is not None))
        if answer == "back":
            self.through = False
            return
        if answer == "without":
            self.show(replace(self.wizard, alone=True))
            self.set_up(then) if then is not None and then.offline else self.action_next()
            return
        connection = self.session.connection
        if connection is not None:
            self.show(
                replace(
                    self.wizard,
                    organization=connection.organization.slug,
                    url=connection.client.url,
                    alone=False,
                    error=None,
                )
            )
        if then is None:
            self.recheck()
            return
        await self.check()  # what Sentry tells may be all that was missing
        self.set_up(then) if is_open(self.wizard, then) else self.action_next()

    def on_set_up(self, message: SetUp) -> None:
        """Set up the item that a person chose."""
        step = step_of(message.item_id)
        result = self.wizard.results.get(message.item_id)
        if step is None:
            self.look_at(message.item_id)
            return
        if result is not None and result.outcome is Outcome.PASS and (self.wizard.connected or not step.only_sentry):
            self.notify("It passes already; its evidence stands in the detail.", markup=False)
        else:
            self.begin(step)

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def look_at(self, item_id: str) -> None:
        """Show an item that no required step sets up, and go on with the step that inserts its snippet, if it has one."""
        from setup_wizard.steps import find_steps
        from setup_wizard.ui.screens.practice import PracticeScreen

        step = await self.push_screen_wait(PracticeScreen(self.session, item_id, self.wizard.results.get(item_id)))
        if step is not None:
            self.set_up(find_steps([step])[0])

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def action_find(self) -> None:
        """Find an item by a word of its id or title."""
        from setup_wizard.ui.screens.pick import PickScreen

        entries = [(i.id, f"{short(i.id):26} {i.title}") for i in CHECKLIST]
        chosen = await self.push_screen_wait(PickScreen("Find an item", entries))
        if chosen is not None:
            self.home.select(chosen)

    def action_turn_theme(self) -> None:
        """Take the next theme, and keep it for the next start."""
        self.theme = following(self.theme)
        prefer_theme(self.theme)
        self.notify(f"Theme: {self.theme.removeprefix('textual-')}", markup=False)

    def action_all(self) -> None:
        """Go through all that is not done, one after the other; each plan is still shown before anything is made."""
        self.through = True
        self.action_next()

    def action_next(self) -> None:
        """Set up the next item that is not done."""
        step = next_step(self.wizard, self.tried)
        if step is None:
            self.through = False
            self.action_finish()
        else:
            self.begin(step)

    def begin(self, step: Step) -> None:
        """Begin a step; most name projects or an organization, so the connection comes first, unless a person does without."""
        alone = self.wizard.alone and step.offline
        self.connect(step) if self.session.connection is None and not alone else self.set_up(step)

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def set_up(self, step: Step) -> None:
        """Ask, show the plan, apply, prove; back goes one screen back."""
        self.tried |= {step.id}
        self.walking, self.onward = True, False
        try:
            await asyncio.to_thread(self.session.remember, step.id)
            applied = await self._walk(step)
            await asyncio.to_thread(self.session.remember, None if applied is not None else step.id)
        except SentrySetupError as error:
            self.through = False
            self.fail(error)
            return
        finally:
            self.walking = False
        if applied is None:
            self.through = self.through and self.onward
            if self.onward:
                self.call_later(self.action_next)
            return
        self.offer_undo(self.undoable or applied.run is not None)
        state = replace(self.wizard, applied=(*self.wizard.applied, applied), busy=None, error=None)
        if applied.report is not None:
            state = state.with_report(applied.report)
        self.show(state)
        if self.onward or self.through:
            self.call_later(self.action_next)
        else:
            self.preview()

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
                self.offer_undo(True)
                self.recheck()
            return None
        while True:
            questions = await asyncio.to_thread(self.session.questions, step)
            if questions:
                answers = await self.push_screen_wait(QuestionsScreen(step, questions))
                if answers is None:
                    return None
                self.session.answer(answers)
                await asyncio.to_thread(self.session.remember, step.id)
            self.show(replace(self.wizard, busy=f"planning {step.title.lower()}", error=None))
            plan = await self.session.plan(step)
            self.show(replace(self.wizard, busy=None))
            if self.through and plan.steps[0].outcome == "unchanged":
                self.notify(f"{step.title}: nothing has to be changed.", markup=False)
                self.onward = True
                return None
            agreed = await self.push_screen_wait(PlanScreen(step, plan))
            if agreed:
                return await self.push_screen_wait(ProofScreen(self.session, step, plan))
            self.onward = agreed is None
            if self.onward or not questions:
                return None

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def undo_last(self) -> None:
        """Undo the last run of this repository."""
        try:
            run, files = await asyncio.to_thread(self.session.undo)
            self.offer_undo(bool(await asyncio.to_thread(self.session.history)))
        except SentrySetupError as error:
            self.notify(error.sentence, severity="error", markup=False)
            return
        self.notify(f"Undid {', '.join(run.steps)}: {len(files)} files are as before.", markup=False)
        self.tried -= frozenset(run.steps)
        self.recheck()

    def action_undo(self) -> None:
        """Undo the last step."""
        self.undo_last()

    def action_finish(self) -> None:
        """Show the report."""
        self.finish()

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def finish(self) -> None:
        """Show the report, and go on with the audit in CI where that is asked for."""
        from setup_wizard.steps import find_steps
        from setup_wizard.ui.screens.finish import FinishScreen

        runs = await asyncio.to_thread(self.session.history)
        paths = await asyncio.to_thread(self.session.committable)
        step = await self.push_screen_wait(FinishScreen(self.session, self.wizard, runs, paths))
        if step is not None:
            self.begin(find_steps([step])[0])

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
    gc.enable()
    return app.run() or 0
