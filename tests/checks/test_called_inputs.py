"""What actions and called workflows are handed, and tasks that are not followed: each outcome was decided by reading."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
CLI = "sentry-cli releases new -p shop 1"
ACTION = (
    "inputs: {token: {required: true}, go: {default: 'false'}}\nruns:\n  using: composite\n  steps:\n    - if: %s\n      shell: bash\n"
    "      env: {SENTRY_AUTH_TOKEN: '${{ inputs.token }}'}\n      run: " + CLI + "\n"
)
USES = "on: push\njobs:\n  d:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - uses: ./.github/actions/rel\n"


def of_action(condition: str, more: str = "") -> dict[str, str]:
    given = f"        with: {{token: '${{{{ secrets.T }}}}'{more}}}\n"
    return {".github/workflows/d.yml": USES + given, ".github/actions/rel/action.yml": ACTION % condition}


def called(kind: str, condition: str, given: str) -> dict[str, str]:
    return {
        ".github/workflows/d.yml": f"on: push\njobs:\n  d:\n    uses: ./.github/workflows/c.yml\n    with: {{Go: {given}}}\n    secrets: inherit\n",
        ".github/workflows/c.yml": f"on: {{workflow_call: {{inputs: {{Go: {{type: {kind}}}}}}}}}\njobs:\n  d:\n    runs-on: x\n    steps:\n"
        f"      - if: {condition}\n        env: {{SENTRY_AUTH_TOKEN: '${{{{ secrets.T }}}}'}}\n        run: {CLI}\n",
    }


def secret(handed: str, taken: str) -> dict[str, str]:
    return {
        ".github/workflows/d.yml": f"on: push\njobs:\n  d:\n    uses: ./.github/workflows/c.yml\n    secrets: {{{handed}: '${{{{ secrets.X }}}}'}}\n",
        ".github/workflows/c.yml": f"on: {{workflow_call: {{secrets: {{{handed}: {{required: true}}}}}}}}\njobs:\n  d:\n    runs-on: x\n    steps:\n"
        f"      - env: {{SENTRY_AUTH_TOKEN: '${{{{ {taken} }}}}'}}\n        run: {CLI}\n",
    }


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        # The inputs of an action are texts.
        (of_action("inputs.go == 'true'", ", go: 'true'"), P),
        (of_action("inputs.go == 'true'", ", go: true"), P),
        (of_action("inputs.go == 'true'"), F),
        (of_action("inputs.go == true", ", go: 'true'"), F),
        (of_action("inputs.go"), P),
        (of_action("fromJSON(inputs.go)"), F),
        # Those of a called workflow have their type.
        (called("boolean", "inputs.go", "true"), P),
        (called("boolean", "inputs.go == 'true'", "true"), F),
        (called("boolean", "inputs.go", "false"), F),
        (called("string", "inputs.go == 'true'", "'true'"), P),
        (called("string", "inputs.go", "'false'"), P),
        (called("number", "inputs.go > 2", "3"), P),
        (called("number", "inputs.go", "0"), F),
        (called("boolean", "inputs.go", "'${{ github.event_name == ''x'' }}'"), U),
        # A secret that nobody hands in is empty, in an expression too.
        (secret("FLY", "secrets.SENTRY || secrets.SENTRY_TOKEN"), F),
        (secret("SENTRY_TOKEN", "secrets.SENTRY || secrets.SENTRY_TOKEN"), P),
        (secret("sentry_token", "secrets.SENTRY_TOKEN"), P),
        (secret("FLY", "SECRETS[''SENTRY_TOKEN'']"), F),
    ],
)  # fmt: skip
def test_what_is_handed_in_decides(files, outcome):
    assert check_one("release-tracking", backend() | files).outcome is outcome


JSON = '{"%s": {"release": "' + CLI + '"}}'


@pytest.mark.parametrize(
    ("command", "files", "outcome"),
    [
        ("make release-live", {"Makefile": f"release-%:\n\t{CLI}\n"}, U),
        ("make build", {"Makefile": f"build:\n\techo\n\nrelease:\n\t{CLI}\n"}, F),
        ("make build", {"ops/release.sh": f"{CLI}\n"}, U),
        ("just ops::release", {"justfile": "mod ops\n", "ops.just": f"release:\n    {CLI}\n"}, U),
        ("task release", {"pyproject.toml": f'[tool.taskipy.tasks]\nrelease = "{CLI}"\n'}, U),
        ("mise run release", {"mise.toml": f'[tasks.release]\nrun = "{CLI}"\n'}, U),
        ("deno task release", {"deno.json": JSON % "tasks"}, U),
        ("composer run release", {"composer.json": JSON % "scripts"}, U),
        ("rake release", {"Rakefile": f'task :release do\n  sh "{CLI}"\nend\n'}, U),
        ("doit release", {"dodo.py": f"def task_release():\n    return {{'actions': ['{CLI}']}}\n"}, U),
        ("python manage.py tell", {"shop/management/commands/tell.py": f"import os\nos.system('{CLI}')\n"}, U),
        ("python manage.py migrate", {"shop/management/commands/tell.py": f"import os\nos.system('{CLI}')\n"}, F),
        ("rake -T || true", {"docs/release.md": f"{CLI}\n"}, F),
    ],
)  # fmt: skip
def test_a_task_that_is_not_followed_is_unknown(command, files, outcome):
    flow = f"on: push\njobs:\n  d:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - run: {command}\n        env: {{SENTRY_AUTH_TOKEN: '${{{{ secrets.T }}}}'}}\n"
    assert check_one("release-tracking", backend() | files | {".github/workflows/d.yml": flow}).outcome is outcome
