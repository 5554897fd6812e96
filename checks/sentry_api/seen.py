"""What events tell: the wizard's own, which prove a DSN, and the application's, by environment and release.

One question for all projects in the table form of https://docs.sentry.io/api/explore/query-explore-events-in-table-format/ ;
servers before 23.11 know its errors as the dataset `discover`, and those that have no such table list a project's events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from urllib.parse import quote

from msgspec import Struct, field

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG, Sentry
from checks.sentry_api.snapshot import LiveRelease, SeenEvent, Unavailable

_NONCE, _KIND = f"tags[{NONCE_TAG}]", f"tags[{KIND_TAG}]"
_FIELDS = [
    "project.id",
    "environment",
    "release",
    "platform.name",
    "event.type",
    _NONCE,
    _KIND,
    "last_seen()",
    "latest_event()",
]
_DATASETS = (("errors", ""), ("discover", "!event.type:transaction"))
_PAGES = 3
"""Pages of a hundred that are read; what lies behind them is not known."""


class Seen(Struct, kw_only=True):
    """What was seen of a project within 30 days: test events, and what the application itself sent, newest first.

    `browser` are the newest errors of browsers, with their ids; `complete` says that nothing older was left unread,
    `all_tests` the same of test events only.
    """

    tests: list[SeenEvent] = field(default_factory=list)
    live: list[LiveRelease] = field(default_factory=list)
    browser: list[tuple[dt.datetime, str]] = field(default_factory=list)
    complete: bool = True
    all_tests: bool = True

    def add(self, identity: str | None, nonce: str | None, kind: str | None, live: LiveRelease, browser: bool) -> None:
        """Take in a row: an event of the wizard, or the newest event of a release in an environment."""
        if nonce:
            if identity and kind:
                self.tests.append(SeenEvent(id=identity, kind=kind, nonce=nonce, received=live.last))
            return
        self.live.append(live)
        if browser and identity:
            self.browser.append((live.last, identity))

    def browser_event(self) -> str | None:
        """Return the id of the newest error of a browser among what was read."""
        return max(self.browser)[1] if self.browser else None

    def test_events(self) -> tuple[SeenEvent, ...] | Unavailable:
        """Return the test events; unknown where both kinds of one nonce were not found among all that could be read."""
        kinds: dict[str, set[str]] = {}
        for event in self.tests:
            kinds.setdefault(event.nonce, set()).add(event.kind)
        if self.all_tests or any({"message", "error"} <= k for k in kinds.values()):
            return tuple(self.tests)
        return Unavailable(
            reason="many newer events hide whether a test event was seen",
            hint="`sentry-setup apply test-event --yes` sends new ones, and sees them by their ids",
        )

    def live_releases(self) -> tuple[LiveRelease, ...]:
        """Return what the application sent, newest first."""
        return tuple(sorted(self.live, key=lambda r: r.last, reverse=True))

    def environments(self) -> tuple[str, ...]:
        """Return the environments of the application's own events."""
        return tuple(sorted({r.environment for r in self.live if r.environment}))


async def seen_events(sentry: Sentry, organization: str, projects: Sequence[m.Project]) -> dict[str, Seen]:
    """Return what was seen of each project, by project id. Raises `SentryApiError` where it cannot be asked at all."""
    try:
        return await _table(sentry, organization, projects)
    except (e.NotFoundError, e.InvalidError, e.NotSentryError, e.GoneError):
        return {p.id: await _listed(sentry, organization, p) for p in projects}


async def _table(sentry: Sentry, organization: str, projects: Sequence[m.Project]) -> dict[str, Seen]:
    refused: e.SentryApiError | None = None
    for dataset, query in _DATASETS:
        found = {p.id: Seen() for p in projects}
        try:
            cursor = await _read(sentry, organization, dataset, query, found, _PAGES)
            hidden = [p for p in projects if isinstance(found[p.id].test_events(), Unavailable)] if cursor else []
            if hidden:
                # The application's own events are many: the wizard's few are asked for by their tag.
                few = {p.id: Seen() for p in hidden}
                await _read(sentry, organization, dataset, f"{query} has:{NONCE_TAG}".strip(), few, 1)
                for identity, seen in few.items():
                    found[identity].tests, found[identity].all_tests = seen.tests, True
        except e.InvalidError as error:
            refused = error
            continue
        return found
    assert refused is not None
    raise refused


def _unread(what: str) -> e.NotSentryError:
    return e.NotSentryError(
        f"Sentry's answer for {what} has an unexpected shape", hint="is this the address of a Sentry?"
    )


def _of_browser(platform: str | None, kind: str | None) -> bool:
    return platform == "javascript" and kind == "error"


async def _read(
    sentry: Sentry, organization: str, dataset: str, query: str, found: dict[str, Seen], pages: int
) -> bool:
    """Read rows into `found`, by project id; returns whether there are more than were read."""
    parameters: dict[str, str | list[str]] = {
        "dataset": dataset,
        "field": _FIELDS,
        "project": list(found),
        "statsPeriod": "30d",
        "query": query,
        "sort": "-last_seen()",
        "per_page": "100",
    }
    path = f"/organizations/{quote(organization, safe='')}/events/"
    for _ in range(pages):
        data, cursor = await sentry.client.get_page(path, parameters, base=sentry.region)
        for row in m.objects(data, "data"):
            identity, last = m.reference(row, "project.id"), m.moment(row.get("last_seen()"))
            if not identity or last is None:
                raise _unread("the events of a project")  # left out, it would mean that nothing arrived
            seen = found.get(identity)
            if seen is None:
                continue
            release, environment = m.maybe_text(row, "release") or "", m.maybe_text(row, "environment") or ""
            live = LiveRelease(release=release, environment=environment, last=last)
            browser = _of_browser(m.maybe_text(row, "platform.name"), m.maybe_text(row, "event.type"))
            seen.add(
                m.maybe_text(row, "latest_event()"), m.maybe_text(row, _NONCE), m.maybe_text(row, _KIND), live, browser
            )
        if cursor is None:
            return False
        parameters["cursor"] = cursor
    for seen in found.values():
        seen.complete = seen.all_tests = False
    return True


async def _listed(sentry: Sentry, organization: str, project: m.Project) -> Seen:
    """Read a project's latest events from its list, which holds no release: at most three pages."""
    path = f"/projects/{quote(organization, safe='')}/{quote(project.slug, safe='')}/events/"
    parameters: dict[str, str | list[str]] = {"statsPeriod": "14d"}
    seen = Seen()
    for _ in range(_PAGES):
        data, cursor = await sentry.client.get_page(path, parameters, base=sentry.region)
        if not isinstance(data, list):
            raise e.NotSentryError(
                f"{sentry.client.url} did not answer with a list to {path}", hint="is this a Sentry?"
            )
        for row in data:
            last = m.moment(row.get("dateReceived") or row.get("dateCreated")) if isinstance(row, dict) else None
            if last is None:
                raise _unread(path)
            tags = m.tags(row)
            release, environment = tags.get("release", ""), tags.get("environment", "")
            identity = m.maybe_text(row, "eventID") or m.maybe_text(row, "id")
            live = LiveRelease(release=release, environment=environment, last=last)
            browser = _of_browser(m.maybe_text(row, "platform"), m.maybe_text(row, "event.type"))
            seen.add(identity, tags.get(NONCE_TAG), tags.get(KIND_TAG), live, browser)
        if cursor is None:
            return seen
        parameters["cursor"] = cursor
    seen.complete = seen.all_tests = False
    return seen
