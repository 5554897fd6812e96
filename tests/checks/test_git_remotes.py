"""Reading commands contact no remote: a partial clone's program is not run for a missing object."""

from __future__ import annotations

import subprocess
from pathlib import Path

from checks.repository.git import run_git


def test_the_program_of_a_partial_clone_is_not_run(tmp_path: Path):
    root, mark = tmp_path / "shop", tmp_path / "ran"
    root.mkdir()

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "main")
    (root / "a.txt").write_text("text\n")
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x")
    blob = git("rev-parse", "HEAD:a.txt")
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": str(root),
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": f"touch {mark}; false",
    }.items():
        git("config", key, value)
    assert run_git(root, "cat-file", "-p", "HEAD:a.txt") is None
    assert not mark.exists()
    subprocess.run(["git", "cat-file", "-p", "HEAD:a.txt"], cwd=root, capture_output=True)
    assert mark.exists(), "without the guard git runs it, so this test can fail"
