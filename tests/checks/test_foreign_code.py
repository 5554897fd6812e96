"""Which checkouts bring the code of a pull request into a workflow with secrets: by the contexts that `ref` reads, not by its text."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

FLOW = (
    "on: {on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {step}\n      - run: make\n        env:\n"
    "          SENTRY_AUTH_TOKEN: ${{{{ secrets.SENTRY_AUTH_TOKEN }}}}\n"
)


def checkout(given: str) -> str:
    return f"uses: actions/checkout@v5\n        with: {{{given}}}"


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        (checkout("ref: '${{ github.event.pull_request.head.sha }}'"), "fail"),
        (checkout("ref: \"${{ github.event.pull_request['head']['sha'] }}\""), "fail"),
        (checkout("ref: '${{ github.head_ref }}'"), "fail"),
        (checkout("ref: 'refs/pull/${{ github.event.number }}/merge'"), "fail"),
        (checkout("ref: '${{ github.event.pull_request.merge_commit_sha }}'"), "fail"),
        (checkout("repository: '${{ github.event.pull_request.head.repo.full_name }}'"), "fail"),
        (checkout("ref: '${{ github.event.workflow_run.head_sha }}'"), "fail"),
        (checkout("ref: \"${{ github.event_name == 'push' && github.sha || github.head_ref }}\""), "fail"),
        (checkout("ref: '${{ github.event.pull_request.base.sha }}'"), "pass"),
        (checkout("ref: '${{ github.base_ref }}'"), "pass"),
        (checkout("ref: ahead-of-main"), "pass"),
        (checkout("ref: '${{ github.event.repository.default_branch }}'"), "pass"),
        (checkout("ref: '${{ github.sha }}'"), "pass"),
        (checkout("repository: acme/pull_request-tools, ref: main"), "pass"),
        (checkout("fetch-depth: 0"), "pass"),
        (checkout("ref: '${{ steps.pr.outputs.sha }}'"), "unknown"),
        (checkout("ref: '${{ inputs.ref }}'"), "unknown"),
        (checkout("ref: '${{ broken'"), "unknown"),
        ("run: gh pr checkout 7", "fail"),
        ("run: git fetch origin pull/7/head && git checkout FETCH_HEAD", "fail"),
        ("run: git fetch origin refs/pull/7/merge:pr", "fail"),
        ("run: git fetch origin main", "pass"),
        ("run: echo gh pr checkout 7", "pass"),
    ],
)
def test_code_of_a_pull_request(step, outcome):
    files = backend() | {".github/workflows/d.yml": FLOW.format(on="pull_request_target", step=step)}
    assert str(check_one("ci-token-safe", files).outcome) == outcome


@pytest.mark.parametrize(("on", "outcome"), [("push", "pass"), ("issue_comment", "fail"), ("workflow_run", "fail")])
def test_only_events_with_secrets_for_anyone_matter(on, outcome):
    step = checkout("ref: '${{ github.head_ref }}'")
    found = check_one("ci-token-safe", backend() | {".github/workflows/d.yml": FLOW.format(on=on, step=step)})
    assert str(found.outcome) == outcome


REVIEWED = """on: pull_request
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: bash scripts/build.sh
        env:
          SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}
"""


def test_a_job_of_pull_requests_is_not_said_to_run_none_of_their_code():
    result = check_one("ci-token-safe", {".github/workflows/d.yml": REVIEWED, "manage.py": ""})
    assert result.outcome is Outcome.PASS
    assert result.evidence[0].fact == "job build gets the token, and GitHub hands no secret to a fork's pull request"
    assert (result.evidence[0].path, result.evidence[0].line) == (".github/workflows/d.yml", 7)
