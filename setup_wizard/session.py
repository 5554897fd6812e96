"""One sitting with the wizard: repository, answers, connection and engine. Screens call it; it knows no screen."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import load_config
from checks.model import Report, Result
from checks.repository.facts import Facts
from checks.repository.names import repository_name
from checks.repository.tree import DirectoryTree
from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import SentryClient
from checks.sentry_api.models import Organization
from setup_wizard.plan.effects import OpenPage
from setup_wizard.plan.engine import Applied, Engine
from setup_wizard.plan.journal import Run
from setup_wizard.plan.model import Plan
from setup_wizard.questions import Question, questions_for
from setup_wizard.services.connection import Connection, connect, environment_token, missing_scopes, sentry_url
from setup_wizard.state import Header
from setup_wizard.steps import Step


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

    @property
    def url(self) -> str:
        """The Sentry this sitting talks to. Raises `UsageError` for one that only the repository names."""
        return sentry_url(load_config(DirectoryTree(self.root)), self.answers, self.environ)

    @property
    def found_token(self) -> str | None:
        """The token that the environment holds, or None."""
        return environment_token(self.environ)

    def facts(self) -> Facts:
        """Return the facts of the working tree."""
        tree = DirectoryTree(self.root)
        return Facts(tree, load_config(tree).with_answers(self.answers))

    def audit_offline(self, on_result: Callable[[Result], None]) -> Report:
        """Audit without Sentry; blocks, so call it in a thread."""
        return run_audit(self.facts(), CHECKLIST, on_result=on_result)

    def header(self) -> Header:
        """Say what was found; blocks, so call it in a thread."""
        from setup_wizard.services.git import GitRepository

        facts, git = self.facts(), GitRepository(self.root)
        found = []
        for backend in facts.backends:
            found.append(f"Django {backend.settings.name if backend.settings else backend.root}")
        for frontend in facts.frontends:
            found.append(f"{frontend.bundler.capitalize()} {frontend.root}")
        found += sorted({d.host.capitalize() for d in facts.deployments})
        found += sorted(
            {{"github": "GitHub Actions"}.get(w.provider, w.provider.capitalize()) for w in facts.workflows}
        )
        return Header(
            repository=repository_name(str(self.root)),
            branch=git.branch,
            changed=len(git.changed()),
            found=tuple(found),
        )

    async def organizations(self, token: str) -> list[Organization]:
        """List the organizations a token sees. Raises `SentrySetupError`."""
        async with SentryClient(self.url, token, transport=self.transport) as client:
            sentry = Sentry(client)
            await sentry.token()
            return await sentry.organizations()

    async def connect(self, token: str, organization: str | None) -> tuple[str, ...]:
        """Connect, and return the scopes that the token lacks. Raises `SentrySetupError`."""
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

    def questions(self, step: Step) -> tuple[Question, ...]:
        """Return a step's questions; blocks, so call it in a thread."""
        return questions_for(step.id, self.facts(), self.connection)

    async def audit(self) -> Report:
        """Audit the working tree, and Sentry where connected."""
        return await (await asyncio.to_thread(self.engine)).audit()

    async def plan(self, step: Step) -> Plan:
        """Plan one step."""
        return await (await asyncio.to_thread(self.engine)).plan((step,))

    async def apply(self, step: Step, plan: Plan, say: Callable[[str], None]) -> Applied:
        """Apply one step as it was shown."""
        return await (await asyncio.to_thread(self.engine, say)).apply((step,), expected=plan)

    def undo(self) -> tuple[Run, list[str]]:
        """Undo the last run; blocks, so call it in a thread. Raises `SentrySetupError`."""
        return self.engine().undo(None)
