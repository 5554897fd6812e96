"""What the wizard asks git: branch, changes, what is ignored, where the journal may live. Nothing is committed here."""

from __future__ import annotations

import os
import subprocess
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from checks.errors import SentrySetupError
from checks.repository.git import NO_REMOTE, changed_files, refusal, run_git

if TYPE_CHECKING:
    import git

_SAFE = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "core.fsmonitor",
    "GIT_CONFIG_VALUE_0": "false",
    "GIT_CONFIG_KEY_1": "core.hooksPath",
    "GIT_CONFIG_VALUE_1": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    **NO_REMOTE,
}


class GitRefusedError(SentrySetupError):
    """git did not do what was asked; nothing was committed."""

    code = "git"

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="nothing was committed; the files are as they were")


class GitRepository:
    """A repository as the wizard sees it; every question has an answer without git, too."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def _repo(self) -> git.Repo | None:
        """Opened when first asked: importing gitpython takes longer than most questions."""
        import git
        from git.exc import GitError

        try:
            found = git.Repo(self.root, search_parent_directories=True)
            found.git.update_environment(**_SAFE)
        except (GitError, OSError, ValueError):
            return None
        return found

    @cached_property
    def present(self) -> bool:
        """Whether the root lies in a git repository."""
        return run_git(self.root, "rev-parse", "--git-dir") is not None

    @property
    def branch(self) -> str | None:
        """The branch's name, or None (no git, detached, or unborn)."""
        from git.exc import GitError

        try:
            return self._repo.active_branch.name if self._repo else None
        except (TypeError, ValueError, GitError):
            return None

    @property
    def user(self) -> str:
        """The person's name in git's configuration, or nothing."""
        from git.exc import GitError

        try:
            return str(self._repo.config_reader().get_value("user", "name", "")) if self._repo else ""
        except (ValueError, GitError, OSError):
            return ""

    @property
    def head(self) -> str | None:
        """The commit of HEAD."""
        found = run_git(self.root, "rev-parse", "--verify", "-q", "HEAD")
        return found.decode().strip() if found else None

    def changed(self) -> tuple[str, ...]:
        """Files that differ from the last commit, untracked ones included."""
        return changed_files(self.root, "--untracked-files=all") or ()

    @property
    def refusal(self) -> str | None:
        """Why git does not read the repository that is here, in its own words; None where it does, or there is none."""
        return refusal(self.root)

    def commit(self, branch: str, message: str, paths: tuple[str, ...]) -> None:
        """Make a branch here and commit these files on it, and nothing else that is changed or staged; blocks.

        The repository's own hooks run, as in any commit of this person. Raises `GitRefusedError`; the branch is then gone again.
        """
        if not self.present:
            raise GitRefusedError("this is not a git repository")
        if not branch or branch.startswith("-") or not message:
            raise GitRefusedError("a branch and a message are needed")
        before = self.branch or self.head
        self._git("check-ref-format", "--branch", branch)
        new = [p for p in paths if not self.tracks(p)]
        self._git("switch", "--create", branch)
        try:
            if new:
                self._git("add", "--intent-to-add", "--", *new)
            self._git("commit", "--quiet", "--only", "--message", message, "--", *paths)
        except GitRefusedError:
            if new:
                self._git("rm", "--cached", "--quiet", "--", *new)
            if before:
                self._git("switch", before)
                self._git("branch", "--delete", "--force", branch)
            raise

    def _git(self, *argv: str) -> None:
        done = subprocess.run(
            ["git", *argv],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", "LC_ALL": "C"},
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise GitRefusedError(f"git {argv[0]}: {said[-1] if said else f'ended with {done.returncode}'}")

    def ignores(self, path: str) -> bool | None:
        """Whether git ignores a path; None without git. A tracked file is never ignored."""
        if not self.present:
            return None
        return run_git(self.root, "check-ignore", "-q", "--", path) is not None

    def tracks(self, path: str) -> bool:
        """Whether git tracks a path."""
        listed = run_git(self.root, "ls-files", "-z", "--", path)
        return bool(listed)
