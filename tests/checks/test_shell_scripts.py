"""What a step's shell runs: whether it creates a release, in shapes that hide it or only look like it; decided from bash's manual first."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from checks.parsers.commands import read_commands
from checks.parsers.shell import parse_shell
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
CLI = "sentry-cli releases new -p shop 1"


def released(script: str, more: str = "") -> Outcome:
    """Return whether a workflow's step that runs a script creates a release."""
    body = "".join(f"          {line}\n" for line in script.splitlines())
    text = f"on: {{push: {{branches: [main]}}}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: |\n{body}{more}"
    token = "        env: {SENTRY_AUTH_TOKEN: '${{ secrets.SENTRY_AUTH_TOKEN }}'}\n"
    return check_one("release-tracking", backend() | {".github/workflows/d.yml": text + token}).outcome


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        # Branches and loops.
        (f"case x in\n x) echo ;&\n y) {CLI} ;;\nesac", P),
        (f"case x in\n x) echo ;;&\n y) {CLI} ;;\nesac", F),
        (f"case x in\n x) echo ;;&\n x*) {CLI} ;;\nesac", U),
        (f"case x in\n y) echo ;&\n z) {CLI} ;;\nesac", F),
        (f"if (( 0 )); then {CLI}; fi", U),
        (f"while true; do sleep 1; done\n{CLI}", F),
        (f"while true; do ./x && break; done\n{CLI}", P),
        (f"until ./x; do sleep 1; done\n{CLI}", P),
        # What a subshell or a function sets is its own.
        (f'RUN=no\n(RUN=yes)\n[ "$RUN" = yes ] && {CLI}', F),
        (f'RUN=no\necho x | while read -r l; do RUN=yes; done\n[ "$RUN" = yes ] && {CLI}', F),
        (f'RUN=no\nX=$(RUN=yes)\n[ "$RUN" = yes ] && {CLI}', F),
        (f'RUN=no\nf() {{ local RUN=yes; }}\nf\n[ "$RUN" = yes ] && {CLI}', F),
        (f'RUN=no\nf() {{ RUN=yes; }}\nf\n[ "$RUN" = yes ] && {CLI}', P),
        (f'f() {{ local RUN=yes; [ "$RUN" = yes ] && {CLI}; }}\nf', P),
        (f"(exit 0)\n{CLI}", P),
        (f"(set -e)\nfalse || true\n{CLI}", P),
        (f'RUN=y\nRUN+=es\n[ "$RUN" = yes ] && {CLI}', P),
        (f"f() {{ {CLI}; }}\nf() {{ true; }}\nf", F),
        (f'f() {{ "$@"; }}\nf {CLI}', P),
        (f'sentry-cli() {{ echo "$@"; }}\n{CLI}', F),
        (f'sentry-cli() {{ npx @sentry/cli "$@"; }}\n{CLI}', P),
        # Arrays.
        ('args=(releases new)\nargs+=(-p shop 1)\nsentry-cli "${args[@]}"', P),
        ('args=(releases list)\nsentry-cli "${args[@]}"', F),
        # What ends a script, and what an end starts.
        (f"exec ./other\n{CLI}", F),
        (f"exec > >(tee log) 2>&1\n{CLI}", P),
        (f"exec {CLI}", P),
        (f"trap '{CLI}' EXIT\n./x", P),
        (f"trap '{CLI}' EXIT\ntrap - EXIT\n./x", F),
        (f"finish() {{ {CLI}; }}\ntrap finish EXIT\nexit 0", P),
        (f"trap '{CLI}' ERR\n./x", U),
        (f"false\n{CLI}", F),
        (f"set +e\nfalse\n{CLI}", P),
        (f"false | true\n{CLI}", P),
        (f"set -o pipefail\nfalse | true\n{CLI}", F),
        # Scripts that are handed on.
        (f"bash <<< '{CLI}'", P),
        (f"cat <<< '{CLI}'", F),
        (f"su -c '{CLI}' app", P),
        (f"timeout -k 5 --signal INT 60s {CLI}", P),
        (f"flock -w 9 /tmp/lock {CLI}", P),
        (f"dotenv -f .env run -- {CLI}", P),
        (f"dotenv -e .env -- {CLI}", P),
        ("parallel sentry-cli releases new -p shop ::: a b", U),
        (f"node -e \"require('child_process').execSync('{CLI}')\"", U),
        ("python -c \"import os; os.system('sentry-cli releases list')\"", F),
        (f"git commit -m 'then {CLI}'", F),
        ("curl -sL https://github.com/getsentry/sentry-cli/releases/download/2.50.0/x -o sentry-cli", F),
    ],
)  # fmt: skip
def test_whether_a_script_creates_a_release(script, outcome):
    assert released(script) is outcome


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ("        shell: bash\n", F),
        ("        shell: sh\n", P),
        ("        shell: bash {0}\n", P),
        ("        shell: bash -euo pipefail {0}\n", F),
        ("        shell: pwsh\n", U),
    ],
)
def test_the_shell_of_the_step_decides_what_a_failure_ends(more, outcome):
    found = released(f"false | true\n{CLI}", more)
    assert found is outcome if outcome is not U else found in (P, U)


def test_the_shell_of_the_job_counts_where_a_step_has_none():
    files = {
        ".github/workflows/d.yml": "on: push\ndefaults: {run: {shell: bash}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n"
        f"      - run: |\n          false | true\n          {CLI}\n        env: {{SENTRY_AUTH_TOKEN: '${{{{ secrets.T }}}}'}}\n"
    }
    assert check_one("release-tracking", backend() | files).outcome is F
    plain = {k: v.replace("defaults: {run: {shell: bash}}\n", "") for k, v in files.items()}
    assert check_one("release-tracking", backend() | plain).outcome is P


def test_a_trap_of_the_end_runs_behind_the_rest():
    found = parse_shell("trap 'echo a' EXIT\nb\ncd x | c\nd")
    assert [(c.words[0], c.runs, c.folder) for c in found] == [
        ("trap", True, "."),
        ("b", True, "."),
        ("cd", True, "."),
        ("c", True, "."),
        ("d", True, "."),
        ("echo", True, "."),
    ]


def test_a_function_of_the_script_is_told():
    assert [(c.words[0], c.own) for c in parse_shell("f() { g; }\nf\ng")] == [("f", True), ("g", False), ("g", False)]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("echo a | tr b | ssh-add -", [("echo", "a"), ("tr", "b"), ("ssh-add", "-")]),
        ("a | b | c\nd x", [("a",), ("b",), ("c",), ("d", "x")]),
        ("a | b | c \\\n  d", [("a",), ("b",), ("c", "d")]),
    ],
)
def test_a_line_before_a_heredoc_is_a_command_of_its_own(before, found):
    script = f"{before}\nssh host << EOF\nset -e\nEOF\nls\n"
    commands = read_commands(script)
    assert [c.words for c in commands] == [*found, ("ssh", "host"), ("ls",)]
    assert [c.line for c in commands][-2:] == [before.count("\n") + 2, before.count("\n") + 5]
