"""Steps that may create a release by a program that is not read, and releases of another project: what the report says of them."""

from __future__ import annotations

import pytest

from tests.checks.test_deployment_cases import BASE, WEB
from tests.support.edits import READY, after
from tests.support.repo import backend, check_one

TOKEN = "{SENTRY_AUTH_TOKEN: '${{ secrets.SENTRY_AUTH_TOKEN }}', SENTRY_ORG: acme, SENTRY_PROJECT: shop}"
CI = ".github/workflows/d.yml"


def flow(step: str) -> dict[str, str]:
    text = (
        "on:\n  push:\n    branches: [main]\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n"
        f"      - run: kubectl apply -f k8s\n{step}"
    )
    return {CI: text}


ACTION = f"      - uses: acme/sentry-action-release@v3\n        env: {TOKEN}\n"


@pytest.mark.parametrize(
    ("step", "outcome", "said"),
    [
        (ACTION, "unknown", "job deploy uses acme/sentry-action-release that may create a release"),
        ("      - uses: acme/sentry-action-release@v3\n", "unknown", "acme/sentry-action-release"),
        (f"      - uses: acme/tell@v3\n        env: {TOKEN}\n", "unknown", "acme/tell"),
        (
            "      - uses: acme/tell@v3\n        with: {token: '${{ secrets.SENTRY_TOKEN }}'}\n",
            "unknown",
            "acme/tell",
        ),
        ("      - uses: acme/tell@v3\n        with: {token: '${{ secrets.CHAT_TOKEN }}'}\n", "fail", "no CI step"),
        (f"      - uses: actions/cache@v4\n        env: {TOKEN}\n", "fail", "no CI step"),
        (f"      - uses: docker/build-push-action@v6\n        env: {TOKEN}\n", "fail", "no CI step"),
        (
            f"      - uses: actions/github-script@v7\n        with: {{script: require('./release.js')}}\n        env: {TOKEN}\n",
            "unknown",
            "job deploy runs a program",
        ),
        (
            f"      - run: docker run --rm -e SENTRY_AUTH_TOKEN tools release\n        env: {TOKEN}\n",
            "unknown",
            "container",
        ),
        ("      - run: docker run --rm tools release\n", "fail", "no CI step"),
        (f"      - run: docker build .\n        env: {TOKEN}\n", "fail", "no CI step"),
        (
            f"      - if: github.event_name == 'pull_request'\n        uses: acme/tell@v3\n        env: {TOKEN}\n",
            "fail",
            "no CI step",
        ),
    ],
)
def test_a_step_that_is_not_read_may_create_the_release(step, outcome, said):
    found = check_one("release-tracking", backend() | BASE | flow(step))
    assert (str(found.outcome), True) == (outcome, said in found.verdicts[0].findings[0].message), found.verdicts


@pytest.mark.parametrize(
    ("run", "outcome", "said"),
    [
        ("docker compose run --rm cli releases new -p shop 1", "pass", "job deploy creates a release"),
        ("docker-compose -f tools.yml run -e A=1 cli releases new -p shop 1", "pass", "job deploy creates a release"),
        ("docker compose run --rm other releases new -p shop 1", "unknown", "the service other"),
        ("docker compose run --entrypoint sentry-cli -e SENTRY_AUTH_TOKEN web releases new 1", "pass", "creates"),
        ("docker compose run --rm cli info", "fail", "no CI step"),
        ("docker compose run web releases new 1", "unknown", "container"),
    ],
)
def test_a_service_of_compose_runs_the_cli(run, outcome, said):
    compose = (
        "services:\n  cli:\n    image: getsentry/sentry-cli:2\n    environment: [SENTRY_AUTH_TOKEN]\n"
        "  other:\n    image: getsentry/sentry-cli\n  web:\n    build: .\n"
    )
    files = backend() | BASE | flow(f"      - run: {run}\n        env: {TOKEN}\n")
    found = check_one("release-tracking", files | {"compose.yml": compose, "tools.yml": compose})
    verdict = found.verdicts[0]
    texts = [f.message for f in verdict.findings] + [e.fact for e in verdict.evidence]
    assert str(found.outcome) == outcome and any(said in t for t in texts), found.verdicts


