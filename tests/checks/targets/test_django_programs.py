"""A Django project without a server: the program that production starts is what initializes the SDK."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
MAIN = """import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django.setup()

import worker

if __name__ == "__main__":
    worker.app.worker_main(["worker"])
"""
WORKER = """import os

import sentry_sdk
from celery import Celery, signals

app = Celery("tasks")


@signals.celeryd_init.connect
def start(**_):
    sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"), environment="live")
"""
MANAGE = (
    "import os\nimport sys\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    "from django.core.management import execute_from_command_line\n\nexecute_from_command_line(sys.argv)\n"
)
IMAGE = "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\nCMD ./start.sh\n"
UNDECIDED = "sentry_sdk.init() is in worker.py, and production does not appear to load it"


def files(script: str = "python main.py\n", **more: str) -> dict[str, str]:
    return {
        "manage.py": MANAGE,
        "main.py": MAIN,
        "worker.py": WORKER,
        "shop/__init__.py": "",
        "shop/settings.py": 'import os\n\nDEBUG = False\nSECRET_KEY = os.environ["SECRET_KEY"]\n',
        "requirements.txt": "django==5.2.8\ncelery==5.5.3\nsentry-sdk==2.75.0\n",
        "Dockerfile": IMAGE,
        "start.sh": "#!/bin/bash\n" + script,
    } | {k.replace("__", "/") + ".py": v for k, v in more.items()}


@pytest.mark.parametrize("before", ["", "python manage.py migrate\n"])
def test_the_only_process_of_production_initializes_the_sdk(before):
    found = check_one("sdk-initialized", files(before + "python main.py\n")).verdicts[0]
    assert found.outcome is P
    assert (found.evidence[0].path, found.evidence[0].line) == ("worker.py", 11)
    assert found.evidence[0].fact.startswith("sentry_sdk.init() in production")
    named = check_one("environment-set", files(before + "python main.py\n")).verdicts[0]
    assert (named.outcome, named.evidence[0].fact) == (P, "environment is 'live'")


@pytest.mark.parametrize(
    "given",
    [
        files("python manage.py consume &\npython main.py\n"),
        files("python manage.py\npython main.py\n"),
        files("python other.py &\npython main.py\n", other=MAIN),
        files("celery -A tasks worker &\npython main.py\n", tasks="from celery import Celery\n\napp = Celery('t')\n"),
        files("python main.py\n", main=MAIN.replace("shop.settings", "bot.settings")),
        files("true\n"),
    ],
)
def test_beside_another_process_a_program_decides_nothing(given):
    found = check_one("sdk-initialized", given).verdicts[0]
    assert (found.outcome, found.findings[0].message) == (U, UNDECIDED)
    assert (found.findings[0].path, found.findings[0].line) == ("worker.py", 11)
    assert found.findings[0].hint == "call it from the production settings"


def test_a_server_of_the_project_is_judged_by_itself():
    wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    given = files(shop__wsgi=wsgi + "application = get_wsgi_application()\n")
    assert check_one("sdk-initialized", given).outcome is U
