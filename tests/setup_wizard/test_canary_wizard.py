"""Canary tokens in the wizard: pasted hidden, in a crash, on every screenshot, in Textual's log, in other programs' eyes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from checks.report import safe
from setup_wizard.cli import main
from setup_wizard.demo import make_sample
from setup_wizard.sandbox.records import Fault
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.session import Session
from setup_wizard.ui.app import WizardApp, make_app
from setup_wizard.ui.screens.connect import ConnectScreen
from setup_wizard.ui.screens.home import HomeScreen
from setup_wizard.ui.screens.plan import PlanScreen
from setup_wizard.ui.screens.proof import ProofScreen
from setup_wizard.ui.screens.step import QuestionsScreen
from tests.setup_wizard.test_canary import PLAIN, nowhere
from tests.support.terminal import Terminal
from tests.support.ui import decided, on, until

pytestmark = pytest.mark.thorough


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState(token=PLAIN)) as state:
        yield state


@pytest.fixture(autouse=True)
def nothing_hidden_yet(monkeypatch):
    """What earlier tests hid must not help this one."""
    monkeypatch.setattr(safe, "_HIDDEN", set())


def sitting(sample: Path, state: SandboxState) -> WizardApp:
    return make_app(Session(sample, {"sentry.url": state.public_url}, environ={}, install=False, poll=0.1))


async def test_a_pasted_token_is_on_no_screenshot(sample, sandbox, tmp_path):
    shots: list[str] = []
    app = sitting(sample, sandbox)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, decided(app))
        await pilot.press("n")
        await until(pilot, on(app, ConnectScreen))
        sandbox.faults.append(
            Fault(
                method="GET", path="organizations/$", status=403, body=f'{{"detail": "{PLAIN}"}}', headers={}, times=1
            )
        )
        app.post_message(events.Paste(PLAIN))
        await until(pilot, lambda: app.screen.query_one("#token", Input).value == PLAIN)
        shots.append(app.export_screenshot())
        await pilot.press("enter")
        await until(pilot, lambda: "✗" in str(app.screen.query_one("#message").render()))
        shots.append(app.export_screenshot())
        await pilot.press("enter")
        await until(pilot, on(app, QuestionsScreen))
        shots.append(app.export_screenshot())
        await pilot.press("ctrl+s")
        await until(pilot, on(app, PlanScreen))
        shots.append(app.export_screenshot())
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ProofScreen) and app.screen.ended)
        shots.append(app.export_screenshot())
        await pilot.press("escape")
        await until(pilot, on(app, HomeScreen))
        shots.append(app.export_screenshot())
    assert len(shots) == 6
    nowhere(PLAIN, "".join(shots), sample, Path(os.environ["HOME"]), tmp_path)


@pytest.mark.parametrize("where", ["a handler", "the background"])
async def test_a_crash_of_the_wizard_shows_no_token(sample, sandbox, monkeypatch, where, capsys):
    def broken(self, *arguments):
        held = PLAIN
        raise RuntimeError(f"no {held} here \x1b[31m[red]")

    app = sitting(sample, sandbox)
    if where == "a handler":
        monkeypatch.setattr(ConnectScreen, "try_token", broken)
    else:
        monkeypatch.setattr(Session, "organizations", broken)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, decided(app))
            await pilot.press("c")
            await until(pilot, on(app, ConnectScreen))
            app.screen.query_one("#token", Input).value = PLAIN
            sandbox.faults.append(Fault(method="*", path="/0/$", status=401, body="{}", headers={}, times=1))
            await pilot.press("enter")
            if where == "the background":
                await until(pilot, lambda: "bug in sentry-setup" in str(app.screen.query_one("#message").render()))
                assert PLAIN not in app.export_screenshot()
                await pilot.press("escape")
                await until(pilot, on(app, HomeScreen))
            else:
                await until(pilot, lambda: app.return_code == 1, 5)
    except RuntimeError:
        assert where == "a handler", "Textual hands the exception to the test"
    out = "".join(capsys.readouterr())
    assert PLAIN not in out and "\x1b[31m[red]" not in out
    if where == "a handler":
        assert "this is a bug in sentry-setup" in out and "Traceback" in out and "[token]" in out


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_crash_of_a_command_shows_no_token(sample, sandbox, monkeypatch, capfd, form):
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", PLAIN)

    def broken(*arguments, **options):
        raise RuntimeError(f"no {PLAIN} here \x1b[31m")

    monkeypatch.setattr("checks.sentry_api.gather.choose_organization", broken)
    url = ["--set", f"sentry.url={sandbox.public_url}"]
    assert main(["audit", str(sample), "--online", "--format", form, *url]) == 3
    out = capfd.readouterr()
    nowhere(PLAIN, out.out + out.err, sample)
    assert "\x1b" not in out.err and "this is a bug in sentry-setup" in out.err and not out.out
    if form == "json":
        assert json.loads(out.err.splitlines()[-1])["error"]["code"] == "internal"


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of one's own is POSIX here")
def test_nothing_of_a_sitting_at_a_terminal_is_logged(sandbox, tmp_path):
    root, log = make_sample(tmp_path), tmp_path / "textual.log"
    environ = {**os.environ, "TEXTUAL_LOG": str(log), "TEXTUAL": "debug,devtools", "COLUMNS": "100", "LINES": "30"}
    argv = [sys.executable, "-m", "setup_wizard.cli", str(root), "--set", f"sentry.url={sandbox.public_url}"]
    with Terminal(argv, environ) as terminal:
        terminal.until("required")
        terminal.send("c")
        terminal.until("paste the token")
        terminal.send(f"\x1b[200~{PLAIN}\x1b[201~")
        terminal.send("\r")
        terminal.until("acme")
        terminal.send("\x11")
        assert terminal.wait() == 0
    assert not log.exists()
    nowhere(PLAIN, terminal.seen, root, Path(os.environ["HOME"]), tmp_path)


SPY = """#!{python}
import os, pathlib, subprocess, sys
seen = [" ".join(sys.argv), repr(sorted(os.environ.items()))]
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        seen.append((process / "cmdline").read_bytes().decode(errors="replace"))
    except OSError:
        pass
pathlib.Path({out!r}).write_text("\\n".join(seen))
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the list of processes is read from /proc")
def test_no_other_program_sees_the_token_and_git_finds_it_nowhere(sandbox, tmp_path):
    root, out, folder = make_sample(tmp_path), tmp_path / "seen", tmp_path / "bin"
    (root / "frontend/package-lock.json").write_text("{}")
    folder.mkdir()
    for name in ("npm", "gh"):
        (folder / name).write_text(SPY.format(python=sys.executable, out=str(out) + name))
        (folder / name).chmod(0o755)
    environ = {**os.environ, "SENTRY_AUTH_TOKEN": PLAIN, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    argv = ["apply", "--yes", "--set", f"sentry.url={sandbox.public_url}", "--repo", str(root)]
    done = subprocess.run(
        [sys.executable, "-m", "setup_wizard.cli", *argv], env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode in (0, 5), done.stderr
    seen = Path(str(out) + "npm").read_text()
    assert "setup_wizard.cli" in seen and "apply" in seen, "the spy saw the list of processes"
    nowhere(PLAIN, seen + done.stdout + done.stderr, root)
    subprocess.run(["git", "-C", str(root), "add", "--all"], check=True)
    found = subprocess.run(["git", "-C", str(root), "grep", "--cached", "-F", PLAIN], capture_output=True)
    assert found.returncode == 1
