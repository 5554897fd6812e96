"""What events tell: the wizard's own, which prove a DSN, and the application's, by environment and release.

One question for all projects in the table form of https://docs.sentry.io/api/explore/query-explore-events-in-table-format/ ;
servers before 23.11 know its errors only as the dataset `discover`, which self-hosted servers have kept since; those that have
no such table list a project's events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from checks.sentry_api import errors as e
from checks.sentry_api import models as m
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG, Sentry
from checks.sentry_api.hosts import is_saas
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
_WITHOUT_RELEASES = [f for f in _FIELDS if f != "release"]
_DATASETS = (("errors", ""), ("discover", "!event.type:transaction"))
_ALL_PROJECTS = ("-1",)
"""All projects that the token may see, out of which the query takes some by their slugs."""
_PAGES = 3
"""Pages of a hundred that are read of a project's list; what lies behind them is not known."""


class Seen(Struct, kw_only=True):
    """What was seen of a project within 30 days: test events, and what the application itself sent, newest first.

    `browser` are the newest errors of browsers, with their ids, `others` rows whose release was not asked for; `complete`
    says that nothing older was left unread, `all_tests` the same of test events only.
    """

    tests: list[SeenEvent] = field(default_factory=list)
    live: list[LiveRelease] = field(default_factory=list)
    browser: list[tuple[dt.datetime, str]] = field(default_factory=list)
    others: list[LiveRelease] = field(default_factory=list)
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

    def take(self, rest: Seen) -> None:
        """Take in what was asked for without releases: environments and test events that the rows by release hid."""
        self.tests, self.browser, self.others = rest.tests, rest.browser or self.browser, rest.live
        self.complete, self.all_tests = rest.complete, rest.all_tests

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
            hint="`sentry-setup apply test-event --yes` sends new ones, and finds them by their ids",
        )

    def live_releases(self) -> tuple[LiveRelease, ...]:
        """Return what the application sent, newest first."""
        return tuple(sorted(self.live, key=lambda r: r.last, reverse=True))

    def environments(self) -> tuple[str, ...]:
        """Return the environments of the application's own events."""
        return tuple(sorted({r.environment for r in (*self.live, *self.others) if r.environment}))


class _Table(Struct):
    """What rows tell by project id; `more` says that older ones were not read, of which nothing is known."""

    found: dict[str, Seen]
    more: bool

    def of(self, identity: str) -> Seen:
        """Return what was seen of a project; of one without a row nothing, as far as rows were read."""
        return self.found.setdefault(identity, Seen(complete=not self.more, all_tests=not self.more))


class Newest(Struct):
    """The newest rows of some projects, and how they were asked for; `table` is None for a server without such tables."""

    projects: list[m.Project]
    wanted: Sequence[str] = ()
    dataset: str = ""
    query: str = ""
    table: _Table | None = None

    def browser_event(self, identity: str) -> str | None:
        """Return the id of a project's newest error of a browser, None where these rows hold none."""
        return self.table.of(identity).browser_event() if self.table is not None else None


async def newest_events(
    sentry: Sentry, organization: str, known: Callable[[], Awaitable[list[m.Project]]], slugs: Sequence[str] = ()
) -> Newest:
    """Return the newest hundred rows of projects. Raises `SentryApiError` where they cannot be asked for at all.

    Where `slugs` are given, projects are first named by them in the query, which every version takes, so that nothing waits
    for their ids; a slug that is not there, or out of the token's sight, is refused.
    """
    try:
        if slugs:
            try:
                found = await _newest(sentry, organization, f"project:[{','.join(slugs)}]", _ALL_PROJECTS)
                return replace(found, projects=await known())
            except (e.InvalidError, e.ForbiddenError):
                pass  # one of the projects is not there by this name: those that are have ids
        projects = await known()
        if projects:
            return replace(await _newest(sentry, organization, "", [p.id for p in projects]), projects=projects)
    except (e.NotFoundError, e.NotSentryError, e.GoneError, e.InvalidError):
        pass
    return Newest(await known())


async def _newest(sentry: Sentry, organization: str, named: str, wanted: Sequence[str]) -> Newest:
    """Ask the first dataset that this server has. Raises `SentryApiError`, `InvalidError` where each was refused."""
    (dataset, kinds), *others = _DATASETS if is_saas(sentry.client.url) else _DATASETS[::-1]
    while True:
        query = f"{kinds} {named}".strip()
        try:
            return Newest(
                [], wanted, dataset, query, await _read(sentry, organization, dataset, query, wanted, _FIELDS)
            )
        except e.InvalidError as error:
            if not others or (named and "dataset" not in error.message):
                raise  # the projects were refused, which no other dataset changes
            (dataset, kinds), *others = others


async def seen_events(sentry: Sentry, organization: str, newest: Newest) -> dict[str, Seen]:
    """Return what was seen of each project, by project id, after its newest rows. Raises `SentryApiError`."""
    table = newest.table
    if table is None:
        return {p.id: await _listed(sentry, organization, p) for p in newest.projects}

    async def read(query: str, fields: list[str]) -> _Table:
        return await _read(sentry, organization, newest.dataset, query, newest.wanted, fields)

    if table.more:
        # Many releases: the newest are known by now, and everything else is asked for without them.
        rest = await read(newest.query, _WITHOUT_RELEASES)
        for identity in (*rest.found, *table.found):
            table.of(identity).take(rest.of(identity))
        table.more = rest.more
    if table.more:
        # The application's own events are many: the wizard's few are asked for by their tag.
        few = await read(f"{newest.query} has:{NONCE_TAG}".strip(), _FIELDS)
        for identity in (*few.found, *table.found):
            table.of(identity).tests, table.of(identity).all_tests = few.of(identity).tests, not few.more
    return {p.id: table.of(p.id) for p in newest.projects}


def _unread(what: str) -> e.NotSentryError:
    return e.NotSentryError(
        f"Sentry's answer for {what} has an unexpected shape", hint="is this the address of a Sentry?"
    )


def _of_browser(platform: str | None, kind: str | None) -> bool:
    return platform == "javascript" and kind == "error"


async def _read(
    sentry: Sentry, organization: str, dataset: str, query: str, projects: Sequence[str], fields: list[str]
) -> _Table:
    """Return what the newest hundred rows tell."""
    parameters: dict[str, str | list[str]] = {
        "dataset": dataset,
        "field": fields,
        "project": list(projects),
        "statsPeriod": "30d",
        "query": query,
        "sort": "-last_seen()",
        "per_page": "100",
    }
    path = f"/organizations/{quote(organization, safe='')}/events/"
    data, cursor = await sentry.client.get_page(path, parameters, base=sentry.region)
    table = _Table(found={}, more=cursor is not None)
    if not isinstance(m.mapping(data, "a table of events").get("data"), list):
        raise _unread("a table of events")  # taken for no rows, it would mean that nothing arrived
    for row in m.objects(data, "data"):
        identity, last = m.reference(row, "project.id"), m.moment(row.get("last_seen()"))
        if not identity or last is None:
            raise _unread("the events of a project")  # left out, it would mean that nothing arrived
        release, environment = m.maybe_text(row, "release") or "", m.maybe_text(row, "environment") or ""
        live = LiveRelease(release=release, environment=environment, last=last)
        browser = _of_browser(m.maybe_text(row, "platform.name"), m.maybe_text(row, "event.type"))
        table.of(identity).add(
            m.maybe_text(row, "latest_event()"), m.maybe_text(row, _NONCE), m.maybe_text(row, _KIND), live, browser
        )
    return table


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
