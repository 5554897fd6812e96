"""What each shell itself suggests once it has read our script: bash, zsh (in a pseudo-terminal, with its real `compinit`) and fish."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from checks.checklist import CHECKLIST
from setup_wizard.completion import completion_script

pytestmark = pytest.mark.real

LINES = {
    "sentry-setup ver": {"verify-build", "verify-runtime"},
    "sentry-setup audit --format ": {"text", "json", "sarif", "github", "junit", "markdown", "html"},
    "sentry-setup audit --output s": {"sarif="},
    "sentry-setup audit --select source-": {"source-maps", "source-maps-private"},
    "sentry-setup apply sdk s": {"sdk", "source-maps"},
    "sentry-setup plan --set backend.s": {"backend.settings="},
    "sentry-setup explain token-not-in-": {"token-not-in-bundle", "token-not-in-image"},
    "sentry-setup sign-off ": {i.id for i in CHECKLIST if i.signable},
    "sentry-setup help exit": {"exit-codes"},
    "sentry-setup audit --rev ": {"main", "feature/one", "v1.0"},
    "sentry-setup verify-build ": {"web/"},
}
"""A line that a person typed, and what the shell has to offer for its last word."""

_ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2=; autoload -U compinit && compinit -u -D; $1; lines=(${(@qq)argv[2,-1]})"
zpty -w shell 'compadd() {
  local -a found; builtin compadd -A found "$@"
  (( $#found )) && print -rl -- ">>"$^found
  builtin compadd "$@"
}
zle-line-init() {
  local line
  for line in $lines; do
    print -r -- "LI""NE:$line"
    BUFFER=$line CURSOR=$#line
    zle complete-word
  done
  print -r -- "EN""DED"
}
zle -N zle-line-init'
zpty -r shell out '*ENDED*'
print -r -- $out
zpty -d shell
"""


def git(root: Path, *words: str) -> None:
    person = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(root), *person, *words], check=True, capture_output=True, timeout=60)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "web").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "Start")
    git(root, "branch", "feature/one")
    git(root, "tag", "v1.0")
    return root


def script_of(shell: str, tmp_path: Path) -> Path:
    path = tmp_path / f"script.{shell}"
    path.write_text(completion_script(shell))
    return path


def run(words: list[str], root: Path) -> str:
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needs(shell: str) -> str:
    found = shutil.which(shell)
    if not found:
        pytest.skip(f"{shell} is not installed here")
    return found


def test_fish_suggests_our_words(repository, tmp_path):
    fish = needs("fish")
    script = script_of("fish", tmp_path)
    for line, expected in LINES.items():
        code = f"function sentry-setup; end; source {script}; complete -C {shlex.quote(line)}"
        offered = {row.partition("\t")[0] for row in run([fish, "--no-config", "-c", code], repository).splitlines()}
        assert expected <= offered, (line, offered)


@pytest.mark.parametrize("way", ["source {script}", 'eval "$(cat {script})"', "fpath"])
def test_zsh_suggests_our_words(repository, tmp_path, way):
    zsh = needs("zsh")
    script = script_of("zsh", tmp_path)
    if way == "fpath":
        (tmp_path / "functions").mkdir()
        script.rename(tmp_path / "functions/_sentry-setup")
        loaded = f"fpath=({tmp_path}/functions $fpath); compinit -u -D"
    else:
        loaded = way.format(script=script)
    out = run([zsh, "-f", "-c", _ZSH, "zsh", loaded, *LINES], repository).replace("\r", "")
    parts = dict(zip(LINES, out.split("LINE:")[1:], strict=True))
    for line, expected in LINES.items():
        offered = {row.rpartition(">>")[2].strip() for row in parts[line].splitlines() if ">>" in row}
        assert {word.rstrip("/") for word in expected} <= offered, (line, offered)


def test_bash_suggests_our_words(repository, tmp_path):
    bash = needs("bash")
    script = script_of("bash", tmp_path)
    for line, expected in LINES.items():
        words = [*line.split(), *([""] if line.endswith(" ") else [])]
        code = (
            f"source {script}; COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; "
            "_shtab_sentry_setup; printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        offered = set(run([bash, "-c", code], repository).splitlines())
        assert {word.rstrip("/") for word in expected} <= offered, (line, offered)
