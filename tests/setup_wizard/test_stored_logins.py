"""Logins that Sentry's own tools stored: for their own server only, and only where a person agrees to it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import git
import pytest

from checks.errors import UsageError
from checks.sentry_api.cli_login import cli_login, found_login
from checks.sentry_api.client import SentryClient
from setup_wizard.cli import main
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.tokens import ask_token
from setup_wizard.ui.app import make_app
from setup_wizard.ui.screens.connect import ConnectScreen
from tests.support.ui import decided, on, session, until

SAAS, OWN, TOKEN = "https://sentry.io", "https://sentry.example.com", "sntryu_" + "a" * 64
AUTH = """CREATE TABLE IF NOT EXISTS auth (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    token TEXT,
    refresh_token TEXT,
    expires_at INTEGER,
    issued_at INTEGER,
    updated_at INTEGER NOT NULL DEFAULT (unixepoch() * 1000),
    host TEXT
)"""
"""The table as getsentry/cli makes it (packages/cli/src/lib/db/schema.ts, version 16)."""


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


def store(folder: Path, token: str | None, host: str | None, expires: int | None = None) -> Path:
    """Store a login as `sentry auth login` does, in WAL mode."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cli.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(AUTH.replace("DEFAULT (unixepoch() * 1000)", "DEFAULT 0"))
        database.execute("INSERT INTO auth (id, token, expires_at, host) VALUES (1, ?, ?, ?)", (token, expires, host))
    database.close()
    return path


SOON = 4_102_444_800_000
"""The first day of 2100, in milliseconds."""


@pytest.mark.parametrize(
    ("token", "host", "expires", "url", "found"),
    [
        (TOKEN, SAAS, None, SAAS, True),
        (TOKEN, SAAS, SOON, SAAS, True),
        (TOKEN, OWN, SOON, OWN, True),
        (TOKEN, OWN + "/", SOON, OWN, True),
        (TOKEN, SAAS, SOON, OWN, False),
        (TOKEN, OWN, SOON, SAAS, False),
        (TOKEN, "http://sentry.example.com", SOON, OWN, False),
        (TOKEN, None, SOON, SAAS, False),
        (TOKEN, SAAS, 1_000, SAAS, False),
        (None, SAAS, None, SAAS, False),
        ("sntrys_" + "b" * 20, SAAS, None, SAAS, False),
    ],
)
def test_the_login_of_sentry_s_command_line_is_for_its_own_host(tmp_path, token, host, expires, url, found):
    store(tmp_path / ".sentry", token, host, expires)
    login = cli_login(url, tmp_path, {})
    assert (login.token if login else None) == (TOKEN if found else None)
    assert TOKEN not in repr(login)


def test_it_is_looked_for_where_the_tool_keeps_it_and_never_changed(tmp_path):
    path = store(tmp_path / "elsewhere", TOKEN, SAAS)
    before = path.read_bytes()
    assert cli_login(SAAS, tmp_path, {}) is None
    login = cli_login(SAAS, tmp_path, {"SENTRY_CONFIG_DIR": str(tmp_path / "elsewhere")})
    assert login is not None and login.place.endswith("cli.db") and path.read_bytes() == before


@pytest.mark.parametrize("kind", ["text", "no table", "link", "folder"])
def test_a_file_that_is_no_such_database_holds_nothing(tmp_path, kind):
    folder = tmp_path / ".sentry"
    folder.mkdir()
    if kind == "text":
        (folder / "cli.db").write_text("token")
    elif kind == "no table":
        sqlite3.connect(folder / "cli.db").close()
    elif kind == "link":
        (folder / "cli.db").symlink_to(store(tmp_path / "other", TOKEN, SAAS))
    else:
        (folder / "cli.db").mkdir()
    assert cli_login(SAAS, tmp_path, {}) is None


def test_in_ci_nothing_is_looked_for(tmp_path):
    store(tmp_path / ".sentry", TOKEN, SAAS)
    assert found_login(SAAS, tmp_path, {"CI": "true"}, tmp_path) is None
    assert found_login(SAAS, tmp_path, {}, tmp_path) is not None
    root = repository(tmp_path)
    (root / ".sentryclirc").write_text(f"[auth]\ntoken={TOKEN[:-1]}b\n")
    login = found_login(SAAS, root, {}, tmp_path)
    assert login is not None and login.place == ".sentryclirc", "the repository's own file comes first"


def repository(home: Path) -> Path:
    """A git repository below a home folder."""
    root = home / "repository"
    git.Repo.init(root).close()
    return root


