"""Which settings an image runs: what `ENV` says, and nothing that a single RUN is given while the image is built."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

START = (
    'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.local")\n'
    "from django.core.wsgi import get_wsgi_application\n\napplication = get_wsgi_application()\n"
)
MANAGE = (
    'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.local")\n'
    "from django.core.management import execute_from_command_line\n\nexecute_from_command_line()\n"
)
FILES = {
    "manage.py": MANAGE,
    "requirements.txt": "django\ngunicorn\nsentry-sdk\n",
    "shop/__init__.py": "",
    "shop/wsgi.py": START,
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": 'ROOT_URLCONF = "shop.urls"\nDEBUG = True\n',
    "shop/settings/local.py": "from .base import *\n",
    "shop/settings/static.py": "from .base import *\n\nDEBUG = False\n",
    "shop/settings/hosted.py": 'from .base import *\nimport sentry_sdk\n\nDEBUG = False\nsentry_sdk.init(dsn="https://aa@o1.ingest.us.sentry.io/1")\n',
    "Procfile": "web: gunicorn shop.wsgi\n",
}


def image(*lines: str) -> dict[str, str]:
    return {"Dockerfile": "\n".join(["FROM python:3.13", "COPY . .", *lines, 'CMD ["gunicorn", "shop.wsgi"]', ""])}


COLLECT = "DJANGO_SETTINGS_MODULE=shop.settings.static python manage.py collectstatic --noinput"


@pytest.mark.parametrize(
    "lines",
    [
        (f"RUN {COLLECT}",),
        (f"RUN pip install -r requirements.txt && \\\n    {COLLECT}",),
        ("RUN export DJANGO_SETTINGS_MODULE=shop.settings.static; python manage.py collectstatic",),
    ],
)
def test_what_one_run_is_given_names_no_settings(lines):
    result = check_one("debug-off", FILES | image(*lines))
    assert result.outcome is Outcome.UNKNOWN
    assert result.findings[0].message == "the production settings are not known"
    assert result.findings[0].hint == "set `backend.settings`; see sdk-initialized"


def test_what_the_image_is_given_does():
    result = check_one("debug-off", FILES | image("ENV DJANGO_SETTINGS_MODULE=shop.settings.hosted", f"RUN {COLLECT}"))
    assert result.outcome is Outcome.PASS
    assert (result.evidence[0].path, result.evidence[0].line) == ("shop/settings/hosted.py", 4)
