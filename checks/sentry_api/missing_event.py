"""Why an event that was sent is not seen: another project, another region, a filter, the quota, a key that is off.

Sections 7.2 of the API's own guides: `eventids` finds an event in any project, `stats_v2` counts what was not accepted.
"""

from __future__ import annotations

from urllib.parse import quote

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api.calls import Sentry
from checks.sentry_api.dsn import parse_dsn
from checks.sentry_api.snapshot import ClientKey

_OUTCOMES = {
    "filtered": ("an inbound filter drops it", "check Inbound Filters in the project's settings"),
    "rate_limited": (
        "the quota or the key's rate limit is used up",
        "check Settings → Subscription and the project's Client Keys",
    ),
    "invalid": ("Sentry found it invalid", "check the category Invalid in Stats"),
    "abuse": ("Sentry treats it as abuse", "check Stats"),
}
UNKNOWN = (
    "the reason is not known",
    "likely causes: the DSN belongs to another project, an inbound filter, the quota, a disabled key",
)


async def diagnose_missing_event(
    sentry: Sentry, organization: str, project: m.Project, event_id: str, dsn: str, keys: tuple[ClientKey, ...]
) -> tuple[str, str]:
    """Return why, and what to do; asks in the order of certainty, and guesses nothing. Never raises a `SentryApiError`."""
    try:
        parsed = parse_dsn(dsn)
    except ValueError as error:
        return f"this is not a DSN: {error}", "copy it again from the project's client keys"
    own = {parse_dsn(k.dsn).host for k in keys}
    if own and parsed.host not in own:
        return (
            f"the DSN leads to {parsed.host}, the project is at {', '.join(sorted(own))}",
            "another region or server: copy the DSN of this project's client keys",
        )
    elsewhere = await _elsewhere(sentry, organization, event_id)
    if elsewhere is not None and elsewhere != project.slug:
        return f"it arrived in the project {elsewhere}: the DSN is that one's", "copy the DSN of the right project"
    if parsed.project_id != project.id:
        return (
            f"the DSN belongs to project {parsed.project_id}, and {project.slug} is {project.id}",
            "copy the DSN of the right project's client keys",
        )
    mine = next((k for k in keys if k.public == parsed.public_key), None)
    if mine is not None and not mine.active:
        return "its client key is disabled", "enable it under Client Keys, or take another one"
    dropped = await _dropped(sentry, organization, project)
    return next((_OUTCOMES[o] for o in _OUTCOMES if dropped.get(o)), UNKNOWN)


async def _elsewhere(sentry: Sentry, organization: str, event_id: str) -> str | None:
    path = f"/organizations/{quote(organization, safe='')}/eventids/{quote(event_id, safe='')}/"
    try:
        return m.maybe_text(await sentry.client.get(path, base=sentry.region), "projectSlug")
    except e.SentryApiError:
        return None


async def _dropped(sentry: Sentry, organization: str, project: m.Project) -> dict[str, int]:
    """Return what was not accepted in the last hour, by outcome; the newest minutes may lack."""
    parameters: dict[str, str | list[str]] = {
        "field": "sum(quantity)",
        "groupBy": ["outcome"],
        "category": "error",
        "project": project.id,
        "statsPeriod": "1h",
        "interval": "1h",
    }
    try:
        path = f"/organizations/{quote(organization, safe='')}/stats_v2/"
        data = await sentry.client.get(path, parameters, base=sentry.region)
    except e.SentryApiError:
        return {}
    counts: dict[str, int] = {}
    for group in m.objects(data, "groups"):
        outcome = m.maybe_text(group, "by", "outcome")
        if outcome:
            counts[outcome] = counts.get(outcome, 0) + m.number(group.get("totals"), "sum(quantity)")
    return counts
