"""A release that CI cannot be seen to make: the text says how the running processes get its name, and who deploys."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, INIT, READY, after

IMAGE = 'FROM python:3.13\nCOPY . .\nCMD ["gunicorn", "shop.wsgi"]\n'
TESTS = {".github/workflows/t.yml": "on: push\njobs:\n  test:\n    runs-on: x\n    steps:\n      - run: pytest\n"}
COMPOSE = "services:\n  web:\n    image: acme/shop\n    command: gunicorn shop.wsgi\n    environment:\n      SENTRY_RELEASE: ${SENTRY_RELEASE}\n"
PUSH = "on: {push: {tags: ['v*']}}\njobs:\n  image:\n    runs-on: x\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {push: true, build-args: 'A=1'}\n"

SCAN = "on: {schedule: [{cron: '0 3 * * 1'}]}\njobs:\n  scan:\n    runs-on: x\n    steps:\n      - run: docker build -t scanned .\n      - run: trivy image scanned\n"


@pytest.mark.parametrize(
    ("files", "why", "line"),
    [
        (READY | TESTS, "no job that deploys was found (.github/workflows/t.yml)", "# backend reads it from SENTRY_RELEASE: set it to the same commit where it runs"),
        (READY | TESTS | {"compose.prod.yml": COMPOSE}, "no job that deploys was found", "# backend reads it from SENTRY_RELEASE, which compose.prod.yml:6 hands on: set it there to the same commit"),
        (READY | {"Dockerfile": IMAGE, ".github/workflows/i.yml": PUSH}, "deployment runs elsewhere: job image pushes an image", "# backend reads it from SENTRY_RELEASE: add `ARG SENTRY_RELEASE` and `ENV SENTRY_RELEASE=$SENTRY_RELEASE` to the last stage of Dockerfile and pass it to its build (.github/workflows/i.yml:6) as an argument, or set it where the image runs"),
        (READY | {"Dockerfile": IMAGE.replace("COPY", "ARG SENTRY_RELEASE\nENV SENTRY_RELEASE=$SENTRY_RELEASE\nCOPY"), ".github/workflows/i.yml": PUSH}, "deployment runs elsewhere: job image pushes an image", "# backend reads it from SENTRY_RELEASE: pass it to the build of Dockerfile (.github/workflows/i.yml:6) as an argument, or set it where the image runs"),
        (READY | TESTS | {"Procfile": "web: gunicorn shop.wsgi\n"}, "deployment runs elsewhere: ", "# backend reads it from SENTRY_RELEASE"),
        (READY | TESTS | {"Procfile": "web: gunicorn shop.wsgi\n"}, "deployment runs elsewhere: ", "# backend reads it from SENTRY_RELEASE: set it to the same commit on the platform that runs Procfile"),
        (READY | {"Procfile": "web: gunicorn shop.wsgi\n", "app.json": '{"env": {}}\n', "shop/settings.py": "import os\nimport sentry_sdk\n" + BARE["shop/settings.py"] + "sentry_sdk.init(release=os.environ.get('SENTRY_RELEASE'))\n"}, "deployment runs elsewhere: Heroku", "# backend has it on Heroku: the SDK reads HEROKU_SLUG_COMMIT"),
        (READY | {"Dockerfile": IMAGE, ".github/workflows/i.yml": PUSH, ".github/workflows/scan.yml": SCAN, "compose.test.yml": "services:\n  web:\n    build: .\n    command: pytest\n"}, "deployment runs elsewhere: job image pushes an image", "and pass it to its build (.github/workflows/i.yml:6) as an argument, or"),
        (READY | TESTS | {"shop/settings.py": READY["shop/settings.py"].replace("SENTRY_RELEASE", "SOURCE_COMMIT")}, "no job that deploys", "# backend reads it from SOURCE_COMMIT: set it to the same commit where it runs"),
        (READY | TESTS | {"Procfile": "web: gunicorn shop.wsgi\n", "app.json": '{"env": {}}\n', "shop/settings.py": "import sentry_sdk\n" + BARE["shop/settings.py"] + "sentry_sdk.init()\n"}, "deployment runs elsewhere: Heroku", "# backend has it on Heroku: the SDK reads HEROKU_SLUG_COMMIT"),
    ],
)  # fmt: skip
def test_who_deploys_and_what_names_the_release_there_are_told(tmp_path, files, why, line):
    done = after(tmp_path, files, "release-tracking")
    [task] = [t for t in done.steps["release-tracking"].manual if "run this after each deploy" in t.title]
    assert task.reason.startswith(why), task.reason
    assert line in task.snippet, task.snippet


CALLED = (
    "on: {workflow_call: , workflow_dispatch: }\njobs:\n  deploy:\n    runs-on: x\n    environment: production\n"
    "    steps:\n      - run: kubectl rollout restart deployment/shop\n"
)
CALLS = "on: {push: {branches: [main]}}\njobs:\n  all:\n    uses: ./.github/workflows/deploy.yml\n"


@pytest.mark.parametrize(("secrets", "inside"), [("    secrets: inherit\n", True), ("", False)])
def test_a_called_workflow_that_has_its_secrets_makes_the_release_itself(tmp_path, secrets, inside):
    files = READY | {".github/workflows/deploy.yml": CALLED, ".github/workflows/main.yml": CALLS + secrets}
    done = after(tmp_path, files, "release-tracking")
    made = [p for p in (".github/workflows/deploy.yml", ".github/workflows/main.yml") if done.text(p) != files[p]]
    assert made == [".github/workflows/deploy.yml" if inside else ".github/workflows/main.yml"]


def test_the_text_of_a_job_names_the_projects_and_the_checkout_of_the_repository(tmp_path):
    other = (
        "on: push\njobs:\n  test:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v6\n      - run: pytest\n"
    )
    flow = "on: {push: {branches: [main]}}\njobs:\n  deploy-qa:\n    runs-on: x\n    steps:\n      - run: cf push\n"
    done = after(
        tmp_path, READY | {".github/workflows/t.yml": other, ".github/workflows/d.yml": flow}, "release-tracking"
    )
    [task] = [t for t in done.steps["release-tracking"].manual if "deploys to qa" in (t.reason or "")]
    assert "releases new -p shop-backend" in task.snippet or "-backend " in task.snippet
    assert "uses: actions/checkout@v6\n" in task.snippet and "…" not in task.snippet


def test_a_variable_of_a_host_is_no_expression_of_github(tmp_path):
    flow = (
        "on: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: x\n    steps:\n      - run: ssh shop ./deploy\n"
    )
    own = {"shop/settings.py": "import os\nimport sentry_sdk\n" + BARE["shop/settings.py"] + INIT}
    done = after(tmp_path, READY | own | {".github/workflows/d.yml": flow}, "release-tracking")
    assert "SENTRY_RELEASE=${{ github.sha }}" not in done.left


CIRCLE = "version: 2\njobs:\n  deploy_to_staging:\n    docker: [{image: cimg/base}]\n    steps:\n      - run: cf7 push shop-staging -f manifest-staging.yml\n  deploy_to_production:\n    docker: [{image: cimg/base}]\n    steps:\n      - run: cf7 push shop -f manifest-production.yml\nworkflows:\n  all:\n    jobs: [deploy_to_staging, deploy_to_production]\n"


def test_the_job_that_deploys_production_is_required_in_a_file_that_is_not_edited(tmp_path):
    manifest = "applications:\n- name: {}\n  buildpack: python_buildpack\n  command: gunicorn shop.wsgi\n"
    files = READY | {
        ".circleci/config.yml": CIRCLE,
        "manifest-staging.yml": manifest.format("shop-staging"),
        "manifest-production.yml": manifest.format("shop"),
    }
    done = after(tmp_path, files, "release-tracking")
    assert "requires: [deploy_to_production]" in done.left and '-e "production"' in done.left
    assert "deploy_to_staging]" not in done.left
    assert (
        '# backend reads it from SENTRY_RELEASE: run `cf set-env shop SENTRY_RELEASE "$SENTRY_RELEASE"` before'
        in done.left
    )
