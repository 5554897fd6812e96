"""What `git grep` finds for the index is what reading each file finds."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from checks.audit import run_audit
from checks.checklist import CHECKLIST
from checks.cli import repository_root
from checks.config import Config
from checks.parsers import javascript as js
from checks.repository import facts as facts_module
from checks.repository import tree as trees
from checks.repository.facts import Facts
from checks.repository.git import GitJob, run_git
from checks.repository.index_terms import WORDS
from checks.repository.text_index import WordIndex
from checks.repository.tree import DirectoryTree, MemoryTree

FILES = {
    "plain.py": b"import sentry_sdk\n",
    "nothing.py": b"x = 1\n",
    "wide.txt": "SENTRY_DSN=x\n".encode("utf-16"),
    "wide-be.txt": b"\xfe\xff" + "AUTH_TOKEN".encode("utf-16-be"),
    "binary": b"\x00\x01\x02 sentry \x00",
    "latin.txt": "Zürich, DSN".encode("latin-1"),
    "picture.png": b"sentry",
    "empty": b"",
    "häß\n name.py": b"set_user(1)\n",
    "-e": b"sentry",
    "x (top)": b"raven",
    "folder/telemetry.txt": b"telemetry",
    "large.txt": b"sentry " * 700_000,
    "large-nothing.txt": b"x" * 5_000_000,
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for name, data in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "link.py").symlink_to("plain.py")
    (tmp_path / "outside.py").symlink_to("/etc/hostname")
    (tmp_path / "ignored.py").write_bytes(b"sentry")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "plain.py", "wide.txt", "binary", "link.py"], check=True)
    return tmp_path


def index(root: Path) -> tuple[dict[str, frozenset[str]], list[str], int]:
    found = WordIndex(Facts(DirectoryTree(root), Config()))
    return found.words, sorted(found.skipped), found.searched


def test_git_finds_what_reading_finds(repository, monkeypatch):
    read = index(repository)
    assert {"plain.py", "wide.txt", "wide-be.txt", "binary", "link.py", "-e", "x (top)"} <= set(read[0])
    monkeypatch.setattr(trees, "GREP_MIN_FILES", 0)
    assert DirectoryTree(repository).files_containing(WORDS) is not None
    assert index(repository) == read


@pytest.mark.parametrize("result", [None, (2, b"", b""), (0, b"plain.py\0", b"error: 'x': Permission denied\n")])
def test_what_git_may_not_read_is_read_in_turn(repository, monkeypatch, result):
    read = index(repository)
    monkeypatch.setattr(trees, "GREP_MIN_FILES", 0)
    real = GitJob.result
    monkeypatch.setattr(
        GitJob,
        "result",
        lambda job, *_: result if job.arguments[1:2] == ("grep",) and "--" not in job.arguments else real(job),
    )
    assert DirectoryTree(repository).files_containing(WORDS) is None
    assert index(repository) == read


def test_many_files_are_searched_by_git_alone(repository, monkeypatch):
    read = index(repository)
    monkeypatch.setattr(trees, "GREP_MIN_FILES", 0)
    monkeypatch.setattr(trees, "SYMLINK_SCAN_MAX_FILES", 1)
    found = index(repository)
    assert read[0].keys() - found[0].keys() == {"link.py"}, "a link's target is in the index itself"


def test_commands_that_were_begun_are_used_or_ended(repository):
    tree = DirectoryTree(repository)
    tree.prefetch(WORDS, origin=True)
    begun = dict(tree._jobs)
    assert tree.paths == DirectoryTree(repository).paths
    tree.close()
    assert all(job.stopped for job in begun.values())
    tree.close()


def test_a_command_that_hangs_is_ended(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    job = GitJob(tmp_path, "-c", "alias.hang=!sleep 60", "hang")
    assert job.result(timeout=0.2) is None and job.stopped
    assert run_git(tmp_path / "none", "status") is None


def test_git_is_asked_for_the_top_only_where_looking_does_not_tell(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("checks.repository.git.run_git", lambda folder, *words: asked.append(words))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path)
    assert repository_root(None) == tmp_path.resolve() and not asked
    for changed in ("[core]\n\tworktree = /elsewhere\n", "[include]\n\tpath = more\n"):
        (tmp_path / ".git/config").write_text(changed)
        repository_root(None)
        assert asked.pop() == ("rev-parse", "--show-toplevel")
    (tmp_path / ".git/config").write_bytes(b"#" * 100_000)
    repository_root(None)
    assert asked.pop()
    if hasattr(os, "mkfifo"):
        (tmp_path / ".git/config").unlink()
        os.mkfifo(tmp_path / ".git/config")
        repository_root(None)  # nobody writes into it: reading it would take for ever
        assert asked.pop()
        (tmp_path / ".git/config").unlink()
    (tmp_path / ".git/config").write_text("")
    (tmp_path / ".git/HEAD").unlink()
    repository_root(None)
    assert asked.pop()
    monkeypatch.chdir(tmp_path / "below")
    repository_root(None)
    assert asked


def test_a_file_is_read_once_while_there_is_room(monkeypatch):
    tree = MemoryTree({"a": "sentry", "b": "sentry", "c": "nothing"})
    reads = Counter()
    read = tree.read
    monkeypatch.setattr(tree, "read", lambda path: (reads.update([path]), read(path))[1])
    monkeypatch.setattr(facts_module, "CACHE_BYTES", 6)
    facts = Facts(tree, Config())
    WordIndex(facts)
    assert [facts.read(p) for p in "aabbzz"] == [b"sentry"] * 4 + [None] * 2
    assert reads == {"a": 1, "b": 3, "c": 1, "z": 1}, "b finds no room, and is read again"


@pytest.mark.parametrize("limit", [500, 3])
@pytest.mark.parametrize("least", [0, 10_000])
def test_some_files_are_searched_whoever_looks(repository, monkeypatch, limit, least):
    monkeypatch.setattr(trees, "GREP_MIN_FILES", least)
    monkeypatch.setattr(trees, "_ARGUMENTS", limit)
    asked = ["plain.py", "nothing.py", "-e", "x (top)", "folder/telemetry.txt", "häß\n name.py", "empty", "missing.py"]
    assert DirectoryTree(repository).files_containing(("sentry",), asked) == {"plain.py", "-e"}
    for tree in (DirectoryTree(repository), MemoryTree(FILES)):
        facts = Facts(tree, Config())
        assert facts.holding(("sentry", "set_user"), asked) == ["-e", "häß\n name.py", "plain.py"]
        assert facts.holding(("telemetry",), ["folder/telemetry.txt"]) == ["folder/telemetry.txt"]
        assert facts.holding(("sentry",), []) == facts.holding((), asked) == []


def test_an_audit_parses_no_script_that_nothing_points_to(monkeypatch):
    plain = {f"frontend/src/parts/p{n}.ts": "export const part = 1\n" for n in range(600)}
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "shop/settings.py": "DEBUG = False\n",
        "requirements.txt": "django\n",
        "frontend/package.json": '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}',
        "frontend/index.html": '<script type="module" src="/src/main.ts"></script>',
        "frontend/src/main.ts": "import './parts/p1'\n",
        "frontend/vite.config.ts": "import { defineConfig } from 'vite'\nexport default defineConfig({})\n",
    }
    tree = MemoryTree(files | plain)
    parsed = []
    real = js.parse_javascript
    monkeypatch.setattr(js, "parse_javascript", lambda data, path="", *a: parsed.append(path) or real(data, path, *a))
    run_audit(Facts(tree, Config()), CHECKLIST)
    assert "frontend/vite.config.ts" in parsed
    assert {p for p in parsed if p in plain} <= {"frontend/src/parts/p1.ts"}
