"""The README is true: each of its code blocks runs as it stands there, in a new environment, and each link leads somewhere.

Nothing is downloaded: `python3 -m venv`, `pip`, `pipx` and `uv` are stand-ins that check what they are asked to install, and
give the command that is installed here. Where the page writes a token as `…`, the local Sentry's is used.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from setup_wizard.demo import make_sample
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(README)
PAGES = [
    "README.md",
    "checks/README.md",
    "checks/items/README.md",
    "setup_wizard/README.md",
    ".github/CONTRIBUTING.md",
    ".github/CHANGELOG.md",
]

INSTALLER = """#!/bin/sh
# A stand-in for pip, pipx and uv: what is installed has to be a project here, and its extras have to exist.
for last; do :; done
"{python}" - "$last" <<'PY'
import pathlib, re, sys, tomllib
place, _, extras = sys.argv[1].partition("[")
project = tomllib.loads((pathlib.Path(place) / "pyproject.toml").read_text("utf-8"))["project"]
unknown = [e for e in filter(None, re.split(r"[\\],]", extras)) if e not in project["optional-dependencies"]]
assert project["name"] == "sentry-setup" and not unknown, (place, unknown)
PY
"""
COMMAND = '#!/bin/sh\nexec "{python}" -P -m setup_wizard.command "$@"\n'
PYTEST = '#!/bin/sh\ncd "{root}" && exec "{python}" -m pytest --collect-only -q -p no:cacheprovider "$@" tests/test_pictures.py\n'
PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
  mkdir -p "$3/bin" && cp "{shims}/pip" "{shims}/sentry-setup" "{shims}/pytest" "$3/bin/"
else
  exec "{python}" "$@"
fi
"""


class Shell:
    """A machine on which nothing is installed but the stand-ins; a repository stands in `your-repository`."""

    def __init__(self, folder: Path, environ: dict[str, str], token: str) -> None:
        self.folder, self.token = folder, token
        shims = folder / "shims"
        shims.mkdir()
        texts = {"pip": INSTALLER, "pipx": INSTALLER, "uv": INSTALLER, "python3": PYTHON, "pytest": PYTEST}
        for name, text in (texts | {"sentry-setup": COMMAND}).items():
            (shims / name).write_text(
                text.replace("{python}", sys.executable).replace("{shims}", str(shims)).replace("{root}", str(ROOT))
            )
            (shims / name).chmod(0o755)
        self.environ = environ | {"PATH": f"{shims}{os.pathsep}{environ['PATH']}", "PYTHONPATH": str(ROOT)}
        make_sample(folder)
        (folder / "orchard").rename(folder / "your-repository")
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        for name in ("pyproject.toml", "README.md"):
            shutil.copyfile(ROOT / name, self.checkout / name)
        for name in ("checks", "setup_wizard"):
            (self.checkout / name).symlink_to(ROOT / name)

    def run(self, command: str, where: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command.replace("TOKEN=…", f"TOKEN={self.token}")],
            cwd=where,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with running_sandbox(SandboxState(traffic=True)) as sandbox:
        hidden = ("PYTEST_", "COV_", "SENTRY_")
        environ = {k: v for k, v in os.environ.items() if not k.startswith(hidden)} | {
            "SENTRY_URL": sandbox.public_url,
            "SENTRY_SETUP_NO_CACHE": "1",
            "PYTHONDONTWRITEBYTECODE": "1",  # the checkout is made of links: a module's cache would name it for ever
        }
        yield Shell(tmp_path, environ, sandbox.token)


def block(word: str) -> str:
    found = [text for kind, text in BLOCKS if kind == "bash" and word in text]
    assert len(found) == 1, f"{word!r} is in {len(found)} blocks"
    return found[0]


RUN_HERE = ("sentry-setup demo", "pipx install", "cd your-repository", "plan  ", "audit --online", "launch", "pytest")
"""A word of each shell block, so that a new block without a test fails."""


def test_every_shell_block_has_a_test_here():
    bash = [text for kind, text in BLOCKS if kind == "bash"]
    assert {block(word) for word in RUN_HERE} == set(bash) and len(bash) == len(RUN_HERE)
    assert {kind for kind, _ in BLOCKS} <= {"bash", "text", "yaml"}
    assert README.count("\n") <= 130


posix = pytest.mark.skipif(os.name != "posix", reason="the blocks are for a POSIX shell")


