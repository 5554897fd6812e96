"""Servers that mean harm or are broken: what they say is bounded in size and time, never trusted, and told in plain words."""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
import random
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.errors import SentrySetupError
from checks.model import Outcome
from checks.report.text import render_text
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api import client as client_module
from checks.sentry_api import errors as e
from checks.sentry_api.alerts import Alerts, Channel
from checks.sentry_api.calls import KIND_TAG, NONCE_TAG, Sentry
from checks.sentry_api.client import SentryClient
from checks.sentry_api.gather import gather
from checks.sentry_api.members import invite
from checks.sentry_api.performance import Measurements, Performance
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services import device_login
from setup_wizard.services.device_login import DeviceLogin, DeviceLoginError
from setup_wizard.steps.performance import performance_lines
from tests.support.repo import backend, frontend
from tests.support.sentry import URL, no_sleep, transport


class Stream(httpx.AsyncByteStream):
    """A body that comes piece by piece, and may never end."""

    def __init__(self, make: Callable[[], AsyncIterator[bytes]]) -> None:
        self.make = make

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.make()


class Server(httpx.AsyncBaseTransport):
    """Answers every call alike; counts what it sent."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.answer, self.calls, self.sent = answer, 0, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return self.answer(request)

    def endless(self, piece: bytes) -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            while True:
                self.sent += len(piece)
                yield piece

        return pieces()


def client(server: httpx.AsyncBaseTransport, **options: Any) -> SentryClient:
    return SentryClient(URL, "t" * 64, transport=server, sleep=no_sleep, **options)


async def drip() -> AsyncIterator[bytes]:
    yield b"["
    while True:
        await asyncio.sleep(0.005)
        yield b" "


async def test_an_answer_that_drips_for_ever_is_given_up_and_told():
    server = Server(lambda r: httpx.Response(200, stream=Stream(drip)))
    async with client(server, deadline=0.1) as http:
        with pytest.raises(e.UnreachableError, match="did not answer within the time limit"):
            await http.get("/")
    assert server.calls == 3, "a read is tried again, but not for ever"


async def test_a_write_whose_answer_drips_is_never_sent_twice():
    server = Server(lambda r: httpx.Response(201, stream=Stream(drip)))
    async with client(server, deadline=0.1) as http:
        with pytest.raises(e.UnreachableError):
            await http.post("/x/", {})
    assert server.calls == 1


async def test_a_sign_in_that_drips_or_floods_is_given_up(monkeypatch):
    monkeypatch.setattr(device_login, "_DEADLINE", 0.1)
    flood = Server(lambda r: httpx.Response(200, stream=Stream(lambda: flood.endless(b"x" * 65536))))
    dripping = Server(lambda r: httpx.Response(200, stream=Stream(drip)))
    for server, said in ((dripping, "did not answer within the time limit"), (flood, "cannot be reached: ")):
        with pytest.raises(DeviceLoginError, match=said):
            await DeviceLogin(URL, "id", transport=server, sleep=no_sleep).begin(("org:read",))
    assert flood.sent <= 4 * 65536


async def test_a_body_without_an_end_is_cut_off():
    server = Server(lambda r: httpx.Response(200, stream=Stream(lambda: server.endless(b"x" * 2**20))))
    async with client(server) as http:
        with pytest.raises(e.UnreachableError, match="too large"):
            await http.get("/")
    assert server.sent <= 3 * (client_module.MAX_BODY_BYTES + 2 * 2**20)


async def test_a_compressed_bomb_is_cut_off_while_it_unpacks():
    packed = zlib.compress(b"[" * 2**28, 9)
    pieces = [packed[n : n + 4096] for n in range(0, len(packed), 4096)]

    async def slices() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    server = Server(lambda r: httpx.Response(200, headers={"content-encoding": "deflate"}, stream=Stream(slices)))
    async with client(server) as http:
        with pytest.raises(e.UnreachableError, match="too large"):
            await http.get("/")


def link(cursor: str) -> dict[str, str]:
    return {"Link": f'<{URL}/api/0/x/?cursor={cursor}>; rel="next"; results="true"; cursor="{cursor}"'}


@pytest.mark.parametrize("repeating", [True, False], ids=["the same page", "always another"])
async def test_pages_without_an_end_are_bounded_and_never_pass_for_the_whole(repeating):
    numbers = itertools.count()
    server = Server(
        lambda r: httpx.Response(200, json=[{}], headers=link("0:1:0" if repeating else f"0:{next(numbers)}:0"))
    )
    async with client(server) as http:
        with pytest.raises(e.NotSentryError, match="an endless list"):
            [entry async for entry in http.pages("/x/")]
    assert server.calls <= client_module.MAX_PAGES


async def test_pages_are_bounded_in_size_too():
    numbers = itertools.count()
    body = json.dumps(["x" * (8 * 2**20)]).encode()
    server = Server(lambda r: httpx.Response(200, content=body, headers=link(f"0:{next(numbers)}:0")))
    async with client(server) as http:
        with pytest.raises(e.NotSentryError, match="an endless list"):
            [entry async for entry in http.pages("/x/")]
    assert server.calls <= client_module.MAX_LIST_BYTES // len(body) + 2


async def test_a_list_with_more_members_than_are_read_is_unknown_and_not_cut_short(monkeypatch):
    monkeypatch.setattr(client_module, "MAX_PAGES", 9)
    state = full()
    state.members = [
        {"email": f"{n}@example.com", "role": "member", "pending": False, "expired": False} for n in range(1_000)
    ]
    async with SentryClient(URL, state.token, transport=transport(state), sleep=no_sleep) as http:
        snapshot = await gather(Sentry(http), Facts(MemoryTree(REPOSITORY), CONFIG))
    assert not isinstance(snapshot.members, tuple) and "an endless list" in snapshot.members.reason


REPOSITORY = {**backend(), **frontend()}
CONFIG = Config(answers={"sentry.org": "acme", "backend.project": "shop-backend", "frontend.project": "shop-frontend"})
WORSE: tuple[Any, ...] = (
    None, True, -1, 2**80, 1e308, "", "\x1b[31m[red]<b>\u202e", "x" * 100_000, float("nan"), float("inf"), [], {}, [[]], [None], {"": {}}, ["\x00"],
    "2026-13-45T99:99:99Z", "9999-12-31T23:59:59.999999+23:59", "0001-01-01T00:00:00-23:59",
)  # fmt: skip


def full(generation: str = "workflows") -> SandboxState:
    """A sandbox with everything in it that an audit asks for."""
    state = SandboxState(public_url=URL, traffic=True, generation=generation)
    for slug, platform in (("shop-backend", "python-django"), ("shop-frontend", "javascript-react")):
        project = state.add_project(slug, slug, platform, "acme", default_alert=True)
        state.add_release("shop@1", [project], "sentry-cli/3.8.2")
        for number, kind in enumerate(("message", "error")):
            payload = {"event_id": f"{number}" * 32, "tags": {NONCE_TAG: "n", KIND_TAG: kind}, "release": "shop@1"}
            if kind == "error":
                payload["exception"] = {"values": [{"type": "E", "value": "v"}]}
            state.add_event(project, payload)
    state.add_integration("slack", "acme")
    state.add_integration("pagerduty", "acme")
    return state


class Mutating(httpx.AsyncBaseTransport):
    """The sandbox, whose every answer is wrong somewhere: one field, or several, holds a value of another type."""

    def __init__(self, state: SandboxState, seed: int, spare: tuple[str, ...] = ()) -> None:
        self.inner, self.random, self.spare, self.changed = transport(state), random.Random(seed), spare, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        body = await response.aread()
        if response.status_code >= 300 or request.url.path.endswith(self.spare or ("\0",)) or not body:
            return httpx.Response(response.status_code, headers=response.headers, content=body)
        data = json.loads(body)
        places = list(pointers(data))
        for _ in range(self.random.choice((1, 1, 1, 3))):
            data = put(data, self.random.choice(places), self.random.choice(WORSE))
        self.changed += 1
        headers = {k: v for k, v in response.headers.items() if k == "link"}
        return httpx.Response(response.status_code, headers=headers, content=json.dumps(data).encode())


def pointers(data: Any, at: tuple[Any, ...] = ()) -> Any:
    yield at
    for key, value in data.items() if isinstance(data, dict) else enumerate(data[:3]) if isinstance(data, list) else ():
        yield from pointers(value, (*at, key))


def put(data: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    data = copy.deepcopy(data)
    place = data
    try:
        for key in at[:-1]:
            place = place[key]
        place[at[-1]] = value
    except (KeyError, IndexError, TypeError):
        pass  # an earlier change took that place away
    return data


ROUNDS = 150


@pytest.mark.thorough
@pytest.mark.parametrize("generation", ["workflows", "rules"])
@pytest.mark.parametrize("spare", [(), ("/organizations/", "/regions/")], ids=["all", "all but the organization"])
async def test_a_field_of_any_other_type_never_crashes_an_audit(generation, spare):
    state, changed, whole = full(generation), 0, 0
    for seed in range(ROUNDS):
        server = Mutating(state, seed, spare)
        async with SentryClient(URL, state.token, transport=server, sleep=no_sleep) as http:
            try:
                snapshot = await gather(Sentry(http), Facts(MemoryTree(REPOSITORY), CONFIG))
            except SentrySetupError as error:
                assert "\x1b" not in error.message + (error.hint or "")
                continue
            finally:
                changed += server.changed
        whole += 1
        report = run_audit(Facts(MemoryTree(REPOSITORY), CONFIG, snapshot), CHECKLIST)
        assert [r for r in report.results if r.outcome is Outcome.ERROR] == [], seed
        text = render_text(report, color=False)
        assert "\x1b" not in text and "\u202e" not in text and "\x00" not in text, seed
    assert changed > (3 * ROUNDS if spare else ROUNDS) and (whole > ROUNDS // 4 or not spare)


@pytest.mark.thorough
@pytest.mark.parametrize("generation", ["workflows", "rules"])
async def test_a_field_of_any_other_type_never_crashes_what_sets_up(generation, monkeypatch):
    monkeypatch.setattr("checks.sentry_api.alerts.MONITOR_PAUSE", 0)
    done = 0
    for seed in range(ROUNDS):
        state = full(generation)
        async with SentryClient(URL, state.token, transport=Mutating(state, seed), sleep=no_sleep) as http:
            sentry = Sentry(http)
            project = (await Sentry(SentryClient(URL, state.token, transport=transport(state))).projects("acme"))[0]
            for call in (
                lambda s=sentry: s.ensure_project("acme", "acme", "new", "python-django"),
                lambda s=sentry, p=project: Alerts(s, "acme").ensure(p, Channel(kind="email")),
                lambda s=sentry, p=project: Alerts(s, "acme").ensure(
                    p, Channel(kind="slack", to="#ops", shown="#ops", integration="1")
                ),
                lambda s=sentry: invite(s, "acme", "new@example.com", role="member", team="acme"),
                lambda s=sentry, p=project: Measurements(s, "acme").of(p),
                lambda s=sentry, p=project: s.event("acme", p.slug, "0" * 32),
            ):
                try:
                    made = await call()
                except SentrySetupError as error:
                    assert "\x1b" not in error.message + (error.hint or "")
                    continue
                done += 1
                if isinstance(made, Performance):
                    assert all(isinstance(line, str) for line in performance_lines(made, 0.1))
    assert done > ROUNDS
