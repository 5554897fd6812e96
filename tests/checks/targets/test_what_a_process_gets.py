"""What reaches a process: signals of its own kind, the startup where its server runs that, the requirements of a function."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
HEAD = "import os\nimport sentry_sdk\n"
INIT = "    sentry_sdk.init(dsn=os.environ['SENTRY_DSN'])\n"
NEEDS = {"requirements.txt": "sentry-sdk==2.75.0\nfastapi\nflask\ncelery\n"}
LIFESPAN = (
    HEAD + "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\nimport uvicorn\n\n\n"
    "@asynccontextmanager\nasync def lifespan(app):\n" + INIT + "    yield\n\n\napp = FastAPI(lifespan=lifespan)\n"
)


def _jobs(signal: str) -> str:
    return (
        HEAD
        + f"from celery import Celery, signals\napp = Celery('jobs')\n\n\n@signals.{signal}.connect\ndef go(**given):\n"
        + INIT
    )


def _router(name: str) -> str:
    return HEAD + "from fastapi import APIRouter\nrouter = APIRouter()\n" + name


STARTS = "\n\n@router.on_event('startup')\ndef go():\n" + INIT
INCLUDES = "import one\nimport two\nfrom fastapi import FastAPI\napp = FastAPI()\n{}\n"


@pytest.mark.parametrize(
    ("files", "command", "outcome"),
    [
        ({"jobs.py": _jobs("celeryd_init")}, "celery -A jobs worker", P),
        ({"jobs.py": _jobs("beat_init")}, "celery -A jobs worker", F),
        ({"jobs.py": _jobs("beat_embedded_init")}, "celery -A jobs worker -B", F),
        ({"jobs.py": _jobs("beat_init")}, "celery -A jobs beat", P),
        ({"jobs.py": _jobs("celeryd_init")}, "celery -A jobs beat", F),
        ({"jobs.py": _jobs("setup_logging")}, "celery -A jobs beat", P),
        (
            {"jobs.py": _jobs("celeryd_init"), "wsgi.py": "import jobs\nfrom flask import Flask\napp = Flask('x')\n"},
            "gunicorn wsgi:app",
            U,
        ),
        ({"main.py": LIFESPAN}, "uvicorn main:app", P),
        ({"main.py": LIFESPAN}, "uvicorn main:app --lifespan off", U),
        ({"main.py": LIFESPAN}, "uvicorn main:app --lifespan on", P),
        ({"main.py": LIFESPAN}, "granian --interface asginl main:app", U),
        (
            {"main.py": LIFESPAN + "if __name__ == '__main__':\n    uvicorn.run(app, lifespan='off')\n"},
            "python main.py",
            U,
        ),
        (
            {
                "main.py": INCLUDES.format("app.include_router(one.router)"),
                "one.py": _router(STARTS),
                "two.py": _router(""),
            },
            "uvicorn main:app",
            P,
        ),
        (
            {
                "main.py": INCLUDES.format("app.include_router(two.router)"),
                "one.py": _router(STARTS),
                "two.py": _router(""),
            },
            "uvicorn main:app",
            U,
        ),
        (
            {
                "main.py": INCLUDES.format("app.include_router(two.chosen())"),
                "one.py": _router(STARTS),
                "two.py": _router(""),
            },
            "uvicorn main:app",
            U,
        ),
    ],
)
def test_what_a_process_runs_of_the_code(files, command, outcome):
    kind = "worker" if command.startswith("celery") else "web"
    assert check_one("sdk-initialized", files | NEEDS | {"Procfile": f"{kind}: {command}\n"}).outcome is outcome


def test_of_a_worker_and_its_scheduler_the_worker_is_judged():
    files = NEEDS | {"jobs.py": _jobs("celeryd_init")}
    both = "beat: celery -A jobs beat\nworker: celery -A jobs worker\n"
    assert check_one("sdk-initialized", files | {"Procfile": both}).outcome is P


def test_each_function_installs_its_own_requirements():
    handler = HEAD + INIT.strip() + "\n\n\ndef handler(event, context):\n    return 1\n"
    template = (
        "provider: {name: aws, runtime: python3.13}\nfunctions:\n"
        "  a: {handler: a/app.handler}\n  b: {handler: b/app.handler}\n"
    )
    files = {"serverless.yml": template, "a/app.py": handler, "b/app.py": handler, "b/requirements.txt": "sentry-sdk\n"}
    (verdict,) = check_one("sdk-installed", files | {"a/requirements.txt": "requests\n"}).verdicts
    assert (verdict.outcome, verdict.findings[0].path) == (U, "a/requirements.txt")
    assert check_one("sdk-installed", files | {"a/requirements.txt": "sentry-sdk\n"}).outcome is P