@posix
def test_trying_it(shell):
    done = shell.run(block("sentry-setup demo"), shell.checkout)
    assert done.returncode == 0, done.stderr
    assert "every byte and mode is as before" in done.stdout and "sentry-setup audit" in done.stdout


@posix
def test_installing_it(shell):
    command = block("pipx install")
    done = shell.run(command, shell.checkout)
    assert done.returncode == 0 and re.match(r"sentry-setup \d+\.\d+", done.stdout), done.stderr
    for other in re.findall(r"or: ([^;\n]+)", command):
        assert shell.run(other.strip(), shell.checkout).returncode == 0, other


@posix
def test_opening_the_wizard(shell):
    from tests.support.terminal import Terminal

    script = f"cd {shell.folder} && {block('cd your-repository')}"
    with Terminal(["bash", "-c", script], shell.environ) as terminal:
        terminal.until("Ready for production")
        terminal.until("Quit")
        terminal.send("q")
        assert terminal.wait() == 0


@posix
def test_setting_up_without_a_terminal(shell):
    """Each command on its own, with the token that the first line exports."""
    repository = shell.folder / "your-repository"
    export, *commands = block("plan  ").splitlines()
    files = subprocess.run(["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True).stdout
    for line in commands:
        done = shell.run(f"{export}\n{line}", repository)
        if " plan " in line:
            assert done.returncode == 0 and "+++ b/" in done.stdout, done.stderr
        else:
            # `apply` cannot prove what only a person can do, as pasting the DSN into the host's dashboard.
            assert done.returncode in ((0, 5) if "apply" in line else (0,)), (line, done.stderr, done.stdout)
        if " undo " in line:
            status = subprocess.run(["git", "status", "--porcelain"], cwd=repository, capture_output=True, check=True)
            assert status.stdout == b"", "undo left something behind"
    branch = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "sentry"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert set(branch.stdout.split()) > set(files.split())


@posix
def test_checking_it_prints_what_the_page_shows(shell):
    repository = shell.folder / "your-repository"
    outputs = []
    for line in block("audit --online").splitlines():
        done = shell.run(line, repository)
        assert done.returncode == 1 and not done.stderr, (line, done.stderr)
        outputs.append(done.stdout)
    (shown,) = [text for kind, text in BLOCKS if kind == "text"]
    real = [line.rstrip() for line in outputs[0].splitlines()]
    for line in shown.splitlines():
        assert line == "…" or line.rstrip() in real, f"the audit of the sample does not print {line!r}"


@posix
def test_keeping_it_in_ci(shell):
    (text,) = [text for kind, text in BLOCKS if kind == "yaml"]
    repository = shell.folder / "your-repository"
    for step in yaml.safe_load(text):
        done = shell.run(step["run"], repository)
        assert done.returncode == 1 and "::error" in done.stdout, done.stderr
    for name in ("sentry-setup.sarif", "sentry-setup.md"):
        assert (repository / name).stat().st_size > 500


@posix
def test_launching(shell):
    repository = shell.folder / "your-repository"
    done = shell.run(block("launch"), repository)
    assert done.returncode == 1 and "NO-GO" in done.stdout, done.stderr
    assert "NO-GO" in (repository / "launch.html").read_text("utf-8")


@posix
def test_testing_it(shell):
    done = shell.run(block("pytest"), shell.checkout)
    assert done.returncode == 0 and "tests collected" in done.stdout, done.stdout[-800:] + done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    plain = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", plain):
        where, _, anchor = target.partition("#")
        if where.startswith(("http:", "https:", "mailto:")):
            assert where.startswith("https://"), target
            continue
        file = (ROOT / page).parent / where if where else ROOT / page
        assert file.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), f"{page}: {target}"


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.*)$", plain, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.replace("`", "").lower()).replace(" ", "-") for h in heads}


def test_the_stand_ins_refuse_what_is_not_there(tmp_path):
    """A stand-in that takes anything would prove nothing."""
    shim = tmp_path / "pip"
    shim.write_text(INSTALLER.replace("{python}", sys.executable))
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    if os.name == "posix":
        assert subprocess.run([shim, "install", f"{ROOT}[dev]"], check=False).returncode == 0
        for wrong in (f"{ROOT}[developer]", str(tmp_path)):
            assert subprocess.run([shim, "install", wrong], check=False, stderr=subprocess.DEVNULL).returncode != 0
