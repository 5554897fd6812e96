"""What is left for a host is in its own syntax, and a project that is linked from the top is one project."""

from __future__ import annotations

import pytest

from setup_wizard.steps.declarations import declaration
from tests.support.repo import facts_of


@pytest.mark.parametrize(
    ("host", "text", "wanted"),
    [
        ("kubernetes", "", "secretKeyRef:"),
        ("digitalocean", "", "- key: SENTRY_DSN\n  scope: RUN_TIME\n  type: SECRET\n  value: https://k@h/1"),
        (
            "terraform",
            'resource "azurerm_linux_web_app" "x" {\n  app_settings = {}\n}',
            '"SENTRY_DSN" = var.sentry_dsn\n',
        ),
        ("terraform", 'resource "aws_ecs_task_definition" "x" {}', '{ name = "SENTRY_DSN", value = var.sentry_dsn },'),
        ("terraform", 'resource "google_cloud_run_v2_service" "x" {}', 'env {\n  name  = "SENTRY_DSN"\n'),
        ("helm", "", "SENTRY_DSN: …"),
        ("lambda", "Type: AWS::Serverless::Function", "Variables:\n    SENTRY_DSN: '{{resolve:ssm:sentry_dsn}}'"),
        ("lambda", "functions: {}", "environment:\n  SENTRY_DSN: ${ssm:/sentry_dsn}"),
    ],
)
def test_a_declaration_is_in_the_hosts_own_syntax(host, text, wanted):
    done = declaration(host, "SENTRY_DSN", "https://k@h/1", text)
    assert wanted in done and ("sensitive = true" in done) == (host == "terraform")


MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'


@pytest.mark.parametrize(
    ("settings", "files", "roots"),
    [
        ("settings", ["site/settings.py"], ["site"]),  # found from the inner folder only
        ("site.web.settings", ["site/web/settings.py"], ["."]),
        ("config.settings", ["config/settings.py", "site/config/settings.py"], [".", "site"]),
        ("config.settings", [], ["."]),
    ],
)
def test_a_manage_py_that_is_linked_from_the_top_is_one_project(settings, files, roots):
    tree = dict.fromkeys(files, "DEBUG = False\n")
    tree |= {p: MANAGE.format(settings) for p in ("manage.py", "site/manage.py")}
    assert [b.root for b in facts_of(tree).backends] == roots
