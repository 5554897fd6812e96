"""The environment of a deploy job: what names another one than production never gets production's release."""

from __future__ import annotations

import pytest

from checks.errors import UsageError
from tests.support.edits import READY, after

PUSHED = "on: {push: {branches: [main]}}\n"


def flow(job: str, run: str = "cf push", *, head: str = PUSHED, more: str = "", step: str = "") -> str:
    return f"{head}jobs:\n  {job}:\n{more}    runs-on: x\n    steps:\n      - uses: actions/checkout@v5\n      - run: {run}\n{step}"


CG = "on: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - uses: cloud-gov/cg-cli-tools@main\n        with:\n          cf_space: %s\n          cf_command: push\n"
ASKED = "on: {workflow_dispatch: {inputs: {environment: {default: backup}}}}\n"


@pytest.mark.parametrize(
    ("name", "text", "environment", "why"),
    [
        ("d.yml", flow("deploy-development"), "development", "its name says so"),
        ("d.yml", flow("deploy-on-test"), "test", "its name says so"),
        ("d.yml", flow("go", more="    name: Deploy Shop on Test\n"), "test", "its name says so"),
        ("d.yml", flow("deploy-qa"), "qa", "its name says so"),
        ("d.yml", flow("notify", "argocd app sync shop", step="        env: {URL: '${{ vars.ARGOCD_PREPROD_URL }}', T: '${{ secrets.ARGOCD_PREPROD_TOKEN }}'}\n"), "preprod", "`ARGOCD_PREPROD_URL` says so"),
        ("d.yml", flow("go", step="        env: {TOKEN: '${{ secrets.CF_DEV_TOKEN }}'}\n"), "development", "`CF_DEV_TOKEN` says so"),
        ("dev-ci.yml", flow("deploy"), "development", "its workflow's name says so"),
        ("d.yml", flow("deploy", head="name: Deploy the sandbox\n" + PUSHED), "sandbox", "its workflow's name says so"),
        ("d.yml", CG % "development", "development", "`cf_space: development` says so"),
        ("d.yml", CG % "stable", "stable", "`cf_space: stable` names it"),
        ("d.yml", ASKED + (CG % "${{ inputs.environment }}").partition("\n")[2], "${{ inputs.environment }}", "only its run knows"),
        ("d.yml", flow("deploy", "cf push -f manifest-development.yml"), "development", "says so"),
        ("d.yml", flow("deploy", "zappa update dev"), "development", "says so"),
        ("d.yml", flow("deploy", step="        env: {ENVIRONMENT: sandbox}\n"), "sandbox", "`ENVIRONMENT: sandbox` says so"),
        ("d.yml", flow("deploy", more="    environment: development\n"), "development", "its `environment` says so"),
        ("d.yml", flow("go", more="    environment: {name: Dev, url: https://x.example}\n"), "Dev", "its `environment` says so"),
        ("d.yml", flow("ship", more="    environment: deploy-on-test\n"), "deploy-on-test", "its `environment` says so"),
        ("d.yml", flow("deploy", more="    environment: shop-${{ github.ref_name }}\n"), "shop-${{ github.ref_name }}", "only its run knows"),
    ],
)  # fmt: skip
def test_another_environment_is_told_and_gets_no_release_of_production(tmp_path, name, text, environment, why):
    path = f".github/workflows/{name}"
    done = after(tmp_path, READY | {path: text}, "release-tracking")
    assert done.text(path) == text
    [task] = [t for t in done.steps["release-tracking"].manual if "deploys to" in (t.reason or "")]
    assert (
        f"deploys to {environment} (" in task.reason and why in task.reason and f"release.workflow={path}" in task.title
    )
    assert (
        task.place.startswith(path) and "sentry-cli releases new" in task.snippet and '"production"' not in task.snippet
    )
    assert "\n# backend reads it from SENTRY_RELEASE: " in task.snippet


