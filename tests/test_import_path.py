"""Nothing of the audited repository is imported, whatever PYTHONPATH says; any output takes our text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from setup_wizard.command import own_path
from tests.support.repo import backend

NAMES = [
    "checks",
    "yaml",
    "json",
    "msgspec",
    "tree_sitter",
    "tree_sitter_typescript",
    "packaging",
    "platformdirs",
    "pathspec",
    "argparse",
    "subprocess",
    "contextlib",
    "errno",
    "itertools",
    "textual",
    "httpx",
    "git",
    "tomlkit",
    "dotenv",
]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    for path, text in backend().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def command(root: Path, *argv: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    script = Path(sys.executable).parent / "sentry-setup"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SENTRY_", "GITHUB_"))}
    given = {**kept, "SENTRY_SETUP_NO_CACHE": "1", **environ}
    return subprocess.run([str(script), *argv], cwd=root, env=given, capture_output=True, timeout=60)


@pytest.mark.skipif(not (Path(sys.executable).parent / "sentry-setup").exists(), reason="the command is not installed")
@pytest.mark.parametrize("named", [".", "absolute", "absolute/"])
def test_packages_of_the_repository_are_not_imported(shop, named):
    for name in NAMES:
        (shop / name).mkdir(exist_ok=True)
        (shop / name / "__init__.py").write_text(f"open({str(shop / 'ran')!r}, 'a').write(__name__ + ' ')\n")
    path = named.replace("absolute", str(shop))
    done = command(shop, "audit", "--quiet", PYTHONPATH=path)
    assert not (shop / "ran").exists(), (shop / "ran").read_text()
    assert done.returncode == 1 and b"unchecked" in done.stdout, done.stderr


def test_own_folder_and_the_libraries_stay():
    path = ["/repo", "", "/lib", "/own", "/repo/src"]
    assert own_path(path, "/repo:/own", "/here", "/own") == ["/lib", "/own", "/repo/src"]


@pytest.mark.skipif(not (Path(sys.executable).parent / "sentry-setup").exists(), reason="the command is not installed")
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8", "cp437"])
@pytest.mark.parametrize(
    "argv", [["audit"], ["audit", "--verbose"], ["list"], ["explain", "source-maps"], ["plan", "--offline"]]
)
def test_any_encoding_of_the_output_takes_our_text(shop, encoding, argv):
    done = command(shop, *argv, PYTHONIOENCODING=encoding)
    assert done.returncode in (0, 1, 4) and b"Traceback" not in done.stderr, done.stderr
    assert done.stdout.decode(encoding)


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the output")
def test_an_output_that_is_closed_is_no_fault(shop):
    script = Path(sys.executable).parent / "sentry-setup"
    if not script.exists():
        pytest.skip("the command is not installed")
    done = subprocess.run(["sh", "-c", f"'{script}' audit . >&-"], cwd=shop, capture_output=True, timeout=60)
    assert done.returncode == 1 and b"Traceback" not in done.stderr, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no directory that a process is in")
def test_a_working_directory_that_is_gone_is_an_error_with_its_hint(tmp_path):
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" -c "from setup_wizard.command import main; raise SystemExit(main())" audit'
    ended = subprocess.run(
        ["sh", "-c", script, sys.executable], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 3
    assert ended.stderr.strip() == (
        "sentry-setup: the working directory cannot be read (No such file or directory): change to one that exists"
    )
