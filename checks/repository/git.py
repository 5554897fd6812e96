"""Git as a reader: plain commands that change nothing and run nothing that a repository's configuration names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

_SECONDS = 60


class GitJob:
    """A git command that runs while something else is done."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.arguments = arguments
        self._process: subprocess.Popen[bytes] | None
        try:
            self._process = subprocess.Popen(
                git_command(*arguments),
                cwd=directory,
                env=git_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError:
            self._process = None

    def result(self, timeout: float = _SECONDS) -> tuple[int, bytes, bytes] | None:
        """Wait for the command: exit code, output, messages; None when it could not be run, or took too long (seconds)."""
        if self._process is None:
            return None
        try:
            output, messages = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            return None
        return self._process.returncode, output, messages

    @property
    def stopped(self) -> bool:
        """Whether the command runs no more."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """End the command; nothing happens when it was waited for."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipe.close()  # not read to its end: a child of the command may still hold it


_THREADS = (os.cpu_count() or 1) + 1
"""Threads of `git grep` beside the one that hands out files: one for each core, as git has it, leaves cores idle while they read."""


def grep_arguments(needles: Sequence[str], *, binary: bool = False) -> tuple[str, ...]:
    """Return the words of a `git grep` that lists files holding any fixed word (https://git-scm.com/docs/git-grep)."""
    wanted = (w for n in needles for w in ("-e", n))
    return ("--literal-pathspecs", "grep", f"--threads={_THREADS}", "-a" if binary else "-I", "-l", "-z", "-F", *wanted)


def listed(result: tuple[int, bytes, bytes] | None) -> frozenset[str] | None:
    """Return the files that a `git grep` lists; None when it did not tell."""
    if result is None or result[0] not in (0, 1):
        return None
    return frozenset(os.fsdecode(p) for p in result[1].split(b"\0") if p)


def git_grep(directory: Path, needles: Sequence[str], *where: str) -> frozenset[str] | None:
    """Return the text files that hold any fixed word, or None when git does not tell."""
    return listed(GitJob(directory, *grep_arguments(needles), *where).result())


def git_command(*arguments: str) -> list[str]:
    """Return a git command line with file system monitor, hooks and pagers off."""
    return ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "--no-pager", *arguments]


NO_REMOTE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
"""Variables with which git contacts no remote, whatever a repository's configuration says."""


def git_environment() -> dict[str, str]:
    """Return the environment git runs in: none of the caller's `GIT_` variables, no prompts, no optional locks, no remote.

    A partial clone fetches a missing object by itself, with a program that `.git/config` may name
    (https://git-scm.com/docs/git#Documentation/git.txt-codeGITALLOWPROTOCOLcode); a missing object is said to be missing instead.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return kept | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **NO_REMOTE}


def run_git(directory: Path, *arguments: str, timeout: float = _SECONDS) -> bytes | None:
    """Run a plain, read-only git command and return its output, or None when git is missing or says no.

    Nothing that a hostile `.git/config` names is run: file system monitor, hooks, pagers and prompts are off.
    """
    return output_of(GitJob(directory, *arguments), timeout)


def output_of(job: GitJob, timeout: float = _SECONDS) -> bytes | None:
    """Return the output of a command that succeeds, else None."""
    done = job.result(timeout)
    return done[1] if done is not None and done[0] == 0 else None
