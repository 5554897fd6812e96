"""The sandbox's spans: transactions taken apart as they arrive, and the table queries over them."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

Value = str | float | int | None


class Span(Struct, frozen=True, kw_only=True):
    """A span: its transaction's name, operation, description, duration in milliseconds, when it ended (UTC)."""

    transaction: str
    is_transaction: bool
    op: str
    description: str
    duration: float
    failed: bool
    ended: dt.datetime


def read_transaction(payload: dict[str, Any]) -> list[Span]:
    """Take a transaction's payload apart: itself, then its spans; times are epoch seconds or ISO texts."""
    trace = (payload.get("contexts") or {}).get("trace") or {}
    name = str(payload.get("transaction") or "unknown")
    rows = [
        (True, trace.get("op"), name, payload.get("start_timestamp"), payload.get("timestamp"), trace.get("status"))
    ]
    for span in payload.get("spans") or []:
        times = (span.get("start_timestamp"), span.get("timestamp"))
        rows.append((False, span.get("op"), span.get("description") or "", *times, span.get("status")))
    found = []
    for whole, op, description, start, end, status in rows:
        began, ended = _moment(start), _moment(end)
        if began is None or ended is None:
            continue
        found.append(
            Span(
                transaction=name,
                is_transaction=whole,
                op=str(op or ""),
                description=str(description),
                duration=(ended - began).total_seconds() * 1000,
                failed=status not in (None, "ok", "cancelled", "unknown"),
                ended=ended,
            )
        )
    return found


def _moment(value: object) -> dt.datetime | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return dt.datetime.fromtimestamp(value, dt.UTC)
    if not isinstance(value, str):
        return None
    try:
        parsed = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)


def sample_week(end: dt.datetime) -> list[Span]:
    """Return a week of a small shop's traffic, the same each time, for the demo; the checkout is slow and fails at times."""
    pages = (("/", 40, 60.0), ("/products/{id}", 25, 110.0), ("/checkout", 5, 900.0))
    found = []
    for day in range(7):
        for name, count, middle in pages:
            for number in range(count * (5 if day < 5 else 3) // 5):
                slower = 1 + (number * 7919 % 97) / 40
                moment = end - dt.timedelta(days=day, minutes=number)
                whole = Span(
                    transaction=name,
                    is_transaction=True,
                    op="http.server",
                    description=name,
                    duration=middle * slower,
                    failed=name == "/checkout" and number == 0,
                    ended=moment,
                )
                query = replace(
                    whole,
                    is_transaction=False,
                    op="db",
                    description=f"SELECT … FROM orchard{name.split('/')[1] and '_' + name.split('/')[1]}",
                    duration=middle * slower * 0.6,
                    failed=False,
                )
                found += [whole, query]
    return found


_FIELDS: dict[str, Callable[[Span], Value]] = {
    "transaction": lambda s: s.transaction,
    "span.description": lambda s: s.description,
    "span.op": lambda s: s.op,
    "span.category": lambda s: s.op.split(".")[0],
    "is_transaction": lambda s: str(s.is_transaction).lower(),
    "event.type": lambda s: "transaction" if s.is_transaction else "span",
}


def query_spans(
    spans: Sequence[Span], fields: Sequence[str], words: str, start: dt.datetime | None, end: dt.datetime | None
) -> list[dict[str, Value]] | None:
    """Answer a table query: `KEY:VALUE` filters, groups by plain fields, functions over them; None for an unknown field."""
    kept = [s for s in spans if (start is None or s.ended >= start) and (end is None or s.ended <= end)]
    for word in words.split():
        key, _, value = word.partition(":")
        if key not in _FIELDS:
            return None
        kept = [s for s in kept if _FIELDS[key](s) == value]
    plain = [f for f in fields if f in _FIELDS]
    functions = [f for f in fields if f not in _FIELDS]
    groups: dict[tuple[Value, ...], list[Span]] = {} if plain else {(): []}
    for span in kept:
        groups.setdefault(tuple(_FIELDS[f](span) for f in plain), []).append(span)
    rows = []
    for names, members in groups.items():
        values = {f: _function(f, members) for f in functions}
        if any(v is _UNKNOWN for v in values.values()):
            return None
        rows.append({**dict(zip(plain, names, strict=True)), **values})
    return rows  # type: ignore[return-value]


_UNKNOWN = object()


def _function(field: str, spans: Sequence[Span]) -> object:
    times = sorted(s.duration for s in spans)
    if field == "count()":
        return len(spans)
    percentile = re.fullmatch(r"p(50|75|95|99)\((?:span|transaction)\.duration\)", field)
    if percentile:
        return times[math.ceil(len(times) * int(percentile.group(1)) / 100) - 1] if times else 0.0
    if field == "failure_rate()":
        return sum(s.failed for s in spans) / len(spans) if spans else 0.0
    apdex = re.fullmatch(r"apdex\((?:span\.duration,)?(\d+)\)", field)
    if apdex:
        limit = int(apdex.group(1))
        good, fair = sum(t <= limit for t in times), sum(limit < t <= 4 * limit for t in times)
        return (good + fair / 2) / len(times) if times else 0.0
    return _UNKNOWN
