"""Compose files that belong together: the one that starts a service gets the variables, the ones that only add to it none."""

from __future__ import annotations

import pytest

from tests.support.edits import DSN, READY, after

BASE = (
    "services:\n  web:\n    image: org/shop_web\n    entrypoint: /wait.sh -- /start.sh\n    environment:\n      - HOST\n      - DEBUG_LEVEL\n"
    "  worker:\n    image: org/shop_web\n    entrypoint: /wait.sh -- /worker.sh start\n    environment:\n      - HOST\n"
    "  db:\n    image: postgres:17\n"
)  # fmt: skip
BUILD = "services:\n  web:\n    build: .\n  db:\n    build: ./db\n"
ADDS = "services:\n  web:\n    environment:\n      - NODES=1\n    depends_on:\n      - node\n  node:\n    image: org/node\n"
FILES = {"docker-compose.yml": BASE, "docker-compose.build.yml": BUILD, "Dockerfile": "FROM python:3.13\n"}


def test_the_file_that_starts_the_services_gets_the_variables(tmp_path):
    done = after(tmp_path, READY | FILES | {"docker-compose.nodes.yml": ADDS}, "dsn")
    text = done.text("docker-compose.yml")
    assert text.count("      - SENTRY_DSN\n      - SENTRY_ENVIRONMENT=${SENTRY_ENVIRONMENT:-production}\n") == 2
    assert done.text("docker-compose.build.yml") == BUILD and done.text("docker-compose.nodes.yml") == ADDS
    report = done.applied.report
    found = report.result("dsn-configured").verdicts if report is not None else ()
    places = {(e.path, e.line) for v in found for e in v.evidence if "SENTRY_DSN` is declared" in e.fact}
    assert places == {("docker-compose.yml", 8), ("docker-compose.yml", 15)}


def test_before_the_edit_the_services_lack_it_and_the_build_promises_nothing(tmp_path):
    given = {"docker-compose.build.yml": BUILD.replace("build: .\n", "build: .\n    image: org/shop_web\n", 1)}
    done = after(tmp_path, READY | FILES | given, "ci-audit")
    report = done.applied.report
    assert report is not None
    result = report.result("dsn-configured")
    assert result.outcome.value == "fail"
    assert {f.path for v in result.verdicts for f in v.findings} == {"docker-compose.yml"}


def test_files_that_are_named_together_build_from_the_firsts_folder(tmp_path):
    base = BASE.replace("- HOST\n      - DEBUG_LEVEL", "HOST:\n      LEVEL:").replace("- HOST", "HOST: x")
    dev = BUILD.replace(
        "build: .\n", "build: .\n    command: uvicorn shop:app --reload\n    volumes:\n      - .:/code\n", 1
    )
    files = {
        "docker-compose.yml": base,
        "docker/dev.yml": dev,
        ".env": "COMPOSE_FILE=docker-compose.yml;docker/dev.yml\n",
    }
    done = after(tmp_path, READY | files, "dsn")
    text = done.text("docker-compose.yml")
    assert text.count("      SENTRY_DSN:\n") == 1 and text.count("      SENTRY_DSN: ${SENTRY_DSN:-}\n") == 1
    assert done.text("docker/dev.yml") == dev


@pytest.mark.parametrize(
    ("name", "text", "edited"),
    [
        # What production changes has its place in production's file.
        ("docker-compose.prod.yml", "services:\n  web:\n    environment:\n      A: b\n", "docker-compose.prod.yml"),
        ("docker-compose.ssl.yml", "services:\n  web:\n    environment:\n      A: b\n", "docker-compose.yml"),
    ],
)
def test_a_file_of_production_is_the_place_of_what_production_changes(tmp_path, name, text, edited):
    base = "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    environment:\n      A: a\n"
    done = after(tmp_path, READY | {"docker-compose.yml": base, name: text}, "dsn")
    assert [p for p in ("docker-compose.yml", name) if "SENTRY_DSN" in done.text(p)] == [edited]


ADMIN = "sh -c 'python manage.py migrate && { DJANGO_SUPERUSER_PASSWORD=root python manage.py createsuperuser --noinput; gunicorn shop.wsgi; }'"


@pytest.mark.parametrize(
    ("service", "edited"),
    [
        (f'    command: "{ADMIN}"\n    environment:\n      A: b\n', False),
        ("    command: gunicorn shop.wsgi\n    environment:\n      DJANGO_SUPERUSER_PASSWORD: root\n", False),
        ("    command: gunicorn shop.wsgi\n    environment:\n      DJANGO_SUPERUSER_PASSWORD: ${ADMIN}\n", True),
        (f'    command: "{ADMIN.replace("=root", "=$ADMIN")}"\n    environment:\n      A: b\n'.replace("$A", "$$A"), True),
    ],
)  # fmt: skip
def test_an_administrator_whose_password_is_in_the_file_is_nobodys_production(tmp_path, service, edited):
    done = after(tmp_path, READY | {"compose.yml": "services:\n  proddev:\n    build: .\n" + service}, "dsn")
    assert ("SENTRY_DSN" in done.text("compose.yml")) is edited
    assert edited or "set SENTRY_DSN where production runs backend" in done.left


REVIEW = '{\n  "name": "shop",\n  "env": {\n    "A": {"value": "b"}\n  },\n  "scripts": {"pr-predestroy": "x"}\n}\n'


@pytest.mark.parametrize(
    "manifest",
    [
        REVIEW,
        REVIEW.replace('"scripts": {"pr-predestroy": "x"}', '"environments": {"review": {"addons": []}}'),
        REVIEW.replace('"A": {"value": "b"}', '"SENTRY_ENVIRONMENT": {"value": "review"}'),
    ],
)
def test_what_review_apps_are_made_from_is_not_productions(tmp_path, manifest):
    done = after(tmp_path, READY | {"Procfile": "web: gunicorn shop.wsgi\n", "app.json": manifest}, "dsn")
    assert done.text("app.json") == manifest
    assert f"heroku config:set SENTRY_DSN={DSN} SENTRY_ENVIRONMENT=production" in done.left
    report = done.applied.report
    verdicts = [v for r in report.results for v in r.verdicts] if report is not None else []
    assert verdicts and not [e.fact for v in verdicts for e in v.evidence if e.path == "app.json"]


def test_a_file_that_compose_is_given_by_name_shows_where_a_laptop_takes_its_variables(tmp_path):
    local = "services:\n  django:\n    build: .\n    command: python manage.py runserver\n    env_file: .envs/.local\n"
    files = READY | {"local.yml": local, "Procfile": "web: gunicorn shop.wsgi\n"}
    done = after(tmp_path, files, "dsn")
    assert done.text(".env") == "" and done.text(".env.example") == ""
    assert "put it into .envs/.local, which local.yml reads" in done.left
