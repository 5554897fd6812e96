"""Pyramid, Sanic, Tornado, Falcon and Connexion: found by what starts them, and judged by what they run."""

from __future__ import annotations

import pytest

from checks.backends.serving import server_chain
from checks.model import Outcome
from checks.production import core
from tests.support.repo import check_one, facts_of

INIT = 'import os\n\nimport sentry_sdk\n\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'
PYRAMID = (
    "from pyramid.config import Configurator\n\n\n"
    "def main(settings=None):\n    config = Configurator(settings=settings)\n    config.include('.events')\n"
    "    return config.make_wsgi_app()\n"
)
INCLUDED = (
    "import os\n\nimport sentry_sdk\n\n\ndef includeme(config):\n    sentry_sdk.init(dsn=os.environ['SENTRY_DSN'])\n"
)


def image(command: str, variables: str = "") -> dict[str, str]:
    return {"Dockerfile": f"FROM python:3.13\nWORKDIR /code\nCOPY . /code\n{variables}CMD {command}\n"}


CASES = {
    "huey": (
        {
            "tasks.py": "from huey import RedisHuey\n\n" + INIT + "huey = RedisHuey()\n",
            "requirements.txt": "huey\nsentry-sdk\n",
        },
        {"Procfile": "worker: huey_consumer tasks.huey\n"},
        ("huey", "tasks.py", "huey", True),
    ),
    "pyramid, init in includeme": (
        {
            "shop/__init__.py": "",
            "shop/config.py": PYRAMID,
            "shop/events.py": INCLUDED,
            "shop/wsgi.py": "from shop.config import main\n\napplication = main()\n",
            "requirements.txt": "pyramid\nsentry-sdk\n",
        },
        image("gunicorn shop.wsgi:application"),
        ("pyramid", "shop/wsgi.py", "application", True),
    ),
    "pyramid, an own configurator": (
        {
            "shop/__init__.py": "",
            "shop/config.py": PYRAMID.replace(
                "import Configurator\n", "import Configurator as Base\n\n\nclass Configurator(Base):\n    pass\n"
            ),
            "shop/events.py": INCLUDED,
            "shop/wsgi.py": "from shop.config import main\n\napplication = main()\n",
            "requirements.txt": "pyramid\nsentry-sdk\n",
        },
        image("gunicorn shop.wsgi:application"),
        ("pyramid", "shop/wsgi.py", "application", True),
    ),
    "pyramid, included by a module": (
        {
            "app.py": "from pyramid.config import Configurator\n\nimport events\n\n"
            "with Configurator() as config:\n    config.include(events)\n    app = config.make_wsgi_app()\n",
            "events.py": INCLUDED,
            "requirements.txt": "pyramid\nsentry-sdk\n",
        },
        image("waitress-serve app:app"),
        ("pyramid", "app.py", "app", True),
    ),
    "pyramid, includeme that nothing includes": (
        {
            "app.py": "from pyramid.config import Configurator\n\nconfig = Configurator()\napp = config.make_wsgi_app()\n",
            "events.py": INCLUDED,
            "requirements.txt": "pyramid\nsentry-sdk\n",
        },
        image("waitress-serve app:app"),
        ("pyramid", "app.py", "app", None),
    ),
    "sanic, at startup": (
        {
            "server.py": "import os\n\nimport sentry_sdk\nfrom sanic import Sanic\n\napp = Sanic('shop')\n\n\n"
            "@app.before_server_start\nasync def start(app):\n    sentry_sdk.init(dsn=os.environ['SENTRY_DSN'])\n",
            "requirements.txt": "sanic\nsentry-sdk\n",
        },
        image("sanic server:app --workers 2"),
        ("sanic", "server.py", "app", True),
    ),
    "sanic, a listener that is no start": (
        {
            "server.py": "import os\n\nimport sentry_sdk\nfrom sanic import Sanic\n\napp = Sanic('shop')\n\n\n"
            "async def stop(app):\n    sentry_sdk.init(dsn=os.environ['SENTRY_DSN'])\n\n\n"
            "app.register_listener(stop, 'after_server_stop')\n",
            "requirements.txt": "sanic\nsentry-sdk\n",
        },
        image("sanic server.app"),
        ("sanic", "server.py", "app", False),
    ),
    "tornado, a program": (
        {
            "main.py": INIT
            + "import asyncio\n\nimport tornado.web\n\n\nasync def main():\n    app = tornado.web.Application([])\n    app.listen(80)\n"
            "\n\nif __name__ == '__main__':\n    asyncio.run(main())\n",
            "requirements.txt": "tornado\nsentry-sdk\n",
        },
        image("python main.py"),
        ("tornado", "main.py", "app", True),
    ),
    "falcon, named in gunicorn's file": (
        {
            "snek/__init__.py": INIT + "from snek.api import Api\n",
            "snek/api.py": "import falcon\n\n\nclass Api(falcon.App):\n    pass\n",
            "config/gunicorn.conf.py": 'wsgi_app = "snek:Api()"\n',
            "requirements.txt": "falcon\nsentry-sdk\n",
        },
        image('["gunicorn", "-c", "config/gunicorn.conf.py"]'),
        ("falcon", "snek/__init__.py", "Api", True),
    ),
    "falcon, init in the class": (
        {
            "api.py": "import os\n\nimport falcon\nimport sentry_sdk\n\n\nclass Api(falcon.App):\n    def __init__(self):\n"
            "        sentry_sdk.init(dsn=os.environ['SENTRY_DSN'])\n        super().__init__()\n",
            "gunicorn.conf.py": 'wsgi_app = "api:Api()"\n',
            "requirements.txt": "falcon\nsentry-sdk\n",
        },
        image("gunicorn"),
        ("falcon", "api.py", "Api", True),
    ),
    "connexion, by uWSGI's variables and subsystems": (
        {
            "lando/__init__.py": "",
            "lando/parts.py": "import os\n\nimport sentry_sdk\n\n\nclass Part:\n    def start(self, app):\n        self.app = app\n\n\n"
            "class Events(Part):\n    def start(self, app):\n        super().start(app)\n        sentry_sdk.init(dsn=os.environ['SENTRY_DSN'])\n\n\n"
            "events = Events()\n",
            "lando/wsgi.py": "import connexion\n\nfrom lando.parts import Part, events\n\n\ndef make():\n    app = connexion.App(__name__)\n"
            "    return app\n\n\napp = make()\nfor part in [Part(), events]:\n    part.start(app.app)\n",
            "requirements.txt": "connexion\nsentry-sdk\n",
        },
        image("uwsgi", "ENV UWSGI_MODULE=lando.wsgi:app\n"),
        ("flask", "lando/wsgi.py", "app", True),
    ),
    "a file with another suffix": (
        {
            "wsgi/shop.wsgi": INIT + "from shop import make\n\napplication = make().app\n",
            "shop.py": "import connexion\n\n\ndef make():\n    return connexion.App(__name__)\n",
            "uwsgi.ini": "[uwsgi]\nwsgi-file = /app/wsgi/shop.wsgi\n",
            "requirements.txt": "connexion\nsentry-sdk\n",
        },
        {},
        ("flask", "wsgi/shop.wsgi", "application", True),
    ),
    "a command behind an init process": (
        {
            "shop/__init__.py": "",
            "shop/cli.py": "import shop.commands\n\n\ndef main():\n    shop.commands.run()\n",
            "shop/commands.py": "import uvicorn\n\n\ndef run():\n    uvicorn.run('shop.main:app', port=80)\n",
            "shop/main.py": INIT + "from fastapi import FastAPI\n\napp = FastAPI()\n",
            "start.sh": "#!/bin/sh\nexec shop serve\n",
            "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["fastapi", "sentry-sdk"]\n[project.scripts]\nshop = "shop.cli:main"\n',
        },
        image('["/usr/bin/tini", "--", "./start.sh"]'),
        ("fastapi", "shop/main.py", "app", True),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_started_and_whether_it_initializes(name):
    files, host, (framework, module, attribute, runs) = CASES[name]
    facts = facts_of(files | host)
    (backend,) = facts.backends
    assert (backend.framework, backend.entry.path, backend.entry.attribute) == (framework, module, attribute)
    chain = server_chain(facts, backend)
    assert [i.runs for i in chain.inits] == {True: [True], False: [None], None: []}[runs]
    wanted = Outcome.PASS if runs else Outcome.UNKNOWN
    assert check_one("sdk-initialized", files | host).outcome is wanted


GUARDS = {
    "env('EVENTS_URL', default='') != ''": Outcome.PASS,
    "len(env('EVENTS_URL', default='')) > 0": Outcome.UNKNOWN,
    "env('EVENTS_URL', default='') == ''": Outcome.FAIL,
    "env('OTHER_URL', default='') != ''": Outcome.UNKNOWN,
    "env('EVENTS_URL', default='') != '' and env('STAGE') == 'live'": Outcome.UNKNOWN,
}


@pytest.mark.parametrize("guard", GUARDS)
def test_a_variable_that_init_is_given_is_a_dsn_whatever_its_name(guard):
    """Whether it is set is another question than what the code does with it."""
    files = {
        "main.py": f"import environ\nimport sentry_sdk\nfrom fastapi import FastAPI\n\nenv = environ.Env()\nif {guard}:\n"
        "    sentry_sdk.init(dsn=env('EVENTS_URL', default=''))\napp = FastAPI()\n",
        "requirements.txt": "fastapi\nsentry-sdk\ndjango-environ\n",
    }
    assert check_one("sdk-initialized", files | image("uvicorn main:app")).outcome is GUARDS[guard]


def test_a_program_too_long_to_follow_without_init_has_none(monkeypatch):
    monkeypatch.setattr(core, "MOST_STEPS", 2_000)
    steps = "x = 1\n" * (core.MOST_STEPS + 1)
    files = {"main.py": f"from fastapi import FastAPI\n\n{steps}app = FastAPI()\n", "requirements.txt": "fastapi\n"}
    assert check_one("sdk-initialized", files | image("uvicorn main:app")).outcome is Outcome.FAIL
    later = files | {"main.py": files["main.py"] + INIT}
    assert check_one("sdk-initialized", later | image("uvicorn main:app")).outcome is Outcome.UNKNOWN


LONG = "x = 1\n" * 2_500
APPLICATION = "\nfrom fastapi import FastAPI\n\napp = FastAPI()\napp.include_router(router)\n"


def served(main: str, jobs: str) -> dict[str, str]:
    return {"main.py": main, "jobs.py": jobs, "requirements.txt": "fastapi\nsentry-sdk\n"} | image("uvicorn main:app")


def test_a_module_too_long_to_follow_hides_nothing_of_the_one_that_imports_it(monkeypatch):
    """An unread router has no say in whether the program initializes the SDK."""
    monkeypatch.setattr(core, "MOST_STEPS", 2_000)
    files = served("from jobs import router\n" + INIT + APPLICATION, LONG + "router = object()\n")
    verdict = check_one("sdk-initialized", files)
    assert (verdict.outcome, [(e.path, e.line) for e in verdict.evidence][:1]) == (Outcome.PASS, [("main.py", 6)])
    chain = server_chain(facts_of(files), facts_of(files).backends[0])
    assert (chain.problems, [i.runs for i in chain.inits]) == ([], [True])


def test_nothing_is_known_of_the_names_of_a_module_too_long_to_follow(monkeypatch):
    """Neither is a name what its first lines say: the rest may bind it again."""
    monkeypatch.setattr(core, "MOST_STEPS", 2_000)
    guarded = "import sentry_sdk\nfrom jobs import ENABLED, router\nif ENABLED:\n    sentry_sdk.init()\n" + APPLICATION
    short = check_one("sdk-initialized", served(guarded, "ENABLED = False\nrouter = object()\n"))
    assert short.outcome is Outcome.FAIL
    verdict = check_one("sdk-initialized", served(guarded, f"ENABLED = False\n{LONG}router = object()\n"))
    assert verdict.outcome is Outcome.UNKNOWN
    assert [(f.path, f.line) for f in verdict.findings] == [("main.py", 4)]


@pytest.mark.parametrize(("length", "outcome"), [("", Outcome.PASS), (LONG, Outcome.UNKNOWN)])
def test_settings_that_take_all_of_a_module_too_long_to_follow_stay_open(monkeypatch, length, outcome):
    monkeypatch.setattr(core, "MOST_STEPS", 2_000)
    files = {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "from django.core.management import execute_from_command_line\n",
        "shop/__init__.py": "",
        "shop/settings.py": "from shop.base import *\nROOT_URLCONF = 'shop.urls'\n",
        "shop/base.py": f"DEBUG = False\nINSTALLED_APPS = []\n{length}",
        "requirements.txt": "django\nsentry-sdk\n",
    } | image("gunicorn shop.wsgi", "ENV DJANGO_SETTINGS_MODULE=shop.settings\n")
    assert check_one("debug-off", files).outcome is outcome


PROGRAM = 'from fastapi import FastAPI\nimport uvicorn\n\napp = FastAPI()\nif __name__ == "__main__":\n    uvicorn.run("main:app", reload=True)\n'


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({}, Outcome.FAIL),
        # The image of the frontend holds none of it, and this one holds it and starts it.
        ({"web/Dockerfile": "FROM node:24\nCOPY ./web /web\nCMD node serve.js\n"}, Outcome.FAIL),
        ({"docker/Dockerfile": "FROM python:3.13\nCOPY ./backend /backend\nCMD python main.py\n"}, Outcome.FAIL),
        # This one holds it, and a script that is not read here starts it.
        ({"docker/Dockerfile": "FROM python:3.13\nCOPY ./backend /backend\nCMD /init\n"}, Outcome.UNKNOWN),
    ],
)
def test_a_program_that_another_image_holds_may_not_be_started_as_a_program_in_production(more, outcome):
    files = {
        "backend/main.py": PROGRAM,
        "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["fastapi", "uvicorn", "sentry-sdk"]\n',
        "Dockerfile": 'FROM python:3.13\nCOPY pyproject.toml /app/\nENTRYPOINT ["/start.sh"]\n',
        "start.sh": "#!/bin/sh\ncd /app/backend\npython main.py\n",
    }
    verdict = check_one("debug-off", files | more)
    assert verdict.outcome is outcome
    assert [(f.path, f.line) for f in verdict.findings] == [("backend/main.py", 6)]
