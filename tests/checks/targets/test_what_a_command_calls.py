"""What a command calls, by which name a program imports itself, and what runs before a process waits for work."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
HEAD = "import os\n\nimport sentry_sdk\n"
INIT = 'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
FACTORY = (
    HEAD + "from flask import Flask\n\n\ndef make(mode='live', watch=True):\n    if mode == 'live' and watch:\n        "
)
FACTORY += INIT + "    return Flask(__name__)\n"
ITSELF = (
    HEAD + "import uvicorn\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\nif __name__ == '__main__':\n    " + INIT
)
LIFESPAN = (
    HEAD
    + "from fastapi import FastAPI\nfrom mangum import Mangum\n\n\nasync def life(app):\n    "
    + INIT
    + "    yield\n\n\n"
)
MANGUM = LIFESPAN + "app = FastAPI(lifespan=life)\nhandler = Mangum(app, lifespan={!r})\n"
ASYNC = (
    HEAD
    + "from aiohttp import web\n\n\nasync def make():\n    "
    + INIT
    + "    return web.Application()\n\n\nweb.run_app(make())\n"
)
FUNCTION = (
    "Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    "      Handler: main.handler\n      Runtime: python3.13\n"
)
NEEDS = "flask\nfastapi\nmangum\naiohttp\nrq\napscheduler\ntornado\ncelery\nsentry-sdk\n"


def repository(code: str, command: str, **files: str) -> dict[str, str]:
    named = {k.replace("__", "/") + ".py": v for k, v in files.items()}
    started = {"Procfile": f"web: {command}\n"} if command else {"template.yaml": FUNCTION}
    return {"main.py": code, "requirements.txt": NEEDS} | started | named


LATE = "which returns only when the process stops"
CASES = [
    ("a factory with its defaults", FACTORY, "gunicorn 'main:make()'", P, "in production"),
    ("a factory that is given a value", FACTORY, "gunicorn 'main:make(\"test\")'", F, "runs only if mode == 'live'"),
    ("a factory that is given a keyword", FACTORY, "gunicorn 'main:make(watch=False)'", F, "runs only if mode"),
    (
        "a factory that flask is told",
        FACTORY,
        "flask --app 'main:make(\"test\")' run",
        F,
        "runs only if mode == 'live'",
    ),
    ("itself by name, in its process", ITSELF + "    uvicorn.run('main:app')\n", "python main.py", P, "in production"),
    (
        "itself by name, in processes of its own",
        ITSELF + "    uvicorn.run('main:app', workers=4)\n",
        "python main.py",
        F,
        "__main__",
    ),
    (
        "itself by name, in as many processes as a variable says",
        ITSELF + "    uvicorn.run('main:app', workers=int(os.environ['N']))\n",
        "python main.py",
        U,
        "runs only if __name__ == '__main__', which cannot be determined here",
    ),
    ("an application that a coroutine makes", ASYNC, "python main.py", P, "in production"),
    ("a function without its application's startup", MANGUM.format("off"), "", U, "sentry_sdk.init() is in life()"),
    ("a function with it", MANGUM.format("auto"), "", P, "from the startup of the application only"),
    (
        "after an RQ worker",
        HEAD + "from rq import Worker\n\nWorker(['a']).work()\n" + INIT,
        "python main.py",
        F,
        "it follows `Worker(['a']).work()` (main.py:6), " + LATE,
    ),
    (
        "before it",
        HEAD + "from rq import Worker\n\n" + INIT + "Worker(['a']).work()\n",
        "python main.py",
        P,
        "in production",
    ),
    (
        "after a scheduler that blocks",
        HEAD
        + "from apscheduler.schedulers.blocking import BlockingScheduler\n\nclock = BlockingScheduler()\nclock.start()\n"
        + INIT,
        "python main.py",
        F,
        "it follows `clock.start()` (main.py:7), " + LATE,
    ),
    (
        "after Tornado's loop",
        HEAD + "import tornado.ioloop\n\ntornado.ioloop.IOLoop.current().start()\n" + INIT,
        "python main.py",
        F,
        LATE,
    ),
    (
        "after a loop of asyncio",
        HEAD + "import asyncio\n\nloop = asyncio.get_event_loop()\nloop.run_forever()\n" + INIT,
        "python main.py",
        F,
        "it follows `loop.run_forever()` (main.py:7), " + LATE,
    ),
]


@pytest.mark.parametrize(("name", "code", "command", "outcome", "message"), CASES, ids=[c[0] for c in CASES])
def test_what_a_command_calls(name, code, command, outcome, message):
    result = check_one("sdk-initialized", repository(code, command))
    text = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert (result.outcome, message in text) == (outcome, True), (result.outcome, text)
    assert all(f.path == "main.py" for f in result.findings)


SERVICE = HEAD + "from fastapi import FastAPI\n\n" + INIT + "app = FastAPI()\n"
CELERY = "from celery import Celery\n\napp = Celery('jobs'{})\n{}"
TASKS = HEAD + "\n" + INIT
SIGNAL = (
    "import os\nimport sentry_sdk\nfrom celery.signals import {0}\n\n\n@{0}.connect\ndef start(**options):\n    " + INIT
)
WORKERS = [
    ("included", CELERY.format(", include=['work.tasks']", ""), P, "the Celery process initializes the SDK"),
    (
        "discovered",
        CELERY.format("", "app.autodiscover_tasks(['work'])\n"),
        P,
        "the Celery process initializes the SDK",
    ),
    (
        "configured",
        CELERY.format("", "app.conf.update(imports=('work.tasks',))\n"),
        P,
        "the Celery process initializes",
    ),
    (
        "named beside an env file",
        "from dotenv import load_dotenv\n\nload_dotenv()\n" + CELERY.format(", include=['work.tasks']", ""),
        P,
        "the Celery process initializes the SDK",
    ),
    (
        "set later",
        CELERY.format("", "app.conf.imports = ['work.tasks']\n"),
        P,
        "the Celery process initializes the SDK",
    ),
    ("not named", CELERY.format("", ""), F, "the Celery process (jobs.py) does not initialize the SDK"),
    (
        "named where it does not run",
        CELERY.format("", "if False:\n    app.autodiscover_tasks(['work'])\n"),
        F,
        "does not",
    ),
    ("a signal that comes too late", CELERY.format("", SIGNAL.format("worker_ready")), U, "cannot be determined"),
    ("a signal in time", CELERY.format("", SIGNAL.format("worker_init")), P, "the Celery process initializes the SDK"),
]


@pytest.mark.parametrize(("name", "jobs", "outcome", "message"), WORKERS, ids=[w[0] for w in WORKERS])
def test_a_worker_imports_what_its_application_names(name, jobs, outcome, message):
    files = repository(SERVICE, "uvicorn main:app\nworker: celery -A jobs worker", jobs=jobs, work__tasks=TASKS)
    result = check_one("init-covers-workers", files | {"work/__init__.py": ""})
    text = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert (result.outcome, message in text) == (outcome, True), (result.outcome, text)


ARQ = (
    HEAD
    + "\n\nasync def start(ctx):\n    "
    + INIT
    + "\n\nclass WorkerSettings:\n    functions = []\n    on_startup = start\n"
)


@pytest.mark.parametrize(("code", "outcome"), [(ARQ, F), (ARQ + INIT, P)], ids=["at its startup", "with its module"])
def test_a_worker_of_arq_starts_after_its_functions_were_wrapped(code, outcome):
    files = repository(SERVICE, "uvicorn main:app\nworker: arq jobs.WorkerSettings", jobs=code)
    result = check_one("init-covers-workers", files)
    assert result.outcome is outcome, result
    assert {f.path for f in result.findings} | {e.path for e in result.evidence} >= {"jobs.py"}


PYPROJECT = '[project]\nname = "shop"\ndependencies = ["fastapi", "sentry-sdk"]\n\n'
SCRIPTS = [
    ("PDM", "pdm run start", {"pyproject.toml": PYPROJECT + '[tool.pdm.scripts]\nstart = "uvicorn other:app"\n'}),
    (
        "PDM without run",
        "pdm start",
        {"pyproject.toml": PYPROJECT + '[tool.pdm.scripts]\nstart.cmd = "uvicorn other:app"\n'},
    ),
    (
        "PDM, a list",
        "pdm run start",
        {"pyproject.toml": PYPROJECT + '[tool.pdm.scripts]\nstart.cmd = ["uvicorn", "other:app"]\n'},
    ),
    (
        "Hatch",
        "hatch run start",
        {"pyproject.toml": PYPROJECT + '[tool.hatch.envs.default.scripts]\nstart = ["uvicorn other:app"]\n'},
    ),
    (
        "Poe",
        "poetry run poe start",
        {"pyproject.toml": PYPROJECT + '[tool.poe.tasks]\nstart.shell = "uvicorn other:app"\n'},
    ),
    (
        "Pipenv",
        "pipenv run start",
        {"Pipfile": '[packages]\nfastapi = "*"\nsentry-sdk = "*"\n\n[scripts]\nstart = "uvicorn other:app"\n'},
    ),
    (
        "Pixi",
        "pixi run start",
        {"pixi.toml": '[tasks]\nstart = "uvicorn other:app"\n', "requirements.txt": "fastapi\nsentry-sdk\n"},
    ),
]


@pytest.mark.parametrize(("name", "command", "manifest"), SCRIPTS, ids=[s[0] for s in SCRIPTS])
def test_a_command_that_the_project_names_is_followed(name, command, manifest):
    other = "from fastapi import FastAPI\n\napp = FastAPI()\n"
    files = {"main.py": SERVICE, "other.py": other, "Procfile": f"web: {command}\n"} | manifest
    result = check_one("sdk-initialized", files)
    hint = "call it from `other.py`"
    assert result.outcome is U, result
    assert [(f.path, f.line, f.hint) for f in result.findings] == [("main.py", 6, hint)]
    passing = check_one("sdk-initialized", {k: v.replace("other:app", "main:app") for k, v in files.items()})
    assert passing.outcome is P, passing


@pytest.mark.parametrize("program", ["main.py", "run.py"])
def test_what_a_program_switches_on_holds_in_the_processes_that_it_starts(program):
    run = "import uvicorn\n\nif __name__ == '__main__':\n    uvicorn.run('main:app', reload=True)\n"
    files = repository(SERVICE + (run if program == "main.py" else ""), f"python {program}") | {"run.py": run}
    result = check_one("debug-off", files)
    line = (SERVICE + run).count("\n") if program == "main.py" else 4
    assert [(f.path, f.line) for f in result.findings] == [(program, line)], result
    assert result.outcome is F


HOOK = HEAD + "\n\ndef post_fork(server, worker):\n    " + INIT
ARGUMENTS = [
    ("the default", "gunicorn main:app", {}, P),
    ("another by the variable", "gunicorn main:app", {"GUNICORN_CMD_ARGS": "--config=deploy/g.py"}, U),
    ("another by the command", "gunicorn -c deploy/g.py main:app", {}, U),
    (
        "the command before the variable",
        "gunicorn -c gunicorn.conf.py main:app",
        {"GUNICORN_CMD_ARGS": "-c deploy/g.py"},
        P,
    ),
]


@pytest.mark.parametrize(("name", "command", "variables", "outcome"), ARGUMENTS, ids=[a[0] for a in ARGUMENTS])
def test_gunicorn_reads_one_configuration(name, command, variables, outcome):
    rows = "".join(f"      - key: {k}\n        value: {v}\n" for k, v in variables.items())
    service = f"services:\n  - type: web\n    runtime: python\n    startCommand: {command}\n    envVars:\n      - key: A\n        value: b\n"
    files = {
        "main.py": "from flask import Flask\n\napp = Flask(__name__)\n",
        "requirements.txt": NEEDS,
        "render.yaml": service + rows,
        "gunicorn.conf.py": HOOK,
        "deploy/g.py": "bind = ':80'\n",
    }
    result = check_one("sdk-initialized", files)
    assert result.outcome is outcome, result
    assert [e.path for e in result.evidence][:1] == (["gunicorn.conf.py"] if outcome is P else [])
