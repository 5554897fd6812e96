"""What the wizard asks git: branch, changes, what is ignored, where the journal may live. Nothing is committed here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import git
from git.exc import GitError

from checks.repository.tree import run_git

_SAFE = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "core.fsmonitor",
    "GIT_CONFIG_VALUE_0": "false",
    "GIT_CONFIG_KEY_1": "core.hooksPath",
    "GIT_CONFIG_VALUE_1": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
}


class GitRepository:
    """A repository as the wizard sees it; every question has an answer without git, too."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            self._repo: git.Repo | None = git.Repo(root, search_parent_directories=True)
            self._repo.git.update_environment(**_SAFE)
        except (GitError, OSError, ValueError):
            self._repo = None

    @property
    def present(self) -> bool:
        """Whether the root lies in a git repository."""
        return self._repo is not None

    @property
    def branch(self) -> str | None:
        """The branch's name, or None (no git, detached, or unborn)."""
        try:
            return self._repo.active_branch.name if self._repo else None
        except (TypeError, ValueError, GitError):
            return None

    @property
    def user(self) -> str:
        """The person's name in git's configuration, or nothing."""
        try:
            return str(self._repo.config_reader().get_value("user", "name", "")) if self._repo else ""
        except (ValueError, GitError, OSError):
            return ""

    @property
    def head(self) -> str | None:
        """The commit of HEAD."""
        try:
            return self._repo.head.commit.hexsha if self._repo else None
        except (ValueError, GitError):
            return None

    def changed(self) -> tuple[str, ...]:
        """Files that differ from the last commit, untracked ones included."""
        if self._repo is None:
            return ()
        try:
            lines = self._repo.git.status("--porcelain", "-z", "--untracked-files=all").split("\0")
        except GitError:
            return ()
        return tuple(line[3:] for line in lines if len(line) > 3)

    def ignores(self, path: str) -> bool | None:
        """Whether git ignores a path; None without git. A tracked file is never ignored."""
        if self._repo is None:
            return None
        return run_git(self.root, "check-ignore", "-q", "--", path) is not None

    def tracks(self, path: str) -> bool:
        """Whether git tracks a path."""
        listed = run_git(self.root, "ls-files", "-z", "--", path) if self._repo else None
        return bool(listed)

    def journal_folder(self) -> Path:
        """Where the journal lives: inside git's own folder, else in the user's state folder."""
        inside = run_git(self.root, "rev-parse", "--git-path", "sentry-setup") if self._repo else None
        if inside:
            return (self.root / os.fsdecode(inside.rstrip(b"\n"))).resolve()
        from platformdirs import user_state_path

        name = hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:16]
        return user_state_path("sentry-setup", appauthor=False) / name
