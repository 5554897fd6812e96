"""Services of Compose that run a command of Django and end are no processes; what is added follows the file's own manner."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, after

FILE = """services:
  static:
    image: shop
    command: {}
  web:
    image: shop
    command: gunicorn shop.wsgi
  worker:
    image: shop
    command: celery -A shop worker
    environment:
      - A=1
"""


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("python manage.py collectstatic --noinput", False),
        ("[python, manage.py, migrate]", False),
        ("sh -c 'python manage.py migrate && python manage.py loaddata a'", False),
        ("sh -c 'python manage.py migrate && gunicorn shop.wsgi'", True),
        ("python manage.py send_mails", True),
    ],
)
def test_a_service_that_only_prepares_gets_no_variables(tmp_path, command, given):
    done = after(tmp_path, READY | {"compose.prod.yml": FILE.format(command)}, "dsn")
    text = done.text("compose.prod.yml")
    assert text.count("- SENTRY_DSN=${SENTRY_DSN:-}\n") == (3 if given else 2), text
    assert ("SENTRY_DSN" in text.partition("  web:")[0]) is given
    assert "    command: gunicorn shop.wsgi\n    environment:\n      - SENTRY_DSN=${SENTRY_DSN:-}\n" in text
    assert done.applied.report is not None
    assert done.applied.report.result("dsn-configured").outcome.value == "pass"


def test_a_file_that_writes_mappings_keeps_them(tmp_path):
    text = FILE.format("python manage.py migrate").replace("      - A=1", "      A: 1")
    done = after(tmp_path, READY | {"compose.prod.yml": text}, "dsn")
    assert done.text("compose.prod.yml").count("      SENTRY_DSN: ${SENTRY_DSN:-}\n") == 2
