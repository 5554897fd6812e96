"""What a hostile `.git` may bring in place of our state folder: links, records that lead outside."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from checks.errors import SentrySetupError


def refuse_planted(folder: Path) -> None:
    """Raise `SentrySetupError` for a state folder that we cannot have made: a link, no directory, or somebody else's.

    A `.git` that came in an archive may hold a link to another folder, whose files would be removed or read.
    """
    try:
        info = folder.lstat()
    except OSError:
        return
    if stat.S_ISDIR(info.st_mode) and (os.name != "posix" or info.st_uid == os.geteuid()):
        return
    raise SentrySetupError(
        f"{folder} was not created by sentry-setup: it is a link, is not a directory, or belongs to another user",
        hint="remove it, then run the command again",
    )


def inside_repository(path: object) -> str:
    """Return a path of a record. Raises `ValueError` for one that points outside the repository or into `.git`."""
    parts = str(path).replace("\\", "/").split("/")
    if not isinstance(path, str) or not path or path.startswith(("/", "\\")) or ":" in parts[0]:
        raise ValueError("not a path of the repository")
    if ".." in parts or ".git" in (p.lower() for p in parts):
        raise ValueError("not a path of the repository")
    return path


def plain_name(name: object) -> str | None:
    """Return the name of a kept copy. Raises `ValueError` for one that is more than a name."""
    if name is None:
        return None
    if not isinstance(name, str) or name in ("", ".", "..") or "/" in name or "\\" in name:
        raise ValueError("not a file name")
    return name
