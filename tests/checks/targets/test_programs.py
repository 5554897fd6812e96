"""What starts an application from Python, what nothing starts, and what belongs to another application than the one that is served."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one, facts_of

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
INIT = 'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
SDK = "import os\n\nimport sentry_sdk\n\n"
FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FLASK = SDK + INIT + "from flask import Flask\n\napp = Flask(__name__)\n"
NEEDS = {"requirements.txt": "fastapi\nuvicorn\nsentry-sdk\n"}


def image(command: str) -> dict[str, str]:
    return {"Dockerfile": f"FROM python:3.13\nWORKDIR /code\nCOPY . .\nCMD {command}\n"}


RUN = 'import uvicorn\n\nif __name__ == "__main__":\n    uvicorn.run("shop.api:app"{})\n'
GUARDED = SDK + 'import uvicorn\n\nif __name__ == "__main__":\n    ' + INIT + '    uvicorn.run("shop.api:app"{})\n'
MAIN = SDK + "import uvicorn\n\n\ndef main():\n    " + INIT + '    uvicorn.run("shop.api:app")\n\n\nmain()\n'
SERVED = {
    "before the server": (SDK + INIT + RUN.format(""), P),
    "in its own function": (MAIN, P),
    "below the guard": (GUARDED.format(""), P),
    "below the guard, with one worker": (GUARDED.format(", workers=1"), P),
    "below the guard, where each worker imports the program": (GUARDED.format(", workers=4"), F),
    "below the guard, where a number of workers is not known": (GUARDED.format(", workers=os.cpu_count()"), U),
    "below the guard, where the server restarts itself": (GUARDED.format(", reload=True"), F),
    "for each worker": (SDK + INIT + RUN.format(", workers=4"), P),
}


@pytest.mark.parametrize("name", SERVED)
def test_init_in_the_program_that_hands_an_application_to_a_server(name):
    program, outcome = SERVED[name]
    files = {"shop/__init__.py": "", "shop/__main__.py": program, "shop/api.py": FASTAPI}
    files |= NEEDS | image('["python", "-m", "shop"]')
    (backend,) = facts_of(files).backends
    assert (backend.framework, backend.entry.path) == ("fastapi", "shop/api.py")
    assert check_one("sdk-initialized", files).outcome is outcome


LIFE = (
    "from contextlib import asynccontextmanager\n\nfrom fastapi import FastAPI\n\n\n@asynccontextmanager\nasync def life(app):\n    "
    + INIT
    + "    yield\n\n\n"
)
ON_EVENT = '\n\n@{}.on_event("startup")\ndef begin():\n    ' + INIT
FACTORY = (
    "def create_app():\n    api = FastAPI({})\n    root = FastAPI({})\n    root.mount('/x', api)\n    return root\n"
)
MOUNTED = {
    "lifespan of the application": ("app = FastAPI(lifespan=life)\napi = FastAPI()\napp.mount('/x', api)\n", P),
    "lifespan of what is mounted": ("app = FastAPI()\napi = FastAPI(lifespan=life)\napp.mount('/x', api)\n", U),
    "event of the application": (
        "app = FastAPI()\napi = FastAPI()\napp.mount('/x', api)\n" + ON_EVENT.format("app"),
        P,
    ),
    "event of what is mounted": (
        "app = FastAPI()\napi = FastAPI()\napp.mount('/x', api)\n" + ON_EVENT.format("api"),
        U,
    ),
    "lifespan of the factory's": (FACTORY.format("", "lifespan=life") + "\n\napp = create_app()\n", P),
    "lifespan of what a factory mounts": (FACTORY.format("lifespan=life", "") + "\n\napp = create_app()\n", U),
}


@pytest.mark.parametrize("name", MOUNTED)
def test_the_startup_of_a_mounted_application_never_runs(name):
    made, outcome = MOUNTED[name]
    files = {"main.py": SDK + LIFE + made} | NEEDS | image("uvicorn main:app")
    assert check_one("sdk-initialized", files).outcome is outcome


def test_a_class_of_another_package_is_of_the_one_framework_that_is_installed():
    files = {
        "web.py": "from brainz.flask import Custom\n\n\ndef create_app():\n    app = Custom(__name__)\n    return app\n",
        "server.py": "from web import create_app\n\napplication = create_app()\n",
        **image("gunicorn server:application"),
    }
    (backend,) = facts_of(files | {"requirements.txt": "flask\nbrainz\n"}).backends
    assert (backend.framework, backend.entry.path) == ("flask", "server.py")
    assert check_one("sdk-installed", files | {"requirements.txt": "flask\nbrainz\n"}).outcome is F
    installed = files | {"requirements.txt": "flask\nbrainz\nsentry-sdk\n"}
    found = check_one("sdk-initialized", installed)
    assert found.outcome is U and "`application` may initialize the SDK" in found.verdicts[0].findings[0].message
    for needs in ("brainz\n", "flask\nquart\nbrainz\n", "django\nflask\nbrainz\n"):
        assert not facts_of(files | {"requirements.txt": needs}).backends


PROGRAM = 'import sentry_sdk\n\n\ndef main():\n    sentry_sdk.init()\n\n\nif __name__ == "__main__":\n    main()\n'
LOG = SDK + "\ndef setup():\n    " + INIT
UNSTARTED = {
    "a program": ({"collect.py": PROGRAM}, "collect.py"),
    "a package": (
        {"agent/__init__.py": "", "agent/__main__.py": "from agent.log import setup\n\nsetup()\n", "agent/log.py": LOG},
        "agent/__main__.py",
    ),
    "a program without the SDK": ({"collect.py": 'if __name__ == "__main__":\n    print(1)\n'}, None),
    "a program for tests": ({"tests/collect.py": PROGRAM}, None),
    "a program beside an application": ({"collect.py": PROGRAM, "main.py": FASTAPI}, "main.py"),
}


@pytest.mark.parametrize("name", UNSTARTED)
def test_a_program_that_initializes_the_sdk_and_that_nothing_starts(name):
    files, path = UNSTARTED[name]
    assert [b.entry.path for b in facts_of(files | NEEDS).backends] == ([path] if path else [])
    if path and path != "main.py":
        assert check_one("sdk-initialized", files | NEEDS).outcome is P


def test_the_worker_of_rq_may_initialize_the_sdk_by_its_settings():
    files = {"requirements.txt": "rq\nsentry-sdk\n", "Procfile": "worker: rq worker -c settings\n"}
    named = files | {"settings.py": 'import os\n\nSENTRY_DSN = os.environ["SENTRY_DSN"]\n'}
    assert check_one("sdk-initialized", named).outcome is U
    assert check_one("sdk-initialized", files | {"settings.py": 'REDIS_HOST = "redis"\n'}).outcome is F


COMPOSE = "services:\n  web:\n    build: .\n"
DEVELOPED = {
    "flask's debugger": ("    environment:\n      - FLASK_DEBUG=1\n", U),
    "flask's debugger off": ("    environment:\n      - FLASK_DEBUG=0\n", F),
    "its package is mounted": ("    volumes:\n      - ./shop:/usr/lib/python3/shop:ro\n", U),
    "another folder is mounted": ("    volumes:\n      - ./media:/code/media\n", F),
}


@pytest.mark.parametrize("name", DEVELOPED)
def test_a_compose_file_for_development_deploys_nothing(name):
    text, outcome = DEVELOPED[name]
    files = {"shop/__init__.py": FLASK, "media/a.txt": "", "requirements.txt": "flask\nsentry-sdk\n"}
    files |= image("gunicorn shop:app") | {"docker-compose.yml": COMPOSE + text}
    assert check_one("dsn-configured", files).outcome is outcome


def test_a_program_runs_in_what_it_raises():
    files = {"collect.py": PROGRAM.replace("    main()\n", "    raise SystemExit(main())\n")} | NEEDS
    assert check_one("sdk-initialized", files).outcome is P


def test_a_template_of_kubernetes_is_read_as_its_manifest():
    manifest = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop-production}\nspec:\n  template:\n    spec:\n      containers:\n"
        "        - name: shop\n          image: ghcr.io/acme/shop:__TAG__\n          env:\n            - name: SENTRY_DSN\n"
        "              valueFrom: {secretKeyRef: {name: shop, key: SENTRY_DSN}}\n"
    )
    files = {"shop/__init__.py": FLASK, "requirements.txt": "flask\nsentry-sdk\n"} | image("gunicorn shop:app")
    assert check_one("dsn-configured", files | {"kubernetes/deployment-production.tmpl": manifest}).outcome is P
    lacking = manifest.replace("SENTRY_DSN", "OTHER")
    assert check_one("dsn-configured", files | {"kubernetes/deployment-production.tmpl": lacking}).outcome is U


SETTINGS = (
    "from pydantic_settings import BaseSettings\n\n\nclass Config(BaseSettings{}):\n{}    sentry_dsn: str = ''\n\n\nconfig = Config()\n\n"
    + SDK
    + "sentry_sdk.init(dsn=config.sentry_dsn)\n"
)
PREFIXES = {
    "none": (("", ""), "`SENTRY_DSN` is read"),
    "a keyword of the class": ((", env_prefix='SHOP_'", ""), "`SHOP_SENTRY_DSN` is read"),
    "its configuration": (("", "    model_config = {'env_prefix': 'SHOP_'}\n"), "`SHOP_SENTRY_DSN` is read"),
    "both": ((", env_prefix='OWN_'", "    model_config = {'env_prefix': 'SHOP_'}\n"), "`OWN_SENTRY_DSN` is read"),
}


@pytest.mark.parametrize("name", PREFIXES)
def test_the_prefix_of_variables_that_pydantic_reads(name):
    given, fact = PREFIXES[name]
    files = {"main.py": SETTINGS.format(*given) + FASTAPI} | NEEDS | image("uvicorn main:app")
    assert fact in [e.fact for v in check_one("dsn-configured", files).verdicts for e in v.evidence]


def test_the_sdk_of_a_package_of_the_workspace_is_installed():
    files = {
        "api/pyproject.toml": '[project]\nname = "api"\ndependencies = ["fastapi", "Shop.common"]\n[tool.uv.sources]\nshop-common = {workspace = true}\n',
        "common/pyproject.toml": '[project]\nname = "shop-common"\ndependencies = ["sentry-sdk"]\n[dependency-groups]\ndev = ["other"]\n',
        "api/main.py": FASTAPI,
        "api/Dockerfile": "FROM python:3.13\nCOPY . .\nCMD uvicorn main:app\n",
    }
    found = check_one("sdk-installed", files)
    assert found.outcome is P and found.verdicts[0].evidence[0].path == "common/pyproject.toml"
    beside = files["api/pyproject.toml"].replace("{workspace = true}", '{path = "../common"}')
    assert check_one("sdk-installed", files | {"api/pyproject.toml": beside}).outcome is P
    elsewhere = files["api/pyproject.toml"].replace("{workspace = true}", '{git = "https://example.com/a"}')
    assert check_one("sdk-installed", files | {"api/pyproject.toml": elsewhere}).outcome is F


def test_a_function_that_runs_django_is_of_its_project():
    template = "Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties: {CodeUri: web, Handler: asgi.handler, Runtime: python3.13}\n"
    asgi = 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n\n\ndef handler(event, context):\n    pass\n'
    assert not facts_of({"template.yaml": template, "web/asgi.py": asgi} | NEEDS).backends


ASGI = "from sentry_sdk.integrations.asgi import SentryAsgiMiddleware\n\n"
REDUNDANT = "SentryAsgiMiddleware is redundant beside FastApiIntegration: each error is sent once"
DOUBLED = {
    "added": (ASGI + FASTAPI + "app.add_middleware(SentryAsgiMiddleware)\n", True),
    "wrapped": (ASGI + FASTAPI + "app = SentryAsgiMiddleware(app)\n", True),
    "by its module": (
        "from sentry_sdk.integrations import asgi\n\n" + FASTAPI + "app = asgi.SentryAsgiMiddleware(app)\n",
        True,
    ),
    "only imported": (ASGI + FASTAPI, False),
    "another of that name": (
        ASGI.replace("sentry_sdk.integrations.asgi", "own") + FASTAPI + "app.add_middleware(SentryAsgiMiddleware)\n",
        False,
    ),
}


@pytest.mark.parametrize("name", DOUBLED)
def test_a_middleware_beside_the_integration_is_told_and_no_fault(name):
    code, told = DOUBLED[name]
    files = {"main.py": SDK + INIT + code} | NEEDS | image("uvicorn main:app")
    off = {"main.py": files["main.py"].replace('"])', '"], auto_enabling_integrations=False)', 1)}
    assert REDUNDANT not in [
        e.fact for v in check_one("integrations-installed", files | off).verdicts for e in v.evidence
    ]
    found = check_one("integrations-installed", files)
    assert found.outcome is P and (REDUNDANT in [e.fact for v in found.verdicts for e in v.evidence]) is told
