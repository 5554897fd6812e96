"""The lock file that a package manager writes is the one that is recorded, so that undo restores it."""

from __future__ import annotations

import pytest

from setup_wizard.services.commands import node_lock
from tests.support.repo import facts_of

PACKAGE, LOCK = '{"name": "shop"}', '{"lockfileVersion": 3}'
WORKSPACES = '{"name": "all", "workspaces": ["packages/*", "./site"]}'
CASES = [
    ("beside its package", {"web/package.json": PACKAGE, "web/package-lock.json": LOCK}, "web", "web"),
    ("above it", {"package.json": PACKAGE, "package-lock.json": LOCK, "web/src/a.ts": ""}, "web", "."),
    (
        "left over in a folder without a package",
        {"package.json": PACKAGE, "package-lock.json": LOCK, "web/package-lock.json": LOCK},
        "web",
        ".",
    ),
    (
        "left over in a member of a workspace",
        {"package.json": WORKSPACES, "package-lock.json": LOCK, "packages/web/package.json": PACKAGE, "packages/web/package-lock.json": LOCK},
        "packages/web",
        ".",
    ),
    (
        "of a member that is named with its folder",
        {"package.json": WORKSPACES, "package-lock.json": LOCK, "site/package.json": PACKAGE, "site/package-lock.json": LOCK},
        "site",
        ".",
    ),
    (
        "of a package beside the workspace",
        {"package.json": WORKSPACES, "package-lock.json": LOCK, "web/package.json": PACKAGE, "web/package-lock.json": LOCK},
        "web",
        "web",
    ),
    ("without any package", {"web/package-lock.json": LOCK}, "web", None),
    ("with a package that cannot be read", {"package.json": "{", "web/package.json": PACKAGE, "web/package-lock.json": LOCK}, "web", "web"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "root", "folder"), [pytest.param(*c[1:], id=c[0]) for c in CASES])
def test_npm_runs_where_the_lock_file_is_that_it_writes(files, root, folder):
    command = node_lock(facts_of(files), root)
    if folder is None:
        assert command is None
        return
    lock = "package-lock.json" if folder == "." else f"{folder}/package-lock.json"
    assert (command.folder, command.touches) == (folder, (lock,))
