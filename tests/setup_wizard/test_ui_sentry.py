"""The wizard's screens that live in Sentry: signing in, alerts that wait for a browser, invitations, performance."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import keyring
import keyring.backend
import pytest
from textual.widgets import Checkbox, DataTable, Input, Static

from checks.model import Outcome
from setup_wizard.demo import fingerprint
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.session import Review, Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import make_app
from setup_wizard.ui.screens.confirm import ConfirmScreen
from setup_wizard.ui.screens.connect import ConnectScreen
from setup_wizard.ui.screens.home import HomeScreen
from setup_wizard.ui.screens.performance import PerformanceScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from tests.support.ui import decided, frozen, on, proof_of, session, settled, undone, until


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState(traffic=True)) as state:
        yield state


def said(app, selector: str) -> str:
    return str(app.screen.query_one(selector).render())


async def test_signing_in_with_a_code(sample, sandbox):
    opened: list[str] = []

    def agree(url: str) -> None:
        opened.append(url)
        sandbox.device_codes = dict.fromkeys(sandbox.device_codes, "granted")

    environ = {"SENTRY_CLIENT_ID": sandbox.client_id}
    app = make_app(Session(sample, {"sentry.url": sandbox.public_url}, environ=environ, install=False, open_page=agree))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.wizard.connected)
        [page] = opened
        assert re.fullmatch(re.escape(f"{sandbox.public_url}/oauth/device/?user_code=") + "[A-Z]{4}-[A-Z]{4}", page)
        assert sandbox.token not in app.export_screenshot()


async def test_a_refused_sign_in_leaves_the_field_for_a_token(sample, sandbox):
    def refuse(url: str) -> None:
        sandbox.device_codes = dict.fromkeys(sandbox.device_codes, "access_denied")

    environ = {"SENTRY_CLIENT_ID": sandbox.client_id}
    app = make_app(
        Session(sample, {"sentry.url": sandbox.public_url}, environ=environ, install=False, open_page=refuse)
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "access_denied" in said(app, "#message"))
        app.screen.query_one("#token", Input).value = sandbox.token
        await pilot.press("enter")
        await until(pilot, lambda: app.wizard.connected)


async def test_without_an_application_no_sign_in_is_offered_and_pages_open(sample, sandbox):
    opened: list[str] = []
    app = make_app(
        Session(sample, {"sentry.url": sandbox.public_url}, environ={}, install=False, open_page=opened.append)
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        assert not app.screen.check_action("sign_in", ())
        await pilot.press("ctrl+o")
        await until(pilot, lambda: len(opened) == 1)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: len(opened) == 2)
        assert opened[0].endswith("/auth-tokens/new-token/") and opened[1].endswith("/signup/")


@pytest.mark.thorough
async def test_a_pasted_token_is_kept_only_when_asked(sample, sandbox, monkeypatch):
    kept: dict[str, str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda service, name, token: kept.update({name: token}))
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get(name))
    for keep in (False, True):
        app = make_app(Session(sample, {"sentry.url": sandbox.public_url}, environ={}, install=False))
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, decided(app))
            await pilot.press("c")
            await until(pilot, on(app, ConnectScreen))
            app.screen.query_one("#keep", Checkbox).value = keep
            app.screen.query_one("#token", Input).value = sandbox.token
            await pilot.press("enter")
            await until(pilot, lambda app=app: app.wizard.connected)
        assert kept == ({sandbox.public_url: sandbox.token} if keep else {})
    app = make_app(Session(sample, {"sentry.url": sandbox.public_url}, environ={}, install=False))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)


@pytest.mark.thorough
async def test_an_alert_waits_for_its_integration_and_can_be_stopped(sample, sandbox):
    made = session(sample, sandbox)
    made.open_page = lambda url: None
    app = make_app(made)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        await made.engine().apply(find_steps(["project"]))
        app.begin(find_steps(["alerts"])[0])
        await until(pilot, on(app, QuestionsScreen))
        assert "not connected yet" in said(app, "#f1")
        app.screen.query_one("#q1", Input).value = "#ops"
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        await pilot.press("a")
        await until(
            pilot, lambda: isinstance(app.screen, ProofScreen) and "waiting until it appears" in said(app, "#log")
        )
        sandbox.add_integration("slack", "acme")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        await pilot.press("enter")
        await until(pilot, on(app, HomeScreen))
        await until(pilot, decided(app))
        assert app.wizard.results["slack-alerts"].outcome is Outcome.PASS


async def test_a_week_is_shown_and_signed_off_and_undone(sample, sandbox):
    before = fingerprint(sample)
    made = session(sample, sandbox)
    app = make_app(made)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        made.connection and await made.connection.sentry.ensure_project(
            "acme", "acme", "orchard-backend", "python-django"
        )
        app.begin(find_steps(["performance"])[0])
        await until(pilot, on(app, PerformanceScreen))
        await until(pilot, lambda: len(app.screen.query(DataTable)) == 1)
        names = [app.screen.query_one(DataTable).get_row_at(n)[3] for n in range(2)]
        assert "/checkout" in names, names

        def plots() -> str:
            return "\n".join(str(s.render()) for s in app.screen.query("#plots Static").results(Static))

        await until(pilot, lambda: "throughput a day" in plots())  # drawn once the width is known
        shown = plots()
        assert "there is no project orchard-frontend" in shown
        assert "throughput a day" in shown and "▲ p95" in shown and "error rate" in shown and "apdex" in shown
        assert "▔▔▔▔" in shown and "spans accepted in 14 days" in shown
        await pilot.press("ctrl+s")
        assert "needs an answer" in said(app, "#message")
        app.screen.query_one("#by", Input).value = "Ada"
        app.screen.query_one("#note", Input).value = "checkout is slow, ticket 12"
        await pilot.press("ctrl+s")
        await until(pilot, on(app, HomeScreen))
        await until(pilot, decided(app))
        assert app.wizard.results["performance-reviewed"].outcome is Outcome.PASS
        await undone(pilot, app)
        await until(pilot, lambda: fingerprint(sample) == before)


async def test_performance_without_sentry_says_so_and_back_writes_nothing(sample, sandbox):
    before = fingerprint(sample)
    app = make_app(session(sample, sandbox))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        sandbox.faults.append(Fault(method="GET", path="", status=401, body="{}", headers={}, times=99))
        app.begin(find_steps(["performance"])[0])
        await until(pilot, on(app, PerformanceScreen))
        await until(pilot, lambda: "does not accept the token" in said(app, "#message"))
        await pilot.press("escape")
        await until(pilot, on(app, HomeScreen))
    assert fingerprint(sample) == before


async def test_nothing_is_signed_off_without_figures(sample, sandbox, monkeypatch):
    app = make_app(session(sample, sandbox))

    async def performance() -> tuple[Review, ...]:
        return (Review(slug="orchard-backend", found="there is no project orchard-backend", present_rate=None),)

    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, decided(app))
        monkeypatch.setattr(app.session, "performance", performance)
        app.push_screen(PerformanceScreen(app.session))
        await until(pilot, on(app, PerformanceScreen))
        await until(pilot, lambda: len(app.screen.query("#plots Static")) > 0)
        assert "there is no project" in said(app, "#plots Static")
        app.screen.query_one("#by", Input).value = app.screen.query_one("#note", Input).value = "x"
        await pilot.press("ctrl+s")
        assert "no figures to judge" in said(app, "#message") and isinstance(app.screen, PerformanceScreen)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=["size0", "size1"])  # the names of the pictures
def test_picture_of_performance(sample, monkeypatch, snap_compare, size):
    """A week of the sample shop."""
    import datetime as dt

    from checks.sentry_api.performance import Day, Performance, Slow

    days = tuple(
        Day(
            date=dt.date(2026, 11, 17) + dt.timedelta(days=n),
            count=90 - 7 * n,
            p50=80 + n,
            p75=140 + 9 * n,
            p95=700 + 60 * n,
            failure_rate=0.002 * n,
            apdex=0.97 - 0.01 * n,
        )
        for n in range(7)
    )
    found = Performance(
        project="orchard-backend",
        days=days,
        failure_rate=0.012,
        apdex=0.91,
        transactions=(Slow(name="/checkout", count=35, p95=1850.0), Slow(name="/", count=260, p95=120.0)),
        queries=(Slow(name="SELECT … FROM orchard_checkout", count=35, p95=1100.0),),
        requests=(),
        usage=None,
    )
    app = frozen(sample, monkeypatch)

    async def performance() -> tuple[Review, ...]:
        return (Review(slug="orchard-backend", found=found, present_rate=0.1),)

    app.session.performance = performance  # type: ignore[method-assign]

    async def ready(pilot) -> None:
        await until(pilot, settled(app))
        app.push_screen(PerformanceScreen(app.session))
        await until(pilot, on(app, PerformanceScreen))
        await until(pilot, lambda: len(app.screen.query(DataTable)) == 1)
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=ready)


async def test_the_test_issues_are_resolved_archived_and_assigned_by_a_key(sample, sandbox):
    made = session(sample, sandbox)
    app = make_app(made)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, lambda: app.wizard.connected)
        await made.engine().apply(find_steps(["project"]))
        app.begin(find_steps(["test-event"])[0])
        await until(pilot, on(app, QuestionsScreen))
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        assert not ProofScreen(made, find_steps(["sdk"])[0], app.screen.plan).check_action("issues", ("resolve",))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        for key, word in (("x", "resolved"), ("w", "archived"), ("m", "assigned to you")):
            await pilot.press(key)
            await until(pilot, lambda word=word: word in said(app, "#log"))
        assert len(sandbox.issues) == 2
        for issue in sandbox.issues.values():
            assert issue["status"] == "ignored" and issue["substatus"] == "archived_until_escalating"
            assert issue["assignedTo"] == "ada@example.com"
        sandbox.faults.append(Fault(method="PUT", path="issues", status=403, body="{}", headers={}, times=9))
        await pilot.press("x")
        await until(pilot, lambda: "event:write" in said(app, "#log"))


async def test_a_proof_offers_to_run_the_application_and_shows_the_command_first(sample, sandbox, monkeypatch):
    app = make_app(session(sample, sandbox))
    app.session.answers["sentry.org"] = "acme"
    app.session.python, app.session.variables = sys.executable, {"ALLOWED_HOSTS": "localhost"}
    began: list[str] = []
    real = app.session.run_application
    monkeypatch.setattr(app.session, "run_application", lambda say, stop: (began.append("run"), real(say, stop))[1])
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        app.set_up(find_steps(["sdk"])[0])
        await proof_of(pilot, app)
        screen = app.screen
        await pilot.press("v")
        await until(pilot, on(app, ConfirmScreen))
        command = f"sentry-setup verify-runtime {sample} --python {sys.executable} --env ALLOWED_HOSTS=localhost"
        assert app.screen.rows[0][1].plain == command
        await pilot.press("n")
        await until(pilot, lambda: app.screen is screen)
        assert not began, "nothing is run before somebody agrees"
        await pilot.press("v")
        await until(pilot, on(app, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: app.screen is screen and began == ["run"])
        assert not screen.check_action("verify", ()), "not twice at once"
        await until(pilot, lambda: not screen.running, 90)
        text = said(app, "#log")
        works = "backend reports its errors under orchard.settings.production" in text
        assert ("✓ ran the application" if works else "✗ run the application") in text
        assert works or "backend does not start under orchard.settings.production" in text or "did not arrive" in text
        monkeypatch.setattr(app.session, "run_application", lambda say, stop: (not stop.wait(60), ("it ended",)))
        await pilot.press("v")
        await until(pilot, on(app, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: screen.running)
        assert not screen.check_action("back", ()), "Escape stops the run, and does not leave it behind"
        await pilot.press("escape")
        await until(pilot, lambda: not screen.running)
        assert app.screen is screen and "✗ stopped; the application was ended" in said(app, "#log")
        assert "it ended" not in said(app, "#log") and screen.check_action("back", ())
