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
_PROJECT = """\
from projects.models import Project
from bsmain.models import AuthToken
p = Project.objects.create(name='shop')
print('key', p.id, p.sentry_key.hex, AuthToken.create_full_access(description='audit').token)
"""


@pytest.fixture(scope="module")
def bugsink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path, str]]:
    """A running Bugsink on SQLite: its address, a project's DSN, its database, a token that reads everything."""
    folder = tmp_path_factory.mktemp("bugsink")
    call(sys.executable, "-m", "venv", "env", cwd=folder)
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    call(str(programs / "python"), "-m", "pip", "install", "--quiet", f"bugsink=={VERSION}", cwd=folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    manage = str(programs / "bugsink-manage")
    call(str(programs / "bugsink-create-conf"), "--template=local", "--host=127.0.0.1", f"--port={port}", cwd=folder)
    call(manage, "migrate", cwd=folder)
    call(manage, "migrate", "snappea", "--database=snappea", cwd=folder)
    out = call(manage, "shell", "-c", _PROJECT, cwd=folder)
    _, identity, key, token = next(line for line in out.splitlines() if line.startswith("key ")).split()
    server = subprocess.Popen(
        [str(programs / "gunicorn"), f"--bind=127.0.0.1:{port}", "--workers=1", "bugsink.wsgi"],
        cwd=folder,
        env=MACHINE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_it_answers(url, server)
        yield url, f"http://{key}@127.0.0.1:{port}/{identity}", folder / "db.sqlite3", token
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
    _, dsn, database, _ = bugsink
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


NOT_SHOWN = {"email-alerts", "team-access", "data-scrubbing", "inbound-filters", "environments-seen", "key-rate-limit"}


def test_an_audit_reads_what_its_api_shows_and_says_what_it_does_not(bugsink, tmp_path, monkeypatch, capsys):
    url, dsn, _, token = bugsink
    root = make_sample(tmp_path)
    (root / ".gitignore").write_text(".env\n")
    (root / "backend/.env").write_text(f"SENTRY_DSN={dsn}\n")
    monkeypatch.setenv("SENTRY_READ_TOKEN", token)
    argv = ["audit", str(root), "--online", "--format", "json", "--set", f"sentry.url={url}"]
    argv += ["--set", "backend.project=shop", "--set", "frontend.project=web"]

    def audited() -> dict[str, dict]:
        assert main(argv) == 1
        return {i["id"]: i for i in json.loads(capsys.readouterr().out)["items"]}

    send_test_events(dsn, environment="production", release="1" * 40)
    end = time.monotonic() + 30
    while (items := audited())["test-event"]["outcome"] != "pass" and time.monotonic() < end:
        time.sleep(0.1)
    assert (items["test-event"]["outcome"], items["test-event"]["proof"]) == ("pass", "proven")
    backend = {
        i: next(t for t in items[i]["targets"] if t["name"] == "backend") for i in ("project-created", "dsn-target")
    }
    assert {t["outcome"] for t in backend.values()} == {"pass"}
    assert "no project web in this Bugsink" in json.dumps(items["project-created"])
    for item in NOT_SHOWN:
        assert items[item]["outcome"] == "unknown", item
        assert any(w in json.dumps(items[item]) for w in ("this server is a Bugsink", "does not show")), items[item]
    monkeypatch.setenv("SENTRY_READ_TOKEN", "0" * 40)
    assert main(argv) == 3
    told = capsys.readouterr()
    assert "does not accept the token" in told.out + told.err and "of that Bugsink" in told.out + told.err


def test_a_launch_proves_what_it_can_and_says_what_it_cannot(bugsink, tmp_path, monkeypatch, capsys):
    url, _, _, token = bugsink
    root = make_sample(tmp_path)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", token)
    argv = ["launch", str(root), "--yes", "--format", "json", "--set", f"sentry.url={url}"]
    assert main([*argv, "--set", "backend.project=shop", "--set", "frontend.project=web"]) == 1
    out, err = capsys.readouterr()
    assert "It can prove" in err and "It cannot prove" in err and "Traceback" not in err
    launch = json.loads(out)
    items = {i["id"]: i for i in launch["report"]["items"]}
    assert (items["test-event"]["outcome"], items["test-event"]["proof"]) == ("pass", "proven")
    blocking = [(b["item"], b["message"]) for b in launch["blocking"]]
    assert "test-event" not in {item for item, _ in blocking}
    assert any(item == "email-alerts" and "does not show" in message for item, message in blocking), blocking


def test_a_test_event_is_sent_to_a_project_that_is_there_and_seen(bugsink, tmp_path, monkeypatch, capsys):
    url, dsn, _, token = bugsink
    root = make_sample(tmp_path)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", token)
    argv = [
        "apply",
        "test-event",
        "--yes",
        "--repo",
        str(root),
        "--set",
        f"sentry.url={url}",
        "--set",
        f"backend.dsn={dsn}",
    ]
    assert main(argv) == 5
    told = capsys.readouterr()
    assert "this Bugsink has no project orchard-backend with a DSN → create it" in told.out + told.err
    assert "Traceback" not in told.err
    code = main([*argv, "--set", "backend.project=shop"])
    told = capsys.readouterr()
    assert code == 0, told
