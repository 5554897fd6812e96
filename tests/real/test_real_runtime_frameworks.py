"""`verify-runtime` on real applications of each framework, and on real Django and SDK versions old and new."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from setup_wizard.cli import main
from tests.real.test_real_parts import call
from tests.support.interpreters import python_between

pytestmark = pytest.mark.real

NEEDS = ("fastapi", "flask", "litestar", "quart", "aiohttp", "celery", "uvicorn", "channels", "sentry-sdk")
INIT = """\
import os

import sentry_sdk

sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="live", traces_sample_rate=0.1)
"""
CELERY = "from celery import Celery\n\ncelery = Celery('shop', broker='redis://redis/0')\n"
CASES: dict[str, tuple[Mapping[str, str], list[tuple[str, str]]]] = {
    "fastapi": (
        {
            "main.py": "from contextlib import asynccontextmanager\n\nfrom fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\n"
            "@asynccontextmanager\nasync def lifespan(app):\n"
            + "".join(f"    {line}\n" if line else "" for line in INIT.splitlines())
            + "    yield\n\nfast = FastAPI(lifespan=lifespan)\napp = CORSMiddleware(fast, allow_origins=['*'])\n",
            "Procfile": "web: uvicorn main:app\n",
        },
        [("web", "view")],
    ),
    "starlette": (
        {
            "run.py": INIT + "import uvicorn\nfrom starlette.applications import Starlette\n\napp = Starlette()\n\n"
            "if __name__ == '__main__':\n    uvicorn.run(app, port=8000)\n",
            "Procfile": "web: python run.py\n",
        },
        [("web", "view")],
    ),
    "flask": (
        {
            "shop/__init__.py": INIT
            + CELERY
            + "from flask import Flask\n\ndef create_app():\n    return Flask(__name__)\n",
            "Procfile": "web: gunicorn shop:create_app()\nworker: celery -A shop.celery worker\n",
        },
        [("web", "view"), ("worker", "task")],
    ),
    "litestar": (
        {
            "app.py": INIT + "from litestar import Litestar\n\napp = Litestar([])\n",
            "Procfile": "web: litestar run\n",
        },
        [("web", "view")],
    ),
    "quart": (
        {
            "app.py": INIT + "from quart import Quart\n\napp = Quart(__name__)\n",
            "Procfile": "web: hypercorn app:app\n",
        },
        [("web", "view")],
    ),
    "aiohttp": (
        {
            "main.py": INIT + "from aiohttp import web\n\n\ndef make():\n    return web.Application()\n\n\n"
            "if __name__ == '__main__':\n    web.run_app(make())\n",
            "Procfile": "web: python main.py\n",
        },
        [("web", "view")],
    ),
    "celery": (
        {
            "jobs.py": "from celery import Celery\nfrom celery.signals import celeryd_init\n\napp = Celery('jobs', broker='redis://redis/0')\n\n\n"
            "@celeryd_init.connect\ndef begin(**kwargs):\n"
            + "".join(f"    {line}\n" if line else "" for line in INIT.splitlines()),
            "Procfile": "worker: celery -A jobs worker\n",
        },
        [("worker", "task")],
    ),
    "requests": (
        {
            "poller.py": "import time\n\n\ndef main():\n"
            + "".join(f"    {line}\n" if line else "" for line in INIT.splitlines())
            + "    while True:\n        time.sleep(1)\n\n\nif __name__ == '__main__':\n    main()\n",
            "Procfile": "worker: python poller.py\n",
        },
        [("script", "script")],
    ),
}


def environment(folder: Path, *requirements: str, own: str = sys.executable) -> str:
    """Make a virtual environment with packages, and return its interpreter."""
    call(own, "-m", "venv", str(folder), cwd=folder.parent)
    python = next(p for p in (folder / "bin/python", folder / "Scripts/python.exe") if p.exists())
    call(str(python), "-m", "pip", "install", "--quiet", *requirements, cwd=folder.parent)
    return str(python)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return environment(tmp_path_factory.mktemp("frameworks") / "venv", *NEEDS)


def verify(root: Path, python: str, *flags: str) -> dict[str, Any]:
    file = root.parent / "runtime.json"
    main(["verify-runtime", str(root), "--python", python, "--output", f"json={file}", *flags])
    found: dict[str, Any] = json.loads(file.read_text())["backends"][0]
    return found


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.mark.parametrize("framework", CASES)
def test_an_exception_of_each_framework_arrives_once(framework, python, tmp_path):
    files, expected = CASES[framework]
    root = tmp_path / "shop"
    write(root, {**files, "requirements.txt": f"{framework}\nsentry-sdk\nuvicorn\ncelery\n"})
    seen = verify(root, python)
    assert seen["changed_files"] == [], seen
    processes = {p["name"]: p for p in seen["processes"]}
    for name, probe in expected:
        process = processes[name]
        assert process["problem"] is None and process["started"] is True, process
        assert process["observations"]["arrived"][probe] == 1, process
        assert len(process["initialized_at"]) == 1 and process["options"]["environment"] == "live"
        assert not {"cookies", "authorization"} & {*process["observations"]["left"]}
    if expected[0][0] == "web":
        assert seen["observations"]["trace-continued"] is True and seen["observations"]["view"] != {"status": 404}


@pytest.mark.parametrize("framework", ["fastapi", "flask", "celery"])
def test_without_init_nothing_arrives_and_it_is_told(framework, python, tmp_path, capsys):
    files, _ = CASES[framework]
    root = tmp_path / "shop"
    write(root, {p: t.replace("sentry_sdk.init(", "dict(") for p, t in files.items()} | {"requirements.txt": framework})
    seen = verify(root, python)
    assert seen["options"] is None and seen["reports"] is False
    assert "without the SDK, or with it switched off" in capsys.readouterr().out


def test_what_cannot_be_run_is_an_error_with_what_to_do(python, tmp_path, capsys):
    root = tmp_path / "shop"
    write(
        root,
        {
            "jobs.py": INIT + "import dramatiq\n",
            "Procfile": "worker: dramatiq jobs\n",
            "requirements.txt": "dramatiq\n",
        },
    )
    assert main(["verify-runtime", str(root), "--python", python]) == 1
    out = capsys.readouterr().out
    assert "cannot be run here" in out and "`sentry-setup apply test-event`" in out


SETTINGS = """
import os
import sentry_sdk

