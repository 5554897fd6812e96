"""Bugsink, a receiver that others wrote: the DSN proof arrives there, and what it lacks of the API is told."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.demo import make_sample
from setup_wizard.services.test_event import send_test_events
from tests.real.test_real_parts import MACHINE, call

pytestmark = pytest.mark.real
VERSION = "2.6.2"
_PROJECT = "from projects.models import Project\np = Project.objects.create(name='shop')\nprint('key', p.id, p.sentry_key.hex)\n"


@pytest.fixture(scope="module")
def bugsink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """A running Bugsink on SQLite: its address, a project's DSN, its database."""
    folder = tmp_path_factory.mktemp("bugsink")
    call(sys.executable, "-m", "venv", "env", cwd=folder)
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    call(str(programs / "python"), "-m", "pip", "install", "--quiet", f"bugsink=={VERSION}", cwd=folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    manage = str(programs / "bugsink-manage")
    call(str(programs / "bugsink-create-conf"), "--template=local", f"--host={url}", cwd=folder)
    call(manage, "migrate", cwd=folder)
    call(manage, "migrate", "snappea", "--database=snappea", cwd=folder)
    out = call(manage, "shell", "-c", _PROJECT, cwd=folder)
    _, identity, key = next(line for line in out.splitlines() if line.startswith("key ")).split()
    server = subprocess.Popen(
        [str(programs / "gunicorn"), f"--bind=127.0.0.1:{port}", "--workers=1", "bugsink.wsgi"],
        cwd=folder,
        env=MACHINE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_it_answers(url, server)
        yield url, f"http://{key}@127.0.0.1:{port}/{identity}", folder / "db.sqlite3"
    finally:
        server.terminate()
        server.wait(20)


def _until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/health/ready", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Bugsink did not start")


def test_the_dsn_proof_arrives(bugsink):
    _, dsn, database = bugsink
    sent = send_test_events(dsn, environment="production", release="1" * 40)
    end = time.monotonic() + 30
    found: dict[str, dict] = {}
    while len(found) < 2 and time.monotonic() < end:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            rows = connection.execute("SELECT event_id, data FROM events_event").fetchall()
        found = {event.replace("-", ""): json.loads(data) for event, data in rows}
        time.sleep(0.05)
    assert set(found) == {sent.message, sent.error}
    error, message = found[sent.error], found[sent.message]
    assert error["exception"]["values"][0]["type"] == "ZeroDivisionError"
    assert sent.nonce in json.dumps(message) and sent.nonce in json.dumps(error)
    assert error["environment"] == "production" and error["release"] == "1" * 40


@pytest.mark.parametrize("command", [["audit", "--online"], ["apply", "test-event", "--yes", "--repo"]])
def test_what_it_lacks_of_the_api_is_told(bugsink, tmp_path, monkeypatch, capsys, command):
    url, dsn, _ = bugsink
    root = make_sample(tmp_path)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "a" * 64)
    if command[0] == "audit":
        argv = ["audit", str(root), "--online", "--set", f"sentry.url={url}"]
    else:
        argv = [*command, str(root), "--set", f"sentry.url={url}", "--set", f"backend.dsn={dsn}"]
    assert main(argv) == 3
    told = capsys.readouterr().err
    assert url in told and "→" in told and "Traceback" not in told
