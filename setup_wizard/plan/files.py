"""Files written atomically: bytes to a temporary file, then one rename; the mode stays, links are not followed out."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from checks.errors import ExitCode, SentrySetupError
from setup_wizard.plan import swap

_AGAIN = "run the same command again, and review the new diff"


class ConflictError(SentrySetupError):
    """A file is not as the plan or the journal knows it; nothing was changed."""

    code = "conflict"
    exit_code = ExitCode.REFUSED


def locate(root: Path, path: str) -> Path:
    """Return the file behind a relative path: inside the root, a link's target instead of the link.

    Raises `ConflictError` for a path or link out of the root, and for anything that is no regular file.
    """
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or (parts.parts and parts.parts[0] == ".git"):
        raise ConflictError(f"{path} is not a file of this repository")
    full = (root / path).resolve()
    if not full.is_relative_to(root.resolve()) or ".git" in full.relative_to(root.resolve()).parts[:1]:
        raise ConflictError(
            f"{path} points outside the repository", hint="the link is not followed; edit its target by hand"
        )
    if full.exists() and not full.is_file():
        raise ConflictError(f"{path} is not a regular file")
    return full


def read_file(root: Path, path: str) -> bytes | None:
    """Return a file's bytes, or None where there is none."""
    full = locate(root, path)
    try:
        return full.read_bytes()
    except FileNotFoundError:
        return None


def write_file(
    root: Path, path: str, data: bytes, scratch: Path, *, before: bytes | None, private: bool = False
) -> None:
    """Replace a file's bytes atomically, keeping its mode; a new one gets 0644 less the umask, a private one 0600.

    `before` is what the file is known to hold (None: there is none). What somebody else saved meanwhile stays, and
    `ConflictError` is raised. The temporary file lies in `scratch`; beside the target only where `scratch` is on another file
    system, because a rename cannot cross one. Raises `OSError`.
    """
    full = locate(root, path)
    full.parent.mkdir(parents=True, exist_ok=True)
    with _naming_conflicts(path), _scratch_file(full, scratch) as temporary:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(full, private=private))
        if before is None:
            _own(temporary, full.parent)
            swap.put_new(temporary, full)
        elif _alike(temporary, full):
            swap.replace(temporary, full, before)
        else:
            _write_in_place(full, data, before)
    sync_folder(full.parent)


def remove_file(root: Path, path: str, scratch: Path, *, before: bytes) -> None:
    """Delete a file that a run made and that holds `before`; anything else in it stays. Raises `ConflictError`, `OSError`."""
    full = locate(root, path)
    with _naming_conflicts(path), _scratch_file(full, scratch) as temporary:
        swap.take_away(temporary, full, before)
    sync_folder(full.parent)


@contextlib.contextmanager
def _scratch_file(full: Path, scratch: Path) -> Iterator[Path]:
    """Give an empty file on the target's file system, which is removed in the end."""
    same_device = scratch.stat().st_dev == full.parent.stat().st_dev
    handle, name = tempfile.mkstemp(prefix=".sentry-setup-", dir=scratch if same_device else full.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink(missing_ok=True)


@contextlib.contextmanager
def _naming_conflicts(path: str) -> Iterator[None]:
    """Convert the errors of a swap to a `ConflictError` that names `path`."""
    try:
        yield
    except swap.ChangedError:
        raise ConflictError(f"{path} was changed in the meantime; it was not overwritten", hint=_AGAIN) from None
    except FileNotFoundError:
        raise ConflictError(f"{path} was deleted in the meantime", hint=_AGAIN) from None


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _own(temporary: Path, beside: Path) -> None:
    """Give a new file to the owner of its folder where the process may: root in a container works for somebody else."""
    if os.name != "posix" or os.geteuid() != 0:
        return
    wanted = beside.stat()
    with contextlib.suppress(OSError):
        os.chown(temporary, wanted.st_uid, wanted.st_gid)


def _alike(temporary: Path, full: Path) -> bool:
    """Give the new file the owner, group and extended attributes (access lists among them) of the one it replaces.

    False where the process may not: then it has to be written in place. The journal holds its bytes from before, so a stop in the
    middle loses nothing.
    """
    if os.name != "posix":
        return True
    old, new = full.stat(), temporary.stat()
    try:
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.chown(temporary, old.st_uid, old.st_gid)
            temporary.chmod(stat.S_IMODE(old.st_mode))  # a change of owner drops the set-user bits
        if hasattr(os, "listxattr"):
            for name in os.listxattr(full):
                os.setxattr(temporary, name, os.getxattr(full, name))
    except OSError as error:
        return error.errno in (errno.ENOTSUP, errno.EOPNOTSUPP)
    return True


def _write_in_place(full: Path, data: bytes, before: bytes) -> None:
    """Write over a file that holds `before`, keeping what it is. Raises `swap.ChangedError`, `OSError`."""
    with full.open("r+b") as file:
        if file.read() != before:
            raise swap.ChangedError
        file.seek(0)
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _mode(full: Path, *, private: bool) -> int:
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(full.stat().st_mode)
    if private:
        return 0o600
    mask = os.umask(0)
    os.umask(mask)
    return 0o644 & ~mask