@pytest.mark.parametrize(
    ("name", "text", "environment"),
    [
        ("d.yml", flow("deploy"), "production"),
        ("test.yml", flow("test-and-deploy"), "production"),
        ("d.yml", flow("deploy", head="name: Deploy & test\n" + PUSHED), "production"),
        ("dev-and-prod.yml", flow("deploy"), "production"),
        ("dev.yml", flow("deploy-production"), "production"),
        ("d.yml", flow("deploy", "ssh -o UserKnownHostsFile=/dev/null me@shop.dev"), "production"),
        ("d.yml", CG % "prod", "production"),
        ("d.yml", flow("deploy", "zappa update staging"), "staging"),
        ("d.yml", flow("deploy", more="    environment: shop-eu\n"), "shop-eu"),
        ("d.yml", flow("deploy", more="    environment: {name: staging}\n"), "staging"),
        ("d.yml", flow("deploy", more="    environment: ${{ github.ref_name }}\n"), "$SENTRY_ENVIRONMENT"),
    ],
)
def test_what_names_none_is_production_and_what_is_written_is_taken(tmp_path, name, text, environment):
    path = f".github/workflows/{name}"
    done = after(tmp_path, READY | {path: text}, "release-tracking")
    assert f'-e "{environment}"' in done.text(path)


def test_the_job_of_production_gets_its_release_beside_one_of_development(tmp_path):
    text = flow("deploy-dev") + flow("deploy-production").partition("jobs:\n")[2]
    done = after(tmp_path, READY | {".github/workflows/d.yml": text}, "release-tracking")
    made = done.text(".github/workflows/d.yml")
    assert (
        "needs: deploy-production" in made and "needs: deploy-dev" not in made and "deploy-dev deploys to" in done.left
    )


def test_the_person_who_names_the_job_decides(tmp_path):
    files = READY | {".github/workflows/d.yml": flow("deploy-development")}
    done = after(tmp_path, files, "release-tracking", release__jobs="deploy-development:dev")
    assert '-e "dev"' in done.text(".github/workflows/d.yml")


@pytest.mark.parametrize("head", ["on: [workflow_call, workflow_dispatch]\n", "on: workflow_call\n"])
def test_a_workflow_that_no_file_calls_is_not_said_to_be_called(tmp_path, head):
    done = after(tmp_path, READY | {".github/workflows/d.yml": flow("deploy", head=head)}, "release-tracking")
    assert "d.yml can be called by other workflows: what calls it must pass SENTRY_AUTH_TOKEN" in done.left


def test_a_workflow_that_a_file_calls_names_that_file(tmp_path):
    head = "on: {workflow_call: , push: {branches: [main]}}\n"
    caller = "on: push\njobs:\n  go:\n    uses: ./.github/workflows/d.yml\n"
    files = READY | {".github/workflows/d.yml": flow("deploy", head=head), ".github/workflows/c.yml": caller}
    done = after(tmp_path, files, "release-tracking")
    assert "d.yml is called by .github/workflows/c.yml: what calls it must pass" in done.left


REMOTE = "on: {}\njobs:\n  {}:\n    uses: acme/ops/.github/workflows/{}.yml@main\n    with: {{ENVIRONMENT: prod}}\n"


@pytest.mark.parametrize(
    ("on", "job", "called"),
    [
        ("{pull_request: , workflow_dispatch: }", "start", "start-runner"),
        ("{workflow_dispatch: }", "evaluate", "evaluation"),
        ("{push: {branches: [main]}}", "notify", "slack"),
        ("{schedule: [{cron: 5 4 * * *}]}", "report", "usage"),
    ],
)
def test_a_remote_workflow_that_is_told_an_environment_gets_no_release_by_that(tmp_path, on, job, called):
    text = REMOTE.format(on, job, called)
    done = after(tmp_path, READY | {"w/.keep": "", ".github/workflows/w.yml": text}, "release-tracking")
    assert done.text(".github/workflows/w.yml") == text


