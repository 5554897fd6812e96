"""The step `performance`: the week's figures, a sample rate that fits them, and the sign-off that only a person can give."""

from __future__ import annotations

from checks.items.performance import performance_reviewed
from checks.model import Outcome
from checks.production.origins import Literal
from checks.repository.facts import Facts
from checks.sentry_api.performance import DAYS, Performance, Slow
from checks.targets.applicability import InitializedBackend, require_initialized
from setup_wizard.plan.model import ManualTask, ReviewPerformance
from setup_wizard.steps.context import Context

SIGN_OFF = "sentry-setup sign-off performance-reviewed --by NAME --note TEXT"


def plan_performance(context: Context) -> str | None:
    """Plan a look at the figures of each project; the sign-off stays with a person."""
    targets = review_targets(context.facts)
    if not targets:
        return "neither a backend nor a frontend was found"
    if all(v.outcome is Outcome.PASS for v in performance_reviewed(context.facts)):
        return None
    if context.known.connected:
        for kind, name in targets:
            rate = present_rate(context.facts, name) if kind == "backend" else None
            action = ReviewPerformance(target=name, slug=context.slug(kind, name), present_rate=rate)
            context.actions.append(action)
    url = f"{context.known.url}/organizations/{context.organization or ':orgslug'}/{_page(context)}"
    context.actions.append(ManualTask(title="review the figures, then sign off", command=SIGN_OFF, url=url))
    return None


def _page(context: Context) -> str:
    """Return the page with the figures; servers without monitors are older than Insights, and have it under Performance."""
    older = context.known.snapshot is not None and context.known.snapshot.has_monitors is False
    return "performance/" if older else "insights/backend/"


def review_targets(facts: Facts) -> list[tuple[str, str]]:
    """Return `(backend | frontend, name)` of everything that has performance data."""
    return [("backend", b.name) for b in facts.backends] + [("frontend", f.name) for f in facts.frontends]


def present_rate(facts: Facts, backend: str) -> float | None:
    """Return the `traces_sample_rate` that a backend's settings write out, or None."""
    found = next((require_initialized(facts, b) for b in facts.backends if b.name == backend), None)
    option = found.option("traces_sample_rate") if isinstance(found, InitializedBackend) else None
    value = option.value if option is not None else None
    written = value.value if isinstance(value, Literal) else None
    return float(written) if isinstance(written, (int, float)) and not isinstance(written, bool) else None


def performance_lines(found: Performance, present_rate: float | None) -> list[str]:
    """Return a review's figures for people, one a line."""
    if not found.count:
        return [f"{found.project}: no transaction arrived in {DAYS} days; is tracing on, and did anyone use it?"]
    lines = [
        f"{found.project}: {found.count:,} transactions in {DAYS} days, {found.per_minute:.2g} a minute",
        "  errors " + _share(found.failure_rate) + f", apdex {_plain(found.apdex)}",
        "  day         count    p50 ms    p75 ms    p95 ms",
    ]
    for day in found.days:
        times = "".join(f"{_plain(t, 0):>10}" for t in (day.p50, day.p75, day.p95))
        lines.append(f"  {day.date.isoformat()} {day.count:>6}{times}")
    for title, rows in (
        ("slowest transactions", found.transactions),
        ("slowest database queries", found.queries),
        ("slowest outgoing requests", found.requests),
    ):
        if rows:
            lines.append(f"  {title} (p95)")
            lines += [_slow(r) for r in rows]
    if found.usage is not None:
        accepted = found.usage.count("transaction", "span", outcome="accepted")
        dropped = found.usage.count("transaction", "span", outcome="rate_limited")
        kept = "spans" if found.parts else "transactions"
        lines.append(f"  quota, 14 days: {accepted} {kept} accepted, {dropped} dropped over the limit")
    if not found.parts:
        lines.append("  this server stores no spans, so slow queries and requests are unknown")
    rate = found.recommended_rate(present_rate) if present_rate is not None else None
    if rate is not None:
        lines.append(f"  sample rate: {present_rate:g} now, {rate:g} recommended")
    return lines


def _slow(row: Slow) -> str:
    name = " ".join(row.name.split())
    return f"  {row.p95:>8.0f} ms  {row.count:>6}×  {name[:60]}{'…' if len(name) > 60 else ''}"


def _plain(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _share(value: float | None) -> str:
    return "not reported" if value is None else f"{value * 100:.1f} %"
