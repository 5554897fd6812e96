"""Canary tokens: whatever a server echoes and however a command ends, the token stands nowhere but where the person put it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.sentry_api.client import SentryClient
from setup_wizard.cli import main
from setup_wizard.demo import make_sample
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.support.sentry import no_sleep

pytestmark = pytest.mark.thorough
PREFIXED = "sntryu_" + "c0ffee" * 10 + "beef"
PLAIN = "c0ffee" * 10 + "beef"
"""Tokens from before the prefix are 64 hex digits, and look like any digest."""


@pytest.fixture(params=[PREFIXED, PLAIN], ids=["prefixed", "plain"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxState]:
    with running_sandbox(SandboxState(token=request.param)) as state:
        yield state


def everywhere(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def nowhere(token: str, said: str, *folders: Path) -> None:
    assert token not in said, said[max(0, said.index(token) - 200) :][:400]
    for path in everywhere(*folders):
        assert token.encode() not in path.read_bytes(), path


ECHOES = [
    (401, '{"detail": "Invalid token TOKEN"}', {}),
    (403, '{"detail": "TOKEN may not"}', {}),
    (404, '{"detail": "TOKEN"}', {}),
    (409, '{"detail": "TOKEN is taken"}', {}),
    (410, '{"message": "TOKEN is gone"}', {}),
    (429, '{"detail": "TOKEN slow down"}', {"Retry-After": "0"}),
    (500, '{"detail": "Internal Error TOKEN", "errorId": "1"}', {}),
    (503, "<html><b>TOKEN</b>", {}),
    (200, "<html>Bearer TOKEN</html>", {}),
    (200, '[{"slug": "TOKEN', {}),
    (302, '{"slug": "TOKEN"}', {"Location": "http://127.0.0.1:1/?TOKEN"}),
    (400, '{"name": ["TOKEN\\u001b[31m [red]x[/red]"]}', {}),
]
COMMANDS = [
    ["audit", "ROOT", "--online", "--format", "json"],
    ["apply", "project", "alerts", "team", "--repo", "ROOT", "--yes", "--no-install", "--format", "json"],
    ["plan", "--repo", "ROOT"],
    ["launch", "ROOT", "--yes"],
]


@pytest.mark.parametrize("sandbox", [PLAIN], ids=["plain"], indirect=True)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_an_echoed_token_is_shown_and_written_nowhere(sandbox, tmp_path, monkeypatch, capfd, command):
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox.token)
    monkeypatch.setitem(SentryClient.__init__.__kwdefaults__, "sleep", no_sleep)
    for number, (status, body, headers) in enumerate(ECHOES):
        (tmp_path / str(number)).mkdir()
        root = make_sample(tmp_path / str(number))
        body, headers = (
            body.replace("TOKEN", sandbox.token),
            {k: v.replace("TOKEN", sandbox.token) for k, v in headers.items()},
        )
        # One half of the faults meets the first call of a command, the other half those that follow.
        path = ("/organizations/$", "/projects/|/teams/|/members/|/workflows/")[(number + len(command)) % 2]
        sandbox.faults[:] = [Fault(method="*", path=path, status=status, body=body, headers=headers, times=99)]
        argv = [str(root) if a == "ROOT" else a for a in command]
        options = ["--set", f"sentry.url={sandbox.public_url}", "--set", "team.emails=a@example.com"]
        main([*argv, *options])
        out = capfd.readouterr()
        nowhere(sandbox.token, out.out + out.err, root, Path(os.environ["HOME"]))
        assert "\x1b" not in out.out + out.err and "Traceback" not in out.err
        if "json" in argv:
            json.loads(out.out or out.err)


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "junit", "markdown", "html"])
def test_a_token_in_a_name_at_sentry_reaches_no_report(sandbox, tmp_path, monkeypatch, capfd, form):
    root = make_sample(tmp_path)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox.token)
    project = sandbox.add_project("orchard-backend", sandbox.token, "python-django", "acme", default_alert=True)
    sandbox.add_integration("slack", sandbox.token)
    for workflow in sandbox.workflows:
        workflow["name"] = f"{sandbox.token} \x1b[31m<script>[red]"
    sandbox.add_release(sandbox.token, [project], sandbox.token)
    file = tmp_path / "report"
    url = ["--set", f"sentry.url={sandbox.public_url}"]
    assert main(["audit", str(root), "--online", "--format", form, "--output", f"{form}={file}", *url]) == 1
    out = capfd.readouterr()
    nowhere(sandbox.token, out.out + out.err, root)
    assert sandbox.token not in file.read_text("utf-8") and "\x1b" not in file.read_text("utf-8")
    assert form != "html" or "<script>[red]" not in file.read_text("utf-8")


def test_a_whole_set_up_leaves_the_token_nowhere(sandbox, tmp_path):
    root = make_sample(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    environ = {**os.environ, "SENTRY_AUTH_TOKEN": sandbox.token, "HOME": str(home), "XDG_STATE_HOME": str(home / "s")}
    url = ["--set", f"sentry.url={sandbox.public_url}", "--repo", str(root)]
    for argv in (
        ["apply", "--yes", "--no-install", *url],
        ["status", "--repo", str(root)],
        ["undo", "--repo", str(root)],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "setup_wizard.cli", *argv], env=environ, capture_output=True, text=True, timeout=120
        )
        assert done.returncode in (0, 5), done.stderr
        nowhere(sandbox.token, done.stdout + done.stderr, root, home)


def test_a_token_goes_to_no_other_host_by_redirect_or_link(sandbox, tmp_path, monkeypatch, capfd):
    root = make_sample(tmp_path)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox.token)
    with running_sandbox(SandboxState(token=sandbox.token)) as other:
        for status in (301, 302, 307, 308):
            to = {"Location": f"{other.public_url}/api/0/organizations/"}
            sandbox.faults[:] = [
                Fault(method="GET", path="organizations/$", status=status, body="", headers=to, times=9)
            ]
            assert main(["audit", str(root), "--online", "--set", f"sentry.url={sandbox.public_url}"]) == 3
        link = f'<{other.public_url}/api/0/x/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
        body = json.dumps([{"slug": "acme", "name": "acme", "links": {"regionUrl": other.public_url}}])
        sandbox.faults[:] = [
            Fault(method="GET", path="organizations/$", status=200, body=body, headers={"Link": link}, times=9)
        ]
        main(["audit", str(root), "--online", "--set", f"sentry.url={sandbox.public_url}"])
        assert other.requests == []


@pytest.mark.parametrize("flag", ["--token", "--auth-token"])
def test_a_token_is_taken_from_no_flag(tmp_path, capfd, flag):
    assert main(["audit", str(tmp_path), flag, PLAIN]) == 2
    assert PLAIN not in capfd.readouterr().out
