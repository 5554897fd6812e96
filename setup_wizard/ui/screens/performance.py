"""Performance: the last week's figures as plots, a sample rate that fits them, and the sign-off with a note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from checks.errors import SentrySetupError
from checks.sentry_api.performance import DAYS, Performance
from setup_wizard.session import Review, Session
from setup_wizard.steps.performance import performance_lines
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import safe

_BARS = "▁▂▃▄▅▆▇█"
Part = str | tuple[str, str]


def bars(values: Sequence[float | None]) -> str:
    """Return values as a row of bars, the highest one full; a day without a value is a dot."""
    highest = max((v for v in values if v is not None), default=0.0)
    if highest <= 0:
        return "·" * len(values)
    return "".join("·" if v is None else _BARS[min(int(v / highest * 7.999), 7)] for v in values)


class PerformanceScreen(TellsFaults, Screen[bool]):
    """Shows the figures and takes the sign-off; True when it was written."""

    AUTO_FOCUS = "#form"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "sign", "Sign off", id="performance.sign", priority=True),
        Binding("escape", "back", "Back", id="performance.back"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.reviews: tuple[Review, ...] | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(Content.assemble((" Performance review ", "bold reverse")), id="title")
        with VerticalScroll(id="form", can_focus=True):
            yield Static(Content("… asking Sentry for the last week"), id="figures")
            for name, label, value in (("by", "Signed off by", self.session.person), ("note", "What you saw", "")):
                with Horizontal(classes="question"):
                    yield Static(label, classes="label", markup=False)
                    with Vertical(classes="answer"):
                        yield Input(value, id=name, select_on_focus=False)
            yield Static(id="message")
            yield Static(
                "Only a person can judge this. The sign-off goes into the configuration, holds 90 days, and can be undone.",
                classes="muted",
            )
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Ask Sentry."""
        self.measure()

    @work(exclusive=True, group="performance", exit_on_error=False)
    async def measure(self) -> None:
        """Fetch the figures; a project that cannot be asked says so, the others are shown."""
        try:
            self.reviews = await self.session.performance()
        except SentrySetupError as error:
            self.fail(error)
            return
        parts: list[Part] = []
        for review in self.reviews:
            parts += self._plots(review)
        self.query_one("#figures", Static).update(Content.assemble(*parts))

    def _plots(self, review: Review) -> list[Part]:
        if not isinstance(review.found, Performance):
            return [("✗ ", "$role-fail"), f"{safe(review.slug)}: {safe(review.found)}\n\n"]
        found = review.found
        lines = [safe(line) for line in performance_lines(found, review.present_rate)]
        parts: list[Part] = [(lines[0] + "\n", "bold")]
        if found.count:
            rows: list[tuple[str, list[float | None]]] = [
                ("count", [float(d.count) for d in found.days]),
                ("p50", [d.p50 for d in found.days]),
                ("p75", [d.p75 for d in found.days]),
                ("p95", [d.p95 for d in found.days]),
            ]
            for name, values in rows:
                last = next((v for v in reversed(values) if v is not None), None)
                unit = "" if name == "count" else " ms"
                shown = "–" if last is None else f"{last:.0f}{unit}"
                parts += [
                    f"  {name:6}",
                    (bars(values), "$role-accent"),
                    (f"  {shown} on the last of {DAYS} days\n", ""),
                ]
        return [*parts, "\n".join(lines[1:]), "\n\n"]

    def fail(self, error: SentrySetupError) -> None:
        """Show what went wrong, beside the fields."""
        hint = f"\n  → {safe(error.hint)}" if error.hint else ""
        self.query_one("#message", Static).update(Content.assemble((f"✗ {safe(error.message)}{hint}", "$role-fail")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter signs off."""
        event.stop()
        self.action_sign()

    def action_sign(self) -> None:
        """Sign off, unless a field is empty."""
        by, note = (" ".join(self.query_one(f"#{name}", Input).value.split()) for name in ("by", "note"))
        empty = next((n for n, v in (("by", by), ("note", note)) if not v), None)
        if empty:
            self.query_one("#message", Static).update(Content.assemble(("✗ this needs an answer", "$role-fail")))
            self.query_one(f"#{empty}", Input).focus()
            return
        self.write(by, note)

    @work(exclusive=True, group="performance", exit_on_error=False)
    async def write(self, by: str, note: str) -> None:
        """Write the sign-off."""
        try:
            await self.session.sign_off("performance-reviewed", by, note)
        except SentrySetupError as error:
            self.fail(error)
            return
        self.dismiss(True)

    def action_back(self) -> None:
        """Go back; nothing was written."""
        self.dismiss(False)
