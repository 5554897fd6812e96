"""A Helm chart whose templates list each variable by its name: a key of its values would reach no container."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, after

CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
HEAD = "kind: {}\nspec:\n  template:\n    spec:\n"
FIRST = (
    "      initContainers:\n        - name: migrate\n          env:\n            - name: A\n              value: b\n"
)
OWN = '      containers:\n        - name: web\n          image: "{{ .Values.image }}"\n          env:\n'
PLAIN = "            - name: A\n              value: {{ .Values.vars.A | quote }}\n"
KEYS = "            - name: B\n              valueFrom:\n                secretKeyRef:\n                  name: {{ $secret }}\n                  key: secret-key\n"
UPPER = KEYS.replace("{{ $secret }}", "shop").replace("secret-key", "SECRET_KEY")
VALUES = "image: registry.example/shop\nvars:\n  A: b\ndatabase:\n  env:\n    - name: POSTGRES_DB\n      value: shop\n"


def chart(template: str, folder: str = "helm", **more: str) -> dict[str, str]:
    files = {"Chart.yaml": CHART, "templates/web.yaml": template, "values.yaml": VALUES}
    return READY | {f"{folder}/{k}": v for k, v in files.items()} | more


@pytest.mark.parametrize(
    ("template", "line", "name", "key"),
    [
        (HEAD.format("Deployment") + FIRST + OWN + PLAIN + KEYS, 13, "{{ $secret }}", "sentry-dsn"),
        (HEAD.format("StatefulSet") + OWN + UPPER, 8, "shop", "SENTRY_DSN"),
        (HEAD.format("Deployment") + OWN + "            {{- if .Values.a }}\n" + PLAIN, 8, "sentry", "sentry_dsn"),
    ],
)
def test_the_entry_goes_into_the_list_of_the_container_that_serves(tmp_path, template, line, name, key):
    done = after(tmp_path, chart(template), "dsn")
    tasks = [
        t for t in done.steps["dsn"].manual if "SENTRY_DSN" in f"{t.title}{t.snippet}" and "machine" not in t.title
    ]
    [task] = tasks
    assert task.title == f"pass SENTRY_DSN to the containers in helm/templates/web.yaml:{line}"
    assert (task.path, task.place) == ("helm/templates/web.yaml", f"helm/templates/web.yaml:{line}")
    assert f"      name: {name}\n      key: {key}\n" in task.snippet
    assert ("kubectl create secret generic sentry" in task.snippet) == (name == "sentry")
    assert done.text("helm/values.yaml") == VALUES and task.reason.startswith(
        "the chart's templates list each variable"
    )


def test_two_processes_are_one_task_and_what_runs_once_is_left_out(tmp_path):
    web, job = HEAD.format("Deployment") + OWN + PLAIN, HEAD.format("Job") + OWN + PLAIN
    more = {"helm/templates/worker.yaml": web, "helm/templates/migrate.yaml": job, "helm/templates/tests/t.yaml": web}
    done = after(tmp_path, chart(web, **more), "dsn")
    [task] = [t for t in done.steps["dsn"].manual if "containers" in t.title]
    assert task.title == (
        "pass SENTRY_DSN to the containers in helm/templates/web.yaml:8 and helm/templates/worker.yaml:8"
    )


def test_a_block_that_the_templates_take_whole_stays_the_place(tmp_path):
    template = HEAD.format("Deployment") + OWN + "            {{- toYaml .Values.env | nindent 12 }}\n"
    values = "image: registry.example/shop\nenv:\n  - name: DJANGO_DEBUG\n    value: '0'\n"
    done = after(tmp_path, chart(template) | {"helm/values.yaml": values}, "dsn")
    assert "declare SENTRY_DSN in helm/values.yaml" in done.left and "containers in" not in done.left


def test_a_chart_in_any_folder_is_where_production_takes_its_variables(tmp_path):
    """Its values are named by nothing that tells a chart: what deploys names them."""
    template = HEAD.format("Deployment") + OWN + PLAIN
    files = chart(template, "deploy_it/shop")
    files["deploy_it/shop/values/shop-production.yaml"] = files.pop("deploy_it/shop/values.yaml")
    done = after(tmp_path, files, "dsn")
    assert "pass SENTRY_DSN to the containers in deploy_it/shop/templates/web.yaml:8" in done.left
    assert "no file here passes variables" not in done.left


def test_the_release_is_handed_over_there_too(tmp_path):
    files = chart(HEAD.format("Deployment") + OWN + PLAIN) | {
        ".github/workflows/t.yml": "on: push\njobs:\n  t:\n    runs-on: x\n    steps:\n      - run: pytest\n"
    }
    done = after(tmp_path, files, "release-tracking")
    assert "# backend reads it from SENTRY_RELEASE: pass it to the containers in helm/templates/web.yaml:8" in done.left
