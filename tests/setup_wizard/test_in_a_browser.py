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
