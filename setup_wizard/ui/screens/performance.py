"""Performance: the last week's figures as plots, a sample rate that fits them, and the sign-off with a note."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, DataTable, Input, Static

from checks.errors import SentrySetupError
from checks.sentry_api.performance import DAYS, WANTED_PER_DAY, Performance
from setup_wizard.session import Review, Session
from setup_wizard.steps.performance import performance_lines
from setup_wizard.ui.faults import TellsFaults
from setup_wizard.ui.text import MUTED, Row, cut, problem, safe
from setup_wizard.ui.widgets.keys import Keys
from setup_wizard.ui.widgets.plot import Series, bars, gauge, label, lines
from setup_wizard.ui.widgets.rows import Rows
from setup_wizard.ui.widgets.waiting import Waiting


class Chart(Static):
    """A plot under its title, drawn for the width there is."""

    def __init__(self, title: str, last: str, draw: Callable[[int], list[Row]]) -> None:
        super().__init__(classes="chart")
        self.draw = draw
        self.head: Row = ("", Content.assemble((title, "bold"), ("  " + last, MUTED)))
        self.drawn = 0

    def on_resize(self) -> None:
        """Redraw it for another width."""
        if self.size.width != self.drawn:
            self.drawn = self.size.width
            self.update(Rows([self.head, *self.draw(self.drawn)]))


def charts(found: Performance) -> list[Chart]:
    """Return the plots of a week: throughput, durations, errors and apdex of each day; one without a figure is left out."""
    days = [f"{d.date.day} {d.date:%b}" for d in found.days]

    def series(name: str, values: Iterable[float | None], mark: str = "█", style: str = "$role-accent") -> Series:
        return Series(name=name, values=tuple(values), mark=mark, style=style)

    def one(title: str, unit: str, figures: Series) -> list[Chart]:
        known = [v for v in figures.values if v is not None]
        if not known:
            return []
        return [Chart(title, f"{label(known[-1], unit)} last", lambda width: bars(days, figures, unit, width=width))]

    durations = (
        series("p50", (d.p50 for d in found.days), "●", "$role-pass"),
        series("p75", (d.p75 for d in found.days), "◆", "$role-wired"),
        series("p95", (d.p95 for d in found.days), "▲", "$role-accent"),
    )
    legend = "   ".join(
        f"{s.mark} {s.name} {label(known[-1], ' ms')}"
        for s in durations
        if (known := [v for v in s.values if v is not None])
    )
    drawn = Chart("duration", legend, lambda width: lines(days, durations, " ms", width=width))
    return [
        *one("throughput a day", "", series("count", (float(d.count) for d in found.days))),
        *([drawn] if legend else []),
        *one("error rate", "%", series("errors", (d.failure_rate for d in found.days), style="$role-fail")),
        *one("apdex", "", series("apdex", (d.apdex for d in found.days), style="$role-pass")),
    ]


def judged(review: Review, found: Performance) -> list[Row]:
    """Return what the figures mean: the quota, and the sample rate with its reason."""
    rows: list[Row] = []
    if found.usage is not None:
        accepted = found.usage.count("transaction", "span", outcome="accepted")
        dropped = found.usage.count("transaction", "span", outcome="rate_limited")
        taken = accepted / (accepted + dropped) if accepted + dropped else 0.0
        kept = "spans" if found.parts else "transactions"
        said = f"  {accepted:,} {kept} accepted in 14 days, {dropped:,} dropped over the limit"
        bar = gauge(taken, 20, full="$role-pass" if not dropped else "$role-unknown")
        rows.append((Content.assemble(("quota        ", "bold")), Content.assemble(bar, said)))
    rate = found.recommended_rate(review.present_rate) if review.present_rate is not None else None
    if rate is not None and review.present_rate is not None:
        real = found.count / DAYS / review.present_rate
        change = "keep it" if rate == review.present_rate else f"{rate:g} is recommended"
        why = f"about {real:,.0f} transactions a day, and {WANTED_PER_DAY:,} are enough for stable percentiles"
        rows.append(
            (
                Content.assemble(("sample rate  ", "bold")),
                Content.assemble(f"{review.present_rate:g} now; {change}", (f": {why}", MUTED)),
            )
        )
    if not found.parts:
        rows.append(("             ", "This server stores no spans, so slow queries and requests are unknown."))
    return rows


class PerformanceScreen(TellsFaults, Screen[bool]):
    """Shows the figures and takes the sign-off; True when it was written."""

    AUTO_FOCUS = "#form"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "sign", "Sign off", id="performance.sign", priority=True),
        Binding("tab", "field", "Next field", id="questions.field"),
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
            yield Waiting(id="figures")
            yield Static(id="message")
            with Vertical(id="sign-off"):
                for name, label, value in (("by", "Signed off by", self.session.person), ("note", "What you saw", "")):
                    hint = "e.g. checkout takes 1.8 s; being fixed" if name == "note" else ""
                    with Horizontal(classes="question"):
                        yield Static(label, classes="label", markup=False)
                        with Vertical(classes="answer"):
                            yield Input(value, id=name, select_on_focus=False, placeholder=hint)
                yield Static(
                    "Only a person can judge this. The sign-off is saved in the configuration, is valid for 90 days, and can be undone.",
                    classes="muted",
                )
                with Horizontal(classes="buttons"):
                    yield Button("Sign off  ^s", id="sign", variant="primary", compact=True)
        yield Keys()

    def on_mount(self) -> None:
        """Ask Sentry; the fields come with figures to judge."""
        self.query_one("#sign-off").display = False
        self.query_one(Waiting).wait("asking Sentry for the last week of each project")
        self.measure()

    @work(exclusive=True, group="performance", exit_on_error=False)
    async def measure(self) -> None:
        """Fetch the figures; a project that cannot be asked says so, the others are shown."""
        try:
            self.reviews = await self.session.performance()
        except SentrySetupError as error:
            self.fail(error)
            return
        self.query_one(Waiting).tell("")
        for review in self.reviews:
            await self.query_one("#plots").mount(*self._shown(review))
        if self.measured:
            self.query_one("#sign-off").display = True
        else:
            self._nothing_to_judge()
        self.refresh_bindings()

    def _nothing_to_judge(self) -> None:
        """Say why there is nothing to sign off, and what brings figures."""
        said = problem(
            "there are no figures to judge yet", "send traffic to the application, then press r on the checklist"
        )
        self.query_one("#message", Static).update(said)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the sign-off only with figures."""
        return self.measured if action in ("sign", "field") else True

    @property
    def measured(self) -> bool:
        """Whether there is a figure that a person can judge."""
        return any(isinstance(r.found, Performance) and r.found.count for r in self.reviews or ())

    @staticmethod
    def _shown(review: Review) -> list[Widget]:
        """Return a project's widgets: its headline, plots, slowest parts, and what they mean."""
        found = review.found
        if not isinstance(found, Performance):
            return [Static(problem(f"{review.slug}: {found}"), classes="part")]
        head, *rest = (safe(line) for line in performance_lines(found, review.present_rate))
        shown: list[Widget] = [Static(Content.assemble((head, "bold")), classes="part")]
        if not found.count:
            return shown
        shown.append(Static(Content.assemble((rest[0].strip(), MUTED))))
        shown.append(Container(*charts(found), classes="graphs"))
        slow = [
            (kind, row)
            for kind, rows in (
                ("transaction", found.transactions),
                ("query", found.queries),
                ("request", found.requests),
            )
            for row in rows
        ]
        if slow:
            table: DataTable[str] = DataTable(cursor_type="none", show_cursor=False, classes="slow")
            table.can_focus = False
            table.add_columns("p95", "count", "kind", "slowest")
            for kind, row in slow:
                name = cut(" ".join(safe(row.name).split()), 90)
                table.add_row(f"{row.p95:>8,.0f} ms", f"{row.count:>8,}", kind, name)
            shown.append(table)
        return [*shown, Static(Rows(judged(review, found)))]

    def fail(self, error: SentrySetupError) -> None:
        """Show what went wrong, beside the fields."""
        self.query_one(Waiting).tell("")
        self.query_one("#message", Static).update(problem(error.message, error.hint))

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        """The button signs off."""
        event.stop()
        self.action_sign()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter signs off."""
        event.stop()
        self.action_sign()

    def action_field(self) -> None:
        """Take the cursor to the next field."""
        self.focus_next()

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
