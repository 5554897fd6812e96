"""The outside actions of one apply, in order: what was created, what failed, and what each test event went through."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from checks.errors import SentrySetupError
from setup_wizard.plan.files import read_file
from setup_wizard.plan.journal import Journal, Run
from setup_wizard.plan.model import (
    Action,
    Command,
    EnsureAlert,
    EnsureProject,
    FindRepository,
    InviteMember,
    ManualTask,
    Plan,
    ReviewPerformance,
    SendTestEvent,
    SendThroughApplication,
    StepOutcome,
    StoreCiToken,
    TestNotification,
)
from setup_wizard.services.commands import CommandFailed, run_command

if TYPE_CHECKING:
    from checks.repository.facts import Facts
    from setup_wizard.plan.effects import SentryEffects, TestEventMilestone


CREATING = (EnsureProject, EnsureAlert, InviteMember, StoreCiToken)
"""The actions that create something in Sentry, which no undo removes."""


class Execution(Struct, kw_only=True):
    """One apply in progress. `run` is None until something is journalled; `failures` are sentences by step, and `by_hand`
    what is left to the person. `under_way` is what Sentry is asked to create at the moment.
    """

    root: Path
    journal: Journal
    say: Callable[[str], None]
    sentry: Callable[[], SentryEffects]
    facts: Callable[[], Facts]
    run: Run | None = None
    created: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    by_hand: dict[str, list[ManualTask]] = field(default_factory=dict)
    under_way: str = ""
    milestones: list[TestEventMilestone] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    _ran: dict[Command, CommandFailed | None] = field(default_factory=dict)

    def journalled(self, plan: Plan) -> Run:
        """Return the run, begun now if it was not."""
        self.run = self.run or self.journal.start(tuple(s.step for s in plan.steps if s.outcome is StepOutcome.PLANNED))
        return self.run

    def stopped(self) -> list[str]:
        """Return what to say of a stop in the middle: what is in Sentry by now, which nothing takes back."""
        lines = (
            ["stopped; already created in Sentry, and kept:", *(f"  {c}" for c in self.created)] if self.created else []
        )
        if self.under_way:
            lines.append(f"stopped while Sentry was asked to {self.under_way}: check there whether it was done")
        return lines

    async def create_projects(self, plan: Plan) -> dict[str, str]:
        """Find or create the projects, whose DSNs the files hold; returns the slugs that were asked for, by target."""
        wanted = [(s.step, a) for s in plan.steps for a in s.actions if isinstance(a, EnsureProject)]
        for step, action in wanted:
            try:
                self.under_way = action.title
                self.created += await self.sentry().ensure_project(self.journalled(plan), action)
                self.under_way = ""
            except SentrySetupError as error:
                self._failed(step, error.sentence)
        return {a.target: a.slug for _, a in wanted}

    async def act(self, plan: Plan) -> None:
        """Do everything else, step by step; a failure is noted, and the next action is tried."""
        for step in plan.steps:
            for action in step.actions:
                try:
                    self.under_way = action.title if isinstance(action, CREATING) else ""
                    await self._act(plan, step.step, action)
                    self.under_way = ""
                except SentrySetupError as error:
                    self._failed(step.step, error.sentence)

    def _failed(self, step: str, sentence: str) -> None:
        """Note a failure beside those that the step had before."""
        before = self.failures.get(step, "")
        if sentence not in before:
            self.failures[step] = f"{before}; {sentence}" if before else sentence

    async def _act(self, plan: Plan, step: str, action: Action) -> None:
        match action:
            case Command():
                failed = await self._command(plan, action)
                if failed is not None:
                    self._not_run(step, action, failed)
            case EnsureAlert():
                self.created += await self.sentry().ensure_alert(self.journalled(plan), action)
            case InviteMember():
                self.created += await self.sentry().invite(self.journalled(plan), action)
            case ReviewPerformance():
                await self.sentry().review_performance(action)
            case TestNotification():
                await self.sentry().notify(action)
            case StoreCiToken():
                self.created += await self.sentry().store_ci_token(self.journalled(plan), self.root, action)
            case FindRepository():
                task = await self.sentry().find_repository(action)
                self.by_hand.setdefault(step, []).extend([task] if task else [])
            case SendTestEvent() | SendThroughApplication():
                effects = self.sentry()
                try:
                    if isinstance(action, SendTestEvent):
                        await effects.send_test_event(action)
                    else:
                        await effects.through_application(self.root, action, self.facts())
                finally:
                    self.milestones += effects.milestones
                    self.issues += effects.issues
            case _:
                pass  # projects are made before, and what is done by hand is done by a person

    def _not_run(self, step: str, command: Command, failed: CommandFailed) -> None:
        """Note a command that did not work. It is one task for the person, and why is said once, however many steps need it."""
        said = f"{' '.join(command.argv)} in {command.folder}"
        earlier = next((s for s, reason in self.failures.items() if f"{failed.reason};" in reason), None)
        if earlier is None:
            self.say(f"✗ {failed.reason}")
            self._failed(step, f"{failed.reason}; run it yourself: {said}")
        else:
            self._failed(step, f"needs the command that failed in {earlier}: {said}")
        there = "" if command.folder == "." else f"cd {shlex.quote(command.folder)} && "
        task = ManualTask(title=f"run {said}", reason=failed.reason, command=there + shlex.join(command.argv))
        if all(task not in tasks for tasks in self.by_hand.values()):
            self.by_hand.setdefault(step, []).append(task)

    async def _command(self, plan: Plan, action: Command) -> CommandFailed | None:
        """Run a command once: all files are written by now, so that serves every step that asks for it."""
        if action not in self._ran:
            run = self.journalled(plan)
            for path in action.touches:
                self.journal.snapshot_before_command(run, path, read_file(self.root, path))
            self.say(action.title)
            self._ran[action] = await run_command(self.root, action)
        return self._ran[action]
