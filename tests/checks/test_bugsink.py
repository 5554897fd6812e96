"""Bugsink's own API, by answers that a Bugsink 2.6.2 gave: what it shows is judged, what it does not is unknown and said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import httpx
import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.model import Outcome
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api import errors as e
from checks.sentry_api.bugsink import gather_bugsink
from checks.sentry_api.client import SentryClient
from checks.sentry_api.needs import EVERYTHING, NEEDS
from checks.sentry_api.snapshot import ProjectSnapshot, Snapshot, Unavailable
from tests.support.repo import INIT, backend, frontend
from tests.support.sentry import no_sleep

URL = "http://127.0.0.1:8000"
KEY = "9e42c5da48aa42e69ffcc8dba4f2b6d3"


def project(slug: str, identity: int, **changes: object) -> dict:
    return {
        "id": identity,
        "team": None,
        "name": slug,
        "slug": slug,
        "dsn": f"http://{KEY}@127.0.0.1:8000/{identity}",
        "stored_event_count": 2,
        "alert_on_new_issue": True,
        "visibility": "team_members",
    } | changes


def page(*results: dict, following: str | None = None) -> dict:
    return {"next": following, "previous": None, "results": list(results)}


def answers(request: httpx.Request, projects: list[dict], received: str, nonces: dict[str, str]) -> httpx.Response:
    """Answer as Bugsink does; its projects come one a page."""
    path, query = request.url.path.removeprefix("/api/canonical/0"), request.url.params
    if path == "/projects/":
        at = int(query.get("cursor", "0"))
        following = f"{URL}/api/canonical/0/projects/?cursor={at + 1}" if at + 1 < len(projects) else None
        return httpx.Response(200, json=page(*projects[at : at + 1], following=following))
    kind = query.get("q", "").rpartition(":")[2]
    if path == "/issues/" and query["project"] == "1":
        return httpx.Response(200, json=page({"id": f"issue-{kind}"}))
    if path == "/events/":
        return httpx.Response(200, json=page({"id": f"event-{kind}"}))
    if path.startswith("/events/event-"):
        kind = path.strip("/").rpartition("-")[2]
        tags = {"sentry_setup.nonce": nonces[kind], "sentry_setup.kind": kind}
        identity = "ffad1a1f-495f-4955-9d37-2f135b7599c9"
        return httpx.Response(200, json={"event_id": identity, "ingested_at": received, "data": {"tags": tags}})
    return httpx.Response(200, json=page())


async def read(answer: Callable[[httpx.Request], httpx.Response]) -> Snapshot | None:
    async with SentryClient(URL, "a" * 40, transport=httpx.MockTransport(answer), sleep=no_sleep) as client:
        slugs = {"backend": "shop-backend", "frontend": "shop-frontend"}
        return await gather_bugsink(client, slugs, parts=EVERYTHING)


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


async def test_what_it_shows_is_judged_and_what_it_does_not_is_unknown():
    both = [project("other", 7), project("shop-backend", 1), project("shop-frontend", 2)]
    snapshot = await read(lambda r: answers(r, both, now(), {"message": "n1", "error": "n1"}))
    assert snapshot is not None
    files = backend() | frontend() | {"shop/settings.py": INIT, ".env": f"SENTRY_DSN=http://{KEY}@127.0.0.1:8000/1\n"}
    report = run_audit(Facts(MemoryTree(files), Config(), snapshot), CHECKLIST)
    assert report.result("project-created").outcome is Outcome.PASS
    assert report.result("test-event").outcome is Outcome.PASS
    own = next(v for v in report.result("dsn-target").verdicts if v.target and v.target.name == "backend")
    assert own.outcome is Outcome.PASS
    alike = {"project-created", "test-event", "dsn-target"}
    passing = [i for i in NEEDS if report.result(i).outcome is Outcome.PASS and report.result(i).proof == "proven"]
    assert set(passing) <= alike, "nothing else was observed"
    for item in (
        "email-alerts",
        "team-access",
        "data-scrubbing",
        "environments-seen",
        "performance-data",
        "key-rate-limit",
    ):
        result = report.result(item)
        assert result.outcome is Outcome.UNKNOWN, item
        assert any("not show" in f.message for v in result.verdicts for f in v.findings), result.verdicts


async def test_a_message_and_an_error_of_two_runs_are_no_proof():
    nonces = {"message": "n1", "error": "n2"}
    snapshot = await read(lambda r: answers(r, [project("shop-backend", 1)], now(), nonces))
    files = backend() | {"shop/settings.py": INIT}
    found = run_audit(Facts(MemoryTree(files), Config(), snapshot), CHECKLIST).result("test-event")
    assert found.outcome is not Outcome.PASS


async def test_a_dsn_that_is_none_and_a_project_that_is_missing_are_said():
    odd = project("shop-backend", 1, dsn="http://127.0.0.1:8000/1")
    snapshot = await read(lambda r: answers(r, [odd], now(), {"message": "n", "error": "n"}))
    assert snapshot is not None and snapshot.missing == {"frontend": "shop-frontend"}
    found = snapshot.projects["backend"]
    assert (
        isinstance(found, ProjectSnapshot)
        and isinstance(found.keys, Unavailable)
        and "shows no DSN" in found.keys.reason
    )


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_may_not_read_is_an_error_with_where_to_make_one(status):
    with pytest.raises((e.UnauthorizedError, e.ForbiddenError)) as raised:
        await read(lambda r: httpx.Response(status, json={"detail": "no"}))
    assert raised.value.hint is not None and "of that Bugsink" in raised.value.hint


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={}),
        httpx.Response(500),
    ],
    ids=["404", "a list", "no results", "500"],
)
async def test_another_server_is_no_bugsink(answer):
    assert await read(lambda r: answer) is None
