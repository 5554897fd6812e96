"""Every call to Sentry × every way it can fail: what a person reads, and that the same command again makes it good.

`faults.md` beside this file is the table; `pytest tests/setup_wizard/test_call_faults.py --update-goldens` writes it anew.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from checks.errors import SentrySetupError
from checks.model import Outcome
from checks.sentry_api.alerts import Alerts, Channel
from checks.sentry_api.calls import Sentry
from checks.sentry_api.client import SentryClient
from checks.sentry_api.errors import NotFoundError
from checks.sentry_api.models import Project
from setup_wizard.plan import effects
from setup_wizard.sandbox.app import make_sandbox
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import connect
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from tests.support.repo import backend

TABLE = Path(__file__).parent / "faults.md"
STEPS = ("project", "sdk", "dsn", "test-event", "alerts", "team", "performance")


def answer(status: int, body: object = None, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {"detail": "no"}).encode()
    return lambda request: httpx.Response(status, content=content, headers=headers, request=request)


def timeout(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("", request=request)


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("[Errno 111] Connection refused", request=request)


FAULTS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "timeout": timeout,
    "refused": refused,
    "401": answer(401),
    "403": answer(403),
    "404": answer(404),
    "409": answer(409),
    "410": answer(410),
    "429": answer(429, None, **{"Retry-After": "0"}),
    "500": answer(500),
    "503": answer(503, b"<html>down</html>"),
    "HTML": answer(200, b"<!doctype html><title>Sign in</title>"),
    "truncated": answer(200, b'[{"slug": "ac'),
    "redirect": answer(302, {"slug": "renamed"}, Location="/elsewhere/"),
}


def shape(request: httpx.Request) -> str:
    """Name a call, without what differs from run to run."""
    path = request.url.path.removeprefix("/api/0")
    path = re.sub(r"/[0-9a-f]{32}/", "/{event}/", path)
    path = re.sub(r"/\d+/", "/{id}/", path)
    path = re.sub(r"/(projects|organizations|teams)/acme/", r"/\1/{org}/", path)
    return f"{request.method} {path.replace('/x-backend/', '/{project}/')}"


class Faulty(httpx.AsyncBaseTransport):
    """The sandbox, in which one kind of call fails."""

    def __init__(self, state: SandboxState, call: str | None = None, fault: str = "") -> None:
        self.inner = httpx.ASGITransport(make_sandbox(state))
        self.call, self.fault = call, fault
        self.seen: dict[str, None] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = shape(request)
        self.seen.setdefault(name)
        if name == self.call:
            return FAULTS[self.fault](request)
        return await self.inner.handle_async_request(request)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pristine") / "x"
    for path, text in backend().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / ".gitignore").write_text(".env\n")
    for argv in (["init", "-q"], ["add", "--all"]):
        subprocess.run(["git", "-C", str(root), *argv], check=True, capture_output=True)
    return root


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_sleep(seconds: float) -> None:
        pass

    monkeypatch.setitem(SentryClient.__init__.__kwdefaults__, "sleep", no_sleep)
    monkeypatch.setattr(effects, "EVENT_DEADLINE", 0.2)
    monkeypatch.setattr("checks.sentry_api.alerts.MONITOR_PAUSE", 0.0)


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState(traffic=True)) as state:
        state.add_integration("slack", "acme")
        state.add_integration("pagerduty", "acme")
        yield state


async def run(root: Path, state: SandboxState, transport: Faulty) -> str:
    """Set everything up over a transport; returns what a person reads first."""
    answers = {
        "sentry.url": state.public_url,
        "team.emails": "new@example.com",
        "alerts.slack_channel": "#ops",
        "alerts.pagerduty_service": "on-call",
        "alerts.test": "yes",
    }
    session = Session(root, answers, environ={}, install=False, poll=0.01, transport=transport)
    try:
        session.connection = await connect(state.public_url, state.token, session.facts().config, transport=transport)
        applied = await session.engine().apply(find_steps(list(STEPS)))
        await session.update_issues(applied.issues, "resolve")
    except SentrySetupError as error:
        return plain(f"stops: {error.message}" + (f" → {error.hint}" if error.hint else ""), state)
    finally:
        await session.disconnect()
    bad = [f"{s.step} {s.outcome}: {s.reason}" for s in applied.steps if s.outcome not in ("applied", "unchanged")]
    if bad:
        return plain("; ".join(bad), state)
    assert applied.report is not None
    unknown = [r for r in applied.report.results if r.outcome is Outcome.UNKNOWN]
    about = [f for r in unknown for f in r.findings if "/api/0" in f.message or state.public_url in f.message]
    return plain(f"goes on; {about[0].message} → {about[0].hint}" if about else "goes on", state)


def plain(text: str, state: SandboxState) -> str:
    text = text.replace(state.public_url, "SENTRY").replace("|", "\\|")
    text = re.sub(r"\b[0-9a-f]{32}\b", "{event}", text)
    return re.sub(r"/\d+/", "/{id}/", text)


def rows() -> list[tuple[str, str, str]]:
    """Return `(call, fault, what is read)` of the committed table."""
    if not TABLE.exists():
        return []
    cells = [
        row.strip("| \n").split(" | ", 2) for row in TABLE.read_text("utf-8").splitlines() if row.startswith("| `")
    ]
    return [(c.strip("`"), f, said) for c, f, said in cells]


async def test_the_table_has_every_call_and_every_fault(pristine, tmp_path, sandbox, request):
    root = tmp_path / "x"
    shutil.copytree(pristine, root)
    transport = Faulty(sandbox)
    said = await run(root, sandbox, transport)
    assert said == "goes on", said
    wanted = [(call, fault) for call in sorted(transport.seen) for fault in FAULTS]
    if request.config.getoption("--update-goldens"):
        lines = ["| call | fault | what a person reads |", "|---|---|---|"]
        for call, fault in wanted:
            with running_sandbox(SandboxState(traffic=True)) as state:
                state.add_integration("slack", "acme")
                state.add_integration("pagerduty", "acme")
                lines.append(f"| `{call}` | {fault} | {await once(pristine, tmp_path, state, call, fault)} |")
        TABLE.write_text("\n".join(lines) + "\n", "utf-8")
    assert [(call, fault) for call, fault, _ in rows()] == wanted


async def once(pristine: Path, tmp_path: Path, state: SandboxState, call: str, fault: str) -> str:
    root = tmp_path / f"{abs(hash((call, fault)))}" / "x"
    shutil.copytree(pristine, root)
    return await run(root, state, Faulty(state, call, fault))


@pytest.mark.thorough
@pytest.mark.parametrize("call", sorted({call for call, _, _ in rows()}))
async def test_a_call_that_fails_is_told_and_made_good_by_the_same_command(pristine, tmp_path, call):
    for _, fault, expected in [r for r in rows() if r[0] == call]:
        with running_sandbox(SandboxState(traffic=True)) as state:
            state.add_integration("slack", "acme")
            state.add_integration("pagerduty", "acme")
            assert await once(pristine, tmp_path, state, call, fault) == expected, fault
            root = tmp_path / f"{abs(hash((call, fault)))}" / "x"
            assert await run(root, state, Faulty(state)) == "goes on", fault
            assert sorted(state.projects) == ["x-backend"], fault
            names = [str(w["name"]) for w in state.workflows if str(w["name"]).startswith("[sentry-setup]")]
            assert len(names) == len(set(names)) == 3, (fault, names)
            assert [m["email"] for m in state.members].count("new@example.com") == 1, fault


async def test_no_alert_is_attached_to_the_monitor_of_all_projects(sandbox: SandboxState):
    project = sandbox.add_project("lone", "lone", "python-django", "acme", default_alert=False)
    for monitor in sandbox.detectors:
        monitor["projectId"] = None
    async with SentryClient(sandbox.public_url, sandbox.token) as client:
        alerts = Alerts(Sentry(client), "acme")
        with pytest.raises(NotFoundError, match="project lone has no error monitor"):
            await alerts.ensure(Project(id=project.id, slug="lone", name="lone", platform=None), Channel(kind="email"))
    assert not sandbox.workflows
