"""Applications of other frameworks, started as they are deployed after the step: an exception arrives once, and with its names."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
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
NEEDS = (
    *(
        "fastapi",
        "flask",
        "litestar",
        "quart",
        "starlette",
        "aiohttp",
        "celery",
        "rq",
        "dramatiq",
        "huey",
        "apscheduler",
    ),
    *("uvicorn", "gunicorn", "hypercorn", "redis"),
)
REQUIREMENTS = "".join(f"{name}\n" for name in NEEDS)
BOOM = "    raise RuntimeError('broken on purpose')\n"
LIFESPAN = (
    "from contextlib import asynccontextmanager\n\nfrom fastapi import FastAPI\n\n\n@asynccontextmanager\nasync def lifespan(app):\n    yield\n\n\n"
    "app = FastAPI(lifespan=lifespan)\n\n\n"
)
AIOHTTP = (
    "import os\n\nfrom aiohttp import web\n\n\nasync def boom(request):\n"
    + BOOM
    + '\n\napp = web.Application()\napp.router.add_get("/boom/{number}", boom)\n'
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
    "starlette": (
        {
            "main.py": "from starlette.applications import Starlette\nfrom starlette.routing import Route\n\n\nasync def boom(request):\n"
            + BOOM
            + '\n\napp = Starlette(routes=[Route("/boom/{number}", boom)])\n'
        },
        "uvicorn main:app",
        "/boom/{number}",
    ),
    "aiohttp": (
        {"main.py": AIOHTTP + '\n\nif __name__ == "__main__":\n    web.run_app(app, port=int(os.environ["PORT"]))\n'},
        "python main.py",
        "__main__.boom",
    ),
    "aiohttp with gunicorn's workers": (
        {"main.py": AIOHTTP},
        "gunicorn --worker-class aiohttp.GunicornWebWorker main:app",
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
    where, environ = ([], environ | {"PORT": str(port)}) if program == "python" else (where, environ)
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
            with urllib.request.urlopen(url, timeout=40) as answer:
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


BEAT = 'app.conf.beat_schedule = {"boom": {"task": "jobs.boom", "schedule": 60.0, "args": [7]}}\n'


def test_a_task_of_celerys_schedule_arrives_once_and_its_monitor_checks_in(programs, sandbox, tmp_path):
    procfile = "worker: celery -A jobs worker\nbeat: celery -A jobs beat\n"
    environ = set_up(tmp_path, {"jobs.py": JOBS + "\n\n" + BEAT, "Procfile": procfile}, sandbox)
    engine = Engine(tmp_path, {"sentry.org": "acme", "backend.crons": "yes"}, install=False)
    applied = asyncio.run(engine.apply(find_steps(["beyond-errors"])))
    assert [s.outcome for s in applied.steps] == ["applied"], applied.steps
    for folder in ("queue", "control"):
        (tmp_path / folder).mkdir()
    quiet = {"cwd": tmp_path, "env": environ, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = ("worker --concurrency 1 --without-gossip --without-mingle", "beat --max-interval 1")
    running = [
        subprocess.Popen([str(programs / "celery"), "-A", "jobs", *words.split()], **quiet)  # type: ignore[call-overload]
        for words in started
    ]
    try:
        # The SDK watches no schedule of less than a minute.
        assert arrived(sandbox, 110) == [("RuntimeError: broken on purpose", "jobs.boom", "live", "r1")]
        assert [(c["monitor_slug"], c["status"]) for c in sandbox.check_ins] == [
            ("boom", "in_progress"),
            ("boom", "error"),
        ]
        schedule = sandbox.check_ins[0]["monitor_config"]["schedule"]
        assert schedule == {"type": "interval", "value": 1, "unit": "minute"}
    finally:
        for process in running:
            process.terminate()
            process.wait(30)


def test_an_exception_behind_uwsgi_arrives_once(programs, sandbox, tmp_path):
    built = subprocess.run([str(programs / "python"), "-m", "pip", "install", "--quiet", "uwsgi"], capture_output=True)
    if built.returncode:
        pytest.skip("uWSGI cannot be built here")
    code = SERVED["flask run"][0]["app.py"]
    words = "--module app:app --master --processes 2 --enable-threads --py-call-uwsgi-fork-hooks"
    files = {"app.py": code, "Procfile": f"web: uwsgi {words}\n"}
    environ, port = set_up(tmp_path, files, sandbox), free_port()
    where = ("--http-socket", f"127.0.0.1:{port}", "--virtualenv", str(programs.parent))
    said = tmp_path / "said.txt"
    with said.open("w") as log:
        command = [str(programs / "uwsgi"), *where, *words.split()]
        server = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=log, stderr=log)
        try:
            assert status(f"http://127.0.0.1:{port}/boom/7", server) == 500
            assert arrived(sandbox) == [("RuntimeError: broken on purpose", "boom", "live", "r1")]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)
    assert "We detected the use of uWSGI" not in said.read_text()  # what the SDK says where an option is missing


def test_an_exception_in_a_task_of_huey_arrives_once(programs, sandbox, tmp_path):
    code = (
        'from huey import SqliteHuey\n\nhuey = SqliteHuey("jobs", filename="jobs.db")\n\n\n@huey.task()\ndef boom(number):\n'
        + BOOM
    )
    environ = set_up(tmp_path, {"jobs.py": code, "Procfile": "worker: huey_consumer jobs.huey\n"}, sandbox)
    call(str(programs / "python"), "-c", "import jobs; jobs.boom(7)", cwd=tmp_path)
    quiet = {"cwd": tmp_path, "env": environ, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    words = [str(programs / "python"), str(programs / "huey_consumer"), "jobs.huey"]
    worker = subprocess.Popen(words, **quiet)  # type: ignore[call-overload]
    try:
        assert arrived(sandbox, 40) == [("RuntimeError: broken on purpose", "boom", "live", "r1")]
    finally:
        worker.terminate()
        worker.wait(30)


RQ = (
    'from redis import Redis\nfrom rq import SimpleWorker\nfrom rq.timeouts import TimerDeathPenalty\n\nworker = SimpleWorker(["default"], connection=Redis(port=PORT))\n'
    'worker.death_penalty_class = TimerDeathPenalty\n\n\nif __name__ == "__main__":\n    worker.work(burst=True)\n'
)
ACTOR = (
    "import dramatiq\nfrom dramatiq.brokers.redis import RedisBroker\n\nbroker = RedisBroker(port=PORT)\ndramatiq.set_broker(broker)\n\n\n"
    "@dramatiq.actor(max_retries=0)\ndef boom(number):\n" + BOOM
)


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Redis server of this test's own."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    words = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    folder = tmp_path_factory.mktemp("redis")
    running = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        running.terminate()
        running.wait(20)


def test_an_exception_in_a_job_of_rq_arrives_once(programs, sandbox, redis, tmp_path):
    files = {
        "worker.py": RQ.replace("PORT", str(redis)),
        "jobs.py": "def boom(number):\n" + BOOM,
        "Procfile": "worker: python worker.py\n",
    }
    environ = set_up(tmp_path, files, sandbox)
    queue = f"from redis import Redis\nfrom rq import Queue\nimport jobs\nQueue(connection=Redis(port={redis})).enqueue(jobs.boom, 7)\n"
    call(str(programs / "python"), "-c", queue, cwd=tmp_path)
    done = subprocess.run([str(programs / "python"), "worker.py"], cwd=tmp_path, env=environ, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert arrived(sandbox, 40) == [("RuntimeError: broken on purpose", "jobs.boom", "live", "r1")]


def test_an_exception_in_an_actor_of_dramatiq_arrives_once(programs, sandbox, redis, tmp_path):
    files = {"jobs.py": ACTOR.replace("PORT", str(redis)), "Procfile": "worker: dramatiq jobs\n"}
    environ = set_up(tmp_path, files, sandbox)
    assert "integrations=[DramatiqIntegration()]" in (tmp_path / "jobs.py").read_text()
    worker = subprocess.Popen(
        [str(programs / "dramatiq"), "jobs", "--processes", "1", "--threads", "1"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        call(str(programs / "python"), "-c", "import jobs; jobs.boom.send(7)", cwd=tmp_path)
        assert arrived(sandbox, 40) == [("RuntimeError: broken on purpose", "boom", "live", "r1")]
    finally:
        worker.terminate()
        worker.wait(30)


CLOCK = (
    "from apscheduler.schedulers.background import BackgroundScheduler\n\nscheduler = BackgroundScheduler()\n\n\n"
    '@scheduler.scheduled_job("interval", minutes=1, id="boom")\ndef boom():\n' + BOOM + "\n\n"
    'if __name__ == "__main__":\n    scheduler.start()\n    for job in scheduler.get_jobs():\n        job.modify(next_run_time=datetime.now(UTC))\n'
    "    time.sleep(3)\n"
)


def test_an_exception_in_a_job_of_apscheduler_arrives_once_and_its_monitor_checks_in(programs, sandbox, tmp_path):
    code = "import time\nfrom datetime import UTC, datetime\n\n" + CLOCK
    environ = set_up(tmp_path, {"clock.py": code, "Procfile": "clock: python clock.py\n"}, sandbox)
    engine = Engine(tmp_path, {"sentry.org": "acme", "backend.crons": "yes"}, install=False)
    applied = asyncio.run(engine.apply(find_steps(["beyond-errors"])))
    assert [s.outcome for s in applied.steps] == ["applied"], applied.steps
    assert '"schedule": {"type": "interval", "value": 1, "unit": "minute"},' in (tmp_path / "clock.py").read_text()
    done = subprocess.run([str(programs / "python"), "clock.py"], cwd=tmp_path, env=environ, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert [(t, e, r) for t, _, e, r in arrived(sandbox)] == [("RuntimeError: broken on purpose", "live", "r1")]
    assert [(c["monitor_slug"], c["status"]) for c in sandbox.check_ins] == [("boom", "in_progress"), ("boom", "error")]
    assert sandbox.check_ins[0]["monitor_config"]["schedule"] == {"type": "interval", "value": 1, "unit": "minute"}


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
