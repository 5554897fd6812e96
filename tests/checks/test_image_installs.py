"""An image that installs the SDK by name, and servers for development: commands are read by the grammar, not by their text."""

from __future__ import annotations

import pytest

from checks.hosts.development import runs_djangos_server, runs_for_development
from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        ("RUN pip install django 'sentry-sdk[django]==2.75.0'", P),
        ("RUN pip install \\\n  # the SDK\n  sentry_sdk", P),
        ("RUN apt-get update && python -m pip install -U sentry-sdk", P),
        ('RUN ["pip", "install", "sentry-sdk"]', P),
        ("RUN uv pip install --system sentry-sdk", P),
        ("RUN uv add sentry-sdk", P),
        ('RUN echo "pip install sentry-sdk"', F),
        ("RUN false && pip install sentry-sdk", F),
        ("RUN pip install django # sentry-sdk", F),
        ("RUN pip install -r sentry-sdk.txt", F),
        ("RUN pip install sentry-sdk-helper", F),
        ("RUN pip uninstall -y sentry-sdk", F),
        ('RUN if [ "$WITH_SENTRY" = 1 ]; then pip install sentry-sdk; fi', U),
        ("LABEL note='pip install sentry-sdk'", F),
    ],
)
def test_an_image_installs_the_sdk_where_a_command_does(run, outcome):
    files = backend() | {"requirements.txt": "django\n", "Dockerfile": f"FROM python:3.13\nCOPY . .\n{run}\n"}
    result = check_one("sdk-installed", files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is P:
        [seen] = result.evidence
        assert (seen.fact, seen.path, seen.line) == ("the image installs sentry-sdk", "Dockerfile", 3)
    if outcome is U:
        assert "under a condition" in result.findings[0].message and result.findings[0].line == 3


BASE = "FROM ghcr.io/acme/shop-base:3\nCOPY . .\n{}CMD gunicorn shop.wsgi\n"


@pytest.mark.parametrize(
    ("image", "outcome"),
    [
        (BASE.format(""), U),
        (BASE.format("RUN python manage.py collectstatic\n"), U),
        ("ARG BASE=acme/base\nFROM ${BASE}:3 AS run\nFROM run\nCMD gunicorn shop.wsgi\n", U),
        (BASE.format("RUN pip install -r requirements.txt\n"), P),
        (BASE.format("").replace("ghcr.io/acme/shop-base:3", "python:3.13"), P),
        (BASE.format("").replace("ghcr.io/acme/shop-base:3", "docker.io/library/python:3.13"), P),
    ],
)
def test_what_an_image_of_elsewhere_holds_is_open(image, outcome):
    files = backend() | {"requirements.txt": "django\nsentry-sdk==2.75.0\n", "Dockerfile": image}
    result = check_one("sdk-installed", files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    if outcome is U:
        [finding] = result.findings
        base = "acme/base:3" if "ARG" in image else "ghcr.io/acme/shop-base:3"
        said = f"Dockerfile begins with {base}, which no file here builds, and no command of it is known to install sentry-sdk"
        assert finding.message == said
        assert (finding.path, finding.line) == ("Dockerfile", 2 if "ARG" in image else 1)
        assert finding.hint == f"check that {base} has sentry-sdk, or install requirements.txt in Dockerfile"


def test_an_image_that_begins_with_one_of_the_repository_may_have_its_packages():
    files = backend() | {"requirements.txt": "django\nsentry-sdk==2.75.0\n", "Dockerfile": BASE.format("")}
    files |= {"base/Dockerfile": "FROM python:3.13\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"}
    assert check_one("sdk-installed", files).outcome is P


def test_the_image_of_another_backend_installs_nothing_here():
    files = {f"a/{k}": v for k, v in backend().items()} | {f"b/{k}": v for k, v in backend().items()}
    files |= {"a/Dockerfile": "FROM python:3.13\nRUN pip install sentry-sdk\n"}
    verdicts = {v.target.root: v.outcome for v in check_one("sdk-installed", files).verdicts}
    assert verdicts == {"a": P, "b": F}


@pytest.mark.parametrize(
    ("text", "django", "development"),
    [
        ("python manage.py runserver 0.0.0.0:8000", True, True),
        ("sh -c 'python manage.py migrate && python manage.py runserver_plus'", True, True),
        ("uvicorn shop.asgi:application --reload", False, True),
        ("fastapi dev app/main.py", False, True),
        ("flask --app shop run --debug", False, True),
        ("echo runserver && gunicorn shop.wsgi", False, False),
        ("false && python manage.py runserver", False, False),
        ("gunicorn shop.wsgi # not runserver", False, False),
        ("celery -A shop worker --loglevel debug", False, False),
        ("gunicorn shop.wsgi", False, False),
    ],
)
def test_a_server_for_development_is_one_that_a_command_starts(text, django, development):
    assert (runs_djangos_server(text), runs_for_development(text)) == (django, development)
