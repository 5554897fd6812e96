"""A remembered audit: said again only when every look would find the same; anything else is decided anew."""

from __future__ import annotations

import json
import os
import random
import stat
import subprocess
from pathlib import Path

import pytest

import checks.audit
import checks.cache
from setup_wizard.cli import main


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the entries, with the cache on."""
    monkeypatch.delenv("SENTRY_SETUP_NO_CACHE")
    return Path(os.environ["XDG_CACHE_HOME"]) / "sentry-setup" / "audits"


def said(capsys, *argv: str) -> tuple[int, str]:
    code = main(["audit", *argv])
    return code, capsys.readouterr().out


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(root), *identity, *words], check=True, capture_output=True)


def test_an_unchanged_repository_is_not_decided_again(sample, kept, capsys, monkeypatch):
    first = said(capsys, str(sample))
    assert len(list(kept.glob("*.json"))) == 1
    if os.name != "nt":
        assert stat.S_IMODE(next(kept.glob("*.json")).stat().st_mode) == 0o600
    monkeypatch.setattr(checks.audit, "run_audit", None)  # whoever decides now fails
    assert said(capsys, str(sample)) == first
    with pytest.raises(TypeError):
        checks.audit.run_audit()
    assert said(capsys, str(sample), "--no-cache")[0] == 3, "it decides"


@pytest.mark.thorough
def test_whatever_is_changed_the_answer_is_a_fresh_one(sample, kept, capsys):
    """Each file of the repository in turn: more in it, gone, back again."""
    names = subprocess.run(["git", "-C", str(sample), "ls-files"], capture_output=True, text=True).stdout.split()
    assert len(names) > 15
    for name in names:
        path = sample / name
        before = path.read_bytes()
        for data in (before + b"\nsentry_sdk.init(dsn=1)\n", None, before):
            path.unlink() if data is None else path.write_bytes(data)
            for _ in range(2):
                cached = said(capsys, str(sample), "--format", "json")
            assert cached == said(capsys, str(sample), "--format", "json", "--no-cache"), name


def test_what_git_tells_counts(sample, kept, capsys):
    def same() -> tuple[int, str]:
        cached = [said(capsys, str(sample), "--format", "json") for _ in range(2)]
        assert cached[0] == cached[1] == said(capsys, str(sample), "--format", "json", "--no-cache")
        return cached[0]

    seen = [same()]
    (sample / "notes.txt").write_text("token = sntryu_" + "0123456789abcdef" * 4 + "\n")
    seen.append(same())
    (sample / ".gitignore").write_text("notes.txt\n" + (sample / ".gitignore").read_text())
    seen.append(same())
    git(sample, "add", "-A")
    git(sample, "commit", "-qm", "more")
    seen.append(same())
    git(sample, "remote", "add", "origin", "https://example.org/acme/other.git")
    seen.append(same())
    (sample / ".env").write_text("SENTRY_DSN=x\n")
    same()
    (sample / "backend" / "link.py").symlink_to("manage.py")
    same()
    assert len(set(seen)) >= 3, "most of it changes what is said"


def test_random_edits(sample, kept, capsys):
    """Lines of the repository moved from file to file: cached and fresh never differ."""
    rng = random.Random(7)
    files = [p for p in sample.rglob("*") if p.is_file() and ".git/" not in p.as_posix() and p.suffix != ".png"]
    pool = [line for p in files for line in p.read_text().splitlines(keepends=True)]
    for _ in range(25):
        path = rng.choice(files)
        lines = path.read_text().splitlines(keepends=True)
        at = rng.randint(0, len(lines))
        lines[at : at + rng.randint(0, 2)] = [rng.choice(pool)] if rng.random() < 0.6 else []
        path.write_text("".join(lines))
        cached = said(capsys, str(sample))
        assert said(capsys, str(sample)) == cached == said(capsys, str(sample), "--no-cache")


@pytest.mark.parametrize("what", ["day", "code", "python", "terminal", "flags"])
def test_another_day_code_terminal_or_flag_is_another_audit(sample, kept, capsys, monkeypatch, what):
    said(capsys, str(sample))
    argv = [str(sample)]
    if what == "day":
        monkeypatch.setattr(checks.cache.time, "strftime", lambda _: "2999-01-01")
    elif what == "code":
        entry = next(e for e in checks.cache._modules(str(Path(checks.cache.__file__).parent)) if e.name == "audit.py")
        monkeypatch.setattr(checks.cache, "_modules", lambda _: [entry])
    elif what == "python":
        monkeypatch.setattr(checks.cache.sys, "version", "4.0")
    elif what == "terminal":
        monkeypatch.setattr("checks.cli.use_color", lambda _: True)
    else:
        argv += ["--strict"]
    monkeypatch.setattr(
        checks.audit, "run_audit", lambda *_, **__: (_ for _ in ()).throw(AssertionError("decided anew"))
    )
    assert main(["audit", *argv]) == 3
    assert "decided anew" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"stamp": 1}', "\x00" * 9, "[" * 90_000, "x" * 5_000_000], ids=lambda t: str(len(t))
)
def test_an_entry_that_is_none_is_ignored(sample, kept, capsys, text):
    first = said(capsys, str(sample))
    next(kept.glob("*.json")).write_text(text)
    assert said(capsys, str(sample)) == first


def test_an_entry_with_strange_looks_is_ignored(sample, kept, capsys):
    first = said(capsys, str(sample))
    file = next(kept.glob("*.json"))
    entry = json.loads(file.read_text())
    for looks in ({'["read", 5]': "none"}, {"x": "y"}, {'["read"]': "z"}, {'["holding", 1, 2]': "z"}, None, []):
        file.write_text(json.dumps(entry | {"looks": looks, "text": "all is well"}))
        assert said(capsys, str(sample)) == first


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners of folders are not told here")
def test_a_folder_that_others_may_write_is_not_trusted(sample, kept, capsys):
    said(capsys, str(sample))
    file = next(kept.glob("*.json"))
    entry = json.loads(file.read_text())
    file.write_text(json.dumps(entry | {"text": "all is well"}))
    assert said(capsys, str(sample))[1] == "all is well"
    kept.chmod(0o777)
    assert said(capsys, str(sample))[1] != "all is well"


def test_nothing_is_kept_where_it_must_not(sample, kept, capsys, monkeypatch, tmp_path):
    said(capsys, str(sample), "--rev", "HEAD")
    said(capsys, str(sample), "--output", f"json={tmp_path / 'r.json'}")
    said(capsys, str(sample), "--no-cache")
    monkeypatch.setenv("CI", "true")
    said(capsys, str(sample))
    assert not kept.exists()
    monkeypatch.delenv("CI")
    kept.parent.mkdir(parents=True)
    kept.write_text("a file where the folder should be")
    assert said(capsys, str(sample))[0] == 1


def test_a_crashed_check_is_not_kept(sample, kept, capsys, monkeypatch):
    from checks.model import LazyCheck

    monkeypatch.setattr(LazyCheck, "__call__", lambda *_: 1 / 0)
    assert said(capsys, str(sample))[0] == 3
    assert not kept.exists()


def test_old_entries_go(sample, kept, capsys, monkeypatch):
    monkeypatch.setattr(checks.cache, "MAX_CACHED_REPORTS", 3)
    for number in range(6):
        said(capsys, str(sample), "--set", f"sentry.org=org-{number}")
    assert len(list(kept.glob("*.json"))) == 3
