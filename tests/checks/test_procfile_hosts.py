"""Whom a Procfile is for: the host that the repository shows, no host by name where nothing shows one; and task definitions that jobs name."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one, facts_of

PROCFILE = {"Procfile": "web: gunicorn shop.wsgi\n"}
TASK = {
    "aws/web.json": json.dumps(
        {
            "family": "shop",
            "containerDefinitions": [
                {
                    "name": "shop",
                    "command": ["gunicorn", "shop.wsgi"],
                    "secrets": [{"name": "SENTRY_DSN", "valueFrom": "/shop/dsn"}],
                }
            ],
        },
        indent=2,
    )
}
RENDERED = """on: {push: {branches: [main]}}
env:
  DEFINITION: ./aws/web.json
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: aws-actions/amazon-ecs-render-task-definition@v1
        with:
          task-definition: %s
          container-name: shop
          image: r.example/shop
"""
BY_ENV = {".github/workflows/d.yml": RENDERED % "${{ env.definition }}"}
BY_PATH = {".github/workflows/d.yml": RENDERED % "aws/web.json"}
BY_STEP = {".github/workflows/d.yml": RENDERED % "${{ steps.made.outputs.definition }}"}
RENDER = {
    "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n"
}
TESTED = {"app.json": '{"environments": {"test": {"scripts": {"test": "pytest"}}}}'}
DESCRIBED = {"app.json": '{"buildpacks": [{"url": "heroku/python"}]}'}
NAMED = {
    ".github/workflows/h.yml": "on: push\njobs:\n  d:\n    runs-on: ubuntu-latest\n    steps:\n      - run: heroku ps\n"
}


@pytest.mark.parametrize(
    ("files", "hosts"),
    [
        (PROCFILE, {"procfile"}),
        (PROCFILE | {"README.md": "We left Heroku.\n"}, {"procfile"}),  # a name alone is no command
        (PROCFILE | {"README.md": "git push heroku main\n"}, {"heroku"}),
        (PROCFILE | {"shop/hosts.py": 'HOSTS = [".herokuapp.com"]\n'}, {"heroku"}),
        (PROCFILE | {"requirements/prod.txt": "django-heroku==0.3.1\n"}, {"heroku"}),
        (PROCFILE | {"README.md": "git push dokku main\n"}, {"dokku"}),
        (PROCFILE | {"README.md": "git push heroku main\n\ngit push dokku main\n"}, {"procfile"}),
        (PROCFILE | {"examples/heroku/README.md": "git push heroku main\n"}, {"procfile"}),
        (PROCFILE | TASK | BY_ENV, {"ecs"}),
        (PROCFILE | TASK | BY_PATH, {"ecs"}),
        (PROCFILE | TASK | BY_STEP, {"procfile"}),  # which file it is was decided by another step
        (PROCFILE | RENDER, {"render"}),
        (PROCFILE | TASK | BY_ENV | TESTED, {"ecs"}),  # an app.json for Heroku's tests alone
        (PROCFILE | RENDER | DESCRIBED, {"render", "heroku"}),
        (PROCFILE | RENDER | NAMED, {"render", "heroku"}),
        (PROCFILE | {"scalingo.json": '{"env": {"IS_REVIEW_APP": {"value": "True"}}}'}, {"scalingo"}),
    ],
)
def test_a_procfile_is_for_the_host_that_the_repository_shows(files, hosts):
    assert {d.host for d in facts_of(backend() | files).deployments} == hosts


def test_a_task_definition_that_a_job_hands_over_declares_the_dsn():
    settings = 'import os\nimport sentry_sdk\n\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
    result = check_one("dsn-configured", backend() | PROCFILE | TASK | BY_ENV | {"shop/settings.py": settings})
    assert result.outcome is Outcome.PASS
    declared = next(e for e in result.evidence if e.path == "aws/web.json")
    assert declared.fact == "`SENTRY_DSN` is declared for shop (ECS, production)" and declared.line == 12


def test_what_a_review_app_is_given_declares_nothing_for_production():
    """Scalingo's manifest is for review apps and one-click deploys (https://doc.scalingo.com/platform/app/app-manifest)."""
    settings = 'import os\nimport sentry_sdk\n\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
    manifest = {"scalingo.json": '{"env": {"SENTRY_DSN": {"value": "https://aa@o1.ingest.us.sentry.io/1"}}}'}
    result = check_one("dsn-configured", backend() | PROCFILE | manifest | {"shop/settings.py": settings})
    assert result.outcome is Outcome.UNKNOWN
    finding = result.findings[0]
    assert finding.message == "Scalingo keeps variables in its dashboard, where `SENTRY_DSN` cannot be seen"
    assert (finding.path, finding.line) == ("Procfile", 1)