PLAIN = f"[auth]\ntoken={TOKEN}\n"
HOSTILE: dict[str, str] = {
    "a port that no host has": f"[defaults]\nurl=https://sentry.io:99999\n{PLAIN}",
    "a bracket": f"[defaults]\nurl=https://[::1\n{PLAIN}",
    "another host behind an at": f"[defaults]\nurl=https://sentry.io@example.com\n{PLAIN}",
    "a host that begins alike": f"[defaults]\nurl=https://sentry.io.example.com\n{PLAIN}",
    "the same host without TLS": f"[defaults]\nurl=http://sentry.io\n{PLAIN}",
    "an escape in the token": f"[auth]\ntoken={TOKEN}\x1b[31m\n",
    "a token of two lines": f"[auth]\ntoken={TOKEN}\n  X-Evil: 1\n",
    "letters that no header takes": "[auth]\ntoken=t\u00f6ken\n",
    "no section": f"token={TOKEN}\n",
    "the same section twice, without a token at last": f"{PLAIN}[auth]\ntoken=\n",
    "more than such a file holds": PLAIN + "#" * 70_000,
    "an organization's token": f"[auth]\ntoken=sntrys_{'b' * 20}\n",
}


@pytest.mark.parametrize("text", [pytest.param(t, id=i) for i, t in HOSTILE.items()])
def test_a_file_that_could_be_anybody_s_is_left_alone(tmp_path, text):
    root = repository(tmp_path)
    (root / ".sentryclirc").write_text(text, "utf-8")
    assert found_login(SAAS, root, {}, tmp_path) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX has owners, links and pipes")
@pytest.mark.parametrize("kind", ["own", "link", "pipe", "folder", "somebody else's", "tracked", "without git"])
def test_only_a_plain_file_of_one_s_own_counts(tmp_path, monkeypatch, kind):
    root = repository(tmp_path)
    path = root / ".sentryclirc"
    if kind == "link":
        (tmp_path / "secret").write_text(PLAIN)
        path.symlink_to(tmp_path / "secret")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text(PLAIN)
    if kind == "somebody else's":
        monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    if kind == "tracked":
        with git.Repo(root) as there:
            there.index.add([".sentryclirc"])
    if kind == "without git":
        shutil.rmtree(root / ".git")
    assert (found_login(SAAS, root, {}, tmp_path) is not None) == (kind == "own")


def test_a_login_without_an_end_is_given_up(tmp_path):
    path = store(tmp_path / ".sentry", TOKEN, SAAS)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 1 AS id, i AS token, 0 AS expires_at, i AS host FROM n WHERE i < 0"
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE auth")
        database.execute(f"CREATE VIEW auth AS {endless}")
    database.close()
    assert cli_login(SAAS, tmp_path, {}) is None


@pytest.mark.parametrize("token", ["t\u00f6ken", "two\nlines", "a b", "\x1b[31m", ""])
def test_what_cannot_be_a_token_is_refused_before_it_is_sent(token):
    with pytest.raises(UsageError, match="a character that no token has"):
        SentryClient(SAAS, token)


def test_an_audit_uses_it_only_where_that_is_said(sample, sandbox, capsys):
    store(Path.home() / ".sentry", sandbox.readonly_token, sandbox.public_url, SOON)
    words = ["audit", str(sample), "--online", "--set", f"sentry.url={sandbox.public_url}", "--set", "sentry.org=acme"]
    assert main(words) == 2
    err = capsys.readouterr().err
    assert "or use the login of `sentry` in ~/.sentry/cli.db with `--set sentry.login=stored`" in err
    assert not sandbox.requests
    assert main([*words, "--set", "sentry.login=stored"]) in (0, 1)
    out, err = capsys.readouterr()
    assert sandbox.requests and sandbox.readonly_token not in out + err


def test_a_repository_cannot_agree_to_it(sample, sandbox, capsys):
    store(Path.home() / ".sentry", sandbox.readonly_token, sandbox.public_url, SOON)
    (sample / "sentry-setup.toml").write_text('[sentry]\nlogin = "stored"\norg = "acme"\n')
    assert main(["audit", str(sample), "--online", "--set", f"sentry.url={sandbox.public_url}"]) == 2
    assert not sandbox.requests


def test_plan_and_apply_ask_first(sample, sandbox, monkeypatch, capsys):
    store(Path.home() / ".sentry", TOKEN, OWN, SOON)
    answers = iter(["n\n", "y\n"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin.readline", lambda: next(answers), raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "typed")
    assert ask_token(OWN, sample, stored=False) == "typed"
    assert ask_token(OWN, sample, stored=False) == TOKEN
    assert ask_token(OWN, sample, stored=True) == TOKEN
    assert f"Use the login of `sentry` in ~/.sentry/cli.db for {OWN}? [y/N]" in capsys.readouterr().err


async def test_the_connect_screen_offers_it_and_waits_for_a_key(sample, sandbox):
    store(Path.home() / ".sentry", sandbox.token, sandbox.public_url, SOON)
    app = make_app(session(sample, sandbox, token=False))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("c")
        await until(pilot, on(app, ConnectScreen))
        await until(pilot, lambda: app.screen.login is not None)
        assert "Press ^l to use it" in str(app.screen.query_one("#message").render())
        assert not app.wizard.connected and not sandbox.requests
        await pilot.press("ctrl+l")
        await until(pilot, lambda: app.wizard.connected)
        assert sandbox.token not in app.export_screenshot()
