"""Where a shell script runs after it changes its folder."""

from __future__ import annotations

import posixpath

_ROOTS = (
    "$GITHUB_WORKSPACE",
    "${GITHUB_WORKSPACE}",
    "${{ github.workspace }}",
    "$CI_PROJECT_DIR",
    "$BITBUCKET_CLONE_DIR",
)
"""Names of the checkout's root."""


def moved(folder: str, target: str) -> str:
    """Return the folder after `cd target`; one that is not known stays where it was."""
    root = next((r for r in _ROOTS if target == r or target.startswith(r + "/")), None)
    if root is not None:
        return "/" + posixpath.normpath(target[len(root) :].strip("/") or ".").removeprefix(".")
    if not target or target[0] in "/~" or "$" in target or "`" in target:
        return folder
    return posixpath.normpath(posixpath.join(folder, target))
