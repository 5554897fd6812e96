"""The command line: exit codes, stdout and stderr, errors in the form that was asked for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from checks.schema import report_schema
from setup_wizard.cli import main
from setup_wizard.runtime.offer import not_importable
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState

HERE = Path(__file__).parent


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(list(argv))
    out = capsys.readouterr()
    return code, out.out, out.err


def test_audit_text_ends_with_the_summing_line(sample, capsys):
    code, out, err = run(capsys, "audit", str(sample))
    assert code == 1 and err == ""
    assert out.splitlines()[-1] == "8 unchecked, 6 undecided (needs --online)"
    assert "Unchecked: sdk-installed, sdk-initialized, dsn-configured, release-tracking, source-maps" in out
    assert "backend/requirements.txt" in out and "\x1b" not in out


def test_audit_json_follows_its_schema(sample, capsys):
    code, out, _ = run(capsys, "audit", str(sample), "--format", "json")
    data = json.loads(out)
    jsonschema.validate(data, report_schema())
    assert code == 1 and data["schema_version"] == 1 and data["summary"]["fail"] == 9
    assert [i["id"] for i in data["items"]][:2] == ["project-created", "sdk-installed"]
    release = next(i for i in data["items"] if i["id"] == "release-tracking")
    assert {t["name"] for t in release["targets"]} == {"backend", "frontend"} and release["step"] == "release-tracking"


@pytest.mark.parametrize(
    "argv", [["audit"], ["plan", "--offline", "--repo"], ["apply", "--offline", "--yes", "--repo"]]
)
def test_nothing_to_audit_is_no_success(tmp_path, capsys, argv):
    (tmp_path / "index.js").write_text("require('http')\n")
    (tmp_path / "package.json").write_text('{"dependencies": {"express": "5"}}')
    code, out, err = run(capsys, *argv, str(tmp_path))
    assert (code, out) == (3, "")
    first, *details, hint = err.splitlines()
    assert first == f"sentry-setup: there is nothing to check in {tmp_path}: no backend and no frontend was found"
    assert any("Django, FastAPI" in d for d in details) and "  2 files were searched." in details
    assert any(d.startswith("  package.json depends on express: Node services are not supported") for d in details)
    assert "--set backend.root=api" in hint and "Traceback" not in err


def test_an_empty_directory_says_so_and_prints_no_checklist(tmp_path, capsys):
    code, out, err = run(capsys, "audit", str(tmp_path))
    assert (code, out) == (3, "") and "  The directory has no files." in err.splitlines()


def test_a_committed_token_is_shown_even_where_nothing_else_is(tmp_path, capsys):
    (tmp_path / "run.sh").write_text("export SENTRY_AUTH_TOKEN=sntryu_" + "0123456789abcdef" * 4)
    for argv in (["init", "--quiet"], ["add", "run.sh"]):
        subprocess.run(["git", *argv], cwd=tmp_path, check=True)
    code, out, err = run(capsys, "audit", str(tmp_path))
    assert code == 3 and "run.sh:1" in out and "nothing to check" in err


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_directory_in_the_place_of_a_step_names_the_flag(tmp_path, capsys, command):
    code, _, err = run(capsys, command, str(tmp_path))
    assert code == 2 and f"`{tmp_path}` is a directory, not a step" in err and f"--repo {tmp_path}" in err


def test_nothing_to_audit_is_json_where_json_was_asked_for(tmp_path, capsys):
    code, out, err = run(capsys, "audit", str(tmp_path), "--format", "json")
    error = json.loads(err)["error"]
    assert code == 3 and error["code"] == "nothing-to-audit" and "The directory has no files." in error["details"]
    jsonschema.validate(json.loads(out), report_schema())


def test_quiet_verbose_and_color(sample, capsys, monkeypatch):
    quiet = run(capsys, "audit", str(sample), "--quiet")[1].splitlines()
    assert [line.partition(":")[0] for line in quiet] == [
        "Unchecked",
        "Undecided",
        "8 unchecked, 6 undecided (needs --online)",
    ]
    short, whole = (run(capsys, "audit", str(sample), *flag)[1] for flag in ([], ["--verbose"]))
    assert len(short.splitlines()) <= 45 < len(whole.splitlines())
    assert "\x1b[31m✗" in run(capsys, "audit", str(sample), "--color", "always")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31m✗" in run(capsys, "audit", str(sample))[1]
    assert "\x1b" not in run(capsys, "audit", str(sample), "--color", "never")[1]
    code, _, err = run(capsys, "audit", str(sample), "--color", "sometimes")
    assert code == 2 and "use one of auto, always, never" in err


def test_select_ignore_strict_and_output(sample, capsys, tmp_path):
    assert run(capsys, "audit", str(sample), "--select", "test-event")[0] == 0
    assert run(capsys, "audit", str(sample), "--select", "test-event", "--strict")[0] == 1
    ignored = "sdk-installed,sdk-initialized,dsn-configured,release-tracking,source-maps,env-ignored"
    ignored += ",frontend-sdk-installed,frontend-initialized"
    assert run(capsys, "audit", str(sample), "--ignore", ignored)[0] == 0
    file = tmp_path / "report.json"
    run(capsys, "audit", str(sample), "--output", f"json={file}")
    assert json.loads(file.read_text())["schema_version"] == 1


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["audit", "--select", "sdk-instaled"], "did you mean `sdk-installed`?"),
        (["audit", "--format", "jsn"], "did you mean `json`?"),
        (["audit", "--set", "backend.setings=x"], "did you mean `backend.settings`?"),
        (["audit", "--set", "backend.settings=no.such.module"], "no.such.module"),
        (["audit", "no-such-folder"], "is not a directory"),
        (["audit", "--online"], "SENTRY_READ_TOKEN"),
        (["plan", "sdkk"], "did you mean `sdk`?"),
        (["apply", "sdk"], "--yes"),
        (["apply", "sdk", "--yes"], "SENTRY_AUTH_TOKEN"),
        (["undo"], "no run to undo"),
        (["undo", "x"], "no run x"),
        (["explain", "sources-map"], "did you mean `source-maps`?"),
        (["audit", "--zzz"], "--help"),
        (["audit", "--selct", "x"], "did you mean `--select`?"),
        (["undo", "--force"], "see `sentry-setup undo --help`"),
        (["completion", "zhs"], "did you mean `zsh`?"),
        (["completion", "nu"], "use one of bash, zsh, fish"),
        (["aplly"], "did you mean `apply`?"),
        (["sandbox", "--port", "99999999"], "cannot be used"),
        (["launch"], "SENTRY_READ_TOKEN"),
        (["launch", "--format", "junit"], "has no format `junit`"),
        ([], "sentry-setup plan"),
    ],
)
def test_usage_errors_say_what_to_do(sample, capsys, monkeypatch, argv, part):
    monkeypatch.chdir(sample)
    code, out, err = run(capsys, *argv)
    assert code == 2 and out == "" and part in err and "Traceback" not in err


def test_errors_are_json_when_json_was_asked_for(sample, capsys, monkeypatch):
    monkeypatch.chdir(sample)
    code, out, err = run(capsys, "audit", "--select", "x", "--format", "json")
    assert code == 2 and out == "" and json.loads(err)["error"]["code"] == "usage"


def test_a_repository_cannot_choose_where_the_token_goes(sample, capsys, monkeypatch):
    monkeypatch.setenv("SENTRY_READ_TOKEN", "sntryu_" + "a" * 64)
    (sample / "sentry-setup.toml").write_text('sentry.url = "https://evil.example"\n')
    code, _, err = run(capsys, "audit", str(sample), "--online")
    assert code == 2 and "you have not named yourself" in err and "a" * 64 not in err


def test_plan_apply_status_undo(sample, capsys, monkeypatch):
    repo = ["--repo", str(sample)]
    code, out, _ = run(capsys, "plan", "sdk", "--offline", *repo)
    assert code == 0 and "+sentry-sdk==2.75.0" in out and "sentry_sdk.init(" in out
    data = json.loads(run(capsys, "plan", "sdk", "--offline", "--format", "json", *repo)[1])
    assert data["steps"][0]["outcome"] == "planned" and len(data["files"]) == 2
    code, out, _ = run(capsys, "apply", "sdk", "dsn", "--offline", "--yes", "--format", "json", *repo)
    applied = json.loads(out)
    assert code == 0 and [s["outcome"] for s in applied["steps"]] == ["applied", "applied"] and applied["run"]
    assert "backend/.env.example" in applied["steps"][1]["files"]
    assert not (sample / "backend/.env").exists()  # nobody knows the DSN yet
    assert applied["run"] in run(capsys, "status", *repo)[1]
    assert run(capsys, "undo", applied["run"], *repo)[0] == 0
    assert run(capsys, "status", *repo)[1] == "no runs\n"


def test_apply_against_the_sandbox_and_audit_online(sample, capsys, monkeypatch):
    with running_sandbox(SandboxState()) as state:
        monkeypatch.setenv("SENTRY_AUTH_TOKEN", state.token)
        where = ["--set", f"sentry.url={state.public_url}"]
        steps = ["project", "sdk", "dsn", "test-event", "source-maps", "frontend-sdk", "alerts", "release-tracking"]
        code, out, err = run(capsys, "apply", *steps, "--yes", "--no-install", "--repo", str(sample), *where)
        assert code == 0, out + err
        assert state.token not in out + err
        code, out, err = run(capsys, "audit", str(sample), "--online", *where)
        assert code == 0 and out.splitlines()[-1] == "0 unchecked, 1 undecided"
        monkeypatch.delenv("SENTRY_AUTH_TOKEN")
        monkeypatch.setenv("SENTRY_READ_TOKEN", state.readonly_token)
        assert run(capsys, "audit", str(sample), "--online", *where)[0] == 0
        monkeypatch.setenv("SENTRY_READ_TOKEN", "sntryu_" + "b" * 64)
        code, out, err = run(capsys, "audit", str(sample), "--online", *where)
        assert code == 3 and "does not accept the token" in err and "b" * 64 not in err


def test_list_explain_schema(capsys):
    from checks.checklist import CHECKLIST

    listed = run(capsys, "list")[1].splitlines()
    assert [i.id for i in CHECKLIST] == [line.split()[0] for line in listed if line.startswith("  ")]
    for item in CHECKLIST:
        for name in ("text", "markdown", "json"):
            code, out, _ = run(capsys, "explain", item.id, "--format", name)
            assert (
                code == 0 and item.id in out and item.docs_url in out and "status.sentry.io" in out
            ) or name == "json"
    out = run(capsys, "explain", "source-maps")[1]
    assert "To fix:" in out and "https://docs.sentry.io/" in out and "https://status.sentry.io/" in out
    jsonschema.Draft202012Validator.check_schema(json.loads(run(capsys, "schema")[1])["report_v1"])


def test_the_sandbox_tells_how_to_reach_it():
    process = subprocess.Popen(
        [sys.executable, "-m", "setup_wizard.cli", "sandbox"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        assert set(facts) == {"url", "org", "team", "token", "readonly_token"} and facts["url"].startswith(
            "http://127.0.0.1:"
        )
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def test_the_demo_runs_headless_and_cleans_up(tmp_path, monkeypatch):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "setup_wizard.cli", "demo"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env=environment, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Before: 8 unchecked, 6 undecided (needs --online).  After: 0 unchecked, 1 undecided." in done.stdout
    ran = "✓ backend reports its errors under orchard.settings.production" in done.stdout
    missing = "left out: " in done.stdout and "`pip install " in done.stdout
    assert ran == (not not_importable("django", "dj_database_url")) and ran != missing
    assert "every byte and mode is as before" in done.stdout and "every step is unchanged" in done.stdout
    assert len(done.stdout.splitlines()) + len(done.stderr.splitlines()) <= 60, "a terminal shows both"
    left = done.stdout.partition("  5 left for you")[2].partition("6. Run it")[0]
    assert (
        left.count("☐") == 5 and "      gh secret set SENTRY_AUTH_TOKEN\n" in left and "/integrations/github/" in left
    )
    assert (
        len(re.findall(r"      SENTRY_DSN=http://[0-9a-f]{32}@127", left)) == 2
        and " VITE_SENTRY_DSN --body http" in left
    )
    assert not list(tmp_path.glob("sentry-setup-demo-*"))


def test_the_demo_of_another_sample_speaks_of_its_frameworks(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    words = [sys.executable, "-m", "setup_wizard.cli", "demo", "--sample", "fastapi-vue"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert "“harbor” (FastAPI and Vue" in said and "harbor-backend (python-fastapi)" in said
    assert "harbor-frontend (javascript-vue)" in said and "After: 0 unchecked" in said
    assert not any(word in said for word in ("Django", "django", "React", "orchard"))
    assert "every byte and mode is as before" in said and "every step is unchanged" in said
    assert not list(tmp_path.glob("sentry-setup-demo-*"))


def test_the_demo_lists_its_samples_and_refuses_another(capsys):
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "django-react: Django and React" in shown and "fastapi-vue: FastAPI and Vue" in shown
    code, _, err = run(capsys, "demo", "--sample", "rails")
    assert code == 2 and "fastapi-vue" in err


@pytest.mark.parametrize("command", [["audit"], ["list"]])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_an_output_without_room_is_told_in_a_sentence(sample, command):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "setup_wizard.cli", *command],
            cwd=sample,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 3
    assert "cannot write the output" in done.stderr and "→ free some disk space" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_an_audit_says_everything_before_its_process_ends(sample):
    command = [sys.executable, "-m", "setup_wizard.cli", "audit", "--format", "html"]
    done = subprocess.run(command, cwd=sample, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout.rstrip().endswith("</html>")


def test_a_reader_that_has_seen_enough_ends_the_audit(sample):
    command = [sys.executable, "-m", "setup_wizard.cli", "audit", "--format", "json"]
    process = subprocess.Popen(command, cwd=sample, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0 and said == ""


def test_a_plan_ends_in_totals_and_the_next_command_and_has_colors_on_request(sample, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    code, colored, _ = run(capsys, "plan", "sdk", "--offline", "--repo", str(sample))
    monkeypatch.setenv("FORCE_COLOR", "")
    _, plain, _ = run(capsys, "plan", "sdk", "--offline", "--repo", str(sample))
    assert code == 0 and "\x1b[32m+" in colored and "\x1b" not in plain
    totals, following = plain.splitlines()[-2:]
    assert totals.startswith("# 2 files, ") and " lines added, " in totals
    assert following == "# next: sentry-setup apply sdk --offline --yes"
    _, unconnected, said = run(capsys, "plan", "sdk", "--repo", str(sample))
    assert "this plan is made without Sentry" in said, "the next command must not need a token that is not there"
    assert unconnected.splitlines()[-1] == following


@pytest.mark.parametrize("columns", [40, 100, 200])
def test_the_report_fits_the_terminal_that_shows_it(sample, capsys, monkeypatch, columns):
    """A remembered audit of another width is not shown either."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(columns))
    _, out, _ = run(capsys, "audit", str(sample), "--color", "never")
    longest = max(len(line) for line in out.splitlines() if line.startswith(("    ", "✗ ")) and "[" not in line)
    assert {40: 30 < longest <= 40, 100: 60 < longest <= 100, 200: 100 < longest <= 160}[columns]