DEBUG = False
ALLOWED_HOSTS = ["shop.example"]
CELERY_BROKER_URL = "redis://redis:6379/0"


def sampler(context):
    if context.get("celery_job"):
        return 0.5
    return 0.0 if "health" in (context.get("wsgi_environ") or {}).get("PATH_INFO", "") else 0.25


sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="live", release="r1", traces_sampler=sampler)
"""
TASKS = """
import os
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""
PROCFILE = "web: gunicorn shop.wsgi\nsocket: uvicorn shop.asgi:application\nworker: celery -A shop worker\n"
DJANGOS = {
    "3.2": ((3, 8), (3, 10)),
    "4.2": ((3, 8), (3, 12)),
    "5.2": ((3, 10), (3, 12)),
    "6.0": ((3, 12), (3, 12)),
}
"""The versions of Python that each supports (https://docs.djangoproject.com/en/6.0/faq/install/), up to 3.12: under 3.13, the two
older SDKs report no exception at all."""
SDKS = ("sentry-sdk==1.45.1", "sentry-sdk==2.0.1", "sentry-sdk")


@pytest.fixture(scope="module", params=DJANGOS)
def django(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the interpreter of an environment with a version of Django."""
    oldest, newest = DJANGOS[request.param]
    own = python_between(oldest, newest)
    if own is None:
        pytest.skip(f"Django {request.param} needs Python {oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}")
    folder = tmp_path_factory.mktemp("django") / "venv"
    return environment(folder, f"django=={request.param}.*", "celery", "setuptools<81", own=own)


@pytest.mark.parametrize("sdk", SDKS)
def test_each_process_of_a_django_project_reports_under_old_and_new_versions(django, sdk, tmp_path):
    python = django
    call(python, "-m", "pip", "install", "--quiet", "--upgrade", sdk, cwd=tmp_path)
    root = tmp_path / "shop"
    root.mkdir()
    subprocess.run([python, "-m", "django", "startproject", "shop", str(root)], check=True)
    with (root / "shop/settings.py").open("a") as settings:
        settings.write(SETTINGS)
    write(root, {"shop/celery.py": TASKS, "Procfile": PROCFILE, "requirements.txt": "django\nsentry-sdk\ncelery\n"})
    seen = verify(root, python)
    assert [(p["name"], p["problem"]) for p in seen["processes"]] == [
        (n, None) for n in ("wsgi", "asgi", "command", "worker")
    ]
    for process, probe in zip(seen["processes"], ("view", "view", "command", "task"), strict=True):
        assert process["observations"]["arrived"][probe] == 1, process
        assert process["options"]["environment"] == "live" and len(process["initialized_at"]) == 1
    web, socket, _, _ = seen["processes"]
    assert (web["observations"]["protocol"], socket["observations"]["protocol"]) == ("wsgi", "asgi")
    assert web["answers"]["traces_sampler"]["health"] == 0.0 and socket["answers"]["traces_sampler"]["health"] == 0.25
    observations = seen["observations"]
    assert observations["traces_sampler"] == {"web": 0.25, "worker": 0.5, "command": 0.25}
    assert observations["trace-continued"] is True and observations["arrived"]["missing"] == 0
    assert observations["arrived"]["disallowed-host"] == 1 and observations["user"]
    assert not {"email", "username", "ip_address", "cookies", "authorization"} & {*observations["left"]}
    assert seen["changed_files"] == [] and not (root / "db.sqlite3").exists()


def test_a_users_data_a_second_init_and_a_second_event_are_seen(tmp_path, python):
    root = tmp_path / "shop"
    root.mkdir()
    subprocess.run([python, "-m", "pip", "install", "-q", "django"], check=True)
    subprocess.run([python, "-m", "django", "startproject", "shop", str(root)], check=True)
    with (root / "shop/settings.py").open("a") as settings:
        settings.write(
            "import os, sentry_sdk\nDEBUG = False\nALLOWED_HOSTS = ['*']\nMIDDLEWARE.append('shop.again.Again')\n"
            "for _ in range(2):\n    sentry_sdk.init(dsn=os.environ['SENTRY_DSN'], send_default_pii=True, before_send=lambda e, h: e)\n"
        )
    again = (
        "import sentry_sdk\n\n\nclass Again:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
        "    def __call__(self, request):\n        return self.get_response(request)\n\n"
        "    def process_exception(self, request, error):\n"
        "        sentry_sdk.capture_exception(type(error)(str(error)))\n"
    )
    write(root, {"shop/again.py": again, "requirements.txt": "django\nsentry-sdk\n"})
    seen = verify(root, python)
    web = seen["processes"][0]
    assert web["observations"]["arrived"]["view"] == 2, web
    assert len(web["initialized_at"]) == 2 and web["initialized_at"][0] == web["initialized_at"][1]
    assert {"email", "username", "ip_address", "cookies"} <= {*web["observations"]["left"]}
