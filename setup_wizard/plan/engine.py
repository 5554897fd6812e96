"""Plans steps on an overlay and applies plans: files first and atomically, then commands, then Sentry, then the proof."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec.structs
from msgspec import Struct

from checks.audit import run_audit
from checks.checklist import CHECKLIST, find_item
from checks.config import Config, load_config
from checks.errors import SentrySetupError, UsageError
from checks.model import Outcome, Report, Severity
from checks.repository.facts import Facts
from checks.repository.git import trust_hint
from checks.repository.tree import DirectoryTree
from checks.sentry_api.hosts import SAAS
from setup_wizard.plan.execute import Execution
from setup_wizard.plan.files import ConflictError, read_file
from setup_wizard.plan.journal import Journal, Run
from setup_wizard.plan.model import FileChange, ManualTask, Plan, StepOutcome, StepPlan
from setup_wizard.plan.one_step import plan_step
from setup_wizard.plan.overlay import Overlay
from setup_wizard.plan.parts import LeftOut, plan_without
from setup_wizard.plan.telling import beside_others, told_once
from setup_wizard.plan.unmet import with_unmet
from setup_wizard.services.folders import journal_folder
from setup_wizard.services.git import GitRepository
from setup_wizard.steps import Step
from setup_wizard.steps.context import PENDING_MARK, Context, SentryState
from setup_wizard.steps.wanted import Wanted
from setup_wizard.steps.without_sdk import backends_without_sdk

if TYPE_CHECKING:
    import httpx

    from checks.sentry_api.performance import Performance
    from setup_wizard.plan.effects import OpenPage, SentryEffects, TestEventMilestone
    from setup_wizard.services.connection import Connection
    from setup_wizard.services.receiver import Receiver

Progress = Callable[[str], None]


class Applied(Struct, frozen=True, kw_only=True):
    """What applying a plan did: run id (None: nothing was journalled), step results, created things, and the proof.

    `issues` are those that the test events made; `done` counts the files, commands and calls, `by_hand` is left to the person,
    `unmet` those of them that no step is for.
    """

    run: str | None
    steps: tuple[StepResult, ...]
    created: tuple[str, ...]
    by_hand: tuple[ManualTask, ...]
    report: Report | None
    milestones: tuple[TestEventMilestone, ...] = ()
    issues: tuple[str, ...] = ()
    done: int = 0
    unmet: tuple[ManualTask, ...] = ()


class StepResult(Struct, frozen=True, kw_only=True):
    """How a step ended; `proved` lists items that pass now."""

    step: str
    outcome: StepOutcome
    files: tuple[str, ...] = ()
    reason: str = ""
    snippet: str = ""
    place: str = ""
    proved: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()
    manual: tuple[ManualTask, ...] = ()


class Engine:
    """The wizard's work on one repository. `connection` is None for work without Sentry."""

    def __init__(
        self,
        root: Path,
        answers: Mapping[str, str],
        *,
        connection: Connection | Receiver | None = None,
        install: bool = True,
        say: Progress = lambda _: None,
        transport: httpx.AsyncBaseTransport | None = None,
        poll: float = 1.0,
        open_page: OpenPage | None = None,
    ) -> None:
        self.open_page = open_page
        self.root = root
        self.answers = dict(answers)
        self.connection = connection
        self.install = install
        self.say = say
        self.transport = transport
        self.poll = poll
        self.whole = False
        """Whether no step was named: then what fails of all required items is told, also of those that no step is for."""
        self.leave_out: LeftOut = {}
        """Parts of files that a person left out of what was shown: they stay as they are, in the plan and in what is applied."""
        self.git = GitRepository(root)
        self.journal = Journal(root, journal_folder(root))

    def config(self) -> Config:
        """Load the configuration with the answers on top."""
        return load_config(DirectoryTree(self.root)).with_answers(self.answers)

    def facts(self, known: SentryState | None = None) -> Facts:
        """Return the facts of the working tree as it is now."""
        return Facts(DirectoryTree(self.root), self.config(), known.snapshot if known else None)

    async def known(self) -> SentryState:
        """Return what Sentry knows, or what the answers say of it."""
        if self.connection is None:
            answers = self.config().answers
            return SentryState(url=answers.get("sentry.url", SAAS), organization=answers.get("sentry.org"))
        return await self.connection.known(self.facts())

    async def audit(self, known: SentryState | None = None) -> Report:
        """Audit the working tree, and Sentry where connected: as it is `known`, else as it is now."""
        known = known or await self.known()
        return await asyncio.to_thread(self._audit, known)

    def _audit(self, known: SentryState) -> Report:
        facts = self.facts(known)
        try:
            return run_audit(facts, CHECKLIST)
        finally:
            facts.forget()

    async def plan(self, steps: tuple[Step, ...], known: SentryState | None = None) -> Plan:
        """Plan steps, one after another on one overlay; a refused or skipped step leaves no trace on it."""
        known = known or await self.known()
        return await asyncio.to_thread(self._plan, steps, known)

    def _plan(self, steps: tuple[Step, ...], known: SentryState) -> Plan:
        config = self.config()
        overlay = Overlay(DirectoryTree(self.root))
        plans = []
        without_sdk: frozenset[str] = frozenset()
        handed: dict[str, Wanted] = {}
        for step in steps:
            context = Context(
                overlay,
                config,
                known,
                ignored=self.git.ignores,
                tracked=self.git.tracks,
                release=self.git.head,
                install=self.install,
            )
            context.without_sdk, context.handed = without_sdk, handed
            made = plan_step(step, context, self.leave_out)
            if made.outcome is StepOutcome.PLANNED:
                overlay = context.overlay
            context.facts.forget()
            if step.id == "sdk" and (context.left or made.outcome is StepOutcome.REFUSED):
                without_sdk = backends_without_sdk(Facts(overlay, config, known.snapshot))
            plans.append(made)
        # What git ignores is not among the files that an audit reads.
        secret = {c.path for p in plans for c in p.changes if c.secret}
        shown = {path: data for path, data in overlay.changed.items() if path not in secret}
        planned = Overlay(DirectoryTree(self.root), shown)
        # The step `project` writes the projects into the configuration: what is judged reads it as it will be.
        facts = Facts(planned, load_config(planned).with_answers(self.answers), known.snapshot)
        told = told_once(beside_others(plans))
        done, unmet = with_unmet(facts, steps, told, whole=self.whole, connected=known.connected)
        facts.forget()
        return Plan(root=str(self.root), steps=done, unmet=unmet)

    async def apply(
        self, steps: tuple[Step, ...], expected: Plan | None = None, known: SentryState | None = None
    ) -> Applied:
        """Plan and apply steps. `expected` is the plan a person agreed to: a file that changed under it is a conflict.
        `known` is what Sentry answered a moment ago; it is asked otherwise, and once more for the proof.

        Projects are created first, because files hold their DSNs; then files, commands, and the other calls. Raises
        `SentrySetupError` when nothing at all could be done.
        """
        reason = self.git.refusal
        if reason is not None:
            message = f"git cannot read this repository, so nothing is edited: {reason}"
            raise SentrySetupError(message, hint=trust_hint(self.root))
        with self.journal.exclusive():
            for sentence in self.journal.recover():
                self.say(sentence)
            self.journal.prune(dt.datetime.now(dt.UTC))
            if expected is not None:
                expected = plan_without(expected, self.leave_out)
                self._check_drift(expected.changes)
            known = known or await self.known()
            plan = await self.plan(steps, known)
            if expected is not None:
                self._check_agreed(expected, plan)
            doing = Execution(root=self.root, journal=self.journal, say=self.say, sentry=self._sentry, facts=self.facts)
            try:
                if (wanted := await doing.create_projects(plan)) and self.connection is not None:
                    known = await self.connection.with_projects(known, wanted)
                    plan = await self.plan(steps, known)
                plan = self._without_pending(plan)
                if plan.changes:
                    await self._write_whole(doing.journalled(plan), plan.changes)
                if doing.run is not None:
                    doing.run.add("written")
                await doing.act(plan)
            except BaseException:
                for sentence in doing.stopped():
                    self.say(sentence)
                raise
            if doing.run is not None:
                self.journal.record_command_changes(doing.run)
                doing.run.add("end")
                if not doing.run.files and not doing.run.created:
                    shutil.rmtree(doing.run.folder, ignore_errors=True)
                    doing.run = None
            self.say("check what passes now")
            return await self._result(steps, plan, doing)

    def settle(self, before: frozenset[str]) -> tuple[list[str], bool]:
        """Roll back or finish what a stopped apply left; returns what was done, in words, and whether files of it are kept.

        `before` are the ids of the runs that there were when it began.
        """
        with self.journal.exclusive():
            said = self.journal.recover()
            return said, any(r.files for r in self.journal.runs() if r.id not in before)

    def _sentry(self) -> SentryEffects:
        from setup_wizard.plan.effects import SentryEffects  # brings the HTTP client, which offline work does without

        assert self.connection is not None, "a plan asks for calls only when it was made with a connection"
        from setup_wizard.services.receiver import Receiver

        if isinstance(self.connection, Receiver):
            from setup_wizard.plan.receiver_effects import ReceiverEffects

            return ReceiverEffects(self.connection, self.facts(), self.say)
        return SentryEffects(self.connection, self.config(), self.say, self.poll, self.open_page)

    async def performance(self, slug: str) -> Performance:
        """Measure a project's last week. Raises `SentrySetupError`."""
        return await self._sentry().performance(slug)

    async def update_issues(self, issues: tuple[str, ...], change: dict[str, object]) -> None:
        """Resolve, archive or assign issues (`checks.sentry_api.issues`). Raises `SentrySetupError`."""
        await self._sentry().update_issues(issues, change)

    def _without_pending(self, plan: Plan) -> Plan:
        """Return the plan without steps whose files need the DSN of a project that does not exist."""
        steps = []
        for step in plan.steps:
            if any(PENDING_MARK in change.after for change in step.changes):
                reason = "needs the DSN of a project that does not exist; run the step `project` first"
                step = StepPlan(step=step.step, outcome=StepOutcome.SKIPPED, reason=reason)
            steps.append(step)
        return msgspec.structs.replace(plan, steps=tuple(steps))

    def _check_agreed(self, expected: Plan, plan: Plan) -> None:
        """Raise `ConflictError` unless the plan that would be applied now is the one that was shown."""
        if {c.path: c.after for c in plan.changes} != {c.path: c.after for c in expected.changes}:
            raise ConflictError(
                "the repository changed after the plan was shown, so the plan changed too; nothing was written",
                hint="plan again, and review the new diff",
            )

    def _check_drift(self, changes: tuple[FileChange, ...]) -> None:
        drifted = [c.path for c in changes if read_file(self.root, c.path) != c.before]
        if drifted:
            raise ConflictError(
                f"changed since the plan was made: {', '.join(drifted)}; nothing was written",
                hint="plan again, and review the new diff",
            )

    async def _write_whole(self, run: Run, changes: tuple[FileChange, ...]) -> None:
        """Write in a thread; a cancelled apply waits for it, so that nobody writes after the lock is given back."""
        writing = asyncio.create_task(asyncio.to_thread(self._write, run, changes))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise

    def _write(self, run: Run, changes: tuple[FileChange, ...]) -> None:
        ordered, at = sorted(changes, key=lambda c: (c.secret, not c.path.endswith(".gitignore"))), ""
        try:
            self._check_drift(changes)
            for change in ordered:
                at = change.path
                if change.secret and self.git.ignores(change.path) is False:
                    raise ConflictError(
                        f"git does not ignore {change.path}, so no DSN is written to it",
                        hint="check the negated patterns in .gitignore",
                    )
                self.say(f"write {change.path}")
                self.journal.write(run, change.path, change.before, change.after, private=change.secret)
        except (OSError, ConflictError) as error:
            left = self.journal.roll_back(run)
            if isinstance(error, ConflictError):
                raise
            state = f"everything but {', '.join(left)} is" if left else "every file is"
            raise SentrySetupError(
                f"writing {at} failed: {error.strerror or error}; {state} as it was before",
                hint="fix the problem and run the command again",
            ) from error

    async def _result(self, steps: tuple[Step, ...], plan: Plan, doing: Execution) -> Applied:
        report = await self.audit()
        results = []
        for step, planned in zip(steps, plan.steps, strict=True):
            outcome = StepOutcome.APPLIED if planned.outcome is StepOutcome.PLANNED else planned.outcome
            reason = planned.reason
            if step.id in doing.failures:
                outcome, reason = StepOutcome.FAILED, doing.failures[step.id]
            proved, unproved = [], []
            for item_id in step.proves:
                result = report.result(item_id)
                if result.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE) or result.waiver:
                    proved.append(item_id)
                elif find_item(item_id).severity is Severity.REQUIRED:
                    unproved.append(item_id)
            results.append(
                StepResult(
                    step=step.id,
                    outcome=outcome,
                    files=tuple(c.path for c in planned.changes),
                    reason=reason,
                    snippet=planned.refusal.snippet if planned.refusal else "",
                    place=planned.refusal.place if planned.refusal else "",
                    proved=tuple(proved),
                    unproved=tuple(unproved),
                    manual=(
                        *(a for a in planned.actions if isinstance(a, ManualTask)),
                        *doing.by_hand.get(step.id, ()),
                    ),
                )
            )
        by_hand = tuple(dict.fromkeys([*plan.manual, *(t for s in doing.by_hand.values() for t in s)]))
        return Applied(
            run=doing.run.id if doing.run else None,
            steps=tuple(results),
            created=tuple(doing.created),
            by_hand=by_hand,
            done=plan.done - len(doing.failures),
            unmet=plan.unmet,
            report=report,
            milestones=tuple(doing.milestones),
            issues=tuple(doing.issues),
        )

    def write(self, step: str, changes: tuple[FileChange, ...]) -> Run:
        """Write changes as a run of its own, which can be undone. Raises `SentrySetupError`; then nothing was written."""
        with self.journal.exclusive():
            for sentence in self.journal.recover():
                self.say(sentence)
            run = self.journal.start((step,))
            self._write(run, changes)
            run.add("written")
            run.add("end")
            return run

    def undo(self, run_id: str | None) -> tuple[Run, list[str]]:
        """Undo a run, the last one by default; returns it with the files brought back. Raises `SentrySetupError`."""
        with self.journal.exclusive():
            for sentence in self.journal.recover():
                self.say(sentence)
            runs = self.journal.runs()
            if run_id is None:
                if not runs:
                    raise UsageError("there is no run to undo", hint="`sentry-setup status` lists them")
                run = runs[-1]
            else:
                named = [r for r in runs if r.id == run_id]
                if not named:
                    raise UsageError(f"there is no run {run_id}", hint="`sentry-setup status` lists them")
                run = named[0]
            return run, self.journal.undo(run)
