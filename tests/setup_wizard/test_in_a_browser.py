"""The wizard behind `textual serve`: no terminal, a protocol over pipes (https://github.com/Textualize/textual-serve)."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time

import pytest

from setup_wizard.cli import main

DRIVER = "textual.drivers.web_driver:WebDriver"


def packet(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "big") + data


@pytest.mark.skipif(os.name != "posix", reason="select() takes no pipes there")
@pytest.mark.parametrize("demo", [False, True])
def test_a_browser_sees_the_checklist_and_its_keys_arrive(sample, demo):
    environ = os.environ | {"TEXTUAL_DRIVER": DRIVER, "COLUMNS": "120", "ROWS": "40", "TERM_PROGRAM": "textual"}
    command = [sys.executable, "-m", "setup_wizard.command", "demo" if demo else str(sample)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ)
    assert process.stdin is not None and process.stdout is not None
    seen, end = b"", time.monotonic() + 60

    def until(word: bytes) -> None:
        nonlocal seen
        while word not in seen:
            assert time.monotonic() < end, seen[-800:]
            if select.select([process.stdout], [], [], 0.2)[0]:
                data = os.read(process.stdout.fileno(), 65536)  # type: ignore[union-attr]
                assert data, seen[-800:]
                seen += data

    try:
        until(b"__GANGLION__")
        until(b"Ready for production")
        until(b"Enter will")
        process.stdin.write(packet(b"D", b"q"))
        process.stdin.flush()
        until(json.dumps({"type": "exit"}).encode())
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.mark.parametrize("driver", ["", "textual.drivers.headless_driver:HeadlessDriver", "x:WebDriver"])
def test_another_driver_is_no_screen(sample, monkeypatch, capsys, driver):
    monkeypatch.setenv("TEXTUAL_DRIVER", driver)
    assert main([str(sample)]) == 2 and "the wizard needs a terminal" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="no pseudo terminals there")
def test_the_wizard_is_drawn_where_the_terminal_is_and_not_into_the_file_of_stderr(sample, tmp_path):
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    errors, environ = tmp_path / "errors.txt", os.environ | {"TERM": "xterm-256color"}
    environ.pop("TEXTUAL_DRIVER", None)
    with errors.open("wb") as kept:
        process = subprocess.Popen(
            [sys.executable, "-m", "setup_wizard.command", str(sample)],
            stdin=theirs,
            stdout=theirs,
            stderr=kept,
            env=environ,
            start_new_session=True,
        )
    os.close(theirs)
    seen, end = b"", time.monotonic() + 60
    try:
        while b"Enter will" not in seen and time.monotonic() < end:
            if select.select([ours], [], [], 0.2)[0]:
                seen += os.read(ours, 65536)
        assert b"Ready for production" in seen and b"Enter will" in seen, errors.read_bytes()[-800:]
        os.write(ours, b"q")
        while process.poll() is None and time.monotonic() < end:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    seen += os.read(ours, 65536)
                except OSError:  # Linux says so of a terminal that nobody has open any more
                    break
        assert process.wait(10) == 0
        assert errors.read_bytes() == b"" and b"required items done" in seen
    finally:
        process.kill()
        process.wait()
        os.close(ours)
