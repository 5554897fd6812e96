"""Connect: the token found, or pasted without being shown; then the organization."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from checks.errors import SentrySetupError
from checks.sentry_api.models import Organization
from setup_wizard.services.connection import WIZARD_SCOPES
from setup_wizard.session import Session
from setup_wizard.ui.text import safe


class ConnectScreen(ModalScreen[bool]):
    """Asks for what is missing and connects; True when connected."""

    AUTO_FOCUS = "#token"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Back", id="connect.back")]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.token = ""

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        with VerticalScroll(id="connect", classes="panel"):
            yield Static(Content.assemble(("Connect to Sentry", "bold")))
            yield Static(id="where")
            yield Static(
                f"A personal token with {', '.join(WIZARD_SCOPES)}.\nIt stays in this process and is written nowhere.",
                classes="muted",
                markup=False,
            )
            yield Input(password=True, placeholder="paste the token, then enter", id="token")
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
        link = f"{url}/settings/account/api/auth-tokens/new-token/"
        self.query_one("#where", Static).update(
            Content.assemble(safe(url), ("\ncreate one at " + safe(link), "$text-muted"))
        )
        if self.session.found_token:
            self.query_one("#message", Static).update(Content("… using the token found in SENTRY_AUTH_TOKEN"))
            self.try_token(self.session.found_token)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Try the pasted token."""
        event.stop()
        if event.value.strip():
            self.query_one("#message", Static).update(Content("… asking Sentry who this token is"))
            self.try_token(event.value.strip())
        else:
            self.query_one("#message", Static).update(Content.assemble(("✗ paste a token first", "$text-error")))

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
        self.dismiss(True)

    def fail(self, error: SentrySetupError) -> None:
        """Say what went wrong, beside the field."""
        hint = f"\n  → {safe(error.hint)}" if error.hint else ""
        self.query_one("#message", Static).update(Content.assemble((f"✗ {safe(error.message)}{hint}", "$text-error")))
        self.query_one("#token", Input).focus()

    def action_cancel(self) -> None:
        """Go back without connecting."""
        self.dismiss(False)
