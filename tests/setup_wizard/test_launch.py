"""Launch: nothing is sent without consent, what blocks is named first, and GO needs proof of everything."""

from __future__ import annotations

import json
from collections.abc import Iterator

import git
import pytest

from setup_wizard.cli import main
from setup_wizard.demo import JOURNEY
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.checks.test_reports import Tags


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


def launch(capsys, root, sandbox, *words, token: str | None = None):
    code = main(["launch", str(root), "--set", f"sentry.url={sandbox.public_url}", "--set", "sentry.org=acme", *words])
    out, err = capsys.readouterr()
    assert (token or sandbox.readonly_token) not in out + err
    return code, out


def live(sandbox: SandboxState) -> None:
    """What a deployed application sends: an error of each environment, and a browser error whose maps were uploaded."""
    shop, web = sandbox.projects["orchard-backend"], sandbox.projects["orchard-frontend"]
    for environment in ("production", "staging"):
        sandbox.add_event(shop, {"message": "x", "environment": environment, "platform": "python", "release": "r1"})
    frame = {"abs_path": "https://shop.example.com/assets/index.js", "lineno": 1}
    sandbox.add_event(
        web,
        {
            "platform": "javascript",
            "environment": "production",
            "release": "r1",
            "exception": {"values": [{"type": "Error", "value": "x", "stacktrace": {"frames": [frame]}}]},
            "debug_meta": {"images": [{"type": "sourcemap", "code_file": frame["abs_path"], "debug_id": "d1"}]},
        },
    )
    sandbox.bundles.append({"debugIds": ["d1"], "release": None})
    made, _ = sandbox.add_release("r1", [shop, web], "sentry-cli/3.0.0")
    made["deployCount"] = made["commitCount"] = 1


def test_from_no_go_to_go(sample, sandbox, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SENTRY_READ_TOKEN", sandbox.readonly_token)
    code, out = launch(capsys, sample, sandbox)
    assert code == 1 and out.splitlines()[-1].startswith("NO-GO: ") and "sdk-installed: " in out
    assert not sandbox.events, "nothing is sent without --yes or a terminal"

    where = ["--set", f"sentry.url={sandbox.public_url}"]
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox.token)
    assert main(["apply", *JOURNEY, "--yes", "--no-install", "--repo", str(sample), *where]) == 0
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    capsys.readouterr()
    code, out = launch(capsys, sample, sandbox, "--yes")
    assert code == 1 and "source-maps: not proven yet for frontend" in out
    assert "release-tracking: not proven yet for backend, frontend" in out

    live(sandbox)
    before = len(sandbox.events)
    code, out = launch(capsys, sample, sandbox)
    assert code == 1 and "test-event: no fresh test event was sent for backend" in out and len(sandbox.events) == before
    page = tmp_path / "launch.html"
    code, out = launch(capsys, sample, sandbox, "--yes", "--report", str(page))
    assert code == 0 and out.splitlines()[-1] == "GO", out
    assert len(sandbox.events) == before + 2
    tags = Tags()
    tags.feed(page.read_text())
    assert not tags.open and "<strong>GO</strong>" in page.read_text()


def test_a_report_of_a_run_is_evidence_and_one_of_another_revision_is_not(
    sample, sandbox, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox.token)
    where = ["--set", f"sentry.url={sandbox.public_url}"]
    assert main(["apply", "project", "sdk", "dsn", "--yes", "--no-install", "--repo", str(sample), *where]) == 0
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    monkeypatch.setenv("SENTRY_READ_TOKEN", sandbox.readonly_token)
    repository = git.Repo(sample)
    repository.git.add("--all")
    repository.git.commit("-qm", "Sentry")
    run = {
        "name": "backend",
        "root": "backend",
        "settings": "orchard.settings.production",
        "started": True,
        "options": {"dsn": "127.0.0.1:1/1", "environment": "production", "traces_sample_rate": 0.1},
        "observations": {"debug": True, "arrived": {"view": 1, "logged": 1}},
        "variables": {"declared": [], "given": [], "invented": []},
    }
    data = {"schema_version": 1, "revision": repository.head.commit.hexsha, "clean": True, "backends": [run]}
    report = tmp_path / "runtime.json"
    report.write_text(json.dumps(data))
    capsys.readouterr()
    _, out = launch(capsys, sample, sandbox, "--runtime-report", str(report), "--format", "json")
    items = {i["id"]: i for i in json.loads(out)["report"]["items"]}
    assert items["sdk-initialized"]["proof"] == "proven" and items["debug-off"]["outcome"] == "fail"
    blocking = {b["item"]: b["message"] for b in json.loads(out)["blocking"]}
    assert blocking["debug-off"].startswith("at run time DEBUG is True, although the code check found: ")
    repository.git.commit("-q", "--allow-empty", "-m", "later")
    _, out = launch(capsys, sample, sandbox, "--runtime-report", str(report))
    assert "Note: the runtime report proves nothing: it is for " in out and "at run time" not in out
    assert main(["launch", str(sample), *where, "--runtime-report", str(tmp_path / "none.json")]) == 2


def test_since_tells_what_changed_and_waivers_are_listed(sample, sandbox, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("SENTRY_READ_TOKEN", sandbox.readonly_token)
    code, out = launch(capsys, sample, sandbox, "--format", "json")
    first = tmp_path / "first.json"
    first.write_text(out)
    data = json.loads(out)
    assert code == 1 and data["verdict"] == "NO-GO" and data["report"]["schema_version"] == 1
    assert {"item", "message", "path", "line", "column", "hint"} == set(data["blocking"][0])
    assert (
        main(["waive", "sdk-installed", "--reason", "next week", "--until", "2999-01-01", "--repo", str(sample)]) == 0
    )
    capsys.readouterr()
    code, out = launch(capsys, sample, sandbox, "--since", str(first))
    assert "sdk-installed: fail → waived" in out and "Waived:\n  sdk-installed: next week" in out
    code, out = launch(capsys, sample, sandbox, "--format", "markdown")
    assert out.startswith("## ✗ NO-GO") and "- `sdk-installed`: " not in out.partition("### Fix first")[0]
    assert main(["launch", str(sample), "--since", str(tmp_path / "none.json")]) == 2


def test_an_expired_sign_off_and_a_lost_quota_block(sample, sandbox, capsys, monkeypatch):
    monkeypatch.setenv("SENTRY_READ_TOKEN", sandbox.readonly_token)
    text = '[[sign-offs]]\nid = "performance-reviewed"\nby = "Ada"\nnote = "x"\ndate = 2020-01-01\n'
    (sample / "sentry-setup.toml").write_text(text)
    project = sandbox.add_project("orchard-backend", "b", "python-django", "acme", default_alert=True)
    project.losses = {("rate_limited", "error"): 50, ("accepted", "error"): 50}
    _, out = launch(capsys, sample, sandbox)
    assert "performance-reviewed: sentry-setup.toml  the sign-off of Ada expired on" in out
    assert "quota-headroom: 50 of 100 errors of orchard-backend were lost to limits" in out


def test_a_token_without_a_scope_leaves_things_unknown_and_says_which(sample, sandbox, capsys, monkeypatch):
    monkeypatch.setenv("SENTRY_READ_TOKEN", "sntryu_" + "b" * 64)
    assert main(["launch", str(sample), "--set", f"sentry.url={sandbox.public_url}"]) == 3
    assert "does not accept the token" in capsys.readouterr().err
