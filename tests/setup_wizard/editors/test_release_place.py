"""Releases at the end of the deploy job, where that is asked for."""

from __future__ import annotations

import pytest
import yaml
from msgspec.structs import replace

from setup_wizard.cli import main
from setup_wizard.editors import gitlab, workflow
from setup_wizard.editors.base import Edited, Refused
from tests.support.editors import FLOW, JOBS, PIPELINE

INSIDE = replace(JOBS, place="deploy")
PULLS = FLOW.replace("push: {branches: [main]}", "[push, pull_request]").replace("on:\n  [", "on: [")


@pytest.mark.parametrize("strategy", ["cli", "action"])
@pytest.mark.parametrize(
    "flow",
    [
        FLOW,
        PULLS,
        FLOW.replace("      - run", "    - run"),
        FLOW.replace("      - run", "    - run: a\n    # why\n    - run") + "# the end\n",
    ],
)
def test_the_deploy_job_gets_steps_that_cannot_fail_it(flow, strategy):
    result = workflow.add_release_jobs(flow.encode(), replace(INSIDE, strategy=strategy), "ci.yml")
    assert isinstance(result, Edited)
    before, after = yaml.safe_load(flow), yaml.safe_load(result.data)
    steps = after["jobs"]["deploy"]["steps"]
    own = steps[len(before["jobs"]["deploy"]["steps"]) :]
    after["jobs"]["deploy"]["steps"] = steps[: -len(own)]
    assert after == before, "nothing else changes"
    assert all(s["continue-on-error"] is True for s in own)
    assert own[0]["with"]["path"] == ".sentry-release", "the deploy job's own files stay as they are"
    assert own[-1].get("working-directory") or own[-1]["with"]["working_directory"] == ".sentry-release"
    assert [s for s in own if "SENTRY_AUTH_TOKEN" in s.get("env", {})] == own[-1:]
    pulls = "pull_request" in flow
    assert all(("if" in s) == pulls for s in own)


def test_the_audit_accepts_what_was_added(sample):
    answers = ["sentry.org=acme", "release.place=deploy"]
    argv = ["apply", "release-tracking", "--offline", "--yes", "--repo", str(sample)]
    assert main([*argv, *(a for answer in answers for a in ("--set", answer))]) in (0, 5)
    assert "continue-on-error" in (sample / ".github/workflows/ci-cd.yml").read_text()
    assert main(["audit", str(sample), "--select", "release-tracking"]) == 0


@pytest.mark.parametrize(
    ("flow", "why"),
    [
        (
            "on: push\njobs:\n  deploy:\n    uses: ./.github/workflows/x.yml\n    environment: production\n",
            "not written out",
        ),
        ("on: push\njobs:\n  deploy:\n    steps: [{run: x}]\n", "not written out"),
        ("on: push\njobs:\n  deploy:\n    container: alpine\n    steps:\n      - run: x\n", "in a container"),
        ("on: push\njobs:\n  deploy:\n    steps:\n      - run: |+\n          x\n\n\n", "keeps the empty lines"),
    ],
)
def test_a_job_whose_end_is_not_followed_is_refused(flow, why):
    result = workflow.add_release_jobs(flow.encode(), INSIDE, "ci.yml")
    assert isinstance(result, Refused) and why in result.reason
    assert result.snippet.startswith("- uses: actions/checkout") and "steps" in result.place


def test_gitlab_has_no_step_that_may_fail():
    result = gitlab.add_release_jobs(PIPELINE.encode(), INSIDE)
    assert isinstance(result, Refused) and "fails the job" in result.reason
