"""Repositories that mean harm: nothing of theirs runs, nothing is followed out, time and memory stay bounded, the audit is honest."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from setup_wizard.demo import make_sample

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(sys.platform == "win32", reason="fifos, sockets and limits are POSIX"),
]
SECONDS, MEGABYTES = 20, 600
"""The bound for one audit of a hostile repository, whole process; the sample itself needs about a tenth of it."""

OUTSIDE = "TOP-SECRET-OUTSIDE-THE-REPOSITORY"


def git(root: Path, *argv: str) -> None:
    subprocess.run(["git", "-C", str(root), *argv], check=True, capture_output=True)


def audit(root: Path, *more: str) -> dict:
    """Audit in a process of its own, whose memory is limited; returns the report."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (4096 * 2**20, 4096 * 2**20))

    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(root), "--format", "json", *more],
        capture_output=True,
        timeout=SECONDS,
        preexec_fn=limit,
    )
    assert time.monotonic() - start < SECONDS
    err = done.stderr.decode(errors="replace")
    assert done.returncode in (0, 1, 2, 3) and "Traceback" not in err, err[-2000:]
    peak = int(err.rpartition("peak=")[2])
    assert peak < MEGABYTES, f"{peak} MB"
    assert b"\x1b" not in done.stdout and OUTSIDE.encode() not in done.stdout
    return {"code": done.returncode, "err": err, **(json.loads(done.stdout) if done.returncode in (0, 1) else {})}


_MEASURED = """
import resource, sys
from setup_wizard.cli import main
code = main(["audit", *sys.argv[1:]])
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**10 if sys.platform != "darwin" else 2**20)
sys.stderr.write(f"peak={used}")
sys.exit(code)
"""


def outcomes(report: dict) -> dict[str, str]:
    return {i["id"]: i["outcome"] for i in report["items"]}


def links_out(root: Path, outside: Path) -> None:
    for name in ("backend/.env", "render2.yaml", "frontend/secret.ts", "compose.yaml"):
        (root / name).symlink_to(outside / "secret")
    (root / "elsewhere").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "up").symlink_to("../..")


def special_files(root: Path, outside: Path) -> None:
    for name in ("backend/requirements-dev.txt", "compose.yaml", ".env.production"):
        os.mkfifo(root / name)
    server = socket.socket(socket.AF_UNIX)
    cwd = Path.cwd()
    os.chdir(root)
    try:
        server.bind("Procfile")
    finally:
        os.chdir(cwd)
        server.close()
    (root / "Dockerfile").symlink_to("/dev/zero")
    (root / "fly.toml").symlink_to("/dev/random")


def sparse(root: Path, outside: Path) -> None:
    for name in ("compose.yaml", "backend/orchard/huge.py", "frontend/src/huge.ts", "dump.sql"):
        with (root / name).open("wb") as file:
            file.truncate(5 * 2**30)


def names(root: Path, outside: Path) -> None:
    for name in ("a\nb.py", "a\x1b[31mred.py", "[red]x[b].yml", "\u202egnp.exe.py", "名前.py", " lead.py", "-rf.py"):
        (root / name).write_text("import sentry_sdk\nsentry_sdk.init(dsn='https://k@o1.ingest.sentry.io/1')\n")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff\xfe.py")).write_text("x = 1\n")
    (root / ".github/workflows/\x1b]0;owned\x07.yml").write_text("on: push\njobs: {}\n")


def bombs(root: Path, outside: Path) -> None:
    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(20)
    )
    (root / "compose.yaml").write_text(laughs)
    (root / ".github/workflows/loop.yml").write_text("on: push\njobs: &j\n  a: *j\n")
    (root / ".github/workflows/merge.yml").write_text("x: &x\n  <<: *x\non: push\n")
    (root / "render.yaml").write_text("{" * 100_000)
    (root / "pyproject.toml").write_text("a = " + "[" * 100_000)
    (root / "frontend/package.json").write_text('{"a":' * 50_000)
    (root / "vercel.json").write_text("[" * 200_000)


