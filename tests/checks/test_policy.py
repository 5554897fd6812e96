"""`--policy REV`: a change does not judge itself by what it alters in configuration, waivers and comments."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path

import pytest

from setup_wizard.cli import main
from tests.support.repo import backend

LATER = (dt.date.today() + dt.timedelta(days=30)).isoformat()
WAIVER = f'[[waivers]]\nid = "sdk-installed"\nreason = "later"\nuntil = {LATER}\n'
ITEMS = "sdk-installed,debug-off,policy-unchanged"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    save(root, {**backend(), "requirements.txt": "django\n"}, "base")
    git(root, "tag", "base")
    return root


def git(root: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments], cwd=root, check=True, capture_output=True
    )


def save(root: Path, files: dict[str, str], message: str) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)


def audit(root: Path, capsys, *flags: str) -> tuple[int, dict]:
    code = main(["audit", str(root), "--select", "sdk-installed,debug-off", "--format", "json", *flags])
    return code, {i["id"]: i for i in json.loads(capsys.readouterr().out)["items"]}


def test_a_waiver_that_the_change_adds_waives_nothing_and_is_a_finding(shop, capsys):
    save(shop, {"sentry-setup.toml": WAIVER}, "waive")
    code, items = audit(shop, capsys)
    assert code == 0 and items["sdk-installed"]["waiver"] and "policy-unchanged" not in items
    code, items = audit(shop, capsys, "--policy", "base")
    assert code == 1 and items["sdk-installed"]["waiver"] is None
    [finding] = items["policy-unchanged"]["findings"]
    assert finding["message"] == f"the change waives sdk-installed until {LATER}: later"
    assert (finding["path"], finding["hint"]) == ("sentry-setup.toml", "it takes effect once it is merged")


def test_a_waiver_counts_that_stands_in_both(shop, capsys):
    save(shop, {"sentry-setup.toml": WAIVER}, "waive")
    code, items = audit(shop, capsys, "--policy", "HEAD")
    assert code == 0 and items["sdk-installed"]["waiver"] and items["policy-unchanged"]["outcome"] == "pass"
    (shop / "sentry-setup.toml").unlink()
    code, items = audit(shop, capsys, "--policy", "HEAD")
    assert code == 1
    assert [f["message"] for f in items["policy-unchanged"]["findings"]] == [
        "the change removes a waiver or sign-off of sdk-installed"
    ]


def test_a_root_that_the_change_points_elsewhere_is_not_followed(shop, capsys):
    clean = {f"clean/{k}": v for k, v in backend().items()} | {"clean/requirements.txt": "django\nsentry-sdk==2.40.0\n"}
    save(shop, {**clean, "sentry-setup.toml": 'backend.root = "clean"\n'}, "elsewhere")
    code, items = audit(shop, capsys)
    assert code == 0 and items["sdk-installed"]["outcome"] == "pass"
    code, items = audit(shop, capsys, "--policy", "base")
    assert code == 1 and items["sdk-installed"]["outcome"] == "fail"
    [finding] = items["policy-unchanged"]["findings"]
    assert finding["message"] == "the change sets `backend.root` for the first time to `clean`"


def test_a_comment_that_the_change_adds_waives_nothing(shop, capsys):
    settings = next(p for p in backend() if p.endswith("settings.py"))
    before = (shop / settings).read_text()
    comment = before + "DEBUG = True  # sentry-setup: ignore[debug-off] we know\n"
    save(shop, {settings: comment}, "debug")
    _, items = audit(shop, capsys)
    assert items["debug-off"]["waiver"]
    code, items = audit(shop, capsys, "--policy", "base")
    assert code == 1 and items["debug-off"]["waiver"] is None
    [finding] = items["policy-unchanged"]["findings"]
    assert finding["message"] == "the change adds a comment that waives debug-off: we know"
    assert (finding["path"], finding["line"]) == (settings, comment.count("\n"))
    _, items = audit(shop, capsys, "--policy", "HEAD")
    assert items["debug-off"]["waiver"] and items["policy-unchanged"]["outcome"] == "pass"


def test_a_baseline_of_the_repository_is_read_from_the_revision(shop, capsys, monkeypatch):
    monkeypatch.chdir(shop)
    main(["audit", ".", "--output", "json=baseline.json"])
    capsys.readouterr()
    code, _ = audit(shop, capsys, "--baseline", "baseline.json")
    assert code == 0
    assert main(["audit", ".", "--baseline", "baseline.json", "--policy", "base"]) == 2
    assert "baseline.json of base" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "markdown", "html", "sarif", "github", "junit"])
def test_every_format_shows_what_the_change_alters(shop, capsys, form):
    save(shop, {"sentry-setup.toml": WAIVER}, "waive")
    main(["audit", str(shop), "--select", "sdk-installed", "--policy", "base", "--format", form])
    assert "he change waives sdk-installed until" in capsys.readouterr().out


def test_a_revision_that_is_not_there_is_an_error(shop, capsys):
    assert main(["audit", str(shop), "--policy", "nowhere"]) == 2
    assert "`nowhere` is not a git revision" in capsys.readouterr().err


def test_explain_knows_the_item(capsys):
    assert main(["explain", "policy-unchanged"]) == 0
    assert "loosen its own audit" in capsys.readouterr().out
