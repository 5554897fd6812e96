"""Where tokens come from and where they may go: environment, keyring, Sentry's own files, a sign-in by code."""

from __future__ import annotations

import re

import httpx
import keyring
import keyring.backend
import pytest

from checks.errors import UsageError
from checks.sentry_api.credentials import environment_token, store_token, stored_token, token_in_files
from checks.sentry_api.gather import read_token
from setup_wizard.sandbox.app import make_sandbox
from setup_wizard.services.device_login import DeviceLogin, DeviceLoginError
from tests.support.sentry import URL, make_state, no_sleep

TOKEN = "sntryu_" + "a1" * 32
HOST = "https://sentry.example.org"


class Memory(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[(service, username)] = password


@pytest.fixture
def memory(monkeypatch):
    backend = Memory()
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


def test_the_keyring_keeps_a_token_for_its_own_host_only(memory):
    assert store_token(HOST, TOKEN)
    found = stored_token(HOST, {})
    assert found is not None and found.token == TOKEN and TOKEN not in repr(found)
    assert stored_token("https://other.example.org", {}) is None
    assert stored_token(HOST, {"CI": "true"}) is None
    assert read_token(HOST, {}) == TOKEN
    assert read_token(HOST, {"SENTRY_AUTH_TOKEN": "b", "SENTRY_READ_TOKEN": "c"}) == "c"
    with pytest.raises(UsageError, match="no token"):
        read_token("https://other.example.org", {})


def test_a_system_without_a_keyring_holds_nothing_and_stops_nothing(monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("no D-Bus here")

    monkeypatch.setattr(keyring, "get_password", broken)
    monkeypatch.setattr(keyring, "set_password", broken)
    assert stored_token(HOST, {}) is None and not store_token(HOST, TOKEN)


def test_the_first_variable_that_is_set_counts():
    assert environment_token({"SENTRY_AUTH_TOKEN": "  "}) is None
    found = environment_token({"SENTRY_AUTH_TOKEN": f" {TOKEN}\n"})
    assert found is not None and found.token == TOKEN and found.place == "SENTRY_AUTH_TOKEN"


FILES = [
    (".sentryclirc", f"[auth]\ntoken={TOKEN}\n[defaults]\nurl={HOST}/\n", HOST, TOKEN),
    (".sentryclirc", f"[auth]\ntoken={TOKEN}\n", "https://sentry.io", TOKEN),
    (".sentryclirc", f"[auth]\ntoken={TOKEN}\n", HOST, None),
    (".sentryclirc", f"[auth]\ntoken={TOKEN}\n[defaults]\nurl=https://evil.example\n", HOST, None),
    (".sentryclirc", "[auth\n", HOST, None),
    (".env.sentry-build-plugin", f'SENTRY_URL={HOST}\nSENTRY_AUTH_TOKEN="{TOKEN}"\n', HOST, TOKEN),
    (".env.sentry-build-plugin", f"SENTRY_URL={HOST}\nSENTRY_AUTH_TOKEN=sntrys_x\n", HOST, None),
]


@pytest.mark.parametrize(("name", "text", "url", "expected"), FILES)
def test_a_file_is_read_only_for_the_host_it_names(tmp_path, name, text, url, expected):
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    (root / name).write_text(text)
    found = token_in_files(url, root, home, lambda _: False)
    assert (found.token if found else None) == expected
    assert token_in_files(url, root, home, lambda _: True) is None, "a tracked file came from somebody else"
    (root / name).rename(home / name)
    found = token_in_files(url, root, home, lambda _: True)
    assert (found.token if found else None) == (expected if name == ".sentryclirc" else None)


def test_a_linked_or_huge_file_is_not_read(tmp_path):
    (tmp_path / "real").write_text(f"[auth]\ntoken={TOKEN}\n")
    (tmp_path / ".sentryclirc").symlink_to(tmp_path / "real")
    assert token_in_files("https://sentry.io", tmp_path, tmp_path / "none", lambda _: False) is None
    (tmp_path / ".sentryclirc").unlink()
    (tmp_path / ".sentryclirc").write_text(f"[auth]\ntoken={TOKEN}\n" + "#" * 70_000)
    assert token_in_files("https://sentry.io", tmp_path, tmp_path / "none", lambda _: False) is None


def login(state, client_id: str = "sandbox-client", **kwargs) -> DeviceLogin:
    kwargs.setdefault("transport", httpx.ASGITransport(make_sandbox(state)))
    kwargs.setdefault("sleep", no_sleep)
    return DeviceLogin(URL, client_id, **kwargs)


async def test_a_sign_in_by_code_waits_until_somebody_agrees():
    state = make_state()
    asked = 0

    async def agree_the_third_time(seconds: float) -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            state.device_codes = dict.fromkeys(state.device_codes, "granted")

    signing = login(state, sleep=agree_the_third_time)
    code = await signing.begin(("org:read",))
    assert re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", code.code) and code.url == f"{URL}/oauth/device/?user_code={code.code}"
    token = await signing.wait(code)
    assert state.scopes(token) == ("org:read",) and asked == 3, "no more than was asked for"


@pytest.mark.parametrize("answer", ["access_denied", "expired_token"])
async def test_a_sign_in_that_is_refused_says_so(answer):
    state = make_state()
    signing = login(state)
    code = await signing.begin(("org:read",))
    state.device_codes = dict.fromkeys(state.device_codes, answer)
    with pytest.raises(DeviceLoginError, match=answer):
        await signing.wait(code)


async def test_a_wrong_application_a_foreign_page_and_a_proxy_are_told_apart():
    with pytest.raises(DeviceLoginError, match="Invalid client_id"):
        await login(make_state(), "someone-elses").begin(("org:read",))
    answers = {"user_code": "A", "device_code": "B", "verification_uri": "https://evil.example/"}
    foreign = httpx.MockTransport(lambda request: httpx.Response(200, json=answers))
    with pytest.raises(DeviceLoginError, match="not on this Sentry"):
        await login(make_state(), transport=foreign).begin(("org:read",))
    proxy = httpx.MockTransport(lambda request: httpx.Response(200, text="<html>"))
    with pytest.raises(DeviceLoginError, match="offers no sign-in by code"):
        await login(make_state(), transport=proxy).begin(("org:read",))

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(DeviceLoginError, match="cannot be reached"):
        await login(make_state(), transport=httpx.MockTransport(down)).begin(("org:read",))


async def test_a_code_runs_out():
    state = make_state()
    signing = login(state)
    code = await signing.begin(("org:read",))
    from msgspec.structs import replace

    with pytest.raises(DeviceLoginError, match="expired"):
        await signing.wait(replace(code, seconds=-1.0))
