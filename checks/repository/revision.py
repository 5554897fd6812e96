"""A git revision as a tree: files are read from git's objects, nothing is checked out."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from checks.errors import UsageError
from checks.repository.facts import join, parent
from checks.repository.git import git_command, git_environment, git_grep, refusal, run_git, trust_hint
from checks.repository.tree import MAX_FILE_BYTES, OutsideError, TooLargeError, UnreadableFileError

_LINK, _FILE = b"120000", b"100"


class RevisionTree:
    """The files of one revision. Raises `UsageError` when the repository has no such revision.

    A symbolic link is followed within the revision only; a submodule has no files here.
    """

    versioned = True
    refused: str | None = None

    def __init__(self, directory: Path, revision: str) -> None:
        self.directory = directory.resolve()
        self.root = str(self.directory)
        # `--end-of-options` keeps a revision that begins with `-` from being taken for a flag.
        found = run_git(self.directory, "rev-parse", "--verify", "-q", "--end-of-options", f"{revision}^{{commit}}")
        if found is None:
            reason = refusal(self.directory)
            if reason is not None:
                raise UsageError(f"git cannot read {directory}: {reason}", hint=trust_hint(directory))
            raise UsageError(
                f"`{revision}` is not a git revision of {directory}", hint="name a commit, a branch or a tag"
            )
        self.revision: str | None = found.decode().strip()
        top = run_git(self.directory, "rev-parse", "--show-prefix") or b""
        listed = run_git(self.directory, "ls-tree", "-r", "-z", "-l", "--full-tree", str(self.revision)) or b""
        self._prefix = top.decode(errors="surrogateescape").strip("\n")
        self._entries: dict[str, tuple[bytes, str, int]] = {}
        for entry in listed.split(b"\0"):
            meta, _, name = entry.partition(b"\t")
            path = name.decode(errors="surrogateescape")
            fields = meta.split()
            if (
                path.startswith(self._prefix)
                and len(fields) == 4
                and (fields[0] == _LINK or fields[0].startswith(_FILE))
            ):
                self._entries[path.removeprefix(self._prefix)] = (fields[0], fields[2].decode(), int(fields[3]))
        self.paths: tuple[str, ...] = tuple(sorted(self._entries))
        self._reader: subprocess.Popen[bytes] | None = None

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None where there is none. Raises `UnreadableFileError`."""
        for _ in range(8):
            entry = self._entries.get(path)
            if entry is None:
                return None
            mode, name, size = entry
            if size > MAX_FILE_BYTES:
                raise TooLargeError(f"{path}: larger than {MAX_FILE_BYTES // 1024 // 1024} MiB")
            data = self._object(name)
            if mode != _LINK:
                return data
            target = data.decode(errors="surrogateescape")
            if PurePosixPath(target).is_absolute():
                raise OutsideError(f"{path}: a link out of the repository")
            path = join(parent(path), target)
        raise UnreadableFileError(f"{path}: links in a circle")

    def files_containing(self, needles: tuple[str, ...], paths: Sequence[str] = ()) -> frozenset[str] | None:
        """Ask `git grep` on the revision."""
        found = git_grep(self.directory, needles, str(self.revision), "--", *paths)
        return None if found is None else frozenset(p.partition(":")[2] for p in found)

    def _object(self, name: str) -> bytes:
        """Read an object through one `git cat-file --batch`, kept open (https://git-scm.com/docs/git-cat-file)."""
        if self._reader is None:
            self._reader = subprocess.Popen(
                git_command("cat-file", "--batch"),
                cwd=self.directory,
                env=git_environment(self.directory),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        reader = self._reader
        assert reader.stdin is not None and reader.stdout is not None
        try:
            reader.stdin.write(name.encode() + b"\n")
            reader.stdin.flush()
            header = reader.stdout.readline().split()
        except OSError as error:
            raise UnreadableFileError(f"{name}: git ended") from error
        if len(header) != 3:
            raise UnreadableFileError(f"{name}: git has no such object")
        data = reader.stdout.read(int(header[2]))
        reader.stdout.read(1)
        return data

    def close(self) -> None:
        """End the git process."""
        if self._reader is not None:
            assert self._reader.stdin is not None and self._reader.stdout is not None
            self._reader.stdin.close()
            self._reader.stdout.close()
            self._reader.wait(timeout=10)
            self._reader = None
