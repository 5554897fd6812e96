"""Applications that are easily mistaken: what each expects was written down before the auditor saw it.

Where a call of init is in the repository and production does not appear to load it, the outcome is unknown by design: it may be
called by what is not read.
"""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
NEEDS = {"requirements.txt": "fastapi\nflask\nstarlette\nmangum\ncelery\nsentry-sdk==2.75.0\n"}
INIT = 'import os\n\nimport sentry_sdk\n\nsentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"), environment="production")\n'
SETUP = "import sentry_sdk\n\n\ndef set_up():\n    sentry_sdk.init()\n"
FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FLASK = "from flask import Flask\n\n\ndef create_app():\n{}    app = Flask(__name__)\n{}    return app\n"


def web(command: str) -> dict[str, str]:
    return {"Procfile": f"web: {command}\n"}


CASES: dict[str, tuple[dict[str, str], Outcome]] = {
    "a factory that sets it up first": (
        web('gunicorn "shop:create_app()"')
        | {
            "shop/__init__.py": FLASK.format("    from shop.setup import set_up\n\n    set_up()\n", ""),
            "shop/setup.py": SETUP,
        },
        P,
    ),
    "a factory that sets it up last": (
        web('gunicorn "shop:create_app()"')
        | {
            "shop/__init__.py": FLASK.format("", "    from shop.setup import set_up\n\n    set_up()\n"),
            "shop/setup.py": SETUP,
        },
        P,
    ),
    "a factory that another application stands beside": (
        web("gunicorn wsgi:app")
        | {
            "shop/__init__.py": FLASK.format("    import sentry_sdk\n\n    sentry_sdk.init()\n", ""),
            "wsgi.py": "from flask import Flask\n\napp = Flask(__name__)\n",
        },
        U,
    ),
    "a factory that the served module calls": (
        web("gunicorn wsgi:app")
        | {
            "shop/__init__.py": FLASK.format("    import sentry_sdk\n\n    sentry_sdk.init()\n", ""),
            "wsgi.py": "from shop import create_app\n\napp = create_app()\n",
        },
        P,
    ),
    "a factory whose setup is behind its argument": (
        web("gunicorn wsgi:app")
        | {
            "shop/__init__.py": "import sentry_sdk\nfrom flask import Flask\n\n\ndef create_app(testing=False):\n"
            "    if testing:\n        sentry_sdk.init()\n    return Flask(__name__)\n",
            "wsgi.py": "from shop import create_app\n\napp = create_app()\n",
        },
        F,
    ),
    "a lifespan that sets it up": (
        web("uvicorn main:app")
        | {
            "main.py": "from contextlib import asynccontextmanager\n\nimport sentry_sdk\nfrom fastapi import FastAPI\n\n\n@asynccontextmanager\n"
            "async def lifespan(app):\n    sentry_sdk.init()\n    yield\n\n\napp = FastAPI(lifespan=lifespan)\n"
        },
        P,
    ),
    "a lifespan that no application is given": (
        web("uvicorn main:app")
        | {
            "main.py": "from contextlib import asynccontextmanager\n\nimport sentry_sdk\nfrom fastapi import FastAPI\n\n\n@asynccontextmanager\n"
            "async def lifespan(app):\n    sentry_sdk.init()\n    yield\n\n\napp = FastAPI()\n"
        },
        U,
    ),
    "a lifespan that sets it up when it ends": (
        web("uvicorn main:app")
        | {
            "main.py": "from contextlib import asynccontextmanager\n\nimport sentry_sdk\nfrom fastapi import FastAPI\n\n\n@asynccontextmanager\n"
            "async def lifespan(app):\n    yield\n    sentry_sdk.init()\n\n\napp = FastAPI(lifespan=lifespan)\n"
        },
        U,
    ),
    "a lifespan that sets it up within others": (
        web("uvicorn main:app")
        | {
            "main.py": "from contextlib import asynccontextmanager\n\nimport sentry_sdk\nfrom fastapi import FastAPI\n\n\n@asynccontextmanager\n"
            "async def lifespan(app):\n    async with pool():\n        try:\n            sentry_sdk.init()\n            yield\n"
            "        finally:\n            print()\n\n\napp = FastAPI(lifespan=lifespan)\n"
        },
        P,
    ),
    "gunicorn's configuration beside another server": (
        web("uvicorn main:app")
        | {
            "Dockerfile.admin": 'CMD ["gunicorn", "admin:app"]\n',
            "main.py": FASTAPI,
            "admin.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "gunicorn.conf.py": "import sentry_sdk\n\n\ndef post_fork(server, worker):\n    sentry_sdk.init()\n",
        },
        U,
    ),
    "a blueprint that is registered": (
        web("gunicorn shop:app")
        | {
            "shop/__init__.py": "from flask import Flask\n\nfrom shop.views import views\n\napp = Flask(__name__)\napp.register_blueprint(views)\n",
            "shop/views.py": "from flask import Blueprint\n\n" + INIT + '\nviews = Blueprint("views", __name__)\n',
        },
        P,
    ),
    "a blueprint that nobody imports": (
        web("gunicorn shop:app")
        | {
            "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "shop/views.py": "from flask import Blueprint\n\n" + INIT + '\nviews = Blueprint("views", __name__)\n',
        },
        U,
    ),
    "only when the file is started": (
        web("uvicorn main:app")
        | {"main.py": FASTAPI + '\nif __name__ == "__main__":\n    import sentry_sdk\n\n    sentry_sdk.init()\n'},
        F,
    ),
    "gunicorn's workers after the fork": (
        web("gunicorn --preload -c gunicorn.conf.py main:app")
        | {
            "main.py": FASTAPI,
            "gunicorn.conf.py": "import sentry_sdk\n\n\ndef post_fork(server, worker):\n    sentry_sdk.init()\n",
        },
        P,
    ),
    "a handler of Mangum": (
        {
            "template.yaml": "Globals: {Function: {Runtime: python3.13}}\nResources:\n"
            "  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., Handler: main.handler}}\n",
            "main.py": "from mangum import Mangum\n\nfrom api import app\n\nhandler = Mangum(app)\n",
            "api.py": INIT + "\nfrom fastapi import FastAPI\n\napp = FastAPI()\n",
        },
        P,
    ),
    "a handler of Mangum without it": (
        {
            "template.yaml": "Globals: {Function: {Runtime: python3.13}}\nResources:\n"
            "  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., Handler: main.handler}}\n",
            "main.py": "from mangum import Mangum\n\nfrom api import app\n\nhandler = Mangum(app)\n",
            "api.py": FASTAPI,
            "local.py": INIT,
        },
        F,
    ),
    "a package of the same name beside the module": (
        web("uvicorn app.main:app") | {"app/__init__.py": "", "app/main.py": INIT + "\n" + FASTAPI, "main.py": FASTAPI},
        P,
    ),
    "the other module of two": (
        web("uvicorn main:app") | {"app/__init__.py": "", "app/main.py": INIT + "\n" + FASTAPI, "main.py": FASTAPI},
        U,
    ),
    "an application that a started module serves": (
        web("python -m shop")
        | {
            "shop/__init__.py": "",
            "shop/__main__.py": 'import sentry_sdk\nimport uvicorn\n\nsentry_sdk.init()\nuvicorn.run("shop.api:app")\n',
            "shop/api.py": FASTAPI,
        },
        P,
    ),
    "a call that a variable decides": (
        web("uvicorn main:app")
        | {
            "main.py": 'import os\n\nimport sentry_sdk\n\nif os.getenv("STAGE") == "live":\n    sentry_sdk.init()\n\n'
            + FASTAPI
        },
        U,
    ),
    "an SDK that may be missing": (
        web("uvicorn main:app")
        | {
            "main.py": "try:\n    import sentry_sdk\nexcept ImportError:\n    sentry_sdk = None\n\nif sentry_sdk is not None:\n"
            "    sentry_sdk.init()\n\n" + FASTAPI
        },
        P,
    ),
    "an application mounted below another": (
        web("uvicorn main:app")
        | {
            "main.py": INIT + "\nfrom fastapi import FastAPI\n\nv1 = FastAPI()\napp = FastAPI()\napp.mount('/v1', v1)\n"
        },
        P,
    ),
    "a function of that name that is not the SDK's": (
        web("uvicorn main:app")
        | {"main.py": "from db import init\n\ninit()\n\n" + FASTAPI, "db.py": "def init():\n    pass\n"},
        F,
    ),
    "a setup that a decorator calls at each request only": (
        web("uvicorn main:app")
        | {"main.py": "import sentry_sdk\n\n" + FASTAPI + '\n\n@app.get("/")\ndef index():\n    sentry_sdk.init()\n'},
        U,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_whether_production_initializes_the_sdk(name):
    files, outcome = CASES[name]
    assert check_one("sdk-initialized", NEEDS | files).outcome is outcome


def test_two_services_are_two_backends_and_one_of_them_fails():
    service = (
        "  - type: web\n    name: {0}\n    runtime: python\n    rootDir: {0}\n    startCommand: uvicorn main:app\n"
    )
    files = {
        "render.yaml": "services:\n" + service.format("api") + service.format("admin"),
        "api/main.py": INIT + "\n" + FASTAPI,
        "admin/main.py": FASTAPI,
        "api/requirements.txt": NEEDS["requirements.txt"],
        "admin/requirements.txt": NEEDS["requirements.txt"],
    }
    found = check_one("sdk-initialized", files)
    assert {v.target.root: v.outcome for v in found.verdicts if v.target} == {"api": P, "admin": F}
