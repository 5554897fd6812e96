"""Progress on stderr: only on a terminal, only for work that takes long, and gone when the work is done."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from checks import progress
from checks.progress import Waiting, write_line


class Terminal(io.StringIO):
    """A stderr that is a terminal, and tells when something is drawn on it."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        done = super().write(text)
        self.drawn.set()
        return done

    def screen(self) -> list[str]:
        """Return the lines that a person sees in the end."""
        return [line.rpartition("\r")[2].rstrip() for line in self.getvalue().split("\n")]


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    made = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=made))  # pytest gives `sys.stderr` back before the test
    return made


def test_a_long_wait_is_shown_and_then_cleared(terminal):
    with Waiting("Checking 65 items"):
        assert terminal.drawn.wait(10)
    assert "Checking 65 items" in terminal.getvalue()
    assert terminal.screen() == [""]


def test_a_wait_that_fails_is_cleared_too(terminal):
    with pytest.raises(ValueError), Waiting("Checking"):
        assert terminal.drawn.wait(10)
        raise ValueError
    assert terminal.screen() == [""]


def test_short_work_shows_nothing(terminal, monkeypatch):
    monkeypatch.setattr(progress, "DELAY", 3600.0)
    began = time.monotonic()
    with Waiting("Checking"):
        pass
    assert terminal.getvalue() == "" and time.monotonic() - began < 60


@pytest.mark.parametrize("setting", [{"TERM": "dumb"}, {}])
def test_pipes_and_dumb_terminals_get_nothing(monkeypatch, setting):
    monkeypatch.setattr(progress, "DELAY", 0.0)
    stream = Terminal() if setting else io.StringIO()
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    before = threading.active_count()
    with Waiting("Checking", stream):
        assert threading.active_count() == before
    assert stream.getvalue() == ""


def test_a_line_that_is_written_meanwhile_is_kept_whole(terminal):
    with Waiting("Applying"):
        assert terminal.drawn.wait(10)
        write_line("write render.yaml")
    assert terminal.screen() == ["write render.yaml", ""]


def test_what_a_repository_names_cannot_write_to_the_terminal(terminal):
    with Waiting("Checking \x1b[2J sntrys_" + "a" * 20):
        assert terminal.drawn.wait(10)
    assert "\x1b" not in terminal.getvalue() and "sntrys_" not in terminal.getvalue()


def test_the_audit_shows_what_it_checks(terminal, monkeypatch, sample, capsys):
    """The first check waits until something is drawn: where nothing ever is, this fails instead of passing by speed."""
    from checks.audit import decide
    from setup_wizard.cli import main

    def slow(facts, item, today):
        assert terminal.drawn.wait(30)
        return decide(facts, item, today)

    monkeypatch.setattr("checks.audit.decide", slow)
    assert main(["audit", str(sample), "--no-cache"]) == 1
    assert "checking" in terminal.getvalue() and terminal.screen() == [""]
    assert "\r" not in capsys.readouterr().out


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_the_real_command_on_a_terminal_leaves_no_trace(sample):
    """A child whose stderr is a terminal and whose stdout is a pipe: the report is the same, nothing of the progress stays."""
    import pty

    main, other = pty.openpty()
    code = "import checks.progress as p; p.DELAY = 0.0; from setup_wizard.cli import main; main(['audit', {0!r}, '--no-cache'])"
    environ = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-c", code.format(str(sample))], stdout=subprocess.PIPE, stderr=other, env=environ, check=False
    )
    os.close(other)
    try:
        seen = os.read(main, 1 << 16).decode() if _readable(main) else ""
    finally:
        os.close(main)
    assert b"\r" not in done.stdout and b"unchecked" in done.stdout
    assert all(line.rpartition("\r")[2].strip() == "" for line in seen.split("\n"))


def _readable(descriptor: int) -> bool:
    import select

    return bool(select.select([descriptor], [], [], 0)[0])
