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
from textual.widgets import DataTable, Input, Sparkline, Static

from checks.errors import SentrySetupError
from checks.sentry_api.performance import Performance
from setup_wizard.session import Review, Session
from setup_wizard.steps.performance import performance_lines
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import MUTED, problem, safe
from setup_wizard.ui.widgets.keys import Keys

Part = str | tuple[str, str]


class Plot(Horizontal):
    """One figure of each day as bars, with the scale at its left, the days below, and the last value at its right."""

    def __init__(self, name: str, unit: str, days: Sequence[str], values: Sequence[float | None]) -> None:
        super().__init__(classes="plot")
        self.title_, self.unit, self.days, self.values = name, unit, tuple(days), tuple(values)

    def compose(self) -> ComposeResult:
        """Lay the plot out."""
        known = [v for v in self.values if v is not None]
        drawn = [v or 0.0 for v in self.values]
        highest, lowest = max(drawn, default=0.0), min(drawn, default=0.0)  # the bars begin at the lowest value
        yield Static(
            Content.assemble((f"{self.title_:>10}", "bold"), (f"\n{highest:>9,.0f} ┤\n{lowest:>9,.0f} ┤", MUTED)),
            classes="scale",
        )
        with Vertical(classes="bars"):
            yield Static("")
            yield Sparkline(drawn)
            yield Static(Content.assemble((f"{self.days[0]} … {self.days[-1]}" if self.days else "", MUTED)))
        last = next((v for v in reversed(self.values) if v is not None), None)
        shown = "–" if last is None else f"{last:,.0f}{self.unit}"
        missing = len(self.values) - len(known)
        gap = f"\n{missing} days without" if missing else ""
        yield Static(Content.assemble("\n", (shown, "bold"), ("\non the last day" + gap, MUTED)), classes="last")


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
            yield Vertical(id="plots")
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
        yield Keys()

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
            parts += await self._plots(review)
        self.query_one("#figures", Static).update(Content.assemble(*parts))

    @property
    def measured(self) -> bool:
        """Whether there is a figure that a person can judge."""
        return any(isinstance(r.found, Performance) and r.found.count for r in self.reviews or ())

    async def _plots(self, review: Review) -> list[Part]:
        if not isinstance(review.found, Performance):
            return [("✗ ", "$role-fail"), f"{safe(review.slug)}: {safe(review.found)}\n\n"]
        found = review.found
        lines = [safe(line) for line in performance_lines(found, review.present_rate)]
        parts: list[Part] = [(lines[0] + "\n", "bold")]
        if found.count:
            days = [f"{d.date:%d %b}" for d in found.days]
            head = Static(Content.assemble((lines[0], "bold")), classes="part")
            table: DataTable[str] = DataTable(cursor_type="none", show_cursor=False, classes="slow")
            table.can_focus = False
            table.add_columns("Slowest transactions", "p95", "count")
            for slow in found.transactions:
                p95 = "–" if slow.p95 is None else f"{slow.p95:,.0f} ms"
                table.add_row(safe(slow.name), p95, f"{slow.count:,}")
            await self.query_one("#plots").mount(
                head,
                Plot("throughput", " a day", days, [float(d.count) for d in found.days]),
                Plot("p50", " ms", days, [d.p50 for d in found.days]),
                Plot("p75", " ms", days, [d.p75 for d in found.days]),
                Plot("p95", " ms", days, [d.p95 for d in found.days]),
                *([table] if found.transactions else []),
            )
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
        if not self.measured:
            said = problem(
                "there are no figures to judge yet", "send traffic to the application, then press r on the checklist"
            )
            self.query_one("#message", Static).update(said)
            return
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
