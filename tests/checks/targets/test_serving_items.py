"""Items on backends that are no Django projects."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U, N = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
INIT = 'sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))\n'
HEAD = "import os\n\nimport sentry_sdk\nfrom fastapi import FastAPI\n\n"
NEEDS = "fastapi\nflask\nlitestar\ncelery\naiohttp\nsentry-sdk\n"


def served(code: str, command: str = "uvicorn main:app", **files: str) -> dict[str, str]:
    """A service whose module `main` a Procfile starts."""
    named = {k.replace("__", "/") + ".py": v for k, v in files.items()}
    return {"main.py": code, "requirements.txt": NEEDS, "Procfile": f"web: {command}\n"} | named


START = [
    ("before the application", served(HEAD + INIT + "app = FastAPI()\n"), P, "in production"),
    ("after it", served(HEAD + "app = FastAPI()\n" + INIT), P, "in production"),
    ("nowhere", served(HEAD + "app = FastAPI()\n"), F, "no sentry_sdk.init() in main or what it imports"),
    (
        "below __main__, which a server does not run",
        served(HEAD + 'app = FastAPI()\nif __name__ == "__main__":\n    ' + INIT),
        F,
        "__main__",
    ),
    (
        "below __main__ of a program",
        served(
            HEAD
            + 'app = FastAPI()\nif __name__ == "__main__":\n    '
            + INIT
            + "    import uvicorn\n    uvicorn.run(app)\n",
            "python main.py",
        ),
        P,
        "in production",
    ),
    (
        "in a module behind another one",
        served(
            "from fastapi import FastAPI\nfrom core.start import begin\nbegin()\napp = FastAPI()\n",
            core__start="from core.watch import watch\n\n\ndef begin():\n    watch()\n",
            core__watch="import sentry_sdk\n\n\ndef watch():\n    sentry_sdk.init()\n",
        ),
        P,
        "in production",
    ),
    (
        "in the lifespan",
        served(HEAD + "async def lifespan(app):\n    " + INIT + "    yield\n\n\napp = FastAPI(lifespan=lifespan)\n"),
        P,
        "from the startup of the application only",
    ),
    (
        "in a startup event",
        served(HEAD + 'app = FastAPI()\n\n\n@app.on_event("startup")\ndef start():\n    ' + INIT),
        P,
        "from the startup of the application only",
    ),
    (
        "in a shutdown event",
        served(HEAD + 'app = FastAPI()\n\n\n@app.on_event("shutdown")\ndef stop():\n    ' + INIT),
        U,
        "sentry_sdk.init() is in stop() of main.py, and nothing in production was seen to call it",
    ),
    (
        "in a factory that the server calls",
        served(HEAD + "def make():\n    " + INIT + "    return FastAPI()\n", "uvicorn --factory main:make"),
        P,
        "in production",
    ),
    (
        "before Litestar",
        served("import sentry_sdk\nfrom litestar import Litestar\nsentry_sdk.init()\napp = Litestar([])\n"),
        P,
        "in production",
    ),
    (
        "after Litestar, which is too late",
        served("import sentry_sdk\nfrom litestar import Litestar\napp = Litestar([])\nsentry_sdk.init()\n"),
        F,
        "comes too late: the Litestar application is made before it (main.py:3)",
    ),
    (
        "only while debugging",
        served(HEAD + "DEBUG = False\nif DEBUG:\n    " + INIT + "app = FastAPI()\n"),
        F,
        "runs only if DEBUG",
    ),
    (
        "if a variable says so",
        served(HEAD + 'if os.environ.get("X") == "1":\n    ' + INIT + "app = FastAPI()\n"),
        U,
        "X",
    ),
]


def said(item: str, files: dict[str, str]) -> tuple[Outcome, str]:
    result = check_one(item, files)
    return result.outcome, " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])


@pytest.mark.parametrize(("name", "files", "outcome", "message"), START, ids=[s[0] for s in START])
def test_where_init_stands(name, files, outcome, message):
    found, text = said("sdk-initialized", files)
    assert (found, message in text) == (outcome, True), (found, text)


JOBS = 'from celery import Celery\n{}\napp = Celery("jobs")\n{}'
SIGNAL = "import sentry_sdk\nfrom celery.signals import {0}\n\n\n@{0}.connect\ndef start(**options):\n    sentry_sdk.init()\n"
WORKERS = [
    ("no worker, which is a dependency", {}, U, "celery is a dependency, and nothing that starts its worker was found"),
    (
        "a worker without init",
        {"jobs": JOBS.format("", "")},
        F,
        "the Celery process (jobs.py) does not initialize the SDK",
    ),
    (
        "a worker with its own",
        {"jobs": JOBS.format("import sentry_sdk\nsentry_sdk.init()", "")},
        P,
        "the Celery process",
    ),
    ("a worker that imports the service", {"jobs": JOBS.format("import main", "")}, P, "the Celery process"),
    ("celeryd_init", {"jobs": JOBS.format("", SIGNAL.format("celeryd_init"))}, P, "the Celery process"),
    (
        "worker_process_init",
        {"jobs": JOBS.format("", SIGNAL.format("worker_process_init"))},
        F,
        "only in the worker's children",
    ),
]


@pytest.mark.parametrize(("name", "files", "outcome", "message"), WORKERS, ids=[w[0] for w in WORKERS])
def test_workers(name, files, outcome, message):
    found, text = said("init-covers-workers", served(HEAD + INIT + "app = FastAPI()\n", **files))
    assert (found, message in text) == (outcome, True), (found, text)


BEAT = "web: uvicorn main:app\nworker: celery -A jobs worker\nbeat: celery -A jobs beat\n"
MONITORED = (
    "import sentry_sdk\nfrom celery.signals import beat_init, celeryd_init\n"
    "from sentry_sdk.integrations.celery import CeleryIntegration\n\n\n{}def start(**options):\n"
    "    sentry_sdk.init(integrations=[CeleryIntegration(monitor_beat_tasks=True)])\n\n\n{}"
    'app.conf.beat_schedule = {{"a": {{"task": "jobs.a", "schedule": 60.0}}}}\n'
)
BEATS = [
    ("a worker's signal", "@celeryd_init.connect\n", "", F, ("Procfile", 1)),
    ("beat's signal as well", "@beat_init.connect\n@celeryd_init.connect\n", "", P, ("jobs.py", 10)),
    ("at module level", "", "start()\n", P, ("jobs.py", 8)),
]


@pytest.mark.parametrize(("name", "signals", "call", "outcome", "place"), BEATS, ids=[b[0] for b in BEATS])
def test_beat_is_a_process_of_its_own(name, signals, call, outcome, place):
    code = JOBS.format("", MONITORED.format(signals, call))
    files = served(HEAD + INIT + "app = FastAPI()\n", jobs=code) | {"Procfile": BEAT}
    covered, monitored = check_one("init-covers-workers", files), check_one("celery-monitored", files)
    assert (covered.outcome, monitored.outcome) == (outcome, outcome), (covered.verdicts, monitored.verdicts)
    if outcome is F:
        assert "Celery's beat does not initialize the SDK" in covered.verdicts[0].findings[0].message
        assert "monitor_beat_tasks watches nothing" in monitored.verdicts[0].findings[0].message
        for found in (covered, monitored):
            finding = found.verdicts[0].findings[0]
            assert (finding.path, finding.line, finding.hint) == (
                *place,
                "call init at module level, or in beat_init as well",
            )


def test_one_process_alone_is_covered():
    files = served(HEAD + INIT + "app = FastAPI()\n") | {"requirements.txt": "fastapi\nsentry-sdk\n"}
    assert said("init-covers-workers", files) == (P, "the only process found initializes the SDK")


def test_a_program_that_runs_a_coroutine():
    code = "import asyncio\nimport sentry_sdk\n\n\nasync def main():\n    sentry_sdk.init()\n\n\nasyncio.run(main())\n"
    assert said("sdk-initialized", served(code, "python main.py"))[0] is P
    assert said("sdk-initialized", served(code.replace("asyncio.run(main())", "main()"), "python main.py"))[0] is F


def test_a_configuration_that_a_variable_picks_is_not_taken_for_production():
    code = (
        "import os\nfrom flask import Flask\n\n\nclass Local:\n    DEBUG = True\n\n\nclass Live:\n    DEBUG = False\n\n\n"
        'ALL = {"local": Local, "live": Live}\napp = Flask(__name__)\napp.config.from_object(ALL[os.environ.get("STAGE", "local")])\n'
    )
    assert said("debug-off", served(code, "gunicorn main:app"))[0] is U


def test_a_package_of_the_workspace_starts_the_sdk():
    files = served("from fastapi import FastAPI\nfrom watching import start\nstart()\napp = FastAPI()\n")
    files |= {
        "libs/watching/pyproject.toml": '[project]\nname = "watching"\n',
        "libs/watching/watching/__init__.py": "import sentry_sdk\n\n\ndef start():\n    sentry_sdk.init()\n",
    }
    assert said("sdk-initialized", files)[0] is P


FLASK = "from flask import Flask\napp = Flask(__name__)\n"
DEBUG = [
    (served(HEAD + "app = FastAPI()\n"), P),
    (served(HEAD + "app = FastAPI(debug=True)\n"), F),
    (served(HEAD + "app = FastAPI(debug=False)\n"), P),
    (served(HEAD + 'app = FastAPI(debug=os.environ.get("X") == "1")\n'), U),
    (served(HEAD + "app = FastAPI()\n", "uvicorn main:app --reload"), F),
    (served(FLASK + "app.debug = True\n", "gunicorn main:app"), F),
    (served(FLASK + 'app.config["DEBUG"] = True\n', "gunicorn main:app"), F),
    (served(FLASK + 'if __name__ == "__main__":\n    app.run(debug=True)\n', "gunicorn main:app"), P),
    (served(FLASK + 'if __name__ == "__main__":\n    app.run(debug=True)\n', "python main.py"), F),
    (
        served(
            FLASK + 'class Live:\n    DEBUG = False\n\n\napp.config.from_object("main.Live")\n', "gunicorn main:app"
        ),
        P,
    ),
    (served(FLASK + "class Live:\n    DEBUG = True\n\n\napp.config.from_object(Live)\n", "gunicorn main:app"), F),
    (served('from celery import Celery\napp = Celery("x")\n', "celery -A main worker"), N),
]


@pytest.mark.parametrize(("files", "outcome"), DEBUG, ids=range(len(DEBUG)))
def test_debugging(files, outcome):
    found, text = said("debug-off", files)
    assert found is outcome, text


MIDDLEWARE = (
    '@app.middleware("http")\nasync def guard(request, call_next):\n    try:\n        return await call_next(request)\n'
    "    except Exception as error:\n        {}return JSONResponse({{}}, 500)\n"
)
HANDLERS = [
    (served(HEAD + "app = FastAPI()\n"), N),
    (served(HEAD + "app = FastAPI()\n" + MIDDLEWARE.format("")), F),
    (served(HEAD + "app = FastAPI()\n" + MIDDLEWARE.format("sentry_sdk.capture_exception(error)\n        ")), P),
    (
        served(
            HEAD + "app = FastAPI()\n@app.exception_handler(Exception)\nasync def all(request, error):\n    return {}\n"
        ),
        N,
    ),
    (served(FLASK + "@app.errorhandler(Exception)\ndef all(error):\n    return {}, 500\n", "gunicorn main:app"), F),
    (served(FLASK + "@app.errorhandler(500)\ndef all(error):\n    return {}, 500\n", "gunicorn main:app"), N),
    (
        served(
            FLASK + "def all(error):\n    raise error\n\n\napp.register_error_handler(Exception, all)\n",
            "gunicorn main:app",
        ),
        P,
    ),
]


GUARD = MIDDLEWARE.removeprefix('@app.middleware("http")\n').format("")
BY_CALL = [
    ("middleware called", GUARD + 'app.middleware("http")(guard)\n', F),
    ("dispatch of a middleware", GUARD + "app.add_middleware(BaseHTTPMiddleware, dispatch=guard)\n", F),
    ("not put in", GUARD, N),
]


@pytest.mark.parametrize(("name", "code", "outcome"), BY_CALL, ids=[b[0] for b in BY_CALL])
def test_a_middleware_may_be_put_in_by_a_call(name, code, outcome):
    found, text = said("exceptions-not-swallowed", served(HEAD + "app = FastAPI()\n" + code))
    assert (found, "guard turns every exception into a response" in text) == (outcome, outcome is F), text


LAMBDA = {
    "template.yaml": "Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    "      Handler: main.handler\n      Runtime: python3.13\n",
    "requirements.txt": "fastapi\nmangum\nsentry-sdk\n",
}


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (HEAD + INIT + "from mangum import Mangum\nfrom api import app\nhandler = Mangum(app)\n", F),
        (HEAD + INIT + "def handler(event, context):\n    return 1\n", N),
    ],
    ids=["hands events to an application", "answers by itself"],
)
def test_the_application_behind_a_function_is_judged(code, outcome):
    api = "from fastapi import FastAPI\napp = FastAPI()\n" + MIDDLEWARE.format("")
    found, text = said("exceptions-not-swallowed", LAMBDA | {"main.py": code, "api.py": api})
    assert found is outcome, text


@pytest.mark.parametrize(("files", "outcome"), HANDLERS, ids=range(len(HANDLERS)))
def test_what_hides_exceptions(files, outcome):
    found, text = said("exceptions-not-swallowed", files)
    assert found is outcome, text


ROUTE = '{}@app.get("/sentry-debug")\nasync def trigger_error():\n    1 / 0\n'
ROUTES = [
    (served(HEAD + "app = FastAPI()\n"), N),
    (served(HEAD + "app = FastAPI()\n" + ROUTE.format("")), F),
    (
        served(
            HEAD + "DEBUG = False\napp = FastAPI()\nif DEBUG:\n    " + ROUTE.format("").replace("\n", "\n    ") + "\n"
        ),
        P,
    ),
]


@pytest.mark.parametrize(("files", "outcome"), ROUTES, ids=range(len(ROUTES)))
def test_routes_left_over(files, outcome):
    found, text = said("debug-route-guarded", files)
    assert found is outcome, text


def test_a_dsn_of_pydantic_settings_is_read_and_has_no_placeholder():
    settings = "from pydantic_settings import BaseSettings\n\n\nclass S(BaseSettings):\n    SENTRY_DSN: str | None = None\n\n\nsettings = S()\n"
    code = HEAD + "from config import settings\nsentry_sdk.init(dsn=str(settings.SENTRY_DSN))\napp = FastAPI()\n"
    result = check_one("dsn-configured", served(code, config=settings))
    assert result.outcome is U
    assert (result.evidence[0].path, result.evidence[0].line) == ("config.py", 5)


@pytest.mark.parametrize(("package", "outcome"), [("opentelemetry.metrics", F), ("acme_observability.web", U)])
def test_what_may_start_the_sdk_from_elsewhere(package, outcome):
    code = f"from fastapi import FastAPI\nfrom {package} import set_up\nset_up()\napp = FastAPI()\n"
    assert said("sdk-initialized", served(code))[0] is outcome
