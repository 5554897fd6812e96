"""Applications of other frameworks, started as they are deployed after the step: an exception arrives once, and with its names."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from setup_wizard.plan.engine import Engine
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.steps import find_steps
from tests.real.test_real_parts import MACHINE, call

pytestmark = pytest.mark.real
NEEDS = ("fastapi", "flask", "litestar", "quart", "celery", "uvicorn", "gunicorn", "hypercorn")
REQUIREMENTS = "".join(f"{name}\n" for name in NEEDS)
BOOM = "    raise RuntimeError('broken on purpose')\n"
LIFESPAN = (
    "from contextlib import asynccontextmanager\n\nfrom fastapi import FastAPI\n\n\n@asynccontextmanager\nasync def lifespan(app):\n    yield\n\n\n"
    "app = FastAPI(lifespan=lifespan)\n\n\n"
)
SERVED: dict[str, tuple[dict[str, str], str, str]] = {
    "fastapi": (
        {"main.py": LIFESPAN + '@app.get("/boom/{number}")\nasync def boom(number: int):\n' + BOOM},
        "uvicorn main:app",
        "/boom/{number}",
    ),
    "gunicorn with workers that fork": (
        {
            "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n\n"
            '    @app.get("/boom/<number>")\n    def boom(number):\n    ' + BOOM + "\n    return app\n"
        },
        "gunicorn --preload --workers 2 shop:create_app()",
        "boom",
    ),
    "flask run": (
        {
            "app.py": 'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get("/boom/<number>")\ndef boom(number):\n'
            + BOOM
        },
        "flask run",
        "boom",
    ),
    "litestar": (
        {
            "main.py": 'from litestar import Litestar, get\n\n\n@get("/boom/{number:int}")\nasync def boom(number: int) -> str:\n'
            + BOOM
            + "\n\napp = Litestar([boom])\n"
        },
        "uvicorn main:app",
        "main.boom",
    ),
    "quart": (
        {
            "main.py": 'from quart import Quart\n\napp = Quart(__name__)\n\n\n@app.get("/boom/<number>")\nasync def boom(number):\n'
            + BOOM
        },
        "hypercorn main:app",
        "boom",
    ),
}
JOBS = (
    'from celery import Celery\n\napp = Celery("jobs", broker="filesystem://")\n'
    'app.conf.broker_transport_options = {"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"}\n\n\n'
    "@app.task\ndef boom(number):\n" + BOOM
)
TEMPLATE = (
    "Globals: {Function: {Runtime: python3.13}}\nResources:\n"
    "  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., Handler: handling.handler}}\n"
)
HANDLER = "import json\n\n\ndef handler(event, context):\n    json.dumps(event)\n" + BOOM


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the frameworks in it."""
    folder = tmp_path_factory.mktemp("frameworks")
    call(sys.executable, "-m", "venv", "env", cwd=folder)
    found = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    call(str(found / "python"), "-m", "pip", "install", "--quiet", "sentry-sdk>=2.75,<3", *NEEDS, cwd=folder)
    return found


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


def set_up(root: Path, files: Mapping[str, str], sandbox: SandboxState) -> dict[str, str]:
    """Apply the step on a repository of these files; returns the environment that it is deployed with."""
    for name, text in ({"requirements.txt": REQUIREMENTS} | dict(files)).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    call("git", "init", "-q", cwd=root)
    applied = asyncio.run(Engine(root, {"sentry.org": "acme"}, install=False).apply(find_steps(["sdk"])))
    assert [s.outcome for s in applied.steps] == ["applied"], applied.steps
    project = sandbox.add_project("shop", "shop", "python", sandbox.team, default_alert=False)
    dsn = sandbox.public_url.replace("//", f"//{project.key}@") + f"/{project.id}"
    return MACHINE | {"SENTRY_DSN": dsn, "SENTRY_ENVIRONMENT": "live", "SENTRY_RELEASE": "r1", "PYTHONPATH": str(root)}


