"""The tree of files an audit reads: a directory with git's view of it, or a mapping in memory."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from checks.repository.git import GitJob, git_grep, grep_arguments, output_of, parse_grep_output, refusal

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
    """A path, or the link at that path, leads out of the root: nothing of the repository is missed."""


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
    def refused(self) -> str | None:
        """Why git does not read the repository that is here, in its own words."""
        ...

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, sorted."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none; raises `UnreadableFileError`."""
        ...

    def files_containing(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
        """Return the text files (of `paths`, where given) that hold any of some words; None where only reading them tells."""
        ...


class MemoryTree:
    """A tree given as a mapping from path to content; for tests, and the base of overlays."""

    def __init__(self, files: Mapping[str, str | bytes], root: str = ".") -> None:
        self._files = {p: c.encode() if isinstance(c, str) else c for p, c in files.items()}
        self.root = root
        self.revision: str | None = None
        self.refused: str | None = None
        self.versioned = True

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, sorted."""
        return tuple(sorted(self._files))

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None."""
        return self._files.get(path)

    def files_containing(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
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
        self._jobs: dict[tuple[str, ...], GitJob] = {}

    def prefetch(self, needles: Sequence[str], *, origin: bool) -> None:
        """Start git in the background: it lists files and searches for words. `close` stops what still runs."""
        for arguments in (_FILES, _search(needles), _HEAD, *([_ORIGIN] if origin else [])):
            self._jobs[arguments] = GitJob(self.directory, *arguments)

    def close(self) -> None:
        """End the commands that nobody waited for."""
        for job in self._jobs.values():
            job.stop()

    def _job(self, arguments: tuple[str, ...]) -> GitJob:
        return self._jobs.pop(arguments, None) or GitJob(self.directory, *arguments)

    @cached_property
    def revision(self) -> str | None:
        """The commit HEAD names, or None (no git, or no commit yet)."""
        done = output_of(self._job(_HEAD))
        return done.decode().strip() or None if done is not None else None

    @cached_property
    def origin(self) -> str | None:
        """The URL of the remote `origin`, which a repository is named after."""
        done = output_of(self._job(_ORIGIN))
        return done.decode(errors="replace").strip() if done is not None else None

    @cached_property
    def _listed(self) -> bytes | None:
        return output_of(self._job(_FILES))

    @property
    def versioned(self) -> bool:
        """Whether git says which files belong to it."""
        return self._listed is not None

    @cached_property
    def refused(self) -> str | None:
        """Why git does not read the repository that is here, in its own words; None where it does, or there is none."""
        return None if self.versioned else refusal(self.directory)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All files, sorted; see the class docstring."""
        if self._listed is None:
            return tuple(sorted(self._walk()))
        return tuple(sorted(p for p in os.fsdecode(self._listed).split("\0") if p))

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
        except PermissionError as error:
            raise UnreadableFileError(f"{path}: this user may not read it") from error
        except (OSError, RuntimeError, ValueError) as error:
            raise UnreadableFileError(f"{path}: {error.__class__.__name__}") from error

    def files_containing(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
        """Ask `git grep`, which reads on all cores, for some files, or where there are so many that it pays; else None."""
        if not self.versioned or (len(self.paths) < GREP_MIN_FILES and not paths):
            return None
        if paths:
            asked = paths if len(paths) <= _ARGUMENTS else [posixpath.commonpath(paths) or "."]
            found = git_grep(self.directory, needles, "--untracked", "--", *asked)
            return found if found is None or asked is paths else found & {*paths}
        many = len(self.paths) >= SYMLINK_SCAN_MAX_FILES
        if not _MARKS and not many:
            return None
        result = self._job(_search(needles)).result()
        if result is None or result[2]:
            return None  # what git may not read is told when it is read
        found = parse_grep_output(result)
        return found if found is None or many else found | self._unseen()

    def _unseen(self) -> set[str]:
        """Return the files that `git grep` does not see: links, and what is not there. One look at each folder tells."""
        plain: dict[str, set[str]] = {}
        unseen = set()
        for path in self.paths:
            folder, _, name = path.rpartition("/")
            if folder not in plain:
                plain[folder] = _plain(os.path.join(self.root, folder))  # noqa: PTH118
            if name not in plain[folder]:
                unseen.add(path)
        return unseen

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
            if target == full:
                raise UnreadableFileError(f"{path}: a link that leads to itself") from error
            descriptor = os.open(target, _FLAGS)
        try:
            info = os.fstat(descriptor)
            if stat.S_ISDIR(info.st_mode):
                return None
            if not stat.S_ISREG(info.st_mode):
                raise UnreadableFileError(f"{path}: not a regular file")
            if info.st_size > MAX_FILE_BYTES:
                raise TooLargeError(f"{path}: larger than {MAX_FILE_BYTES // 1024 // 1024} MiB")
            return _whole(descriptor, info.st_size + 1)
        finally:
            os.close(descriptor)


def _whole(descriptor: int, expected: int) -> bytes:
    """Return all bytes of an open file, `MAX_FILE_BYTES` and one at most; a file object costs more than the reading."""
    data = chunk = os.read(descriptor, expected)
    while chunk and len(data) <= MAX_FILE_BYTES:
        chunk = os.read(descriptor, MAX_FILE_BYTES + 1 - len(data))
        data += chunk
    return data


def _plain(folder: str) -> set[str]:
    """Return the names in a folder that are no links; none where it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return {e.name for e in entries if not e.is_symlink()}
    except (OSError, ValueError):
        return set()


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
GREP_MIN_FILES, SYMLINK_SCAN_MAX_FILES = 200, 4000
"""Files from which one `git grep` is faster than reading each in turn, and from which looking for links takes longer than all else.

`git grep` sees no links; their targets it sees.
"""
_ORIGIN = ("config", "--get", "remote.origin.url")
_HEAD = ("rev-parse", "--verify", "-q", "HEAD")
_FILES = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
_MARKS = () if os.name == "nt" else ("\udcff\udcfe", "\udcfe\udcff")
"""The first bytes of UTF-16, as an argument spells them (https://docs.python.org/3/library/os.html#os.fsencode).

A command line of Windows holds no bytes: few files are read in turn there, and of many those in UTF-16 are not searched.
"""


def _search(needles: Sequence[str]) -> tuple[str, ...]:
    return (*grep_arguments((*needles, *_MARKS), binary=bool(_MARKS)), "--untracked")
