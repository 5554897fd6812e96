"""Connect: the token found, a sign-in with a code, or a token pasted without being shown; then the organization."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, OptionList, Static
from textual.widgets.option_list import Option

from checks.errors import SentrySetupError
from checks.report.safe import hide
from checks.sentry_api.credentials import FoundToken
from checks.sentry_api.models import Organization
from setup_wizard.services.connection import WIZARD_SCOPES
from setup_wizard.session import Session
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import MUTED, Row, link, problem, safe
from setup_wizard.ui.widgets.field import Tick
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.panel import Panel
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.waiting import Waiting

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

_WAYS = (
    ("submit", "Connect  ⏎"),
    ("sign_in", "Sign in with a code  ^s"),
    ("login", "Use the login found  ^l"),
    ("create", "Token page  ^o"),
    ("without", "Continue without  ^g"),
)
"""The ways on for the mouse; each does what its key does."""


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
        with Panel("Connect to Sentry", id="connect"):
            yield Static(id="where")
            yield Input(password=True, placeholder="paste the token, then enter", id="token")
            yield Tick("Save it in the system keyring; otherwise it is never saved", id="keep")
            yield Waiting(id="message", stop="escape")
            yield OptionList(id="organizations")
            with Horizontal(classes="buttons", id="ways"):
                for name, label in _WAYS:
                    yield Button(label, name=name, compact=True, variant="primary" if name == "submit" else "default")
            scopes: list[Row] = [
                (f"  {scope:14} ", Content.assemble((_FOR.get(scope, ""), MUTED))) for scope in WIZARD_SCOPES
            ]
            head: Row = ("", Content.assemble(("The token needs these scopes", "bold")))
            yield Static(Rows([head, *scopes]), classes="part")
        yield Keys()

    def on_mount(self) -> None:
        """Begin with the token that the environment holds, if any."""
        self.query_one("#organizations").display = False
        self._show_ways()
        try:
            url = self.session.url
        except SentrySetupError as error:
            self.fail(error)
            return
        self.query_one("#where", Static).update(
            Rows(
                [
                    (Content.assemble(("Sentry          ", MUTED)), Content.assemble((safe(url), "bold"))),
                    (Content.assemble(("Create a token  ", MUTED)), link(self.token_page)),
                ]
            )
        )
        self.call_after_refresh(self.query_one(Panel).scroll_home, animate=False)  # the focus scrolled to the field
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
            self.try_token(found.token, f"asking {self.session.url} about the token found in {found.place}")
            return
        self.login = await asyncio.to_thread(self.session.found_login)
        if self.login is not None:
            self.tell(f"Found {self.login.place} for {self.session.url}. Press ^l to use it, or paste a token.")
            self.refresh_bindings()
            self._show_ways()

    def _show_ways(self) -> None:
        """Show the buttons of what can be done now."""
        for button in self.query("#ways Button").results(Button):
            button.can_focus = False
            button.display = button.name == "submit" or bool(self.check_action(button.name or "", ()))

    @on(Button.Pressed)
    async def pressed(self, event: Button.Pressed) -> None:
        """Do what the button's key does."""
        event.stop()
        if event.button.name == "submit":
            await self.query_one("#token", Input).action_submit()
        else:
            await self.run_action(f"screen.{event.button.name}")

    def action_login(self) -> None:
        """Use the login that a Sentry tool stored, now that the person says so."""
        if self.login is not None:
            self.try_token(self.login.token, f"asking {self.session.url} about {self.login.place}")

    def tell(self, text: str) -> None:
        """Say something beside the field."""
        self.query_one(Waiting).tell(Content(safe(text)))

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
            self.query_one(Waiting).wait(f"waiting until you approve the code {code.code} at {code.url}")
            await self.open(code.url)
            token = await login.wait(code)
            hide(token)
        except SentrySetupError as error:
            self.fail(error)
            return
        self.typed = True
        self.try_token(token, "asking Sentry who you are")

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
        self.tell(f"sign up at {page}; then ^o creates a token, which you paste here. Nothing is lost in the meantime.")
        await self.open(page)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Try the pasted token."""
        event.stop()
        if event.value.strip():
            self.typed = True
            hide(event.value.strip())
            self.try_token(event.value.strip(), f"asking {self.session.url} whose token this is")
        else:
            self.query_one(Waiting).tell(problem("paste a token first"))

    @work(exclusive=True, group="connect", exit_on_error=False)
    async def try_token(self, token: str, waiting: str) -> None:
        """Check a token and list its organizations, saying what is waited for."""
        self.token = token
        self.query_one(Waiting).wait(waiting)
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
        self.tell("Which organization?")
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
        self.query_one(Waiting).wait(
            f"asking {self.session.url} for {organization or 'the organization'} and its teams"
        )
        try:
            lacking = await self.session.connect(self.token, organization)
        except SentrySetupError as error:
            self.fail(error)
            return
        if lacking:
            self.app.notify(
                f"The token lacks {', '.join(lacking)}; the steps that need it say so.",
                severity="warning",
                markup=False,
            )
        if self.typed and self.query_one("#keep", Checkbox).value and not await self.session.keep(self.token):
            self.app.notify("This system has no keyring to save the token in.", severity="warning", markup=False)
        self.dismiss("connected")

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong, beside the field."""
        self.query_one(Waiting).tell(problem(error.message, error.hint))
        self.query_one("#token", Input).focus()

    def action_cancel(self) -> None:
        """Go back without connecting."""
        self.dismiss("back")

    def action_without(self) -> None:
        """Continue with what needs no Sentry."""
        self.dismiss("without")
