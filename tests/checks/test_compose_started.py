"""A compose file that a script for deploying starts, whatever its name says."""

from __future__ import annotations

import pytest

from tests.support.repo import backend, check_one

READS = """import os
import sentry_sdk
INSTALLED_APPS = []
ROOT_URLCONF = "shop.urls"
sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))
"""
SERVICE = "services:\n  web:\n    {}\n    environment:\n      - DJANGO_SETTINGS_MODULE=shop.settings\n"
LOCAL = SERVICE.format("image: 127.0.0.1:5000/shop") + "      - SENTRY_DSN\n"
PLAIN = SERVICE.format("build: .")
UP = 'if [ -z "$KEY" ]; then\n  exit 1\nfi\nFILE=docker-compose.local.yml\nif [ -n "$1" ]; then\n  FILE=$1\nfi\ndocker compose -f ${FILE} -p shop up -d\n'
DECLARED = (
    "pass",
    "`SENTRY_DSN` is declared for web (Docker Compose, production)",
    "docker-compose.local.yml",
    6,
    None,
)
LACKS = (
    "fail", "`SENTRY_DSN` is not declared for web (Docker Compose, production)", "docker-compose.yml", 2, "`sentry-setup apply dsn --yes` declares it",
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "script", "said"),
    [
        ("deploy.sh", UP, DECLARED),
        ("scripts/deploy.sh", "docker-compose --file=docker-compose.local.yml up --detach web\n", DECLARED),
        # It only builds with the file, is a script for something else, never runs this, or starts it in front of a person.
        ("deploy.sh", "docker compose -f docker-compose.local.yml build\ndocker compose up -d\n", LACKS),
        ("start.sh", UP, LACKS),
        ("deploy-dev.sh", UP, LACKS),
        ("deploy.sh", "docker compose -f docker-compose.local.yml up\n", LACKS),
        ("deploy.sh", "exit 0\ndocker compose -f docker-compose.local.yml up -d\n", LACKS),
        ("deploy.sh", "echo docker compose -f docker-compose.local.yml up -d\n", LACKS),
    ],
)
def test_what_deploying_starts_is_productions(path, script, said):
    files = backend() | {
        "shop/settings.py": READS,
        "docker-compose.yml": PLAIN,
        "docker-compose.local.yml": LOCAL,
        path: script,
    }
    verdict = check_one("dsn-configured", files)
    if verdict.outcome.value == "pass":
        shown = verdict.evidence[-1]
        assert ("pass", shown.fact, shown.path, shown.line, None) == said
    else:
        (found,) = verdict.findings
        assert (verdict.outcome.value, found.message, found.path, found.line, found.hint) == said


_BY_NAME = """services:
  web:
    build: .
    command: gunicorn shop.wsgi
    {}environment:
      DJANGO_SETTINGS_MODULE: shop.settings
"""


@pytest.mark.parametrize(("more", "outcome", "message"), [
    ("", "fail", "`SENTRY_DSN` is not declared for web (Docker Compose, production)"),
    (
        "volumes: ['.:/src']\n    ", "unknown",
        "web (Docker Compose) gets variables from where production really runs: docker-compose.prod.yml is called after it,"
        " but web mounts the source, where `SENTRY_DSN` cannot be seen",
    ),
])  # fmt: skip
def test_a_file_that_is_productions_by_name_only_does_not_declare_all(more, outcome, message):
    files = backend() | {"shop/settings.py": READS, "docker-compose.prod.yml": _BY_NAME.format(more)}
    (verdict,) = check_one("dsn-configured", files).verdicts
    found = verdict.findings[0]
    assert (verdict.outcome, found.message, found.path, found.line) == (outcome, message, "docker-compose.prod.yml", 2)
