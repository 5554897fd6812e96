"""Killed around, or together with, a package manager's command: the lock file comes right with the next run, and undo is whole."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.demo import fingerprint, make_sample
from setup_wizard.services import commands
from tests.support.faults import kill, run_with_fault

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here"),
]
LOCK = "frontend/package-lock.json"
OLD_LOCK = json.dumps({"name": "orchard", "lockfileVersion": 3, "packages": {}}, indent=2) + "\n"

NPM = """#!{python}
import json, os, pathlib, signal, sys
mode = pathlib.Path({mode!r}).read_text()
pathlib.Path({log!r}).open("a").write(" ".join(sys.argv[1:]) + "\\n")
if mode == "killed before":
    os.kill(os.getppid(), signal.SIGKILL)
names = json.loads(pathlib.Path("package.json").read_text())
lock = pathlib.Path("package-lock.json")
new = json.dumps({{"name": "orchard", "lockfileVersion": 3, "packages": {{"": names}}}}, indent=2) + "\\n"
if mode == "fails half-way":
    lock.write_text(new[: len(new) // 2])
    sys.exit(1)
pathlib.Path("package-lock.tmp").write_text(new)
os.replace("package-lock.tmp", lock)
if mode == "killed after":
    os.kill(os.getppid(), signal.SIGKILL)
"""


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that locks what package.json names; the file it returns says how it ends."""
    folder, mode = tmp_path / "bin", tmp_path / "mode"
    folder.mkdir()
    mode.write_text("works")
    program = folder / "npm"
    program.write_text(NPM.format(python=sys.executable, mode=str(mode), log=str(tmp_path / "log")))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return mode


def sample(folder: Path) -> Path:
    folder.mkdir()
    root = make_sample(folder)
    (root / LOCK).write_text(OLD_LOCK)
    return root


STEPS = ["frontend-sdk", "source-maps", "sdk"]


def apply(root: Path) -> int:
    return main(["apply", *STEPS, "--repo", str(root), "--offline", "--yes", "--set", "sentry.org=acme"])


def test_a_command_runs_once_for_all_steps_and_is_undone_with_them(npm, tmp_path):
    root = sample(tmp_path / "repo")
    before = fingerprint(root)
    assert apply(root) in (0, 5)
    assert (tmp_path / "log").read_text().count("install") == 1
    assert "@sentry/vite-plugin" in (root / LOCK).read_text() and "@sentry/react" in (root / LOCK).read_text()
    assert apply(root) in (0, 5)
    assert (tmp_path / "log").read_text().count("install") == 1, "nothing is left to do"
    assert main(["undo", "--repo", str(root)]) == 0
    assert fingerprint(root) == before


@pytest.mark.parametrize("moment", ["before it starts", "killed before", "killed after", "after it ended"])
def test_a_kill_around_a_command_is_made_good_by_the_same_command_again(npm, tmp_path, monkeypatch, moment, capsys):
    root = sample(tmp_path / "repo")
    before, real = fingerprint(root), commands.run_command
    whole = sample(tmp_path / "whole")
    assert apply(whole) in (0, 5)
    after = fingerprint(whole)
    if moment.startswith("killed"):
        npm.write_text(moment)

    async def deadly(*arguments):
        if moment == "before it starts":
            kill()
        await real(*arguments)
        kill()

    def work() -> int:
        from setup_wizard.plan import execute

        if not moment.startswith("killed"):
            execute.run_command = deadly
        return apply(root)

    assert run_with_fault(work, (root,), 0, kill)[0] is None
    npm.write_text("works")
    assert (root / LOCK).read_text() == OLD_LOCK or "@sentry/react" in (root / LOCK).read_text()
    capsys.readouterr()
    assert main(["status", "--repo", str(root)]) == 0
    assert "run the same command again to continue" in "".join(capsys.readouterr())
    assert apply(root) in (0, 5)
    assert fingerprint(root) == after
    said = ""
    while "no runs" not in said:
        assert main(["undo", "--repo", str(root)]) == 0
        capsys.readouterr()
        main(["status", "--repo", str(root)])
        said = capsys.readouterr().out
    assert fingerprint(root) == before


def test_a_command_that_fails_half_way_is_told_and_its_file_is_brought_back_by_undo(npm, tmp_path, capsys):
    root = sample(tmp_path / "repo")
    before = fingerprint(root)
    npm.write_text("fails half-way")
    assert apply(root) == 5
    told = capsys.readouterr()
    assert "run it yourself: npm install" in told.out
    assert "\n✗ " in told.err, "while it works, too: what failed does not read as done"
    line = "npm install --package-lock-only --ignore-scripts --no-audit --no-fund"
    assert told.err.count("✗ ") == 1, "two steps need it, and it is one failure"
    assert f"✗ failed     frontend-sdk: needs the command that failed in source-maps: {line} in frontend\n" in told.out
    assert told.out.count(f"  run {line} in frontend: ") == 1 and f"    cd frontend && {line}\n" in told.out
    assert main(["undo", "--repo", str(root)]) == 0
    assert fingerprint(root) == before


def test_a_program_that_cannot_be_started_is_told(npm, tmp_path, capsys):
    root = sample(tmp_path / "repo")
    (tmp_path / "bin/npm").write_bytes(b"\x7fELF nothing")
    assert apply(root) == 5
    assert "npm cannot be started" in capsys.readouterr().out
    shutil.rmtree(root)