@pytest.mark.parametrize(
    ("on", "more", "limited"),
    [
        ("push", "", True),
        ("[push, workflow_dispatch]", "", True),
        ("{push: {branches: [main]}}", "", False),
        ("{push: {tags: ['v*']}}", "", False),
        ("push", "    if: github.ref == 'refs/heads/main'\n", False),
        ("release", "", False),
    ],
)
def test_a_remote_deploy_that_every_branch_starts_has_releases_of_the_default_branch(tmp_path, on, more, limited):
    text = f"on: {on}\njobs:\n  deploy:\n{more}    uses: acme/ops/.github/workflows/go.yml@v1\n    with: {{githubRef: '${{{{ github.ref }}}}'}}\n"
    done = after(tmp_path, READY | {".github/workflows/w.yml": text}, "release-tracking")
    added = done.text(".github/workflows/w.yml").removeprefix(text)
    assert "needs: deploy\n" in added
    assert ("    if: github.ref_name == github.event.repository.default_branch\n" in added) is limited, added


def test_a_remote_workflow_whose_name_says_so_is_followed_by_a_release(tmp_path):
    text = REMOTE.format("{push: {branches: [main]}}", "api", "deploy-ecs")
    done = after(tmp_path, READY | {".github/workflows/w.yml": text}, "release-tracking")
    assert "needs: api\n" in done.text(".github/workflows/w.yml")


CHAIN = (
    "name: Shop Test CI\non: {push: {branches: [main]}}\njobs:\n"
    "  build:\n    runs-on: x\n    steps:\n      - run: oc start-build shop\n"
    "  deploy-on-test:\n    needs: build\n    runs-on: x\n    steps:\n      - run: oc rollout latest shop\n"
)


def test_a_job_that_builds_for_a_test_environment_gets_no_release_of_production(tmp_path):
    done = after(tmp_path, READY | {".github/workflows/test-ci.yaml": CHAIN}, "release-tracking")
    assert done.text(".github/workflows/test-ci.yaml") == CHAIN
    told = [t for t in done.steps["release-tracking"].manual if "deploys to" in (t.reason or "")]
    [task] = told
    assert (
        "job deploy-on-test deploys to test (its name says so)" in task.reason
        and "needs: deploy-on-test" in task.snippet
    )


def test_a_release_follows_the_last_job_of_a_deployment(tmp_path):
    text = CHAIN.replace("deploy-on-test", "deploy").replace("Shop Test CI", "Shop")
    done = after(tmp_path, READY | {".github/workflows/ci.yaml": text}, "release-tracking")
    assert "    needs: deploy\n" in done.text(".github/workflows/ci.yaml").removeprefix(text)


def test_a_file_that_deploys_to_production_too_keeps_it(tmp_path):
    text = (
        CHAIN
        + "  deploy-production:\n    needs: build\n    runs-on: x\n    steps:\n      - run: oc rollout latest shop\n"
    )
    done = after(tmp_path, READY | {".github/workflows/ci.yaml": text}, "release-tracking")
    added = done.text(".github/workflows/ci.yaml").removeprefix(text)
    assert "sentry-release-production:" in added and "sentry-release-test" not in added


@pytest.mark.parametrize(
    ("written", "declared", "recorded"),
    [
        ("", "prod", "prod"),
        ("    environment: production\n", "prod", "prod"),
        ("    environment: staging\n", "prod", "staging"),
        ("    environment: Production\n", "production", "production"),
        ("", None, "production"),
    ],
)
def test_a_deploy_is_recorded_under_the_name_that_the_application_reports(tmp_path, written, declared, recorded):
    value = f"      - key: SENTRY_ENVIRONMENT\n        value: {declared}\n" if declared else ""
    host = f"services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n    envVars:\n      - key: A\n        value: b\n{value}"
    files = READY | {"render.yaml": host, ".github/workflows/d.yml": flow("deploy", more=written)}
    done = after(tmp_path, files, "release-tracking")
    assert f'-e "{recorded}"' in done.text(".github/workflows/d.yml")


