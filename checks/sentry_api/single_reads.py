"""Answers of one call each: what several readers of an organization ask for, and whether there was an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TypeVar
from urllib.parse import quote

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api import settings as s
from checks.sentry_api.calls import Sentry
from checks.sentry_api.snapshot import Integration, Unavailable, Usage

T = TypeVar("T")


def _q(part: str) -> str:
    return quote(part, safe="")


async def ask(call: Awaitable[T]) -> T | Unavailable:
    """Return an answer, or why there is none. Raises `UnauthorizedError`: without a token nothing can be asked."""
    try:
        return await call
    except e.UnauthorizedError:
        raise
    except e.SentryApiError as error:
        return Unavailable(reason=error.message, hint=error.hint)


async def installed_integrations(sentry: Sentry, organization: str) -> tuple[Integration, ...]:
    """List the installed integrations. They belong to the main server, not to a region. Raises `SentryApiError`."""
    path = f"/organizations/{_q(organization)}/integrations/"
    return tuple([s.integration(d) async for d in sentry.client.pages(path, {"includeConfig": "0"})])


async def pagerduty_services(sentry: Sentry, organization: str, integration: str) -> dict[str, str]:
    """Return the PagerDuty services of an integration by id; the keys that Sentry answers beside them are left behind."""
    path = f"/organizations/{_q(organization)}/integrations/{_q(integration)}/"
    answer = m.mapping(await sentry.client.get(path), "an integration")
    rows = m.objects(answer, "configData", "service_table")
    return {str(r["id"]): m.maybe_text(r, "service") or "" for r in rows if r.get("id") is not None}


async def usage_of(sentry: Sentry, organization: str, projects: Sequence[m.Project]) -> dict[str, Usage]:
    """Count what arrived in 14 days, by project id. Raises `SentryApiError`."""
    parameters: dict[str, str | list[str]] = {
        "field": "sum(quantity)",
        "groupBy": ["outcome", "category", "project"],
        "project": [p.id for p in projects],
        "statsPeriod": "14d",
        "interval": "1d",
    }
    path = f"/organizations/{_q(organization)}/stats_v2/"
    data = m.mapping(await sentry.client.get(path, parameters, base=sentry.region), "what arrived")
    if not isinstance(data.get("groups"), list):
        raise e.NotSentryError("Sentry did not say what arrived", hint="check it under Stats in Sentry")
    counts: dict[str, dict[tuple[str, str], int]] = {p.id: {} for p in projects}
    for group in m.objects(data, "groups"):
        category, outcome = m.maybe_text(group, "by", "category"), m.maybe_text(group, "by", "outcome")
        own = counts.get(m.reference(group, "by", "project"))
        if category and outcome and own is not None:
            own[(category, outcome)] = m.number(group.get("totals"), "sum(quantity)")
    return {identity: Usage(counts=own) for identity, own in counts.items()}