def grammars(root: Path, outside: Path) -> None:
    (root / "frontend/vite.config.ts").write_text("export default " + "(" * 50_000)
    (root / "frontend/src/main.tsx").write_text("`${" * 20_000)
    (root / "frontend/src/deep.tsx").write_text("import * as Sentry from '@sentry/react'\n" + "<a>" * 30_000)
    (root / "backend/orchard/deep.py").write_text("import sentry_sdk\nx = " + "(" * 5_000 + ")" * 5_000)
    rows = "urlpatterns = []\nx = a % (\n" + "#" * 5_000 + "\n    b)\n"
    (root / "backend/orchard/rows.py").write_text(rows)
    (root / "backend/orchard/sum.py").write_text("import sentry_sdk\nx = " + "1+" * 20_000 + "1")
    (root / "backend/requirements.txt").write_text("-r requirements.txt\n-r ../../../../etc/passwd\n" + "a" * 1_000_000)
    (root / ".env.example").write_text("A=" + '"' * 500_000)


def configuration(root: Path, outside: Path) -> None:
    (root / "pyproject.toml").symlink_to(outside / "secret")


SHAPES: dict[str, Callable[[Path, Path], None]] = {
    f.__name__: f for f in (links_out, special_files, sparse, names, bombs, grammars, configuration)
}


