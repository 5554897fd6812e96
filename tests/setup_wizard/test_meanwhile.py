"""Others at work on the same repository, at every single effect of a run: an editor that saves, a branch that is switched."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.demo import fingerprint, make_sample
from tests.setup_wizard.test_crash import ANSWERS, chosen, undo
from tests.support.faults import kill, run_with_fault

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here"),
]
STRIDE = int(os.environ.get("CRASH_STRIDE", "16"))
SAVED = b"# saved by somebody at the worst moment\n"
EDITED = "backend/orchard/settings/production.py"
"""Every run changes it."""


def apply(root: Path) -> int:
    return main(["apply", "sdk", "dsn", "--repo", str(root), "--offline", "--no-install", "--yes", *ANSWERS])


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sample before and after the whole apply, on a repository with a branch `other` that differs in one file."""
    before = make_sample(tmp_path_factory.mktemp("before"))
    for argv in (["checkout", "-q", "-b", "other"], ["commit", "-q", "-am", "other"], ["checkout", "-q", "main"]):
        if argv[0] == "commit":
            with (before / EDITED).open("ab") as file:
                file.write(SAVED)
        subprocess.run(["git", "-C", str(before), *argv], check=True, capture_output=True)
    after = tmp_path_factory.mktemp("after") / before.name
    shutil.copytree(before, after)
    assert apply(after) in (0, 5)
    return before, after


def in_place(file: Path) -> None:
    """Save as an editor does that keeps the file (nano, vim with `backupcopy=yes`, VS Code)."""
    with file.open("r+b") as handle:
        handle.seek(0, os.SEEK_END)
        handle.write(SAVED)


def by_rename(file: Path) -> None:
    """Save as an editor does that writes a new file (vim, Emacs, PyCharm)."""
    other = file.with_name(".#swap")
    other.write_bytes(file.read_bytes() + SAVED)
    other.replace(file)


@pytest.mark.parametrize("work", [apply, undo], ids=["apply", "undo"])
@pytest.mark.parametrize("save", [in_place, by_rename], ids=lambda f: f.__name__)
def test_what_an_editor_saves_in_the_middle_is_never_lost(states, tmp_path, capsys, save, work):
    repository = states[0] if work is apply else states[1]
    root = tmp_path / "count" / repository.name
    shutil.copytree(repository, root)
    total = run_with_fault(lambda: work(root), (root,), 0, kill)[1]
    for at in chosen(total, STRIDE):
        root = tmp_path / str(at) / repository.name
        shutil.copytree(repository, root)
        act: Callable[[], None] = lambda root=root: save(root / EDITED)  # noqa: E731
        code, _ = run_with_fault(lambda root=root: work(root), (root,), at, act)
        text = (root / EDITED).read_bytes()
        assert SAVED in text, (at, code)
        assert main(["status", "--repo", str(root)]) == 0
        capsys.readouterr()
        # What stands there besides is the file from before, or the one from after: never a mixture.
        bare = text.replace(SAVED, b"")
        assert bare in ((states[0] / EDITED).read_bytes(), (states[1] / EDITED).read_bytes()), at
        shutil.rmtree(tmp_path / str(at))


@pytest.mark.parametrize("work", [apply, undo], ids=["apply", "undo"])
def test_a_branch_switched_in_the_middle_loses_nothing_of_either(states, tmp_path, capsys, work):
    repository = states[0] if work is apply else states[1]
    root = tmp_path / "count" / repository.name
    shutil.copytree(repository, root)
    total = run_with_fault(lambda: work(root), (root,), 0, kill)[1]
    switched = 0
    for at in chosen(total, STRIDE):
        root = tmp_path / str(at) / repository.name
        shutil.copytree(repository, root)

        def switch(root: Path = root) -> None:
            # Refused by git itself once the run has changed the file that differs.
            subprocess.run(["git", "-C", str(root), "checkout", "-q", "other"], capture_output=True)

        code, _ = run_with_fault(lambda root=root: work(root), (root,), at, switch)
        branch = (root / ".git/HEAD").read_text().strip().rpartition("/")[2]
        switched += branch == "other"
        text = (root / EDITED).read_bytes()
        assert (SAVED in text) == (branch == "other"), (at, code)
        allowed = {p.read_bytes() for p in (states[0] / EDITED, states[1] / EDITED)}
        assert text.replace(SAVED, b"") in allowed, at
        for path, entry in fingerprint(root).items():
            if path != EDITED:
                assert entry in (fingerprint(states[0]).get(path), fingerprint(states[1]).get(path)), (at, path)
        assert main(["status", "--repo", str(root)]) == 0
        capsys.readouterr()
        shutil.rmtree(tmp_path / str(at))
    assert switched, "git switched at none of the moments"
