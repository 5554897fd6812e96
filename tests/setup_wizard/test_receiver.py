"""A launch at a Bugsink: it sends and sees the test event there, says what such a server cannot show, and goes on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import git
import httpx
import pytest

from checks.config import Config
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api import errors as e
from checks.sentry_api.client import SentryClient
from setup_wizard import receiver
from setup_wizard.plan.engine import Engine
from setup_wizard.plan.model import StepOutcome
from setup_wizard.services import connection, test_event
from setup_wizard.services import receiver as services
from setup_wizard.services.test_event import SentEvents
from setup_wizard.steps import STEPS
from setup_wizard.tokens import open_connection
from tests.checks.test_bugsink import URL, answers, now, project
from tests.support.repo import INIT, backend, frontend
from tests.support.sentry import no_sleep

FILES = backend() | frontend() | {"shop/settings.py": INIT}
NAMES = {"backend.project": "shop-backend", "frontend.project": "shop-frontend"}


class Server:
    """A Bugsink that lists an event a few looks after it was sent, or never."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, looks: int = 2, before: bool = True) -> None:
        self.before = before
        self.nonces, self.looks, self.sent = {"message": "old", "error": "old"}, looks, list[str]()
        self.projects = [project("shop-backend", 1), project("shop-frontend", 2)]
        monkeypatch.setattr(test_event, "send_test_events", self.send)

    def send(self, dsn: str, *, environment: str, release: str | None) -> SentEvents:
        self.sent.append(dsn)
        return SentEvents(message="a" * 32, error="b" * 32, nonce="new")

    def answer(self, request: httpx.Request) -> httpx.Response:
        if not self.sent and not self.before and request.url.path.endswith("/issues/"):
            return httpx.Response(200, json={"next": None, "previous": None, "results": []})
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
    monkeypatch.setattr(services, "SECONDS", 0.0)
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


WITH_CI = FILES | {"requirements.txt": "django\n", ".gitignore": ".env\n"}
SKIPPED = {
    "source-maps": "its API does not show uploads",
    "alerts": "its alerts are set in its web interface",
    "release-tracking": "accepts none from CI",
    "performance": "it accepts only errors",
    "team": "its members are invited in its web interface",
}


async def applied(server: Server, monkeypatch: pytest.MonkeyPatch, root: Path):
    """Apply every step of the wizard at a Bugsink, as the command does."""
    for name, text in WITH_CI.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git.Repo.init(root).close()
    transport = httpx.MockTransport(server.answer)
    monkeypatch.setattr(connection, "connect", partial(connection.connect, transport=transport))
    monkeypatch.setattr(services, "SentryClient", partial(SentryClient, transport=transport))
    monkeypatch.setattr(services, "_PAUSE", 0.0)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "a" * 40)
    answers = NAMES | {"sentry.url": URL}
    engine = Engine(root, answers, install=False, say=lambda said: None)
    engine.connection = await open_connection(root, answers, required=True)
    try:
        return await engine.apply(STEPS)
    finally:
        await engine.connection.close()  # type: ignore[union-attr]


async def test_apply_does_what_a_bugsink_can_and_says_what_it_cannot(monkeypatch, tmp_path):
    server = Server(monkeypatch, before=False)
    done = await applied(server, monkeypatch, tmp_path)
    steps = {s.step: s for s in done.steps}
    skipped = {s.step: s.reason for s in done.steps if s.outcome is StepOutcome.SKIPPED}
    assert skipped.keys() == SKIPPED.keys()
    said = "not possible with this server (Bugsink): "
    assert all(reason.startswith(said) and SKIPPED[step] in reason for step, reason in skipped.items())
    assert (steps["test-event"].outcome, steps["test-event"].proved) == (StepOutcome.APPLIED, ("test-event",))
    assert server.sent == [server.projects[0]["dsn"]]
    told = str([t for s in done.steps for t in s.manual])
    assert server.projects[0]["dsn"] in told, "to be set where the backend runs"
    remembered = (tmp_path / "sentry-setup.toml").read_text()
    assert f'sentry.url = "{URL}"' in remembered and 'backend.project = "shop-backend"' in remembered
    assert "sentry.org" not in remembered and not done.created


async def test_apply_at_a_bugsink_without_the_projects_names_them_and_sends_nothing(monkeypatch, tmp_path):
    server = Server(monkeypatch)
    server.projects = []
    done = await applied(server, monkeypatch, tmp_path)
    steps = {s.step: s for s in done.steps}
    assert "create shop-backend, shop-frontend in the web interface of this Bugsink" in steps["project"].reason
    assert steps["test-event"].outcome is StepOutcome.FAILED and not server.sent
    assert "this Bugsink has no project shop-backend" in steps["test-event"].reason


async def test_a_server_that_is_neither_is_an_error_as_before(monkeypatch, tmp_path):
    server = Server(monkeypatch)
    monkeypatch.setattr(server, "answer", lambda r: httpx.Response(404, text="<html>"))
    with pytest.raises(e.SentryApiError):
        await applied(server, monkeypatch, tmp_path)
