"""One sitting with the wizard: repository, answers, connection and engine. Screens call it; it knows no screen.

What a method needs it imports itself: the first paint waits for none of it, and `warm` brings it in behind the audit.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from checks.errors import SentrySetupError
from setup_wizard.state import Header, Preview

if TYPE_CHECKING:
    from threading import Event

    import httpx

    from checks.model import ManualTask, Report, Result
    from checks.repository.facts import Facts
    from checks.sentry_api.credentials import FoundToken
    from checks.sentry_api.models import Organization
    from checks.sentry_api.performance import Performance
    from setup_wizard.plan.changed import Changed
    from setup_wizard.plan.effects import OpenPage
    from setup_wizard.plan.engine import Applied, Engine
    from setup_wizard.plan.journal import Run
    from setup_wizard.plan.model import Plan
    from setup_wizard.plan.parts import LeftOut
    from setup_wizard.questions import Question
    from setup_wizard.recommendations import Practice
    from setup_wizard.resume import Place
    from setup_wizard.services.connection import Connection
    from setup_wizard.services.device_login import DeviceLogin
    from setup_wizard.steps import Step


class Review(Struct, frozen=True, kw_only=True):
    """A project's performance, or why it could not be measured; `present_rate` is the rate that its settings write out."""

    slug: str
    found: Performance | str
    present_rate: float | None


class Past(Struct, frozen=True, kw_only=True):
    """What the runs of the journal did: the runs, oldest first, the files they changed together, and those that differ from the
    last commit and that git does not ignore.
    """

    runs: tuple[Run, ...] = ()
    changed: Changed | None = None
    committable: tuple[str, ...] = ()


