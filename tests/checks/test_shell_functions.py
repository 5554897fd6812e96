"""Functions of a script: what they are called with, where `return` and `exit` end them, and what their status lets run."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from checks.parsers.shell import parse_shell

RETRY = """\
retry() {
  max=$1
  shift
  count=1
  until "$@"; do
    count=$((count + 1))
    if [ $count -gt $max ]; then return 1; fi
  done
  return 0
}
"""
RELEASE = "sentry-cli releases new v1"


def _runs(script, command=RELEASE):
    return [c.runs for c in parse_shell(script) if " ".join(c.words) == command]


@pytest.mark.parametrize(
    "script",
    [
        RETRY + f"retry 3 {RELEASE}",
        f'run() {{ echo "+ $*"; "$@"; }}\nrun {RELEASE}',
        f'run() {{ local cmd="$@"; eval "$cmd"; }}\nrun {RELEASE}',
        f'f() {{ g "$@"; }}\ng() {{ "$@"; }}\nf {RELEASE}',
        f"f() {{ $@; }}\nf {RELEASE}",
        f'f() {{ shift 2; "${{@}}"; }}\nf a b {RELEASE}',
        f'f() {{ for n in 1 2 3; do "$@" && return 0; done; return 1; }}\nf {RELEASE}',
    ],
)
def test_a_function_runs_the_command_it_is_given(script):
    assert _runs(script) == [True]


@pytest.mark.parametrize(
    ("script", "runs"),
    [
        (f"d() {{ return 0; {RELEASE}; }}\nd", False),
        (f'd() {{ if [ "$X" = y ]; then return; fi; {RELEASE}; }}\nd', None),
        (f'main() {{ [ "$BRANCH" = main ]; }}\nmain && {RELEASE}', None),
        (f"no() {{ return 1; }}\nno && {RELEASE}", False),
        (f"no() {{ return 1; }}\nno || {RELEASE}", True),
        (f"no() {{ false; }}\nno && {RELEASE}", False),
        (f"d() {{ exit 0; }}\nd\n{RELEASE}", False),
        (f'd() {{ [ -n "$X" ] && exit 0; }}\nd\n{RELEASE}', None),
        (f"d() {{ inner; }}\ninner() {{ exit 0; }}\nd\n{RELEASE}", False),
        (f"d() {{ return; }}\nd\n{RELEASE}", True),
        (f'd() {{ if [ "$X" = y ]; then return 0; fi; echo no; }}\nd && {RELEASE}', True),
        (f'd() {{ [ -n "$X" ] || return 1; return 0; }}\nd && {RELEASE}', None),
        (f'has() {{ command -v "$1"; }}\nhas sentry-cli && {RELEASE}', None),
        (f'd() {{ return "$?"; }}\nd && {RELEASE}', None),
        (f'main() {{ [ "$BRANCH" = main ]; return; }}\nmain && {RELEASE}', None),
        (f"until {RELEASE}; do sleep 1; done", True),
        (f"until true; do {RELEASE}; done", False),
        (f"until curl x; do {RELEASE}; done", False),
        (f"until false; do {RELEASE}; done", True),
    ],
)
def test_return_exit_and_status_decide_what_runs(script, runs):
    assert _runs(script) == [runs]


@pytest.mark.parametrize(
    ("script", "runs"),
    [
        (f"set -e\nfalse\n{RELEASE}", False),
        (f"set -euo pipefail\nfalse\n{RELEASE}", False),
        (f"set -o errexit\nf() {{ return 1; }}\nf\n{RELEASE}", False),
        (f'set -e\nSTAGE=staging\n[ "$STAGE" = production ]\n{RELEASE}', False),
        (f"set -e\n(false)\n{RELEASE}", False),
        (f"false\n{RELEASE}", True),
        (f"set -e\nset +e\nfalse\n{RELEASE}", True),
        (f"set -e\nfalse || true\n{RELEASE}", True),
        (f"set -e\nif false; then echo; fi\n{RELEASE}", True),
        (f"set -e\nfalse && echo\n{RELEASE}", True),
        (f"set -e\n! true\n{RELEASE}", True),
        (f'if [ "$X" ]; then set -e; fi\nfalse\n{RELEASE}', True),
        (f'set -e\nif [ "$X" ]; then false; fi\n{RELEASE}', None),
        (f"set --\nfalse\n{RELEASE}", True),
    ],
)
def test_a_command_that_surely_fails_ends_a_script_under_set_e(script, runs):
    assert _runs(script) == [runs]


def test_arguments_that_are_dropped_perhaps_are_known_no_longer():
    script = f'f() {{ if [ -n "$X" ]; then shift; fi; "$@"; }}\nf a {RELEASE}\necho $1'
    assert _runs(script) == []
    assert parse_shell(script)[-1].words == ("echo", "$1")


def test_the_arguments_of_the_script_are_there_again_after_a_function():
    script = 'f() { echo "$1-$2"; }\nf x\necho "$1" "$@"'
    assert [c.words for c in parse_shell(script, {"0": "s.sh", "1": "a", "2": "b c"})][1:] == [
        ("echo", "x-"),
        ("echo", "a", "a", "b c"),
    ]


SURE = [
    RETRY + "retry 3 echo one && echo two",
    'f() { "$@" || return 3; echo in; }\nf true && echo ok\nf false && echo no || echo else',
    "f() { return 1; echo in; }\nf\necho after",
    "f() { g; echo in; }\ng() { return 0; echo g; }\nf && echo ok",
    'f() { shift; echo "$1" "$@"; }\nf a b c',
    "f() { exit 0; }\nf\necho after",
    "set -e\necho one\nfalse && echo no\necho two\n! true\necho three\n(false)\necho after",
    "set -e\nf() { false; echo in; }\nif f; then echo yes; fi\necho after\nf\necho never",
    "set -eu\n[ a = b ] || echo else\n[ a = b ]\necho after",
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize("script", SURE)
def test_what_is_said_to_run_is_what_bash_runs(script):
    told = [" ".join(c.words[1:]) for c in parse_shell(script) if c.words[0] == "echo" and c.runs]
    assert not [c for c in parse_shell(script) if c.runs is None]
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == told
