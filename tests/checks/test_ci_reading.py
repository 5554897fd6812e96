"""What a file of CI takes from a store, told by what is read and run, and not by what is mentioned."""

from __future__ import annotations

import pytest

from checks.ci.reading import names_read, uses_secret
from checks.config import load_config
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree

GITHUB, GITLAB, BITBUCKET = ".github/workflows/d.yml", ".gitlab-ci.yml", "bitbucket-pipelines.yml"


def facts_of(path: str, text: str) -> Facts:
    tree = MemoryTree({path: text})
    return Facts(tree, load_config(tree))


def github(line: str) -> tuple[str, str]:
    return (
        GITHUB,
        f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo\n        env:\n          {line}\n",
    )


def gitlab(script: str, more: str = "") -> tuple[str, str]:
    return GITLAB, f"{more}a:\n  script:\n    - {script}\n"


@pytest.mark.parametrize(
    ("file", "used"),
    [
        (github("T: ${{ secrets.SENTRY_AUTH_TOKEN }}"), True),
        (github("T: ${{ github.ref == 'x' && secrets['SENTRY_AUTH_TOKEN'] || '' }}"), True),
        (github("T: secrets.SENTRY_AUTH_TOKEN"), False),
        (github("T: x # ${{ secrets.SENTRY_AUTH_TOKEN }}"), False),
        (github("T: ${{ 'secrets.SENTRY_AUTH_TOKEN' }}"), False),
        (github("T: ${{ secrets.SENTRY_AUTH_TOKEN_OLD }}"), False),
        (gitlab("sentry-cli releases new x"), True),
        (gitlab("'curl -H \"Authorization: Bearer $SENTRY_AUTH_TOKEN\" https://sentry.io'"), True),
        (gitlab("./build", "variables:\n  SENTRY_AUTH_TOKEN: $OTHER\n"), True),
        (gitlab("./build", "# SENTRY_AUTH_TOKEN is not needed any more\n"), False),
        (gitlab("echo 'set SENTRY_AUTH_TOKEN to upload'"), False),
        (gitlab("unset SENTRY_AUTH_TOKEN"), False),
        ((BITBUCKET, "pipelines:\n  default:\n    - step:\n        name: SENTRY_AUTH_TOKEN\n        script: [make]\n"), False),
    ],
)  # fmt: skip
def test_whether_a_secret_is_used(file, used):
    facts = facts_of(*file)
    assert uses_secret(facts, facts.workflows[0], "SENTRY_AUTH_TOKEN") is used


def test_the_variables_that_are_read_keep_their_case():
    facts = facts_of(*github("A: ${{ vars.VITE_SENTRY_DSN }} ${{ VARS['Other'] }} # vars.NOT_SENTRY_DSN"))
    assert list(names_read(facts.workflows[0].node, "vars")) == ["VITE_SENTRY_DSN", "Other"]
