"""Killed, or failing, at every single effect of an apply and of an undo: every file is old or new, and nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.demo import fingerprint, make_sample
from tests.support.faults import failing, kill, run_with_fault

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here"),
]
STEPS = ["project", "sdk", "dsn", "source-maps", "frontend-sdk", "release-tracking", "ci-audit"]
ANSWERS = ["--set", "sentry.org=acme", "--set", "backend.dsn=https://k@o1.ingest.sentry.io/1"]
STRIDE = int(os.environ.get("CRASH_STRIDE", "16"))
"""Every how many-th effect is tried; 1 tries them all."""

FAULTS: dict[str, Callable[[], None]] = {
    "SIGKILL": kill,
    "ENOSPC": failing(errno.ENOSPC),
    "EACCES": failing(errno.EACCES),
    "EIO": failing(errno.EIO),
}


def apply(root: Path) -> int:
    return main(["apply", *STEPS, "--repo", str(root), "--offline", "--no-install", "--yes", *ANSWERS])


def undo(root: Path) -> int:
    return main(["undo", "--repo", str(root)])


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict, Path, dict]:
    """The sample before and after the whole apply, each as a repository to copy and as fingerprints."""
    before = make_sample(tmp_path_factory.mktemp("before"))
    after = tmp_path_factory.mktemp("after") / before.name
    shutil.copytree(before, after)
    assert apply(after) in (0, 5)
    return before, fingerprint(before), after, fingerprint(after)


def points(repository: Path, work: Callable[[Path], int], tmp_path: Path) -> int:
    """Count the effects of some work."""
    root = tmp_path / "count" / repository.name
    shutil.copytree(repository, root)
    return run_with_fault(lambda: work(root), (root,), 0, kill)[1]


def old_or_new(root: Path, old: dict, new: dict) -> None:
    for path, entry in fingerprint(root).items():
        assert entry in (old.get(path), new.get(path)), f"{path} is neither old nor new"
    assert set(old) & set(new) <= set(fingerprint(root)), "a file is gone"


def chosen(total: int, step: int) -> list[int]:
    return sorted({*range(1, total + 1, step), total})


@pytest.mark.parametrize("fault", FAULTS)
def test_an_apply_that_dies_anywhere_loses_nothing(states, tmp_path, fault, capsys):
    before, old, _, new = states
    total = points(before, apply, tmp_path)
    assert total > 80
    for at in chosen(total, STRIDE if fault == "SIGKILL" else 2 * STRIDE):
        root = tmp_path / str(at) / before.name
        shutil.copytree(before, root)
        code, _ = run_with_fault(lambda root=root: apply(root), (root,), at, FAULTS[fault])
        assert (code is None) == (fault == "SIGKILL") or code in (0, 3, 5), (at, code)
        old_or_new(root, old, new)
        assert main(["status", "--repo", str(root)]) == 0, at
        said = capsys.readouterr().out
        state = fingerprint(root)
        assert state in (old, new) or code == 5, (at, [p for p in {*old, *new} if state.get(p) != old.get(p)])
        assert ("no runs" in said) == (state == old), (at, said)
        assert apply(root) in (0, 5), at
        assert fingerprint(root) == new, at
        while "no runs" not in said:
            assert undo(root) == 0, at
            capsys.readouterr()
            main(["status", "--repo", str(root)])
            said = capsys.readouterr().out
        assert undo(root) == 0 if fingerprint(root) != old else True
        assert fingerprint(root) == old, at
        shutil.rmtree(tmp_path / str(at))


@pytest.mark.parametrize("fault", FAULTS)
def test_an_undo_that_dies_anywhere_is_finished_by_the_next_command(states, tmp_path, fault, capsys):
    _, old, after, new = states
    total = points(after, undo, tmp_path)
    assert total > 40
    for at in chosen(total, STRIDE if fault == "SIGKILL" else 2 * STRIDE):
        root = tmp_path / str(at) / after.name
        shutil.copytree(after, root)
        run_with_fault(lambda root=root: undo(root), (root,), at, FAULTS[fault])
        old_or_new(root, old, new)
        assert main(["status", "--repo", str(root)]) == 0, at
        capsys.readouterr()
        if fingerprint(root) != old:
            assert fingerprint(root) == new, at
            assert undo(root) == 0, at
        assert fingerprint(root) == old, at
        assert main(["status", "--repo", str(root)]) == 0
        assert "no runs" in capsys.readouterr().out, at
        shutil.rmtree(tmp_path / str(at))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[dict[str, str]]:
    """A sandbox in a process of its own: this one is forked, and threads do not survive that."""
    command = [sys.executable, "-m", "setup_wizard.cli", "sandbox"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


def ask(sandbox: dict[str, str], path: str) -> list[dict[str, object]]:
    request = urllib.request.Request(f"{sandbox['url']}/api/0/organizations/{sandbox['org']}{path}")
    request.add_header("Authorization", f"Bearer {sandbox['token']}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: list[dict[str, object]] = json.loads(answer.read())
    return found


ALL_CALLS = [(at, when) for at in (1, 2, 3, 4, 5) for when in ("before", "after")]
CALLS = ALL_CALLS if STRIDE == 1 else [(1, "after"), (2, "before"), (3, "after"), (5, "after")]


@pytest.mark.parametrize(("at", "when"), CALLS)
def test_a_run_that_is_killed_at_a_call_creates_nothing_twice(sandbox, tmp_path, monkeypatch, at, when):
    from checks.sentry_api.client import SentryClient

    name = f"{when}-{at}"
    root = make_sample(tmp_path)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", sandbox["token"])
    answers = {
        "sentry.url": sandbox["url"],
        "backend.project": f"back-{name}",
        "frontend.project": f"front-{name}",
        "team.emails": f"{name}@example.com",
    }
    options = [x for k, v in answers.items() for x in ("--set", f"{k}={v}")]
    steps = ["project", "dsn", "alerts", "team"]
    command = ["apply", *steps, "--repo", str(root), "--no-install", "--yes", *options]
    send, posts = SentryClient._send, 0

    async def deadly(self, method, url, params, body):
        nonlocal posts
        posts += method == "POST"
        mine = method == "POST" and posts == at
        if mine and when == "before":
            kill()
        answer = await send(self, method, url, params, body)
        if mine:
            kill()
        return answer

    def work() -> int:
        SentryClient._send = deadly  # type: ignore[method-assign]
        return main(command)

    assert run_with_fault(work, (root,), 0, kill)[0] is None, "there is no such call"
    assert main(command) in (0, 5)
    projects = [p["slug"] for p in ask(sandbox, "/projects/")]
    assert projects.count(f"back-{name}") == projects.count(f"front-{name}") == 1
    assert not [p for p in projects if str(p).startswith((f"back-{name}-", f"front-{name}-"))]
    alerts = [str(w["name"]) for w in ask(sandbox, "/workflows/") if f"-{name})" in str(w["name"])]
    assert len(alerts) == len(set(alerts)) == 2
    assert [m["email"] for m in ask(sandbox, "/members/")].count(f"{name}@example.com") == 1