def both(first: str, second: str) -> dict[str, str]:
    """Return two workflows, each with a job of the same name."""
    return {".github/workflows/a.yml": first, ".github/workflows/b.yml": second}


@pytest.mark.parametrize(
    ("files", "jobs", "released"),
    [
        (both(flow("deploy"), flow("deploy", "make lint")), "deploy:production", ("a.yml",)),
        (both(flow("deploy"), flow("deploy", more="    environment: staging\n")), "deploy:production,deploy:staging", ("a.yml", "b.yml")),
        (both(flow("deploy"), flow("deploy")), "deploy:production", ("a.yml", "b.yml")),
        (both(flow("web"), flow("api")), "web:production,api:production", ("a.yml", "b.yml")),
        (both(flow("web"), flow("lint", "make lint")), "lint:production", ("b.yml",)),
    ],
)  # fmt: skip
def test_an_answer_that_was_only_agreed_to_means_what_was_found(tmp_path, files, jobs, released):
    done = after(tmp_path, READY | files, "release-tracking", **{"release.jobs": jobs})
    for path, text in files.items():
        assert (done.text(path) != text) is path.endswith(released), path
        assert ("sentry-release-" in done.text(path)) is path.endswith(released)


def test_a_job_that_may_be_in_two_workflows_is_asked_about(tmp_path):
    files = both(flow("check", "make a"), flow("check", "make b"))
    with pytest.raises(UsageError, match="cannot be determined"):
        after(tmp_path, READY | files, "release-tracking", **{"release.jobs": "check:production"})


BUILT_AND_HANDED = """on: {{push: {{branches: [release]}}}}
jobs:
  build:
    runs-on: x
    steps:
      - uses: actions/checkout@v5
      - run: oc process -f bc.yaml | oc apply -f -
      - run: oc start-build shop --wait
  {0}:
    needs: [{1}]
    runs-on: x
    steps:
      - uses: actions/checkout@v5
        with: {{repository: acme/gitops}}
      - run: git push
"""


@pytest.mark.parametrize("job", ["deploy-on-test", "deploy-on-tst", "deploy-on-prod"])
def test_what_builds_for_a_job_that_leaves_the_deployment_to_others_is_followed_by_no_release(tmp_path, job):
    text = BUILT_AND_HANDED.format(job, "build")
    done = after(tmp_path, READY | {".github/workflows/d.yml": text}, "release-tracking")
    assert done.text(".github/workflows/d.yml") == text
    [task] = [t for t in done.steps["release-tracking"].manual if "sentry-cli releases new" in t.snippet]
    assert task.reason.startswith(f"deployment runs elsewhere: job {job}: it pushes to acme/gitops"), task


def test_a_job_that_deploys_beside_one_that_leaves_it_to_others_is_followed_by_a_release(tmp_path):
    text = BUILT_AND_HANDED.format("deploy-docs-site", "build")
    done = after(tmp_path, READY | {".github/workflows/d.yml": text}, "release-tracking")
    assert "needs: build" in done.text(".github/workflows/d.yml")


def test_of_several_jobs_that_leave_the_deployment_to_others_production_is_named(tmp_path):
    files = {
        ".github/workflows/a.yml": BUILT_AND_HANDED.format("deploy-on-dev", "build"),
        ".github/workflows/b.yml": BUILT_AND_HANDED.format("deploy-on-prod", "build"),
    }
    done = after(tmp_path, READY | files, "release-tracking")
    [task] = [t for t in done.steps["release-tracking"].manual if "sentry-cli releases new" in t.snippet]
    assert "job deploy-on-prod: it pushes" in task.reason and ".github/workflows/b.yml:" in task.reason
