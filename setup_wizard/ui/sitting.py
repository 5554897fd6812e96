"""One sitting's state on the screen: the audits that fill it, and what a person is told of them."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from textual import work
from textual.app import App
from textual.message import Message

from checks.errors import SentrySetupError
from checks.model import Result
from checks.repository.names import repository_name
from setup_wizard.state import Header, WizardState, open_steps
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.screens.home import HomeScreen

if TYPE_CHECKING:
    from setup_wizard.session import Session


class Decided(Message):
    """An item was decided, in the thread of the audit."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


class Sitting(TellsFaults, App[int]):
    """An app with a session and its state; the checklist shows it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.undoable = self.looked = self.checked = False
        self.opening: str | None = None
        self.wizard = WizardState(header=Header(repository=repository_name(str(session.root))))
        self.home = HomeScreen(self.wizard)

    def push_screen(self, screen: Any, *given: Any, **named: Any) -> Any:
        """Show a screen, laid out for this width from its first frame on: Textual measures it only after that frame."""
        fits = [
            name for least, name in getattr(screen, "HORIZONTAL_BREAKPOINTS", None) or () if self.size.width >= least
        ]
        if fits:
            screen.add_class(fits[-1])
        return super().push_screen(screen, *given, **named)

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong, above the checklist."""
        self.show(replace(self.wizard, busy=None, error=error.sentence))

    def on_mount(self) -> None:
        """Show the checklist, and when it is drawn begin to decide it: the audit's thread would hold up the first paint."""
        self.push_screen(self.home)
        self.call_after_refresh(self.first_look)
        if self.opening is not None:
            self.notify(self.opening, title="Demo", timeout=15, markup=False)

    def show(self, state: WizardState) -> None:
        """Take a new state and show it; the keys are drawn again only when one comes or goes, which costs more than the rest."""
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
            self.call_later(self.look_ended)
            return
        self.call_from_thread(lambda: self.show(replace(self.wizard, header=header)))
        if header.empty:
            self.call_from_thread(self.ask_where)
            return
        if place.step is not None:
            self.call_from_thread(self.resume, place.step)
        self.call_later(self.look_ended)  # behind the results that are on their way
        self.warm()
        history = bool(self.session.history())
        self.call_from_thread(self.offer_undo, history)
        self.call_from_thread(self.preview)

    def look_ended(self) -> None:
        """Take in that every item was decided once, or could not be: what asked for the next item before it may begin."""
        self.looked = True

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def ask_where(self) -> None:
        """Ask for the repository where this folder has nothing to set up, and begin again there."""
        from setup_wizard.ui.screens.empty import EmptyScreen

        root = await self.push_screen_wait(EmptyScreen(self.session.root))
        if root is not None:
            self.session.root = root
            self.looked = self.checked = False
            self.show(WizardState(header=Header(repository=repository_name(str(root)))))
            self.first_look()

    @work(exclusive=True, group="preview", exit_on_error=False)
    async def preview(self) -> None:
        """Plan the open steps behind the checklist, so that each item says what its step would do."""
        found = await self.session.previews(open_steps(self.wizard))
        self.show(replace(self.wizard, previews=found))
        self.call_after_refresh(
            gc.collect
        )  # what the audit and the plans left: `run_app` lets nothing collect in between

    def offer_undo(self, there: bool) -> None:
        """Show the key that undoes only where there is something to undo."""
        self.undoable = there
        self.refresh_bindings()

    def resume(self, step_id: str) -> None:
        """Take a person back to where the last sitting was left."""
        step = next((s for s in open_steps(self.wizard) if s.id == step_id), None)
        if step is not None:
            self.home.select(step.proves[0])
            self.notify(f"You were at: {step.title}. Your answers are kept; press Enter to continue.", markup=False)

    @staticmethod
    def warm() -> None:
        """Import the screens and what they need, while nobody waits for them."""
        from setup_wizard.session import Session
        from setup_wizard.ui.screens import (  # noqa: F401
            confirm,
            connect,
            finish,
            help,
            item,
            pick,
            plan,
            practice,
            proof,
            small,
            step,
        )

        Session.warm()

    def decided(self, result: Result) -> None:
        """Hand a decided item over from the audit's thread."""
        self.post_message(Decided(result))

    def on_decided(self, message: Decided) -> None:
        """Show an item that the first audit decided, unless a later one told already."""
        if self.checked:
            return
        self.show(self.wizard.with_result(message.result))

    @work(exclusive=True, group="audit", exit_on_error=False)
    async def recheck(self) -> None:
        """Decide everything again, with Sentry where connected."""
        await self.check()
        self.preview()

    async def check(self) -> None:
        """Decide everything again; what goes wrong is told above the checklist."""
        what = "the repository and Sentry" if self.wizard.connected else "the repository"
        self.show(replace(self.wizard, busy=f"checking {what} again", error=None))
        try:
            report = await self.session.audit()
        except SentrySetupError as error:
            self.fail(error)
            return
        self.checked = True
        self.show(replace(self.wizard.with_report(report), busy=None))

    def action_recheck(self) -> None:
        """Check again."""
        self.recheck()
