"""A release job that also runs for pull requests names code that is not deployed: its conditions are evaluated for their events."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
CI = ".github/workflows/deploy.yml"
FLOW = """\
on: %(on)s
jobs:
  checks:
    runs-on: ubuntu-latest
    %(needed)s
    steps:
      - run: make
  deploy:
    runs-on: ubuntu-latest
    needs: checks
    %(job)s
    steps:
      - run: flyctl deploy
      - run: sentry-cli releases new $GITHUB_SHA
        %(step)s
        env:
          SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}
"""


def flow(on: str = "[push, pull_request]", *, job: str = "", step: str = "", needed: str = "") -> dict[str, str]:
    rows = {"on": on, "job": job, "step": step, "needed": needed}
    text = FLOW % {k: f"if: {v}" if v and k != "on" else v for k, v in rows.items()}
    return backend() | {CI: text}


CASES = [
    ("nothing", flow(), F, "also runs on pull requests"),
    ("push", flow(job="github.event_name == 'push'"), P, ""),
    ("not-reviewed", flow(job="github.event_name != 'pull_request'"), P, ""),
    ("branch", flow(job="github.ref == 'refs/heads/main'"), P, ""),
    ("in-the-step", flow(step="github.ref_name == 'main'"), P, ""),
    ("base", flow(step="github.base_ref == 'main'"), F, "also runs on pull requests"),
    ("target-branch", flow("[push, pull_request_target]", job="github.ref_name == 'main'"), F, "also runs on pull requests"),
    ("needed-job", flow(needed="github.event_name == 'push'"), P, ""),
    ("needed-but-always", flow(needed="github.event_name == 'push'", job="always()"), F, "also runs on pull requests"),
    ("names-an-event", flow(job="github.event_name != 'schedule'"), F, "also runs on pull requests"),
    ("names-a-ref", flow(job="github.ref != ''"), F, "also runs on pull requests"),
    ("either", flow(job="github.event_name == 'pull_request' || github.event_name == 'push'"), F, "also runs"),
    ("not-known", flow(job="vars.DEPLOY == 'yes'"), U, "`if: vars.DEPLOY == 'yes'` decides"),
    ("merged", flow("{pull_request: {types: [closed]}}", job="github.event.pull_request.merged == true"), P, ""),
    ("closed", flow("{pull_request: {types: [closed]}}"), F, "also runs on pull requests"),
    ("labels", flow("{push: , pull_request: {types: [labeled]}}", job="github.event.action != 'labeled'"), P, ""),
    ("no-pulls", flow("push"), P, ""),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), [pytest.param(f, o, w, id=n) for n, f, o, w in CASES])
def test_a_release_is_of_code_that_is_deployed(files, outcome, words):
    result = check_one("release-order", files)
    said = " ".join(f"{f.path}:{f.line} {f.message}" for f in result.findings)
    assert result.outcome is outcome and words in said, said
    if outcome is not P:
        assert f"{CI}:" in said and result.findings[0].hint == "limit it: if: github.event_name == 'push'"
