"""Remembers an audit: everything it looked at, as digests, and what it said. Said again when every look finds the same.

An audit is a function of what its tree tells, of the command line, the terminal, the day and the code. All of it is in the
key or looked at again, by content: no time stamp of a repository's file is trusted, so nothing stale can be said. The entries lie
in the user's own cache folder: inside a repository they could come with it, and say what its author likes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from checks.repository.tree import DirectoryTree, UnreadableFileError
from checks.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

MAX_CACHED_REPORTS = 64
"""Entries that are kept; the oldest are deleted."""
_LARGEST = 4 * 1024 * 1024


class RecordingTree:
    """A tree that remembers what it was asked, and a digest of each answer."""

    def __init__(self, tree: DirectoryTree) -> None:
        self._tree = tree
        self.looks: dict[str, str] = {}

    @property
    def root(self) -> str:
        """As the tree."""
        return self._tree.root

    @property
    def revision(self) -> str | None:
        """As the tree."""
        return self._tree.revision

    @property
    def versioned(self) -> bool:
        """As the tree."""
        return self._tree.versioned

    @property
    def refused(self) -> str | None:
        """As the tree."""
        return self._tree.refused

    @property
    def paths(self) -> tuple[str, ...]:
        """As the tree."""
        return self._tree.paths

    def read(self, path: str) -> bytes | None:
        """As the tree."""
        try:
            data = self._tree.read(path)
        except UnreadableFileError as error:
            self.looks[_key("read", path)] = error.__class__.__name__
            raise
        self.looks[_key("read", path)] = _digest(data)
        return data

    def files_containing(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
        """As the tree."""
        found = self._tree.files_containing(needles, paths)
        self.looks[_key("holding", list(needles), list(paths))] = _digest(_names(found))
        return found


class Remembered:
    """One audit's entry, by its command line and its folder."""

    def __init__(self, folder: Path, arguments: argparse.Namespace, tree: DirectoryTree, manner: object) -> None:
        self.tree = tree
        said = {k: v for k, v in sorted(vars(arguments).items()) if k not in ("path", "no_cache")}
        name = _digest(json.dumps([tree.root, said, manner]).encode())
        self.file = folder / f"{name}.json"

    def answer(self) -> tuple[str, int] | None:
        """Return text and exit code of the audit, where every look finds what it found then; else None."""
        try:
            if self.file.stat().st_size > _LARGEST:
                return None
            entry = json.loads(self.file.read_text("utf-8"))
            if entry["stamp"] != _stamp() or entry["tree"] != _of_tree(self.tree):
                return None
            if all(self._look(key) == seen for key, seen in entry["looks"].items()):
                return str(entry["text"]), int(entry["exit"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            pass
        return None

    def _look(self, key: str) -> str:
        kind, *asked = json.loads(key)
        if kind == "holding":
            return _digest(_names(self.tree.files_containing(tuple(asked[0]), asked[1])))
        try:
            return _digest(self.tree.read(asked[0]))
        except UnreadableFileError as error:
            return error.__class__.__name__

    def keep(self, recorded: RecordingTree, text: str, code: int) -> None:
        """Write the entry; a folder that cannot be written keeps nothing."""
        entry = {
            "stamp": _stamp(),
            "tree": _of_tree(self.tree),
            "looks": recorded.looks,
            "text": text,
            "exit": code,
        }
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self.file.with_suffix(f".{os.getpid()}.new")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
                json.dump(entry, handle)
            new.replace(self.file)
            kept = sorted(self.file.parent.glob("*.json"), key=lambda p: p.stat().st_mtime)
            for old in kept[:-MAX_CACHED_REPORTS]:
                old.unlink(missing_ok=True)
        except (OSError, UnicodeEncodeError):
            return


def may_remember(arguments: argparse.Namespace) -> bool:
    """Return whether an audit is one that is remembered: offline, of the working tree, with no other input or output.

    CI starts with an empty folder, so nothing is kept there.
    """
    given = (
        arguments.online,
        arguments.rev,
        arguments.baseline,
        arguments.policy,
        arguments.output,
        arguments.no_cache,
        arguments.runtime_report,
        arguments.build_report,
    )
    return not any((*given, *map(os.environ.get, ("CI", "GITHUB_STEP_SUMMARY", "SENTRY_SETUP_NO_CACHE"))))


def remembered(arguments: argparse.Namespace, tree: DirectoryTree, manner: object) -> Remembered | None:
    """Return the entry of an audit that may be remembered; None where nothing may be kept.

    `manner` is how the terminal wants the text.
    """
    try:
        from platformdirs import user_cache_path

        folder = user_cache_path("sentry-setup", appauthor=False) / "audits"
        if folder.exists() and not _own(folder):
            return None
    except (OSError, RuntimeError):
        return None
    return Remembered(folder, arguments, tree, manner)


def _own(folder: Path) -> bool:
    """Return whether nobody else may write into a folder (where the system knows owners)."""
    getuid: Callable[[], int] | None = getattr(os, "getuid", None)
    info = folder.stat()
    return getuid is None or (info.st_uid == getuid() and not info.st_mode & 0o022)


def _of_tree(tree: DirectoryTree) -> Mapping[str, str | bool | None]:
    """Return what an audit knows of a tree before it reads any file."""
    return {
        "paths": _digest("\0".join(tree.paths).encode("utf-8", "surrogateescape")),
        "versioned": tree.versioned,
        "refused": tree.refused,
        "revision": tree.revision,
        "origin": tree.origin,
    }


def _stamp() -> str:
    """Return a digest of the day, of Python, and of all code that an audit runs (its own by size and time, like `.pyc` files)."""
    code = [(e.path, e.stat().st_size, e.stat().st_mtime_ns) for e in _modules(str(Path(__file__).parent))]
    installed = [(p, os.stat(p).st_mtime_ns) for p in sys.path if p and os.path.isdir(p)]  # noqa: PTH112, PTH116
    day = time.strftime("%Y-%m-%d")
    return _digest(repr((__version__, sys.version, day, sorted(code), installed)).encode())


def _modules(folder: str) -> list[os.DirEntry[str]]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                found += _modules(entry.path) if entry.name != "__pycache__" else []
            elif entry.name.endswith(".py"):
                found.append(entry)
    return found


def _key(*asked: object) -> str:
    return json.dumps(asked)


def _names(found: frozenset[str] | None) -> bytes | None:
    return None if found is None else "\0".join(sorted(found)).encode("utf-8", "surrogateescape")


def _digest(data: bytes | None) -> str:
    import hashlib  # it loads OpenSSL, which an audit that remembers nothing does without

    return "none" if data is None else hashlib.blake2b(data, digest_size=20).hexdigest()