@pytest.mark.parametrize("tracked", [True, False], ids=["committed", "fresh"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_repository_is_audited_within_bounds(tmp_path, shape, tracked):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text(f"SENTRY_DSN={OUTSIDE}\nsentry_sdk.init(dsn='{OUTSIDE}')\n")
    (tmp_path / "in").mkdir()
    root = make_sample(tmp_path / "in")
    for name in ("compose.yaml", "render.yaml", "pyproject.toml"):
        (root / name).unlink(missing_ok=True)
    SHAPES[shape](root, outside)
    if tracked and shape != "sparse":
        git(root, "add", "--all")
    report = audit(root)
    if shape == "configuration":  # what cannot be read may hold the configuration
        assert report["code"] == 2 and "pyproject.toml" in report["err"]
        return
    assert report["code"] == 1, report["err"]
    assert "error" not in outcomes(report).values()
    if shape in ("links_out", "names", "special_files"):
        assert outcomes(report)["dsn-configured"] != "pass"


def test_a_million_files_stay_within_the_same_bounds(tmp_path):
    """A million names in git's index, a tenth of them on the disk; with all of them there an audit took 10 s and 242 MB."""
    root = make_sample(tmp_path)
    asked = ["hash-object", "-w", "--stdin"]
    done = subprocess.run(["git", "-C", str(root), *asked], input=b"x = 1\n", capture_output=True, check=True)
    blob = done.stdout.decode().strip()
    names = [f"many/{n // 1000}/{n}.py" for n in range(1_000_000)]
    lines = "".join(f"100644 {blob}\t{name}\n" for name in names)
    subprocess.run(["git", "-C", str(root), "update-index", "--index-info"], input=lines.encode(), check=True)
    for name in names[:100_000]:
        if name.endswith("000.py") or name == names[0]:
            (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(b"x = 1\n")
    found = outcomes(audit(root))
    assert found["sdk-installed"] == "fail" and found["debug-off"] == "pass"
    # A token in the last of them is found all the same.
    (root / names[99_999]).write_text("A = 'sntryu_" + "0123456789abcdef" * 4 + "'\n")
    assert outcomes(audit(root))["token-not-committed"] == "fail"


def hooks(root: Path, mark: Path) -> None:
    touch = f"touch {mark}"
    for name, value in {
        "core.fsmonitor": touch,
        "core.hooksPath": str(root / "hooks"),
        "core.pager": touch,
        "core.sshCommand": touch,
        "diff.external": touch,
        "filter.x.clean": touch,
        "filter.x.smudge": touch,
        "filter.x.process": touch,
        "alias.ls-files": f"!{touch}",
        "alias.status": f"!{touch}",
        "credential.helper": f"!{touch}",
        "gpg.program": touch,
        "uploadpack.packObjectsHook": touch,
    }.items():
        git(root, "config", name, value)
    (root / ".gitattributes").write_text("* filter=x diff=x\n")
    for folder in (root / "hooks", root / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for hook in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction", "fsmonitor-watchman"):
            (folder / hook).write_text(f"#!/bin/sh\n{touch}\n")
            (folder / hook).chmod(0o755)
    (root / "conftest.py").write_text(f"import os; os.system('{touch}')\n")
    (root / "sitecustomize.py").write_text(f"import os; os.system('{touch}')\n")
    (root / "backend/manage.py").write_text(
        f"import os\nos.system('{touch}')\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'orchard.settings.production')\n"
    )


@pytest.mark.parametrize("command", [[], ["--rev", "HEAD"]], ids=["working tree", "revision"])
def test_nothing_of_a_repository_runs(tmp_path, monkeypatch, command):
    mark = tmp_path / "owned"
    (tmp_path / "in").mkdir()
    root = make_sample(tmp_path / "in")
    hooks(root, mark)
    git(
        root,
        "-c",
        "filter.x.clean=cat",
        "-c",
        "filter.x.process=",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.fsmonitor=false",
        "add",
        "--all",
    )
    mark.unlink(missing_ok=True)
    monkeypatch.chdir(root)
    assert audit(root, *command)["code"] == 1
    assert not mark.exists(), "something of the repository ran"


def test_planning_and_status_run_nothing_either(tmp_path):
    mark = tmp_path / "owned"
    (tmp_path / "in").mkdir()
    root = make_sample(tmp_path / "in")
    hooks(root, mark)
    for argv in (
        ["plan", "sdk", "--offline", "--repo", str(root), "--set", "sentry.org=a"],
        ["status", "--repo", str(root)],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "setup_wizard.cli", *argv], capture_output=True, text=True, cwd=root.parent
        )
        assert done.returncode in (0, 4), done.stderr
    assert not mark.exists(), "something of the repository ran"


def as_worktree(root: Path, base: Path) -> Path:
    git(root, "worktree", "add", "-q", str(base / "tree"), "-b", "other")
    return base / "tree"


def with_submodule(root: Path, base: Path) -> Path:
    inner = make_sample(base / "inner-base") if (base / "inner-base").mkdir() is None else root
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "vendor")
    return root


def shallow(root: Path, base: Path) -> Path:
    git(base, "clone", "-q", "--depth", "1", root.as_uri(), str(base / "shallow"))
    return base / "shallow"


def unborn(root: Path, base: Path) -> Path:
    shutil.rmtree(root / ".git")
    git(root, "init", "-q")
    return root


def git_file_to_nowhere(root: Path, base: Path) -> Path:
    shutil.rmtree(root / ".git")
    (root / ".git").write_text("gitdir: /nowhere/at/all\n")
    return root


def no_git(root: Path, base: Path) -> Path:
    shutil.rmtree(root / ".git")
    return root


def broken_index(root: Path, base: Path) -> Path:
    (root / ".git/index").write_bytes(b"garbage" * 100)
    return root


STATES = [as_worktree, with_submodule, shallow, unborn, git_file_to_nowhere, no_git, broken_index]


@pytest.mark.parametrize("state", STATES, ids=lambda f: f.__name__)
def test_every_state_of_git_gives_an_honest_answer(tmp_path, state):
    (tmp_path / "in").mkdir()
    root = state(make_sample(tmp_path / "in"), tmp_path)
    report = audit(root)
    if report["code"] == 1:
        found = outcomes(report)
        assert found["sdk-installed"] == "fail" and found["debug-off"] == "pass", state.__name__
    else:
        assert report["code"] == 3 and "git" in report["err"], report["err"]


def test_a_bare_repository_is_told(tmp_path):
    (tmp_path / "in").mkdir()
    sample = make_sample(tmp_path / "in")
    git(tmp_path, "clone", "-q", "--bare", str(sample), str(tmp_path / "bare.git"))
    report = audit(tmp_path / "bare.git")
    assert report["code"] == 2 and "--rev HEAD" in report["err"]
    assert outcomes(audit(tmp_path / "bare.git", "--rev", "HEAD"))["sdk-installed"] == "fail"