@pytest.mark.parametrize(("deploys", "outcome"), [("kubectl apply -f k8s", "fail"), ("ssh a@b ./up.sh", "unknown")])
def test_a_release_of_another_project_is_named_with_both(deploys, outcome):
    step = f"      - run: sentry-cli releases new -p shop 1\n        env: {TOKEN}\n"
    files = {CI: flow(step)[CI].replace("kubectl apply -f k8s", deploys)}
    told = {"sentry-setup.toml": 'backend.project = "shop-backend"\n'}
    found = check_one("release-tracking", backend() | BASE | files | told)
    message = "the release step of job deploy creates releases for shop, but not for shop-backend"
    assert (str(found.outcome), found.verdicts[0].findings[0].message) == (outcome, message)


def test_no_second_release_beside_a_step_that_may_create_one(tmp_path):
    done = after(tmp_path, READY | flow(ACTION), "release-tracking")
    assert done.text(CI) == flow(ACTION)[CI]
    assert "may create a release" in done.left and "--set release.jobs=JOB:production" in done.left


def test_a_person_who_names_the_job_gets_the_release(tmp_path):
    done = after(tmp_path, READY | flow(ACTION), "release-tracking", release__jobs="deploy:production")
    assert "needs: deploy" in done.text(CI)


PUSHED = "  image:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker push shop/web:1\n"


def _frontend_deploy(steps: str, jobs: str = "") -> dict[str, str]:
    text = (
        "on:\n  push:\n    branches: [main]\njobs:\n  site:\n    runs-on: ubuntu-latest\n    defaults:\n      run:\n"
        f"        working-directory: frontend\n    steps:\n{steps}{jobs}"
    )
    return {CI: text}


@pytest.mark.parametrize(
    ("steps", "jobs", "outcome", "message", "line"),
    [
        ("      - run: npm run build\n      - run: aws s3 sync dist s3://ui\n", PUSHED, "unknown",
         "deployment runs elsewhere: job image pushes an image, and nothing here deploys it", 16),
        ("      - run: aws s3 sync dist s3://ui\n", "", "fail", "no CI step creates a Sentry release, and no job that deploys was found", None),
        ("      - run: aws s3 sync dist s3://ui\n      - run: fly deploy\n        working-directory: .\n", PUSHED, "fail",
         "no CI step creates a Sentry release", 5),
        ("      - run: kubectl apply -f ../k8s\n        working-directory: shop\n", PUSHED, "fail",
         "no CI step creates a Sentry release", 5),
    ],
)  # fmt: skip
def test_a_deploy_of_the_frontend_alone_is_none_of_the_backend(steps, jobs, outcome, message, line):
    found = check_one("release-tracking", backend() | BASE | WEB | _frontend_deploy(steps, jobs))
    verdict = found.verdicts[0]  # the backend comes first
    assert (str(verdict.outcome), verdict.findings[0].message) == (outcome, message)
    assert (verdict.findings[0].path, verdict.findings[0].line) == (CI, line)


@pytest.mark.parametrize(
    ("path", "text", "outcome"),
    [
        ("bin/deploy", "#!/bin/bash\ngit pull\nsentry-cli releases new -p shop $R\n", "unknown"),
        ("deploy.sh", "npx @sentry/cli releases new -p shop $R\n", "unknown"),
        ("deploy.sh", "cd app && sentry-cli releases --org acme new $R\n", "unknown"),
        ("deploy.sh", "# sentry-cli releases new $R\necho sentry-cli releases new\n", "fail"),
        ("tests/deploy.sh", "sentry-cli releases new $R\n", "fail"),
        ("notes.txt", "sentry-cli releases new $R\n", "fail"),
    ],
)
def test_a_script_that_nothing_here_runs_may_create_the_release(path, text, outcome):
    job = {CI: "on: push\njobs:\n  test:\n    runs-on: x\n    steps:\n      - run: pytest\n"}
    found = check_one("release-tracking", backend() | BASE | job | {path: text})
    assert str(found.outcome) == outcome
    if outcome == "unknown":
        [finding] = found.verdicts[0].findings
        assert finding.message == f"{path} creates a release, and whether a deployment runs it is unknown"
        assert (finding.path, finding.line) == (path, 3 if path == "bin/deploy" else 1)


def test_no_job_is_added_beside_a_script_that_creates_the_release(tmp_path):
    text = "on: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: flyctl deploy\n"
    script = {"bin/release": "#!/bin/sh\nsentry-cli releases new -p shop 1\n"}
    done = after(tmp_path, READY | {CI: text} | script, "release-tracking")
    assert done.text(CI) == text and "bin/release creates a release" in done.left
