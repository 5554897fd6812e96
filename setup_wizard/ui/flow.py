"""The way through a step: connect, questions, plan, proof; and what comes after it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual import work

from checks.errors import SentrySetupError
from checks.model import Outcome
from setup_wizard.state import is_open, next_step, position, step_of
from setup_wizard.ui.sitting import Sitting
from setup_wizard.ui.text import titles
from setup_wizard.ui.words import inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_wizard.plan.engine import Applied
    from setup_wizard.questions import Question
    from setup_wizard.session import Session
    from setup_wizard.steps import Step
    from setup_wizard.ui.screens.home import SetUp
    from setup_wizard.ui.widgets.rows import Rows

_AT_ONCE = 0.3
"""Seconds that may pass without a word."""

_NEXT = "opening the next item"
_FIRST = "checking the repository first; then it opens"


class Flow(Sitting):
    """A sitting that walks through steps."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.tried: frozenset[str] = frozenset()
        self.walking = self.onward = self.through = False
        self.awaited: Callable[[], None] | None = None

    def action_connect(self) -> None:
        """Connect to Sentry."""
        self.connect(None)

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def connect(self, then: Step | None) -> None:
        """Connect, then continue with a step."""
        self._idle(_NEXT)
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
            self.workers.cancel_group(self, "preview")  # what was planned without Sentry is another thing now
            self.notify(f"Connected to {connection.organization.slug}.", markup=False, timeout=3)
            self.show(
                replace(
                    self.wizard,
                    organization=connection.organization.slug,
                    url=connection.client.url,
                    alone=False,
                    error=None,
                    previews={},
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
            self.notify("It passes already; its evidence is in the detail.", markup=False)
        else:
            self.begin(step)

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def look_at(self, item_id: str) -> None:
        """Show an item that no required step sets up, and continue with the step that inserts its snippet, if it has one."""
        from setup_wizard.steps import find_steps
        from setup_wizard.ui.screens.practice import PracticeScreen

        step = await self.push_screen_wait(PracticeScreen(self.session, item_id, self.wizard.results.get(item_id)))
        if step is not None:
            self.set_up(find_steps([step])[0])

    def action_all(self) -> None:
        """Go through all that is not done, one after the other; each plan is still shown before anything is made."""
        self.through = True
        self.action_next()

    def action_next(self) -> None:
        """Set up the next item that is not done; when all were tried, those that were left come again."""
        if self.walking and self.screen is self.home:
            return  # a step is about to open; another press would pass over it
        if self._awaits(self.action_next):
            return
        step = next_step(self.wizard, self.tried)
        if step is None and not self.through and self.tried and next_step(self.wizard) is not None:
            self.tried = frozenset()  # the next press takes them up again; now the report says what is left
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
                self._busy(_NEXT)
                self.call_later(self.action_next)
            return
        self.offer_undo(self.undoable or applied.run is not None)
        busy = _NEXT if self.onward or self.through else None
        state = replace(self.wizard, applied=(*self.wizard.applied, applied), busy=busy, error=None)
        if applied.report is not None:
            state = state.with_report(applied.report)
        self.show(state)
        if self.onward or self.through:
            self.call_later(self.action_next)
        else:
            self.preview()

    def on_onward(self) -> None:
        """Continue with the next unchecked item as soon as this one's proof is taken in."""
        self._busy(_NEXT)
        if self.walking:
            self.onward = True
        else:
            self.call_later(self.action_next)

    async def _walk(self, step: Step) -> Applied | None:
        from setup_wizard.plan.model import StepOutcome
        from setup_wizard.ui.screens.performance import PerformanceScreen
        from setup_wizard.ui.screens.plan import PlanScreen
        from setup_wizard.ui.screens.planning import PlanningScreen
        from setup_wizard.ui.screens.proof import ProofScreen
        from setup_wizard.ui.screens.step import QuestionsScreen

        if step.id == "performance":
            self._idle(_NEXT)
            if await self.push_screen_wait(PerformanceScreen(self.session)):
                self.offer_undo(True)
                self.recheck()
            return None
        place = position(self.wizard, step)
        while True:
            questions = await self._questions(step)
            if questions:
                about = self._about(step)
                answers = await self.push_screen_wait(QuestionsScreen(step, questions, place, about))
                if answers is None:
                    return None
                self.session.answer(answers)
                await asyncio.to_thread(self.session.remember, step.id)
            self.show(replace(self.wizard, error=None))
            plan = await self.push_screen_wait(PlanningScreen(self.session, step, place))
            if isinstance(plan, SentrySetupError) and not questions:
                raise plan
            if isinstance(plan, SentrySetupError):  # an answer may be all that is wrong
                self.notify(inside(plan.sentence), severity="error", markup=False)
                continue
            if plan is None and questions:
                continue
            if plan is None:
                return None
            unchanged = {k: v for k, v in self.wizard.unchanged.items() if k != step.id}
            kept = {step.id: plan.manual} if plan.empty and plan.manual else {}
            self.show(replace(self.wizard, unchanged={**unchanged, **kept}))
            if self.through and plan.steps[0].outcome is StepOutcome.UNCHANGED:
                self.notify(f"{step.title}: nothing to change.", markup=False)
                self.onward = True
                return None
            screen = PlanScreen(step, plan, place)
            agreed = await self.push_screen_wait(screen)
            if agreed:
                proof = ProofScreen(self.session, step, plan, place, leave_out=screen.left_out)
                applied = await self.push_screen_wait(proof)
                if applied is None and proof.stopped:
                    self.offer_undo(bool(await asyncio.to_thread(self.session.history)))
                    self.recheck()
                return applied
            if screen.connecting:
                self.call_later(self.connect, step)
                return None
            self.onward = agreed is None
            if self.onward or not questions:
                return None

    async def _questions(self, step: Step) -> tuple[Question, ...]:
        """Return what a step asks, and say on the checklist what is awaited where that takes long."""
        asked = asyncio.ensure_future(asyncio.to_thread(self.session.questions, step))
        sentence = f"preparing {step.title}"
        try:
            if not (await asyncio.wait({asked}, timeout=_AT_ONCE))[0]:
                self._busy(sentence)
            return await asked
        finally:
            asked.cancel()
            self._idle(sentence)
            self._idle(_NEXT)

    def _busy(self, sentence: str) -> None:
        self.show(replace(self.wizard, busy=sentence))

    def _idle(self, sentence: str) -> None:
        """Say no longer that something is awaited, unless something else is by now."""
        if self.wizard.busy == sentence:
            self.show(replace(self.wizard, busy=None))

    def _about(self, step: Step) -> Rows | None:
        """Return the first item that a step sets up and that does not pass, for beside its questions."""
        from setup_wizard.ui.text import detail

        results = [r for i in step.proves if (r := self.wizard.results.get(i)) is not None]
        shown = next((r for r in results if r.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)), None)
        return None if shown is None else detail(shown.item.id, shown, self.wizard.previews.get(step.id), begun=True)

    def action_undo(self) -> None:
        """Undo the last step, after asking."""
        self.undo_last()

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def undo_last(self) -> None:
        """Undo the last run, and check again."""
        if await self.undo_asked():
            self.recheck()

    async def undo_asked(self) -> bool:
        """Say what undoing the last run would do, and do it where that is agreed to; returns whether it was undone."""
        from setup_wizard.ui.screens.confirm import ConfirmScreen

        try:
            runs = await asyncio.to_thread(self.session.history)
            if not runs or not await self.push_screen_wait(ConfirmScreen.undo(runs[-1])):
                return False
            run, files = await asyncio.to_thread(self.session.undo)
            self.offer_undo(bool(await asyncio.to_thread(self.session.history)))
        except SentrySetupError as error:
            self.notify(error.sentence, severity="error", markup=False)
            return False
        counted = f"{len(files)} file is" if len(files) == 1 else f"{len(files)} files are"
        self.notify(f"Undid {titles(run.steps)}: {counted} as before.", markup=False)
        self.tried -= frozenset(run.steps)
        undone = replace(self.wizard, applied=tuple(a for a in self.wizard.applied if a.run != run.id))
        self.show(undone)
        return True

    def action_finish(self) -> None:
        """Show the report."""
        if not self._awaits(self.action_finish):
            self.finish()

    async def _tell_whole(self) -> None:
        """Say once what several steps told of one thing, as a plan of all of them tells it: each had only its own part."""
        from setup_wizard.plan.telling import doubled, whole
        from setup_wizard.steps import find_steps
        from setup_wizard.ui.leaving import told_by_steps

        if not (about := doubled(told_by_steps(self.wizard))):
            return
        ids = [*(s.step for a in self.wizard.applied for s in a.steps), *self.wizard.unchanged]
        with contextlib.suppress(SentrySetupError):  # each part is still told by itself then
            self.show(replace(self.wizard, told=whole(await self.session.plan(*find_steps(ids)), about)))

    def _awaits(self, action: Callable[[], None]) -> bool:
        """Return whether an action has to wait until every item was decided once; it is done then, and the checklist says so.

        Where the items could not be decided there is nothing to act on, and they are tried again.
        """
        if not self.looked:
            self.awaited = action
            self._busy(_FIRST)
        elif not self.wizard.results:
            self.recheck()
        return not self.looked or not self.wizard.results

    def look_ended(self) -> None:
        """Do what was asked for before the items were decided."""
        super().look_ended()
        action, self.awaited = self.awaited, None
        self._idle(_FIRST)
        if action is not None and self.wizard.results and self.screen is self.home:
            action()

    @work(exclusive=True, group="flow", exit_on_error=False)
    async def finish(self) -> None:
        """Show the report, and continue with the audit in CI where that is asked for."""
        from setup_wizard.steps import find_steps
        from setup_wizard.ui.screens.finish import FinishScreen

        await self._tell_whole()
        past = await asyncio.to_thread(self.session.past)
        self._idle(_NEXT)
        step = await self.push_screen_wait(FinishScreen(self.session, self.wizard, past))
        if step is not None:
            self.begin(find_steps([step])[0])
