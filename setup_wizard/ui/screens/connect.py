"""Connect: the token found, a sign-in with a code, or a token pasted without being shown; then the organization."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Literal

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from checks.errors import SentrySetupError
from checks.report.safe import hide
from checks.sentry_api.credentials import FoundToken
from checks.sentry_api.models import Organization
from setup_wizard.services.connection import WIZARD_SCOPES
from setup_wizard.session import Session
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import MUTED, Row, link, safe
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.rows import Rows

Answer = Literal["connected", "without", "back"]
"""How a person left: connected, going on without Sentry, or back to where they were."""


_FOR = {
    "org:read": "your organization, its teams and integrations",
    "org:ci": "releases and source maps",
    "project:read": "projects, their keys and settings",
    "project:write": "create projects",
    "project:admin": "create projects for a team",
    "project:releases": "releases and deploys",
    "team:read": "teams",
    "team:write": "put a project into a team",
    "event:read": "see the test event arrive",
    "event:write": "resolve, archive and assign the test issues",
    "event:admin": "handle the test issues",
    "alerts:read": "see alert rules",
    "alerts:write": "create the alert rule",
    "member:read": "who can reach the project",
    "member:write": "invite the people you name",
    "member:invite": "invite the people you name",
}
"""What each scope of a token is for."""


class ConnectScreen(TellsFaults, ModalScreen[Answer]):
    """Asks for what is missing and connects; `on_the_way` says that a step is waiting."""

    AUTO_FOCUS = "#token"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Back", id="connect.back"),
        Binding("ctrl+s", "sign_in", "Sign in with a code", id="connect.sign_in", priority=True),
        Binding("ctrl+l", "login", "Use the login found", id="connect.login", priority=True),
        Binding("ctrl+o", "create", "Open token page", id="connect.create", priority=True),
        Binding("ctrl+n", "sign_up", "No account", id="connect.sign_up", priority=True),
        Binding("ctrl+g", "without", "Continue without", id="connect.without", priority=True),
    ]

    def __init__(self, session: Session, *, on_the_way: bool = False) -> None:
        super().__init__()
        self.session = session
        self.on_the_way = on_the_way
        self.token = ""
        self.typed = False
        self.login: FoundToken | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with VerticalScroll(id="connect", classes="panel"):
            yield Static(Content.assemble(("Connect to Sentry", "bold")))
            yield Static(id="where")
            scopes: list[Row] = [
                (f"  {scope:14} ", Content.assemble((_FOR.get(scope, ""), MUTED))) for scope in WIZARD_SCOPES
            ]
            yield Static(Rows([("", Content.assemble(("A personal token with these scopes:", "bold"))), *scopes]))
            yield Input(password=True, placeholder="paste the token, then enter", id="token")
            yield Tick("Keep it in the system's keyring. It is never saved unless this is ticked.", id="keep")
            yield Static(id="message")
            yield OptionList(id="organizations")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin with the token that the environment holds, if any."""
        self.query_one("#organizations").display = False
        try:
            url = self.session.url
        except SentrySetupError as error:
            self.fail(error)
            return
        self.query_one("#where", Static).update(
            Rows(
                [
                    (Content.assemble(("Sentry  ", MUTED)), Content.assemble((safe(url), "bold"))),
                    (Content.assemble(("Token   ", MUTED)), link(self.token_page)),
                    ("        ", Content.assemble(("ctrl+o opens that page", MUTED))),
                ]
            )
        )
        self.look()

    @property
    def token_page(self) -> str:
        """Where a personal token is created."""
        return f"{self.session.url}/settings/account/api/auth-tokens/new-token/"

    @work(exclusive=True, group="connect", exit_on_error=False)
    async def look(self) -> None:
        """Use the token that stands ready somewhere, if any."""
        found = await asyncio.to_thread(self.session.found_token)
        if found is not None:
            self.tell(f"… using the token found in {found.place}")
            self.try_token(found.token)
            return
        self.login = await asyncio.to_thread(self.session.found_login)
        if self.login is not None:
            self.tell(f"Found {self.login.place} for {self.session.url}. Press ctrl+l to use it, or paste a token.")
            self.refresh_bindings()

    def action_login(self) -> None:
        """Use the login that a Sentry tool stored, now that the person says so."""
        if self.login is not None:
            self.tell(f"… using {self.login.place}")
            self.try_token(self.login.token)

    def tell(self, text: str) -> None:
        """Say something beside the field."""
        self.query_one("#message", Static).update(Content(safe(text)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the sign-in with a code only where an application is configured for it, going on only where one was going."""
        if action == "login":
            return self.login is not None
        if action != "sign_in":
            return self.on_the_way or action != "without"
        try:
            return self.session.device_login is not None
        except SentrySetupError:
            return False

    @work(exclusive=True, group="connect", exit_on_error=False)
    async def action_sign_in(self) -> None:
        """Show a code and its page, and wait until somebody agrees there."""
        login = self.session.device_login
        if login is None:
            return
        try:
            code = await login.begin(WIZARD_SCOPES)
            self.query_one("#message", Static).update(
                Content.assemble(
                    ("Compare the code ", ""),
                    (code.code, "bold"),
                    f" at\n{safe(code.url)}\n… waiting until you agree there",
                )
            )
            await self.open(code.url)
            token = await login.wait(code)
            hide(token)
        except SentrySetupError as error:
            self.fail(error)
            return
        self.typed = True
        self.try_token(token)

    async def open(self, url: str) -> None:
        """Show a page in the browser, where there is one."""
        if self.session.open_page is not None:
            await asyncio.to_thread(self.session.open_page, url)

    @work(exclusive=True, group="page", exit_on_error=False)
    async def action_create(self) -> None:
        """Open the page that creates a token."""
        self.tell(f"create a token at {self.token_page}, copy it, and paste it here")
        await self.open(self.token_page)

    @work(exclusive=True, group="page", exit_on_error=False)
    async def action_sign_up(self) -> None:
        """Open the sign-up; the field waits."""
        page = f"{self.session.url}/signup/"
        self.tell(f"sign up at {page}; then ctrl+o creates a token, which you paste here. Nothing is lost meanwhile.")
        await self.open(page)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Try the pasted token."""
        event.stop()
        if event.value.strip():
            self.tell("… asking Sentry who this token is")
            self.typed = True
            hide(event.value.strip())
            self.try_token(event.value.strip())
        else:
            self.query_one("#message", Static).update(Content.assemble(("✗ paste a token first", "$role-fail")))

    @work(exclusive=True, group="connect", exit_on_error=False)
    async def try_token(self, token: str) -> None:
        """Check a token and list its organizations."""
        self.token = token
        try:
            found = await self.session.organizations(token)
        except SentrySetupError as error:
            self.fail(error)
            return
        wanted = self.session.answers.get("sentry.org") or self.session.facts().config.answers.get("sentry.org")
        if wanted or len(found) <= 1:
            self.choose(wanted)
            return
        self.offer(found)

    def offer(self, found: list[Organization]) -> None:
        """Let a person choose among several organizations."""
        self.query_one("#message", Static).update(Content("Which organization?"))
        options = self.query_one("#organizations", OptionList)
        options.clear_options()
        options.add_options([Option(Content(f"{safe(o.slug)}   {safe(o.name)}"), id=o.slug) for o in found])
        options.display = True
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Connect to the chosen organization."""
        event.stop()
        self.choose(event.option.id)

    @work(exclusive=True, group="connect", exit_on_error=False)
    async def choose(self, organization: str | None) -> None:
        """Connect."""
        try:
            lacking = await self.session.connect(self.token, organization)
        except SentrySetupError as error:
            self.fail(error)
            return
        if lacking:
            self.app.notify(
                f"The token lacks {', '.join(lacking)}; steps that need it will say so.",
                severity="warning",
                markup=False,
            )
        if self.typed and self.query_one("#keep", Checkbox).value and not await self.session.keep(self.token):
            self.app.notify("This system has no keyring that could keep the token.", severity="warning", markup=False)
        self.dismiss("connected")

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong, beside the field."""
        hint = f"\n  → {safe(error.hint)}" if error.hint else ""
        self.query_one("#message", Static).update(Content.assemble((f"✗ {safe(error.message)}{hint}", "$role-fail")))
        self.query_one("#token", Input).focus()

    def action_cancel(self) -> None:
        """Go back without connecting."""
        self.dismiss("back")

    def action_without(self) -> None:
        """Continue with what needs no Sentry."""
        self.dismiss("without")
