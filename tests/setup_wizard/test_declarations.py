"""What is left for a host is in its own syntax, and a project that is linked from the top is one project."""

from __future__ import annotations

import json

import pytest

from setup_wizard.steps.declarations import declaration
from tests.support.edits import DSN, READY, after
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


def container(env: str) -> str:
    """A manifest with one container that takes its variables by some lines."""
    return f"kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: shop\n{env}"


def taken(name: str, key: str) -> str:
    """An entry of `env` that one key of a Secret fills."""
    return f"            - name: A\n              valueFrom: {{secretKeyRef: {{name: {name}, key: {key}}}}}\n"


WHOLE = "          envFrom: [{secretRef: {name: shop-secrets}}]\n"
ENV = "          env:\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (container(WHOLE), "# in `stringData` of the Secret shop-secrets\nSENTRY_DSN: https://k@h/1"),
        (container(WHOLE) + "---\n" + container(WHOLE), "# in `stringData` of the Secret shop-secrets"),
        (container(WHOLE) + "---\n" + container(WHOLE.replace("shop", "other")), "name: sentry\n      key: dsn"),
        (container("          envFrom: [{configMapRef: {name: shop}}]\n"), "name: sentry\n      key: dsn"),
        (container(ENV + taken("rsr", "django-key")), "name: rsr\n      key: sentry-dsn"),
        (container(ENV + taken("rsr", "django_key")), "name: rsr\n      key: sentry_dsn"),
        (container(ENV + taken("rsr", "DJANGO_KEY")), "name: rsr\n      key: SENTRY_DSN"),
        (container(ENV + taken("rsr", "a") + taken("db", "b")), "name: sentry\n      key: dsn"),
        ("{{ not yaml", "name: sentry\n      key: dsn"),
    ],
)
def test_a_manifest_takes_the_dsn_from_the_secret_that_it_has(text, wanted):
    assert wanted in declaration("kubernetes", "SENTRY_DSN", "https://k@h/1", text)


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


POD = "spec:\n  containers:\n    - name: {{ .Chart.Name }}\n      envFrom:\n"


@pytest.mark.parametrize(
    ("loaded", "title", "secret"),
    [
        ("        - secretRef:\n            name: shop-secrets\n", "the Secret `shop-secrets`", "shop-secrets"),
        (
            '        - secretRef:\n            name: a\n        - secretRef:\n            name: "b"\n        - secretRef:\n            name: {{ .Values.c }}\n',
            "one of the Secrets a, b",
            "NAME",
        ),
    ],
)
def test_pods_of_a_chart_that_load_a_secret_get_the_variable_there(tmp_path, loaded, title, secret):
    chart = {"chart/Chart.yaml": "name: shop\n", "chart/values.yaml": "env:\n  DJANGO_X: a\n"}
    done = after(tmp_path, READY | chart | {"chart/templates/web.yaml": POD + loaded}, "dsn")
    [task] = [t for t in done.steps["dsn"].manual if "Secret" in t.title]
    assert task.title == f"set SENTRY_DSN in {title}, which the chart's pods load in full"
    assert task.command == f"kubectl patch secret {secret} --patch '{json.dumps({'stringData': {'SENTRY_DSN': DSN}})}'"
