"""Signing in with a code in the browser, from the wizard and from the prompts to a step that is applied, at a server that listens."""

from __future__ import annotations

import getpass
import re

import httpx
import pytest
from textual.widgets import Button

from setup_wizard.cli import main
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import WIZARD_SCOPES
from setup_wizard.services.device_login import DeviceLogin, DeviceLoginError
from setup_wizard.session import Session
from setup_wizard.steps import find_steps
from setup_wizard.ui.app import make_app
from setup_wizard.ui.screens.connect import ConnectScreen
from tests.support.ui import decided, on, until


class Person:
    """Somebody who is signed in to Sentry and answers on its page; `pages` are those that were opened, `read` what they showed."""

    def __init__(self, op: str = "approve") -> None:
        self.op, self.pages, self.read = op, list[str](), list[str]()

    def __call__(self, url: str) -> None:
        self.pages.append(url)
        self.read.append(httpx.get(url).text)
        code = url.partition("user_code=")[2]
        page = url.partition("?")[0]
        self.read.append(httpx.post(page, data={"user_code": code, "op": self.op}).text)


def signing_in(root, state: SandboxState, person: Person, client_id: str = "sandbox-client") -> Session:
    environ = {"SENTRY_CLIENT_ID": client_id}
    answers = {"sentry.url": state.public_url}
    return Session(root, answers, environ=environ, install=False, poll=0.1, open_page=person)


async def test_the_wizard_signs_in_and_sets_up_with_what_it_was_given(sample, sandbox):
    person = Person()
    app = make_app(signing_in(sample, sandbox, person))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        assert "sign_in" in [b.name for b in app.screen.query("#ways Button").results(Button) if b.display]
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.wizard.connected)
        connection = app.session.connection
        assert connection is not None and connection.organization.slug == "acme"
        (token,) = sandbox.signed_in
        assert sandbox.signed_in[token] == WIZARD_SCOPES, "what the steps need, and no more"
        assert token not in app.export_screenshot()
        applied = await app.session.engine().apply(find_steps(["project", "alerts"]))
        assert [s.outcome for s in applied.steps] == ["applied", "applied"], applied.steps
    (page,) = person.pages
    assert re.fullmatch(re.escape(sandbox.public_url) + r"/oauth/device/\?user_code=[A-Z]{4}-[A-Z]{4}", page)
    assert all(f"<li>{scope}</li>" in person.read[0] for scope in WIZARD_SCOPES)
    assert "Authorization approved! You can close this window." in person.read[1]


async def test_a_sign_in_that_is_denied_leaves_the_field_for_a_token(sample, sandbox):
    app = make_app(signing_in(sample, sandbox, Person("deny")))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        await pilot.press("ctrl+s")
        shown = lambda: str(app.screen.query_one("#message").render())  # noqa: E731
        await until(pilot, lambda: "declined" in shown())
        assert "the sign-in was declined: access_denied" in shown() and "paste a token" in shown()
        assert app.focused is app.screen.query_one("#token") and not sandbox.signed_in


def test_the_prompts_offer_it_and_take_a_token_where_it_is_declined(sample, sandbox, monkeypatch, capsys):
    begin, typed = DeviceLogin.begin, list[str]()

    async def approved(self, scopes):
        code = await begin(self, scopes)
        Person()(code.url)
        return code

    def read(prompt: str = "") -> str:
        if not typed:
            raise EOFError
        print(prompt)
        return typed.pop(0)

    monkeypatch.setattr("builtins.input", read)
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": "")
    monkeypatch.delenv("SENTRY_AUTH_TOKEN", raising=False)
    monkeypatch.setenv("SENTRY_CLIENT_ID", "sandbox-client")
    monkeypatch.setattr(DeviceLogin, "begin", approved)
    command = ["apply", "project", "--interactive", "--repo", str(sample), "--set", f"sentry.url={sandbox.public_url}"]
    typed += ["y"]
    main(command)
    out = capsys.readouterr().out
    assert f"Sign in to {sandbox.public_url} in the browser? (y/n) [n]: " in out
    assert re.search(
        rf"Open {sandbox.public_url}/oauth/device/\?user_code=(\S+) and approve the code \1\. Waiting…", out
    )
    assert f"Connected to {sandbox.public_url}." in out and "lacks" not in out
    typed += ["n"]
    main(command)
    assert "Without Sentry: steps that need it are skipped." in capsys.readouterr().out
    monkeypatch.setenv("SENTRY_CLIENT_ID", "someone-elses")
    typed += ["y"]
    main(command)
    out = capsys.readouterr().out
    assert "Not signed in: this Sentry offers no sign-in by code: Invalid client_id" in out
    assert "is SENTRY_CLIENT_ID the id of a public application there?" in out


def test_the_page_knows_a_code_once(sandbox):
    page, key = f"{sandbox.public_url}/oauth/device/", {"client_id": sandbox.client_id}
    assert 'name="user_code"' in httpx.get(page).text
    assert "Invalid or expired code" in httpx.get(f"{page}?user_code=BCDF-GHJK").text
    made = httpx.post(f"{page}code/", data=key | {"scope": "org:read"}).json()
    assert "Does your device show" in httpx.get(made["verification_uri_complete"]).text
    person = Person()
    person(made["verification_uri_complete"])
    person(made["verification_uri_complete"])
    assert "Invalid or expired code" in person.read[-1], "it was answered"
    form = key | {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": made["device_code"]}
    token = f"{sandbox.public_url}/oauth/token/"
    assert httpx.post(token, data=form | {"grant_type": "password"}).json() == {"error": "unsupported_grant_type"}
    assert httpx.post(token, data=form | {"client_id": "x"}).status_code == 401
    assert httpx.post(token, data=form).json()["scope"] == "org:read"
    assert httpx.post(token, data=form).json() == {"error": "invalid_grant"}, "a token is given once"
    unknown = httpx.post(f"{page}code/", data=key | {"scope": "org:rule"})
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_scope")


async def test_a_server_that_is_asked_too_often_is_asked_more_slowly():
    pauses: list[float] = []
    answers = [{"error": "slow_down"}, {"error": "authorization_pending"}, {"access_token": "sntrya_1"}]
    first = {"user_code": "A", "device_code": "B", "verification_uri": "http://127.0.0.1:9000/oauth/device/"}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/device/code/":
            return httpx.Response(200, json=first | {"interval": 5})
        made = answers.pop(0)
        return httpx.Response(400 if "error" in made else 200, json=made)

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    login = DeviceLogin("http://127.0.0.1:9000", "id", transport=httpx.MockTransport(answer), sleep=sleep)
    assert await login.wait(await login.begin(("org:read",))) == "sntrya_1" and pauses == [5, 10, 10]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALL_PROXY", "ftp://proxy:1", "the proxy cannot be used"),
        (
            "REQUESTS_CA_BUNDLE",
            "/no/such.pem",
            "the certificates to trust cannot be read (REQUESTS_CA_BUNDLE=/no/such.pem)",
        ),
    ],
)
async def test_a_client_that_cannot_be_built_is_no_traceback(monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(DeviceLoginError) as raised:
        await DeviceLogin("https://sentry.example.com", "id").begin(())
    assert said in raised.value.message and raised.value.hint
