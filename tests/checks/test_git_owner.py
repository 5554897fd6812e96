"""A checkout of another user, as a container's job has it: read where it was named, told where git refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.config import Config
from checks.errors import SentrySetupError, UsageError
from checks.repository.facts import Facts
from checks.repository.git import refusal, run_git, trusted_top
from checks.repository.revision import RevisionTree
from checks.repository.tree import DirectoryTree
from setup_wizard.plan.engine import Engine
from setup_wizard.steps import STEPS

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives files to another user")
SOMEBODY, THIRD = 1001, 1002


@pytest.fixture(autouse=True)
def forgotten():
    trusted_top.cache_clear()
    yield
    trusted_top.cache_clear()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "app").mkdir(parents=True)
    (root / ".gitignore").write_text(".env\n")
    (root / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")\n')
    (root / "app/settings.py").write_text("DEBUG = False\n")
    (root / "requirements.txt").write_text("django==5.2\n")
    (root / ".env").write_text("A=b\n")
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "-A"),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    give(root, SOMEBODY)
    return root


def give(folder: Path, user: int) -> None:
    for place in (folder, *folder.rglob("*")):
        os.chown(place, user, user)


def test_the_named_folder_of_another_user_is_read_as_git_sees_it(shop):
    plain = subprocess.run(
        ["git", "ls-files"], cwd=shop, capture_output=True, text=True, env={**os.environ, "HOME": "/"}
    )
    assert "dubious ownership" in plain.stderr, "without our word git refuses, so this test can fail"
    tree = DirectoryTree(shop)
    assert tree.versioned and ".env" not in tree.paths and refusal(shop) is None
    assert RevisionTree(shop, "HEAD").read("app/settings.py") == b"DEBUG = False\n"
    assert run_git(shop / "app", "rev-parse", "HEAD") == run_git(shop, "rev-parse", "HEAD")


def test_a_repository_further_up_of_a_third_user_is_left_to_git(shop):
    os.chown(shop, THIRD, THIRD)
    os.chown(shop / ".git", THIRD, THIRD)
    inside = shop / "app"
    assert trusted_top(str(inside)) is None
    said = refusal(inside) or ""
    assert said.startswith("detected dubious ownership in repository at")
    with pytest.raises(UsageError, match=r"git cannot read .*dubious ownership") as told:
        RevisionTree(inside, "HEAD")
    assert told.value.hint == f"if you trust it: `git config --global --add safe.directory {inside}`"
    (inside / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n')
    [verdict] = run_audit(Facts(DirectoryTree(inside), Config()), CHECKLIST).result("env-ignored").findings
    assert verdict.message.startswith("git cannot read this repository (detected dubious ownership")
    assert "safe.directory" in (verdict.hint or "")


async def test_nothing_is_edited_where_git_refuses(shop):
    os.chown(shop, THIRD, THIRD)
    os.chown(shop / ".git", THIRD, THIRD)
    before = {p: p.read_bytes() for p in (shop / "app").rglob("*") if p.is_file()}
    with pytest.raises(SentrySetupError, match="nothing is edited: detected dubious"):
        await Engine(shop / "app", {}, install=False).apply(STEPS)
    assert {p: p.read_bytes() for p in (shop / "app").rglob("*") if p.is_file()} == before


async def test_files_keep_their_owner_mode_and_attributes(shop):
    settings = shop / "app/settings.py"
    settings.chmod(0o640)
    os.chown(settings, SOMEBODY, THIRD)
    marked = True
    try:
        os.setxattr(settings, "user.note", b"kept")
    except OSError:
        marked = False  # this file system has none
    engine = Engine(
        shop, {"backend.dsn": "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1"}, install=False
    )
    done = await engine.apply(tuple(s for s in STEPS if s.id in ("sdk", "dsn")))
    assert done.run and b"sentry_sdk" in settings.read_bytes()
    info = settings.stat()
    assert (info.st_uid, info.st_gid, info.st_mode & 0o777) == (SOMEBODY, THIRD, 0o640)
    assert not marked or os.getxattr(settings, "user.note") == b"kept"
    assert {p.stat().st_uid for p in shop.iterdir() if p.is_file()} == {SOMEBODY}, "new files are the folder's owner's"
    engine.undo(done.run)
    assert settings.read_bytes() == b"DEBUG = False\n" and settings.stat().st_uid == SOMEBODY


def test_a_stranger_s_file_that_cannot_be_given_back_is_written_in_place(shop, monkeypatch):
    from setup_wizard.plan import files

    def refuse(*_: object) -> None:
        raise PermissionError(1, "no")

    settings, scratch = shop / "app/settings.py", shop / ".git"
    monkeypatch.setattr(files.os, "chown", refuse)
    inode = settings.stat().st_ino
    files.write_file(shop, "app/settings.py", b"DEBUG = 0\n", scratch, before=b"DEBUG = False\n")
    assert settings.read_bytes() == b"DEBUG = 0\n" and (settings.stat().st_ino, settings.stat().st_uid) == (
        inode,
        SOMEBODY,
    )
    with pytest.raises(files.ConflictError, match="was changed in the meantime"):
        files.write_file(shop, "app/settings.py", b"other", scratch, before=b"DEBUG = False\n")
    assert settings.read_bytes() == b"DEBUG = 0\n"


def test_a_filter_of_the_repository_is_not_run(tmp_path):
    from setup_wizard.services.git import GitRepository

    root, mark = tmp_path / "shop", tmp_path / "ran"
    root.mkdir()
    (root / "a.txt").write_text("text\n")
    for arguments in (("init", "-q"), ("add", "-A"), ("config", "filter.x.clean", f"touch {mark}; cat")):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    (root / ".gitattributes").write_text("* filter=x\n")
    (root / "a.txt").write_text("else\n")
    assert GitRepository(root).changed() == ("a.txt", ".gitattributes")
    assert not mark.exists()
    subprocess.run(["git", "status"], cwd=root, capture_output=True)
    assert mark.exists(), "git itself runs it, so this test can fail"
    shutil.rmtree(root)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_for_git_s_rules_is_named_and_not_waited_for(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "web").mkdir()
    (tmp_path / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n')
    os.mkfifo(tmp_path / "web/.gitignore")
    monkeypatch.setattr("checks.repository.git._PATIENCE", 0.3)
    tree = DirectoryTree(tmp_path)
    assert "web/.gitignore" in tree.paths and not tree.versioned, "without git, the folder is walked"
    assert tree.refused == "web/.gitignore is a named pipe, and git would wait for it forever"
    [finding] = run_audit(Facts(tree, Config()), CHECKLIST).result("env-ignored").findings
    assert finding.hint == "replace web/.gitignore with a regular file"
