"""Conditions of jobs with the contexts that GitHub gives them: each answer was decided from GitHub's documentation first.

https://docs.github.com/en/actions/reference/workflows-and-actions/contexts,
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import pytest

from checks.ci.conditions import runs, runs_in_reviews
from checks.ci.refusals import refused
from tests.support.repo import facts_of

PUSH = "{push: {branches: [main]}}"
TAGS = "{push: {tags: ['v*']}}"
BOTH = "{push: {branches: [main], tags: ['v*']}}"
RELEASE = "{release: {types: [published]}}"
BY_HAND = (
    "{workflow_dispatch: {inputs: {dry_run: {type: boolean}, where: {type: choice, options: [staging, production]}}}}"
)
MERGED = "{pull_request: {types: [closed], branches: [main]}}"
TARGET = "{pull_request_target: {types: [opened, synchronize]}}"
AFTER = "{workflow_run: {workflows: [CI], types: [completed]}}"
CALLED = "{workflow_call: {inputs: {where: {type: string}}}}"


def flow(on: str, job: str = "", *, step: str = "", more: str = "", env: str = "", before: str = ""):
    """Return a workflow and its job `ship` with one step, both with a condition or none; `before` are other jobs."""
    text = f"on: {on}\n{env}jobs:\n{before}  ship:\n    runs-on: x\n{more}"
    text += f"    if: {_quoted(job)}\n" if job else ""
    text += "    steps:\n      - run: make go\n" + (f"        if: {_quoted(step)}\n" if step else "")
    workflow = facts_of({".github/workflows/d.yml": text}).workflows[0]
    return workflow, next(j for j in workflow.jobs if j.id == "ship")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize(
    ("on", "condition", "holds"),
    [
        # Branches, tags, releases.
        (BOTH, "github.ref_type == 'tag'", True),
        (PUSH, "github.ref_type == 'tag'", False),
        (TAGS, "github.ref_type == 'branch'", False),
        (TAGS, "startsWith(github.ref, 'refs/heads/')", False),
        (TAGS, "github.ref_name == 'main'", False),
        (TAGS, "startsWith(github.REF_NAME, 'V')", True),
        ("{push: {tags: ['release-*']}}", "startsWith(github.ref, 'refs/tags/v')", False),
        ("{push: {tags: ['release-*']}}", "startsWith(github.ref_name, 'release-')", True),
        ("{push: {tags: ['v[0-9]+.[0-9]+.[0-9]+', '!v0.*']}}", "startsWith(github.ref, 'refs/tags/v1.')", True),
        ("{push: {tags: ['v[0-9]+.[0-9]+.[0-9]+', '!v0.*']}}", "startsWith(github.ref, 'refs/tags/v2.')", True),
        ("{push: {tags: ['v[0-9]+.[0-9]+.[0-9]+', '!v0.*']}}", "startsWith(github.ref, 'refs/tags/v0.')", False),
        ("{push: {tags: ['v[0-9]+.[0-9]+.[0-9]+']}}", "endsWith(github.ref, '-beta')", False),
        ("{push: {tags: ['v*']}}", "contains(github.ref, '-rc')", True),
        ("{push: {tags: ['v*']}}", "startsWith(github.ref, 'refs/tags/v2.') && endsWith(github.ref, '-prod')", True),
        ("{push: {tags: ['v*', '!v*-rc*']}}", "contains(github.ref, '-rc')", False),
        ("{push: {branches: ['release/**']}}", "github.ref == 'refs/heads/main'", False),
        ("{push: {branches: ['release/**']}}", "github.ref == 'refs/heads/release/1'", True),
        ("{push: {branches: ['release/*']}}", "github.ref == 'refs/heads/release/1/2'", False),
        ("{push: {branches: ['release/**']}}", "startsWith(github.ref, 'refs/heads/release/') && endsWith(github.ref, '-eu')", True),
        ("{push: {branches: ['**', '!main']}}", "github.ref_name == 'main'", False),
        ("{push: {branches-ignore: [main]}}", "github.ref == 'refs/heads/main'", False),
        ("{push: {branches-ignore: [live]}}", "github.ref_type == 'tag'", False),
        ("{push: {tags-ignore: ['v0.*']}}", "github.ref_type == 'tag'", True),
        ("{push: {tags-ignore: ['v0.*']}}", "github.ref_type == 'branch'", False),
        ("{push: {branches: ['mai?n', 'liv+e']}}", "github.ref_name == 'man' || github.ref_name == 'livve'", True),
        ("{push: {branches: ['mai?n']}}", "github.ref_name == 'mai9n'", False),
        ("[push, workflow_dispatch]", "github.event_name == 'workflow_dispatch'", True),
        (RELEASE, "github.event.release.prerelease == false && github.event.action == 'published'", True),
        (RELEASE, "!github.event.release.draft && startsWith(github.event.release.tag_name, 'v')", True),
        (RELEASE, "github.event_name == 'push'", False),
        (PUSH, "github.event.release.tag_name != ''", False),
        (PUSH, "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)", True),
        (PUSH, "contains(fromJSON('[\"refs/heads/main\", \"refs/heads/live\"]'), github.ref)", True),
        (PUSH, "contains('refs/heads/main refs/heads/live', github.ref)", True),
        (PUSH, "contains(github.ref, 'refs/tags/')", False),
        (PUSH, "endsWith(github.ref, '/MAIN') && github.event_name != 'Pull_Request'", True),
        (PUSH, "github.ref_protected", None),
        (PUSH, "github.ref_protected || github.ref == 'refs/heads/main'", True),
        (PUSH, "github.ref_protected && github.event_name == 'schedule'", False),
        (PUSH, "github.event.created", None),
        (PUSH, "github.event.deleted == false", True),
        (PUSH, "github.event.deleted == ''", True),
        (PUSH, "contains(github.event.head_commit.message, '[deploy]')", None),
        (PUSH, "contains(github.event.commits.*.message, 'x')", None),
        (PUSH, "contains(join(github.event.commits.*.modified), 'app/')", None),
        # Pull requests.
        (MERGED, "github.event.pull_request.merged", True),
        (MERGED, "github.event.pull_request.merged == 'true'", False),
        (MERGED, "github.event.pull_request.merged == 1 && github.base_ref == 'main'", True),
        (MERGED, "github.event.action == 'opened'", False),
        (PUSH, "github.event.pull_request.merged == true", False),
        (PUSH, "github.event.pull_request == null", True),
        (PUSH, "github.event.pull_request.head.repo.fork == false", True),
        (PUSH, "github.head_ref == ''", True),
        (PUSH, "github.head_ref", False),
        (PUSH, "github.head_ref || github.ref_name", True),
        # Inputs: of a person, of a caller, of nobody.
        (PUSH, "inputs.dry_run", False),
        (PUSH, "!inputs.dry_run", True),
        (PUSH, "inputs.where == 'production'", False),
        (PUSH, "inputs.where != 'staging'", True),
        (PUSH, "github.event.inputs.dry_run == 'true'", False),
        (PUSH, "github.event.inputs.dry_run != 'true'", True),
        (PUSH, "github.event.inputs == null", True),
        (BY_HAND, "inputs.dry_run == true", None),
        (BY_HAND, "!inputs.dry_run", None),
        (BY_HAND, "github.event.inputs.where == 'production'", None),
        (BY_HAND, "inputs.were == 'production'", False),
        (BY_HAND, "contains('staging production', inputs.were)", True),
        (CALLED, "inputs.where == 'production'", None),
        # What ran before.
        (AFTER, "github.event.workflow_run.conclusion == 'success'", True),
        (AFTER, "github.event.workflow_run.conclusion == 'failure'", False),
        (AFTER, "github.event.workflow_run.head_branch == 'main' && github.event.workflow_run.event != 'pull_request'", True),
        # Values of `&&` and `||`, numbers, null.
        (PUSH, "github.ref == 'refs/heads/main' && 'live' || 'test'", True),
        (PUSH, "(github.event_name == 'push' && '') || false", False),
        (PUSH, "(github.event_name == 'push' && 0) || github.event.pull_request", False),
        (PUSH, "github.run_attempt == 1", None),
        (PUSH, "github.event.nothing == 0 && false", False),
        (PUSH, "github.event_name == 'push' == true", True),
        (PUSH, "github.event_name == 'push' == 'true'", False),
        (PUSH, "'false'", True),
        (PUSH, "'0'", True),
        (PUSH, "0x0", False),
        (PUSH, "null || NaN", False),
        (PUSH, "${{ github.event_name == 'schedule' }}", False),
        (PUSH, "${{ github.event_name == 'schedule' }} ", True),  # text stands around it: never empty
        (PUSH, "${{ false }} || ${{ false }}", True),
        (PUSH, "vars.DEPLOY == 'true' && github.event_name == 'push'", None),
        (PUSH, "vars.DEPLOY == 'true' && github.event_name == 'release'", False),
        (PUSH, "fromJSON(vars.DEPLOY || 'false')", None),
        (PUSH, "toJSON(github.event.inputs) == 'null'", True),
        # Status functions of a job that needs none.
        (PUSH, "success()", True),
        (PUSH, "failure()", False),
        (PUSH, "!failure() && !cancelled()", True),
        (PUSH, "always() && github.event_name == 'schedule'", False),
        (PUSH, "cancelled() || failure()", False),
    ],
)  # fmt: skip
def test_a_job_with_a_condition(on, condition, holds):
    workflow, job = flow(on, condition)
    assert runs(workflow, job)[0] is holds


MATRIX = (
    "    strategy: {matrix: {where: [staging, production], shard: [1, 2], exclude: [{where: staging, shard: 2}]}}\n"
)
OPEN = "    strategy: {matrix: '${{ fromJSON(needs.plan.outputs.all) }}'}\n"
INCLUDED = "    strategy: {matrix: {include: [{where: staging}, {where: live, final: 'true'}]}}\n"


@pytest.mark.parametrize(
    ("condition", "more", "env", "holds"),
    [
        ("matrix.where == 'production'", MATRIX, "", True),
        ("matrix.where == 'Production' && matrix.shard == '2'", MATRIX, "", True),
        ("matrix.where == 'prod'", MATRIX, "", False),
        ("matrix.shard == 3", MATRIX, "", False),
        ("matrix.region", MATRIX, "", False),
        ("matrix.where == 'live' && matrix.final == 'true'", INCLUDED, "", True),
        ("matrix.where == 'staging' && matrix.final", INCLUDED, "", False),
        ("matrix.where == 'production'", OPEN, "", None),
        ("env.GO == 'yes'", "", "env: {GO: 'YES'}\n", True),
        ("env.GO", "", "env: {GO: ''}\n", False),
        ("env.GO == true", "", "env: {GO: 'true'}\n", False),
        ("fromJSON(env.GO)", "", "env: {GO: 'true'}\n", True),
        ("env.NOT_SET", "", "env: {GO: ''}\n", False),
        ("env.GO == 'x'", "", "env: {GO: '${{ vars.GO }}'}\n", None),
        ("env.TOKEN != ''", "", "env: {TOKEN: '${{ secrets.TOKEN }}'}\n", True),
        ("env.TOKEN == ''", "", "env: {TOKEN: '${{ secrets.TOKEN }}'}\n", False),
        ("env['GO'] == 'x' || env.go == 'x'", "", "env: {GO: x}\n", True),
        ("runner.os == 'Linux'", "", "", None),
        ("job.status == 'success'", "", "", True),
        ("job.status == 'failure' || failure()", "", "", False),
        ("steps.build.outcome == 'success'", "", "", True),
        ("steps.build.outputs.changed == 'true'", "", "", None),
        ("hashFiles('deploy/**') != ''", "", "", None),
        ("hashFiles('deploy/**') != '' && github.event_name == 'release'", "", "", False),
    ],
)  # fmt: skip
def test_a_step_with_a_condition(condition, more, env, holds):
    workflow, job = flow(PUSH, step=condition, more=more, env=env)
    assert runs(workflow, job, job.steps[0])[0] is holds


TESTED = "  test:\n    runs-on: x\n    steps: [{run: pytest}]\n"
SKIPPED = "  old:\n    runs-on: x\n    if: github.event_name == 'schedule'\n    steps: [{run: pytest}]\n"


@pytest.mark.parametrize(
    ("before", "needs", "condition", "holds"),
    [
        (TESTED, "test", "needs.test.result == 'success'", True),
        (TESTED, "test", "needs.TEST.Result == 'SUCCESS'", True),
        (TESTED, "test", "needs.test.result == 'failure'", False),
        (TESTED, "test", "needs.test.result != 'success'", False),
        (TESTED, "test", "contains(needs.*.result, 'failure')", False),
        (TESTED, "test", "!contains(needs.*.result, 'failure') && !cancelled()", True),
        (TESTED, "test", "always() && needs.test.result == 'success'", True),
        (TESTED, "test", "always() && contains(fromJSON('[\"failure\", \"skipped\"]'), needs.test.result)", False),
        (TESTED, "test", "needs.test.outputs.deploy == 'true'", None),
        (TESTED, "test", "needs.test.outputs.deploy == 'true' || always()", True),
        (TESTED, "test", "needs.build.result == 'success'", False),  # not among those that it needs
        (SKIPPED, "old", "", False),
        (SKIPPED, "old", "github.event_name == 'push'", False),
        (SKIPPED, "old", "always()", True),
        (SKIPPED, "old", "!failure() && github.event_name == 'push'", True),
        (TESTED + SKIPPED, "[test, old]", "success()", False),
    ],
)  # fmt: skip
def test_a_job_behind_others(before, needs, condition, holds):
    workflow, job = flow(PUSH, condition, more=f"    needs: {needs}\n", before=before)
    assert runs(workflow, job)[0] is holds


@pytest.mark.parametrize(
    ("on", "condition", "holds"),
    [
        (PUSH, "", False),
        (TARGET, "", True),
        (TARGET, "github.event_name == 'pull_request'", False),
        (TARGET, "github.event.pull_request.merged", False),
        (TARGET, "github.event.action == 'closed'", False),
        (TARGET, "github.base_ref == 'main'", True),
        (TARGET, "github.ref == 'refs/heads/main'", True),  # the base branch, not the pull request's own
        (TARGET, "github.event.pull_request.head.repo.full_name == github.repository", None),
        (MERGED, "github.event.pull_request.merged == true", False),
        (MERGED, "github.event.action == 'closed'", True),
        ("{pull_request: , push: {branches: [main]}}", "github.ref == 'refs/heads/main'", False),
        ("{pull_request: , push: {branches: [main]}}", "github.event_name != 'pull_request'", False),
        (
            "{pull_request: , push: {branches: [main]}}",
            "github.event_name == 'push' || github.base_ref == 'main'",
            True,
        ),
    ],
)
def test_a_pull_request_that_is_not_merged(on, condition, holds):
    workflow, job = flow(on, condition)
    assert runs_in_reviews(workflow, job)[0] is holds


@pytest.mark.parametrize(
    ("job", "step", "named"),
    [
        ("secrets.TOKEN != ''", "", "secrets"),
        ("env.GO == 'x'", "", "env"),
        ("matrix.where == 'live'", "", "matrix"),
        ("steps.build.outcome == 'success'", "", "steps"),
        ("runner.os == 'Linux'", "", "runner"),
        ("hashFiles('deploy/**') != ''", "", "hashFiles"),
        ("", "secrets.TOKEN != ''", "secrets"),
        ("needs.test.result == 'success' && vars.GO && inputs.go && github.ref", "", None),
        ("", "hashFiles('deploy/**') != '' && env.GO && matrix.x && job.status && runner.os && strategy.fail-fast", None),
        ("contains('env.GO secrets.X', github.ref)", "", None),
    ],
)  # fmt: skip
def test_what_a_condition_may_read(job, step, named):
    said = refused(flow(PUSH, job, step=step)[0])
    assert (said is None) == (named is None)
    assert named is None or f"`{named}`" in said