def arrived(sandbox: SandboxState, seconds: float = 20) -> list[tuple[str, str, str, str]]:
    """Return `(title, transaction, environment, release)` of each error, once one is there and no other follows."""
    end = time.monotonic() + seconds
    while not sandbox.events and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    return [
        (e.title, str(e.payload.get("transaction")), str(e.payload.get("environment")), str(e.payload.get("release")))
        for e in sandbox.events
    ]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("name", SERVED)
def test_an_exception_in_a_route_arrives_once(name, programs, sandbox, tmp_path):
    files, command, transaction = SERVED[name]
    environ = set_up(
        tmp_path,
        files | {"Procfile": f"web: {command.replace('shop:create_app()', chr(34) + 'shop:create_app()' + chr(34))}\n"},
        sandbox,
    )
    port = free_port()
    program, *words = command.split()
    where = ["--bind", f"127.0.0.1:{port}"] if program in ("gunicorn", "hypercorn") else ["--port", str(port)]
    server = subprocess.Popen(
        [str(programs / program), *words, *where],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert status(f"http://127.0.0.1:{port}/boom/7", server) == 500
        assert arrived(sandbox) == [("RuntimeError: broken on purpose", transaction, "live", "r1")]
    finally:
        server.terminate()
        server.wait(20)


def status(url: str, server: subprocess.Popen[bytes]) -> int:
    end = time.monotonic() + 40
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the application did not start")


def test_an_exception_in_a_task_arrives_once(programs, sandbox, tmp_path):
    environ = set_up(tmp_path, {"jobs.py": JOBS, "Procfile": "worker: celery -A jobs worker\n"}, sandbox)
    for folder in ("queue", "control"):
        (tmp_path / folder).mkdir()
    celery = str(programs / "celery")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    words = [
        celery,
        "-A",
        "jobs",
        "worker",
        "--pool",
        "prefork",
        "--concurrency",
        "1",
        "--without-gossip",
        "--without-mingle",
    ]
    worker = subprocess.Popen(words, cwd=tmp_path, env=environ, **quiet)  # type: ignore[call-overload]
    try:
        call(celery, "-A", "jobs", "call", "jobs.boom", "--args", "[7]", cwd=tmp_path)
        assert arrived(sandbox, 40) == [("RuntimeError: broken on purpose", "jobs.boom", "live", "r1")]
    finally:
        worker.terminate()
        worker.wait(30)


def test_an_exception_in_a_lambda_handler_arrives_once(programs, sandbox, tmp_path):
    files = {"handling.py": HANDLER, "template.yaml": TEMPLATE}
    environ = set_up(tmp_path, files, sandbox)
    # The runtime of AWS calls the handler below `bootstrap.handle_event_request`, which the integration wraps.
    bootstrap = (
        "import sys\n\n\ndef handle_event_request(client, handler, id, body, *rest):\n    try:\n        handler({}, Context())\n    except Exception:\n"
        "        client.post_invocation_error(id, '')\n\n\nclass Context:\n    function_name, function_version, invoked_function_arn = 'shop', '1', 'arn:aws:lambda:eu-west-1:1:function:shop'\n"
        "    aws_request_id, log_group_name, log_stream_name = 'r', 'g', 's'\n\n    def get_remaining_time_in_millis(self):\n        return 60000\n\n\n"
        "class LambdaRuntimeClient:\n    def post_init_error(self, *a): pass\n    def post_invocation_error(self, *a): pass\n"
        "    def post_invocation_result(self, *a): pass\n\n\n"
        "def main():\n    import handling\n    module = sys.modules['__main__']\n"
        "    module.handle_event_request(LambdaRuntimeClient(), handling.handler, 'r', '{}')\n\n\nif __name__ == '__main__':\n"
        "    sys.modules['bootstrap'] = sys.modules['__main__']\n    main()\n"
    )
    (tmp_path / "run.py").write_text(bootstrap)
    given = environ | {"AWS_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": "shop"}
    done = subprocess.run([str(programs / "python"), "run.py"], cwd=tmp_path, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert arrived(sandbox) == [("RuntimeError: broken on purpose", "shop", "live", "r1")]
