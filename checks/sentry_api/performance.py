"""What a performance review shows, from the spans that Sentry keeps: throughput, errors, apdex, durations, slow parts.

`dataset=spans` of https://docs.sentry.io/api/explore/query-explore-events-in-table-format/ ; durations in milliseconds. Servers
before that dataset (24.2) answer the same of transactions, under the dataset `discover`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api.snapshot import Usage

if TYPE_CHECKING:
    from checks.sentry_api.calls import Sentry

DAYS = 7
APDEX_MS = 300
"""Requests faster than this satisfy, those up to four times slower are tolerated (https://docs.sentry.io/product/insights/)."""

WANTED_PER_DAY = 5_000
"""Sampled transactions a day that give steady hourly percentiles."""

_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Dataset(Struct, frozen=True, kw_only=True):
    """How a server is asked: the dataset's name, the query for transactions, the field of their duration, and apdex.

    `parts` says that it holds the spans within a transaction too.
    """

    name: str
    transactions: str
    duration: str
    apdex: str
    parts: bool

    def percentile(self, number: int) -> str:
        """Return the field of a percentile."""
        return f"p{number}({self.duration})"


SPANS = Dataset(
    name="spans",
    transactions="is_transaction:true",
    duration="span.duration",
    apdex=f"apdex(span.duration,{APDEX_MS})",
    parts=True,
)
DISCOVER = Dataset(
    name="discover",
    transactions="event.type:transaction",
    duration="transaction.duration",
    apdex=f"apdex({APDEX_MS})",
    parts=False,
)


class Day(Struct, frozen=True, kw_only=True):
    """A day's transactions: their number, their percentiles in milliseconds, failure rate and apdex (None: none, or not reported)."""

    date: dt.date
    count: int
    p50: float | None
    p75: float | None
    p95: float | None
    failure_rate: float | None = None
    apdex: float | None = None


class Slow(Struct, frozen=True, kw_only=True):
    """A slow transaction, query or request: its name, how often it ran, its 95th percentile in milliseconds."""

    name: str
    count: int
    p95: float


class Performance(Struct, frozen=True, kw_only=True):
    """A project's last seven days. `failure_rate` and `apdex` are 0 to 1, None where Sentry does not report them.

    `usage` are the last 14 days by outcome, None where it could not be asked; `parts` says whether this server keeps the
    spans within transactions.
    """

    project: str
    days: tuple[Day, ...]
    failure_rate: float | None
    apdex: float | None
    transactions: tuple[Slow, ...]
    queries: tuple[Slow, ...]
    requests: tuple[Slow, ...]
    usage: Usage | None
    parts: bool = True

    @property
    def count(self) -> int:
        """The transactions of the week."""
        return sum(d.count for d in self.days)

    @property
    def per_minute(self) -> float:
        """The throughput: sampled transactions a minute."""
        return self.count / (DAYS * 24 * 60)

    def recommended_rate(self, present: float) -> float | None:
        """Return the sample rate whose volume comes nearest above `WANTED_PER_DAY` a day, from what the present one gave.

        None without transactions, or without a present rate.
        """
        if not self.count or not 0 < present <= 1:
            return None
        real = self.count / DAYS / present
        return next((r for r in _RATES if real * r >= WANTED_PER_DAY), 1.0)


class Measurements(Struct, frozen=True):
    """The queries, for one organization."""

    sentry: Sentry
    organization: str

    async def of(self, project: m.Project, *, today: dt.date | None = None) -> Performance:
        """Ask for everything at once; what this Sentry does not know is left out. Raises `SentryApiError` without any dataset."""
        end = today or dt.datetime.now(dt.UTC).date()
        try:
            return await self._measured(project, end, SPANS)
        except e.InvalidError as error:
            try:
                return await self._measured(project, end, DISCOVER)
            except e.InvalidError:
                raise error from None

    async def _measured(self, project: m.Project, end: dt.date, dataset: Dataset) -> Performance:
        dates = [end - dt.timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
        days, (totals, apdex), (slow, queries, requests), usage = await asyncio.gather(
            asyncio.gather(*(self._day(project, d, dataset) for d in dates)),
            asyncio.gather(
                self._try(project, ["failure_rate()"], dataset),
                self._try(project, [dataset.apdex], dataset),
            ),
            asyncio.gather(
                self._slowest(project, "transaction", dataset.transactions, dataset),
                self._slowest(project, "span.description", "span.category:db", dataset),
                self._slowest(project, "span.description", "span.op:http.client", dataset),
            ),
            self._usage(project),
        )
        return Performance(
            project=project.slug,
            days=tuple(days),
            failure_rate=_real(totals, "failure_rate()"),
            apdex=_real(apdex, dataset.apdex),
            transactions=slow,
            queries=queries,
            requests=requests,
            usage=usage,
            parts=dataset.parts,
        )

    async def _day(self, project: m.Project, date: dt.date, dataset: Dataset) -> Day:
        period = {"start": f"{date.isoformat()}T00:00:00", "end": f"{date.isoformat()}T23:59:59"}
        times = [dataset.percentile(n) for n in (50, 75, 95)]
        fields = ["count()", *times]
        rates = ["failure_rate()", dataset.apdex]
        try:
            rows = await self._rows(project, [*fields, *rates], dataset.transactions, period, dataset)
        except e.InvalidError:  # not every server knows these two of its spans
            rows = await self._rows(project, fields, dataset.transactions, period, dataset)
        row = rows[0] if rows else {}
        count = m.number(row, "count()")
        p50, p75, p95, failed, apdex = (_real(row, f) if count else None for f in (*times, *rates))
        return Day(date=date, count=count, p50=p50, p75=p75, p95=p95, failure_rate=failed, apdex=apdex)

    async def _slowest(self, project: m.Project, name: str, query: str, dataset: Dataset) -> tuple[Slow, ...]:
        if name != "transaction" and not dataset.parts:
            return ()
        slowest = dataset.percentile(95)
        fields = [name, "count()", slowest]
        period = {"statsPeriod": f"{DAYS}d"}
        try:
            rows = await self._rows(project, fields, query, period, dataset, sort=f"-{slowest}", limit=5)
        except (e.InvalidError, e.NotFoundError):
            return ()
        found = []
        for row in rows:
            label, p95 = m.maybe_text(row, name), _real(row, slowest)
            if label and p95 is not None:
                found.append(Slow(name=label, count=m.number(row, "count()"), p95=p95))
        return tuple(found)

    async def _try(self, project: m.Project, fields: list[str], dataset: Dataset) -> Mapping[str, m.Json]:
        try:
            rows = await self._rows(project, fields, dataset.transactions, {"statsPeriod": f"{DAYS}d"}, dataset)
        except (e.InvalidError, e.NotFoundError):
            return {}
        return rows[0] if rows else {}

    async def _usage(self, project: m.Project) -> Usage | None:
        from checks.sentry_api.single_reads import usage_of

        try:
            return (await usage_of(self.sentry, self.organization, [project]))[project.id]
        except e.UnauthorizedError:
            raise
        except e.SentryApiError:
            return None

    async def _rows(
        self,
        project: m.Project,
        fields: Sequence[str],
        query: str,
        period: Mapping[str, str],
        dataset: Dataset,
        *,
        sort: str | None = None,
        limit: int = 1,
    ) -> list[dict[str, m.Json]]:
        parameters: dict[str, str | list[str]] = {
            "dataset": dataset.name,
            "field": list(fields),
            "project": project.id,
            "query": query,
            "per_page": str(limit),
            **period,
        }
        if sort:
            parameters["sort"] = sort
        path = f"/organizations/{quote(self.organization, safe='')}/events/"
        data = await self.sentry.client.get(path, parameters, base=self.sentry.region)
        return m.objects(data, "data")


def _real(row: Mapping[str, m.Json], key: str) -> float | None:
    value = row.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if abs(value) < 1e15 else None  # neither NaN nor infinite
