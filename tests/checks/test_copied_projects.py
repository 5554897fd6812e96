"""A Django project whose `manage.py` comes with the image that its own begins with: it is a backend, and what is not known is unknown."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one, facts_of

PROJECT = {
    "setup.py": "from setuptools import setup\nsetup(name='compass', install_requires=['django~=5.2'])\n",
    "compass/__init__.py": "",
    "compass/models.py": "",
    "docker/settings.py": "from .base_settings import *\nINSTALLED_APPS += ['compass']\n",
    "Dockerfile": "FROM registry.example/django-container\nADD docker/ /app/project/\n",
}


def without(*paths: str) -> dict[str, str]:
    return {p: t for p, t in PROJECT.items() if p not in paths}


SETTINGS = PROJECT["docker/settings.py"]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (PROJECT, True),
        (PROJECT | {"docker/settings.py": "MIDDLEWARE = []\n"}, True),
        (without("docker/settings.py") | {"project/settings/live.py": SETTINGS}, True),
        (without("Dockerfile"), False),  # a library of apps
        (without("Dockerfile") | {"tests/Dockerfile": "FROM python\n"}, False),
        (without("docker/settings.py") | {"tests/settings.py": SETTINGS}, False),
        (without("docker/settings.py") | {"example/shop/settings.py": SETTINGS}, False),
        (without("docker/settings.py") | {"compass/settings.py": "LIMIT = 3\n"}, False),
        (PROJECT | {"setup.py": "from setuptools import setup\nsetup(name='compass', install_requires=['flask'])\n"}, False),
    ],
)  # fmt: skip
def test_what_an_image_copies_into_a_project_is_one(files, found):
    assert [(b.name, b.root, b.manage) for b in facts_of(files).backends] == ([("backend", ".", None)] if found else [])


def test_no_required_item_is_taken_for_one_that_does_not_apply():
    result = check_one("sdk-initialized", PROJECT)
    assert result.outcome is Outcome.UNKNOWN
    assert result.findings[0].message == "the production settings module is not named anywhere"
    assert check_one("sdk-installed", PROJECT).findings[0].path == "setup.py"
