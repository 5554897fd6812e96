"""Where the journal of a repository lives; asked of git plainly, for the first paint does not wait for gitpython."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from checks.repository.git import run_git


def journal_folder(root: Path) -> Path:
    """Return the journal's folder: inside git's own, else in the user's state folder."""
    inside = run_git(root, "rev-parse", "--git-path", "sentry-setup")
    if inside:
        return (root / os.fsdecode(inside.rstrip(b"\n"))).resolve()
    from platformdirs import user_state_path

    name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
    return user_state_path("sentry-setup", appauthor=False) / name
