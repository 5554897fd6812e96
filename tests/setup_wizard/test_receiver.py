"""A launch at a Bugsink: it sends and sees the test event there, says what such a server cannot show, and goes on."""

from __future__ import annotations

import httpx
import pytest

from checks.config import Config
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api.client import SentryClient
from setup_wizard import receiver
from setup_wizard.services import test_event
from setup_wizard.services.test_event import SentEvents
from tests.checks.test_bugsink import URL, answers, now, project
from tests.support.repo import INIT, backend, frontend
from tests.support.sentry import no_sleep

FILES = backend() | frontend() | {"shop/settings.py": INIT}
NAMES = {"backend.project": "shop-backend", "frontend.project": "shop-frontend"}


class Server:
    """A Bugsink that lists an event a few looks after it was sent, or never."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, looks: int = 2) -> None:
        self.nonces, self.looks, self.sent = {"message": "old", "error": "old"}, looks, list[str]()
        self.projects = [project("shop-backend", 1), project("shop-frontend", 2)]
        monkeypatch.setattr(test_event, "send_test_events", self.send)

    def send(self, dsn: str, *, environment: str, release: str | None) -> SentEvents:
        self.sent.append(dsn)
        return SentEvents(message="a" * 32, error="b" * 32, nonce="new")

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.sent and request.url.path.endswith("/issues/"):
            self.looks -= 1
            if self.looks < 0:
                self.nonces = dict.fromkeys(self.nonces, "new")
        return answers(request, self.projects, now(), self.nonces)


async def launched(server: Server, *, consent: bool = True):
    said: list[str] = []
    facts = Facts(MemoryTree(FILES), Config(answers=NAMES))
    async with SentryClient(URL, "a" * 40, transport=httpx.MockTransport(server.answer), sleep=no_sleep) as client:
        return await receiver.launch_at_receiver(client, facts, consent=consent, say=said.append, sleep=no_sleep), said


async def test_it_sends_sees_and_says(monkeypatch):
    server = Server(monkeypatch)
    (snapshot, sent, problems), said = await launched(server)
    assert sent == {"backend"} and not problems and snapshot.receiver
    assert {e.nonce for e in snapshot.projects["backend"].test_events} == {"new"}
    assert server.sent == [server.projects[0]["dsn"]], "the DSN of the project, where no other is named"
    assert "It can prove" in said[0] and "It cannot prove" in said[1]


async def test_without_consent_nothing_is_sent(monkeypatch):
    server = Server(monkeypatch)
    (_, sent, problems), _ = await launched(server, consent=False)
    assert not sent and not problems and not server.sent


async def test_an_event_that_is_never_listed_and_a_project_that_is_missing_are_problems(monkeypatch):
    monkeypatch.setattr(receiver, "SECONDS", 0.0)
    (_, sent, [(item, finding)]), _ = await launched(Server(monkeypatch, looks=10_000))
    assert not sent and item == "test-event" and "was not listed in shop-backend" in finding.message
    server = Server(monkeypatch)
    server.projects = []
    (_, sent, [(item, finding)]), _ = await launched(server)
    assert not sent and "no project shop-backend with a DSN" in finding.message and not server.sent


async def test_another_server_is_left_to_its_own_error(monkeypatch):
    server = Server(monkeypatch)
    monkeypatch.setattr(server, "answer", lambda r: httpx.Response(404, text="<html>"))
    found, said = await launched(server)
    assert found is None and not said