class Session:
    """A sitting. `environ` and `transport` come from outside, so that tests and the demo bring their own."""

    def __init__(
        self,
        root: Path,
        answers: Mapping[str, str],
        *,
        environ: Mapping[str, str] = os.environ,
        transport: httpx.AsyncBaseTransport | None = None,
        install: bool = True,
        poll: float = 1.0,
        open_page: OpenPage | None = None,
    ) -> None:
        self.open_page = open_page
        self.root = root
        self.answers = dict(answers)
        self.environ = environ
        self.transport = transport
        self.install = install
        self.poll = poll
        self.connection: Connection | None = None
        self.python: str | None = None
        """The interpreter that the application is run with; None: that of its own virtual environment."""
        self.variables: dict[str, str] = {}
        """Variables that the application is given when it is run."""

    def answer(self, given: Mapping[str, str]) -> None:
        """Take answers; an empty one is none."""
        self.answers = {k: v for k, v in {**self.answers, **given}.items() if v}

    @property
    def url(self) -> str:
        """The Sentry this sitting talks to. Raises `UsageError` for one that only the repository names."""
        from checks.config import load_config
        from checks.repository.tree import DirectoryTree
        from setup_wizard.services.connection import sentry_url

        return sentry_url(load_config(DirectoryTree(self.root)), self.answers, self.environ)

    def found_token(self) -> FoundToken | None:
        """Return the token of the environment or of the keyring, or of a stored login that was agreed to; may ask the system."""
        from checks.sentry_api.credentials import environment_token, stored_token

        found = environment_token(self.environ) or stored_token(self.url, self.environ)
        if found is None and self.facts().config.consents("sentry.login"):
            found = self.found_login()
        return found

    def found_login(self) -> FoundToken | None:
        """Return a login that a Sentry tool stored for this very server; it is used only after asking. Blocks."""
        from checks.sentry_api.cli_login import found_login

        return found_login(self.url, self.root, self.environ)

    @property
    def device_login(self) -> DeviceLogin | None:
        """The sign-in by code, where an application's id is configured."""
        from setup_wizard.services.device_login import CLIENT_ID, DeviceLogin

        client_id = (self.environ.get(CLIENT_ID) or "").strip()
        ca_file = self.answers.get("sentry.ca_file")
        return DeviceLogin(self.url, client_id, transport=self.transport, ca_file=ca_file) if client_id else None

    async def keep(self, token: str) -> bool:
        """Keep a token in the system's keyring; returns whether there is one that took it."""
        from checks.sentry_api.credentials import store_token

        return await asyncio.to_thread(store_token, self.url, token)

    @staticmethod
    def warm() -> None:
        """Import what the next keys need; blocks, so call it in a thread."""
        import setup_wizard.exceptions_cli
        import setup_wizard.questions
        import setup_wizard.steps.performance  # noqa: F401

    def facts(self) -> Facts:
        """Return the facts of the working tree."""
        from checks.config import load_config
        from checks.repository.facts import Facts
        from checks.repository.tree import DirectoryTree

        tree = DirectoryTree(self.root)
        return Facts(tree, load_config(tree).with_answers(self.answers))

    def audit_offline(self, on_result: Callable[[Result], None]) -> Report:
        """Audit without Sentry; blocks, so call it in a thread."""
        from checks.audit import run_audit
        from checks.checklist import CHECKLIST

        facts = self.facts()
        try:
            return run_audit(facts, CHECKLIST, on_result=on_result)
        finally:
            facts.forget()

    def header(self) -> Header:
        """Say what was found; blocks, so call it in a thread."""
        from checks.repository.names import repository_name
        from setup_wizard.preview import found_backend, found_frontend
        from setup_wizard.services.git import GitRepository

        facts, git = self.facts(), GitRepository(self.root)
        guides = list({b.facts.guide_url for b in facts.backends})
        found: list[str] = []
        found += [found_backend(facts, b) for b in facts.backends]
        found += [found_frontend(facts, f) for f in facts.frontends]
        found += sorted({d.host_name for d in facts.deployments})
        found += sorted({w.ci.title for w in facts.workflows})
        header = Header(
            repository=repository_name(str(self.root)),
            branch=git.branch,
            changed=len(git.changed()),
            found=tuple(found),
            empty=not facts.backends and not facts.frontends,
            guide=guides[0] if len(guides) == 1 and not any(b.is_django for b in facts.backends) else "",
        )
        facts.forget()
        return header

    async def organizations(self, token: str) -> list[Organization]:
        """List the organizations a token sees. Raises `SentrySetupError`."""
        from checks.sentry_api.calls import Sentry
        from checks.sentry_api.client import SentryClient

        ca_file = self.answers.get("sentry.ca_file")
        async with SentryClient(self.url, token, transport=self.transport, ca_file=ca_file) as client:
            sentry = Sentry(client)
            await sentry.token()
            return await sentry.organizations()

    async def connect(self, token: str, organization: str | None) -> tuple[str, ...]:
        """Connect, and return the scopes that the token lacks. Raises `SentrySetupError`."""
        from checks.config import load_config
        from checks.repository.tree import DirectoryTree
        from setup_wizard.services.connection import connect, missing_scopes

        if organization:
            self.answers["sentry.org"] = organization
        config = load_config(DirectoryTree(self.root)).with_answers(self.answers)
        connection = await connect(self.url, token, config, transport=self.transport)
        await self.disconnect()
        self.connection = connection
        return missing_scopes(connection.token)

    async def disconnect(self) -> None:
        """Close the connection, if there is one."""
        if self.connection is not None:
            await self.connection.close()
            self.connection = None

    def engine(self, say: Callable[[str], None] = lambda _: None) -> Engine:
        """Return the engine with today's answers and connection."""
        from setup_wizard.plan.engine import Engine

        return Engine(
            self.root,
            self.answers,
            connection=self.connection,
            install=self.install,
            say=say,
            transport=self.transport,
            poll=self.poll,
            open_page=self.open_page,
        )

    def practice(self, item_id: str) -> Practice | None:
        """Return the snippet for an item, fitted to the repository; blocks, so call it in a thread."""
        from setup_wizard.recommendations import practice

        return practice(item_id, self.facts())

    def questions(self, step: Step) -> tuple[Question, ...]:
        """Return a step's questions; blocks, so call it in a thread."""
        from setup_wizard.questions import questions_for

        facts = self.facts()
        try:
            return questions_for(step.id, facts, self.connection)
        finally:
            facts.forget()

    async def audit(self) -> Report:
        """Audit the working tree, and Sentry where connected."""
        return await (await asyncio.to_thread(self.engine)).audit()

    async def plan(self, *steps: Step) -> Plan:
        """Plan a step, or several as one."""
        return await (await asyncio.to_thread(self.engine)).plan(steps)

    async def previews(self, steps: tuple[Step, ...]) -> dict[str, Preview]:
        """Return what each step would do, by its id; one that cannot be planned now has no entry."""
        from setup_wizard.preview import would_do

        engine, found = await asyncio.to_thread(self.engine), {}
        try:
            known = await engine.known()
        except SentrySetupError:
            return {}
        for step in steps:
            try:
                plan = await engine.plan((step,), known)
            except SentrySetupError:
                continue
            if self.connection is None and plan.steps[0].lacks_sentry:
                found[step.id] = Preview(lines=("ask   you to connect to Sentry; then this says what the step does",))
            else:
                found[step.id] = would_do(plan.steps[0])
        return found

    async def apply(
        self, step: Step, plan: Plan, say: Callable[[str], None], leave_out: LeftOut | None = None
    ) -> Applied:
        """Apply one step as it was shown, without what a person left out of it."""
        engine = await asyncio.to_thread(self.engine, say)
        engine.leave_out = leave_out or {}
        return await engine.apply((step,), expected=plan)

    @property
    def person(self) -> str:
        """Who is at the keyboard, by git's configuration; empty where it does not say."""
        from setup_wizard.services.git import GitRepository

        return GitRepository(self.root).user

    async def performance(self) -> tuple[Review, ...]:
        """Measure every project's last week. Raises `SentrySetupError` when Sentry cannot be asked at all."""
        from checks.repository.names import project_slug
        from checks.sentry_api.errors import UnauthorizedError
        from setup_wizard.steps.performance import present_rate, review_targets

        engine = await asyncio.to_thread(self.engine)
        facts = await asyncio.to_thread(self.facts)
        reviews = []
        for kind, name in review_targets(facts):
            slug = project_slug(facts, kind, name)
            try:
                found: Performance | str = await engine.performance(slug)
            except UnauthorizedError:
                raise
            except SentrySetupError as error:
                found = error.message
            rate = present_rate(facts, name) if kind == "backend" else None
            reviews.append(Review(slug=slug, found=found, present_rate=rate))
        return tuple(reviews)

    async def update_issues(self, issues: tuple[str, ...], change: str) -> None:
        """`resolve` the test issues, `archive` them until they escalate or until they affect ten `users`, or `assign` them to the
        token's owner.

        Raises `SentrySetupError`.
        """
        from checks.sentry_api.issues import ARCHIVE, RESOLVE, archive_until, assign_to

        owner = (self.connection.token.user if self.connection else None) or ""
        changes = {"resolve": RESOLVE, "archive": ARCHIVE, "users": archive_until(10), "assign": assign_to(owner)}
        await (await asyncio.to_thread(self.engine)).update_issues(issues, changes[change])

    async def sign_off(self, item_id: str, by: str, note: str) -> None:
        """Write a sign-off into the configuration, as a run of its own. Raises `SentrySetupError`."""
        from setup_wizard.exceptions_cli import sign_off_entry, write_entry

        entry = sign_off_entry(item_id, by, note)
        await asyncio.to_thread(lambda: write_entry(self.engine(), "sign-off", "sign-offs", entry))

    def seen_done(self, tasks: tuple[ManualTask, ...]) -> tuple[ManualTask, ...]:
        """Return the person's tasks, ticked also where the CI's own store lists what they store; blocks."""
        from setup_wizard.left import tick_stored

        return tick_stored(self.root, tasks)

    def history(self) -> list[Run]:
        """Return the runs of this repository that can be undone, oldest first; blocks."""
        return self.engine().journal.runs()

    def past(self) -> Past:
        """Return those runs with what they changed, and what of it can be committed; blocks. Raises `SentrySetupError`."""
        from setup_wizard.plan.changed import changed_by
        from setup_wizard.services.git import GitRepository

        git, runs = GitRepository(self.root), self.history()
        touched = {record.path for run in runs for record in run.files}
        try:
            changed = changed_by(self.root, runs, lambda path: git.ignores(path) is True)
        except OSError as error:
            raise SentrySetupError(f"{error.filename} could not be read: {error.strerror}") from error
        return Past(
            runs=tuple(runs),
            changed=changed,
            committable=tuple(p for p in git.changed() if p in touched and git.ignores(p) is False),
        )

    def commit_subject(self) -> str:
        """Return the first line of a commit as this repository writes its own; blocks."""
        from setup_wizard.pull_request import commit_subject
        from setup_wizard.services.branch import subjects

        return commit_subject(subjects(self.root))

    def commit(self, branch: str, message: str, paths: tuple[str, ...]) -> None:
        """Commit these files on a new branch; blocks. Raises `SentrySetupError`."""
        from setup_wizard.services.git import GitRepository

        GitRepository(self.root).commit(branch, message, paths)

    def recall(self) -> Place:
        """Take up the answers of the last sitting, and return where it was left; what was said at this start counts more."""
        from setup_wizard.resume import recall
        from setup_wizard.services.folders import journal_folder

        place = recall(journal_folder(self.root))
        self.answers = {**place.answers, **self.answers}
        return place

    def remember(self, step: str | None) -> None:
        """Keep the answers and the step that is under way; blocks."""
        from setup_wizard.resume import Place, remember
        from setup_wizard.services.folders import journal_folder

        remember(journal_folder(self.root), Place(answers=self.answers, step=step))

    def runtime_command(self) -> str:
        """Return the command that runs the application under its production settings. Raises `SentrySetupError`."""
        from setup_wizard.runtime.offer import runtime_command

        return runtime_command(self.root, self.facts(), self.python, self.variables)

    def run_application(self, say: Callable[[str], None], stop: Event | None = None) -> tuple[bool, tuple[str, ...]]:
        """Run that command until `stop` is set; returns whether all works and what was seen; blocks. Raises `SentrySetupError`."""
        from setup_wizard.runtime.offer import run_application

        return run_application(self.root, self.facts(), self.python, self.variables, say, stop)

    def undo(self) -> tuple[Run, list[str]]:
        """Undo the last run; blocks, so call it in a thread. Raises `SentrySetupError`."""
        return self.engine().undo(None)
