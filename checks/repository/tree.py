"""The tree of files an audit reads: a directory with git's view of it, or a mapping in memory."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

MAX_FILE_BYTES = 4 * 1024 * 1024
"""Files above this size are not read: no configuration file is that large, and memory stays bounded."""

_WALK_SKIPS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
    }
)


class UnreadableFileError(Exception):
    """A listed file cannot be read: too large, not a regular file, outside the root, or refused by the system."""


class TooLargeError(UnreadableFileError):
    """A file is above `MAX_FILE_BYTES`."""


class OutsideError(UnreadableFileError):
    """A path, or the link that stands there, leads out of the root: nothing of the repository is missed."""


class Tree(Protocol):
    """A read-only set of files, named by POSIX paths relative to the root."""

    @property
    def root(self) -> str:
        """How the report names this tree."""
        ...

    @property
    def revision(self) -> str | None:
        """The git commit that the tree stands on, if any."""
        ...

    @property
    def versioned(self) -> bool:
        """Whether git says which files belong to it."""
        ...

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, sorted."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none; raises `UnreadableFileError`."""
        ...

    def holding(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
        """Return the text files (of `paths`, where given) that hold any of some words; None where only reading them tells."""
        ...


class MemoryTree:
    """A tree given as a mapping from path to content; for tests, and the base of overlays."""

    def __init__(self, files: Mapping[str, str | bytes], root: str = ".") -> None:
        self._files = {p: c.encode() if isinstance(c, str) else c for p, c in files.items()}
        self.root = root
        self.revision: str | None = None
        self.versioned = True

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, sorted."""
        return tuple(sorted(self._files))

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None."""
        return self._files.get(path)

    def holding(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
        """Reading is cheap here."""
        return None


class DirectoryTree:
    """A directory on disk: the files git tracks or would add (ignored ones are left out), or a plain walk without git.

    The working tree is read, not the index: an edit that is about to be committed counts. Ignored files are never
    listed, but `read` may be asked for one by name (an `.env`).
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.root = str(self.directory)
        self._folders: dict[str, str | None] = {}

    @cached_property
    def revision(self) -> str | None:
        """The commit HEAD names, or None (no git, or no commit yet)."""
        done = run_git(self.directory, "rev-parse", "--verify", "-q", "HEAD")
        return done.decode().strip() or None if done is not None else None

    @cached_property
    def _listed(self) -> bytes | None:
        return run_git(self.directory, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")

    @property
    def versioned(self) -> bool:
        """Whether git says which files belong to it."""
        return self._listed is not None

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All files, sorted; see the class docstring."""
        if self._listed is None:
            return tuple(sorted(self._walk()))
        return tuple(sorted(os.fsdecode(p) for p in self._listed.split(b"\0") if p))

    def _walk(self) -> list[str]:
        found: list[str] = []
        for folder, folders, files in os.walk(self.directory, followlinks=False):
            folders[:] = sorted(f for f in folders if f not in _WALK_SKIPS)
            base = Path(folder).relative_to(self.directory)
            found.extend((base / f).as_posix() for f in files)
        return found

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none; never follows a link out of the root.

        Folders are resolved once each; a file is opened without following a link, and a link's target is looked at first.
        """
        folder, _, name = path.rpartition("/")
        if name in ("", ".", "..") or path.startswith(("/", "\\")) or ":" in path[:2] or ".." in folder.split("/"):
            raise OutsideError(f"{path}: outside the repository")
        try:
            place = self._resolved(folder)
            if place is None:
                raise OutsideError(f"{path}: a link out of the repository")
            return self._read(os.path.join(place, name), path)  # noqa: PTH118 - pathlib costs more than the read
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError, ValueError) as error:
            raise UnreadableFileError(f"{path}: {error.__class__.__name__}") from error

    def holding(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
        """Ask `git grep`, which reads on all cores, for some files, or where there are so many that it pays; else None."""
        if not self.versioned or (len(self.paths) < _MANY and not paths) or len(paths) > _ARGUMENTS:
            return None
        words = [w for n in needles for w in ("-e", n)]
        return git_grep(self.directory, "--untracked", *words, "--", *paths)

    def _resolved(self, folder: str) -> str | None:
        """Return the real path of a folder inside the root, or None when it leads out."""
        if folder not in self._folders:
            real = os.path.realpath(os.path.join(self.root, folder))  # noqa: PTH118
            inside = real == self.root or real.startswith(self.root.rstrip(os.sep) + os.sep)
            self._folders[folder] = real if inside else None
        return self._folders[folder]

    def _read(self, full: str, path: str) -> bytes | None:
        if not hasattr(os, "O_NOFOLLOW") and os.path.islink(full):  # noqa: PTH114
            full = os.path.realpath(full)
            if not full.startswith(self.root.rstrip(os.sep) + os.sep):
                raise OutsideError(f"{path}: a link out of the repository")
        try:
            descriptor = os.open(full, _FLAGS)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EMLINK):
                raise
            target = os.path.realpath(full)
            if not target.startswith(self.root.rstrip(os.sep) + os.sep):
                raise OutsideError(f"{path}: a link out of the repository") from error
            descriptor = os.open(target, _FLAGS)
        with os.fdopen(descriptor, "rb") as handle:
            info = os.fstat(handle.fileno())
            if stat.S_ISDIR(info.st_mode):
                return None
            if not stat.S_ISREG(info.st_mode):
                raise UnreadableFileError(f"{path}: not a regular file")
            if info.st_size > MAX_FILE_BYTES:
                raise TooLargeError(f"{path}: larger than {MAX_FILE_BYTES // 1024 // 1024} MiB")
            return handle.read(MAX_FILE_BYTES + 1)


_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
"""No link is followed, no pipe is waited for."""


_ARGUMENTS = 500
"""Paths that fit into one command line on every system."""
_MANY = 4000
"""Files from which one `git grep` is faster than reading each in turn."""


def git_grep(directory: Path, *arguments: str) -> frozenset[str] | None:
    """Return the text files that match fixed words, or None when git does not tell (https://git-scm.com/docs/git-grep)."""
    command = git_command("--literal-pathspecs", "grep", "-I", "-l", "-z", "-F", *arguments)
    try:
        done = subprocess.run(
            command, cwd=directory, env=git_environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode not in (0, 1):
        return None
    return frozenset(os.fsdecode(p) for p in done.stdout.split(b"\0") if p)


def git_command(*arguments: str) -> list[str]:
    """Return a git command line with file system monitor, hooks and pagers off."""
    return ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "--no-pager", *arguments]


def git_environment() -> dict[str, str]:
    """Return the environment git runs in: none of the caller's `GIT_` variables, no prompts, no optional locks."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return kept | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def run_git(directory: Path, *arguments: str, timeout: float = 60) -> bytes | None:
    """Run a plain, read-only git command and return its output, or None when git is missing or says no.

    Nothing that a hostile `.git/config` names is run: file system monitor, hooks, pagers and prompts are off.
    """
    try:
        done = subprocess.run(
            git_command(*arguments),
            cwd=directory,
            env=git_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
