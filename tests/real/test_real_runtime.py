"""`verify-runtime` on a real Django project: what arrives, what leaves, and the audit that cites it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from setup_wizard.cli import main

pytestmark = pytest.mark.real

INIT = """
import os
import sentry_sdk

DEBUG = os.environ["APP_DEBUG"] == "1"
ALLOWED_HOSTS = ["shop.example"]
sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="live", release="r1", traces_sample_rate=0.1{more})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    subprocess.run([sys.executable, "-m", "django", "startproject", "shop", str(root)], check=True)
    (root / "requirements.txt").write_text("django\nsentry-sdk\n")
    return root


def commit(root: Path, more: str = "") -> None:
    with (root / "shop/settings.py").open("a") as settings:
        settings.write(INIT.format(more=more))
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)


def verify(root: Path, file: Path, *flags: str) -> tuple[int, dict[str, object]]:
    code = main(["verify-runtime", str(root), "--python", sys.executable, "--output", f"json={file}", *flags])
    return code, json.loads(file.read_text())["backends"][0]


def test_events_arrive_nothing_is_written_and_the_audit_cites_it(project, tmp_path, capsys):
    commit(project)
    file = tmp_path / "runtime.json"
    code, seen = verify(project, file, "--env", "APP_DEBUG=0")
    assert code == 0 and seen["changed_files"] == []
    observations = seen["observations"]
    assert observations["arrived"]["view"] == 1 and observations["arrived"]["logged"] == 1  # type: ignore[index]
    assert observations["event"]["environment"] == "live" and observations["event"]["release"] == "r1"  # type: ignore[index]
    assert not {"cookies", "authorization"} & set(observations["left"])  # type: ignore[index]
    capsys.readouterr()
    main(["audit", str(project), "--format", "json", "--runtime-report", str(file)])
    items = {i["id"]: i for i in json.loads(capsys.readouterr().out)["items"]}
    proven = ("sdk-initialized", "sdk-options-valid", "debug-off", "pii-off", "logging-captured", "tracing-enabled")
    proven += ("environment-set", "sampling-sensible", "init-covers-workers")
    for item in proven:
        assert (items[item]["outcome"], items[item]["proof"]) == ("pass", "proven"), item


def test_personal_data_that_leaves_is_seen(project, tmp_path):
    commit(project, ", send_default_pii=True")
    _, seen = verify(project, tmp_path / "r.json")
    assert "cookies" in seen["observations"]["left"]  # type: ignore[index]


def test_a_filter_that_drops_everything_is_seen(project, tmp_path, capsys):
    commit(project, ", before_send=lambda event, hint: None")
    code, seen = verify(project, tmp_path / "r.json")
    assert code == 1 and seen["observations"]["arrived"]["all"] == 0  # type: ignore[index]
    assert "an exception in a view of backend did not arrive" in capsys.readouterr().out


def test_a_variable_that_only_a_request_needs_is_made_up(project, tmp_path):
    commit(project)
    with (project / "shop/settings.py").open("a") as settings:
        settings.write('SECRET_KEY = os.environ.get("SECRET_KEY")\n')
    code, seen = verify(project, tmp_path / "r.json")
    assert code == 0 and "SECRET_KEY" in seen["variables"]["invented"]  # type: ignore[index]


def test_what_stops_a_request_before_the_view_is_told(project, tmp_path, capsys):
    commit(project)
    (project / "shop/gate.py").write_text(
        "def gate(get_response):\n    def call(request):\n        raise LookupError('no tenant')\n    return call\n"
    )
    with (project / "shop/settings.py").open("a") as settings:
        settings.write('MIDDLEWARE.append("shop.gate.gate")\n')
    code, seen = verify(project, tmp_path / "r.json")
    out = capsys.readouterr().out
    assert code == 1 and seen["observations"]["failed"]["view"]["path"] == "shop/gate.py"  # type: ignore[index]
    assert "what comes before it answered 500 Internal Server Error (LookupError: no tenant)" in out
    assert "shop/gate.py:3" in out and "→ fix what it raises" in out


def test_a_key_that_comes_from_no_variable_is_added_for_the_requests(project, tmp_path):
    commit(project)
    with (project / "shop/settings.py").open("a") as settings:
        settings.write('SECRET_KEY = ""  # from a file of production\n')
    code, seen = verify(project, tmp_path / "r.json")
    assert code == 0 and seen["observations"]["key-added"] is True  # type: ignore[index]
