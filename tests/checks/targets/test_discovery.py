"""Which backends a repository has: what its commands start, and the applications that its code makes."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import MANAGE, PACKAGE, check_one, facts_of

FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FLASK = "from flask import Flask\n\napp = Flask(__name__)\n"
FACTORY = "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n"
CELERY = 'from celery import Celery\n\napp = Celery("tasks")\n'
NEEDS = {"requirements.txt": "fastapi\nflask\ncelery\naiohttp\nlitestar\nquart\n"}


def image(command: str) -> dict[str, str]:
    return {"Dockerfile": f"FROM python:3.13\nWORKDIR /code\nCOPY . /code\nCMD {command}\n"}


def found(files: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Return `(root, framework, entry module, object)` of each backend."""
    return [
        (b.root, b.framework, b.settings.path or "", b.entry.attribute if b.entry else "")
        for b in facts_of(files).backends
        if b.settings is not None
    ]


STARTED = [
    ('["uvicorn", "api.main:app", "--host", "0.0.0.0"]', {"api/main.py": FASTAPI}, ("fastapi", "api/main.py", "app")),
    (
        "gunicorn -k uvicorn.workers.UvicornWorker api.main:app",
        {"api/main.py": FASTAPI},
        ("fastapi", "api/main.py", "app"),
    ),
    ("fastapi run api/main.py --port 80", {"api/main.py": FASTAPI}, ("fastapi", "api/main.py", "app")),
    ("sh -c 'alembic upgrade head && exec uvicorn main:app'", {"main.py": FASTAPI}, ("fastapi", "main.py", "app")),
    ("poetry run uvicorn main:app", {"main.py": FASTAPI}, ("fastapi", "main.py", "app")),
    ("python -m uvicorn --app-dir src main:app", {"src/main.py": FASTAPI}, ("fastapi", "src/main.py", "app")),
    (
        "uvicorn app.main:make --factory",
        {"app/main.py": FACTORY.replace("create_app", "make")},
        ("flask", "app/main.py", "make"),
    ),
    ('gunicorn "shop:create_app()"', {"shop/__init__.py": FACTORY}, ("flask", "shop/__init__.py", "create_app")),
    ("flask --app shop run", {"shop.py": FLASK}, ("flask", "shop.py", "app")),
    ("flask run", {"app.py": FLASK}, ("flask", "app.py", "app")),
    (
        "python server.py",
        {"server.py": FLASK + '\nif __name__ == "__main__":\n    app.run()\n'},
        ("flask", "server.py", "app"),
    ),
    (
        "python run.py",
        {"run.py": 'import uvicorn\n\nuvicorn.run("api.main:app", port=80)\n', "api/main.py": FASTAPI},
        ("fastapi", "api/main.py", "app"),
    ),
    ("celery -A jobs.tasks worker -l info", {"jobs/tasks.py": CELERY}, ("celery", "jobs/tasks.py", "app")),
    ("celery -A jobs.tasks.app worker", {"jobs/tasks.py": CELERY}, ("celery", "jobs/tasks.py", "app")),
    ("dramatiq jobs", {"jobs.py": "import dramatiq\n"}, ("dramatiq", "jobs.py", "")),
    ("arq jobs.WorkerSettings", {"jobs.py": "class WorkerSettings:\n    pass\n"}, ("arq", "jobs.py", "WorkerSettings")),
    ("python -m bot", {"bot/__main__.py": "print(1)\n", "bot/__init__.py": ""}, ("python", "bot/__main__.py", "")),
    (
        "./start.sh",
        {"main.py": FASTAPI, "start.sh": "#!/bin/sh\nset -e\nexec uvicorn main:app\n"},
        ("fastapi", "main.py", "app"),
    ),
]


@pytest.mark.parametrize(("command", "files", "expected"), STARTED, ids=[s[0] for s in STARTED])
def test_what_an_image_starts(command, files, expected):
    assert found(files | NEEDS | image(command)) == [(".", *expected)]


HOSTS = [
    ({"Procfile": "web: uvicorn main:app\n"}, "Procfile"),
    (
        {
            "render.yaml": "services:\n  - type: web\n    name: a\n    runtime: python\n    startCommand: uvicorn main:app\n"
        },
        "render.yaml",
    ),
    ({"fly.toml": 'app = "a"\n[processes]\nweb = "uvicorn main:app"\n'}, "fly.toml"),
    ({"compose.yaml": "services:\n  api:\n    build: .\n    command: uvicorn main:app\n"}, "compose.yaml"),
    ({"web.service": "[Service]\nExecStart=/srv/venv/bin/uvicorn main:app\n"}, "web.service"),
    ({"supervisord.conf": "[program:web]\ncommand=uvicorn main:app\n"}, "supervisord.conf"),
]


@pytest.mark.parametrize(("host", "place"), HOSTS, ids=[h[1] for h in HOSTS])
def test_what_a_host_starts(host, place):
    backends = facts_of({"main.py": FASTAPI} | NEEDS | host).backends
    assert [(b.framework, b.settings.found_in) for b in backends] == [("fastapi", place)]


UNSTARTED = [
    ({"main.py": FASTAPI}, [(".", "fastapi", "main.py", "app")]),
    (
        {"main.py": "import fastapi as f\n\nserver = f.FastAPI()\n" + "# FastAPI(\n"},
        [(".", "fastapi", "main.py", "server")],
    ),
    (
        {"shop/__init__.py": FACTORY, "wsgi.py": "from shop import create_app\n\napp = create_app()\n"},
        [(".", "flask", "wsgi.py", "app")],
    ),
    ({"shop/__init__.py": FACTORY}, [(".", "flask", "shop/__init__.py", "create_app")]),
    (
        {"own.py": "from fastapi import FastAPI\n\n\nclass Own(FastAPI):\n    pass\n\n\napp = Own()\n"},
        [(".", "fastapi", "own.py", "app")],
    ),
    ({"tests/app.py": FASTAPI}, []),
    ({"docs_src/main.py": FASTAPI}, []),
    (
        {
            "shop/plugin.py": "import pytest\nfrom aiohttp import web\n\n\n@pytest.fixture\ndef app():\n    app = web.Application()\n    return app\n"
        },
        [],
    ),
    (
        {"main.py": FLASK + "\n\n@app.cli.command()\ndef check():\n    import pytest\n\n    pytest.main()\n"},
        [(".", "flask", "main.py", "app")],
    ),
    ({"examples/one/main.py": FLASK}, []),
    ({"main.py": "class FastAPI:\n    pass\n\n\napp = FastAPI()\n"}, []),
    (
        {
            "helpers.py": "from fastapi import FastAPI\n\n\ndef extend(app: FastAPI):\n    other = FastAPI()\n    app.mount('/x', other)\n"
        },
        [],
    ),
]


@pytest.mark.parametrize(
    ("files", "expected"), UNSTARTED, ids=[next(iter(f)) + str(n) for n, (f, _) in enumerate(UNSTARTED)]
)
def test_an_application_that_nothing_starts(files, expected):
    assert found(files | NEEDS) == expected


LIBRARIES = [
    '[project]\nname = "lib"\ndependencies = []\n[dependency-groups]\ndev = ["fastapi"]\n',
    '[project]\nname = "lib"\n[project.optional-dependencies]\nweb = ["fastapi"]\n',
    '[project]\nname = "fastapi"\ndependencies = ["fastapi"]\n',
]


@pytest.mark.parametrize("manifest", LIBRARIES)
def test_a_library_serves_nothing(manifest):
    assert found({"lib/app.py": FASTAPI, "lib/__init__.py": "", "pyproject.toml": manifest}) == []


def test_several_backends_have_their_own_roots_and_names():
    files = {
        "services/api/main.py": FASTAPI,
        "services/api/requirements.txt": "fastapi\n",
        "services/site/app.py": FLASK,
        "services/site/requirements.txt": "flask\n",
        "services/site/worker.py": CELERY,
    }
    backends = facts_of(files).backends
    assert [(b.name, b.root, b.framework) for b in backends] == [
        ("api", "services/api", "fastapi"),
        ("site", "services/site", "flask"),
    ]


def test_projects_in_folders_of_one_name_have_their_own_names():
    roots = ("one/web", "two/two/web", "two/web", "web")
    files = {}
    for root in roots:
        files |= {f"{root}/manage.py": f"{MANAGE}# {root}\n", f"{root}/shop/settings.py": "DEBUG = False\n"}
        files |= {f"{root}/package.json": PACKAGE, f"{root}/index.html": "<script type=module src=/a.js></script>"}
    expected = [(root.replace("/", "-"), root) for root in roots]
    facts = facts_of(files)
    assert sorted((b.name, b.root) for b in facts.backends) == expected
    assert sorted((b.name, b.root) for b in facts.frontends) == expected


def test_a_worker_of_the_same_code_belongs_to_the_service():
    backend = facts_of({"main.py": FASTAPI, "jobs.py": CELERY} | NEEDS).backends[0]
    assert [(o.framework, o.path) for o in backend.others] == [("celery", "jobs.py")]


def test_django_with_a_service_at_its_side():
    django = {"site/manage.py": MANAGE, "site/shop/settings.py": "DEBUG = False\n", "site/requirements.txt": "django\n"}
    side = {"api/main.py": FASTAPI, "api/requirements.txt": "fastapi\n"}
    names = [(b.name, b.framework) for b in facts_of(django | side).backends]
    assert names == [("backend", "django"), ("api", "fastapi")]
    celery = {
        "site/shop/celery.py": CELERY,
        "compose.yaml": "services:\n  w:\n    build: site\n    command: celery -A shop worker\n",
    }
    assert [(b.name, b.framework) for b in facts_of(django | celery).backends] == [("backend", "django")]


def test_lambda_handlers_of_one_template_are_one_backend():
    template = (
        "Globals: {Function: {Runtime: python3.13}}\nResources:\n"
        "  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: a/, Handler: app.handler}}\n"
        "  B: {Type: AWS::Serverless::Function, Properties: {CodeUri: b/, Handler: app.handler}}\n"
    )
    handler = "def handler(event, context):\n    return 1\n"
    backends = facts_of({"template.yaml": template, "a/app.py": handler, "b/app.py": handler}).backends
    assert [(b.root, b.framework, [o.path for o in b.others]) for b in backends] == [(".", "aws-lambda", ["b/app.py"])]


def test_a_configured_entry_is_taken():
    files = {
        "one.py": FASTAPI,
        "two.py": FASTAPI,
        "sentry-setup.toml": 'backend.root = "."\nbackend.settings = "two:app"\n',
    }
    assert found(files | NEEDS) == [(".", "fastapi", "two.py", "app")]
    files["sentry-setup.toml"] = 'backend.root = "."\n'
    assert found(files | NEEDS) == [(".", "fastapi", "one.py", "app")]


def test_a_helper_of_a_django_project_is_no_backend_of_its_own_unless_something_starts_it():
    files = {
        "manage.py": MANAGE,
        "shop/settings.py": "DEBUG = False\n",
        "requirements.txt": "django\nflask\n",
        "similar/main.py": FLASK,
    }
    assert [b.framework for b in facts_of(files).backends] == ["django"]
    started = files | {"similar/Dockerfile": "FROM python:3.13\nCOPY . /code\nCMD flask --app main run\n"}
    assert [b.framework for b in facts_of(started).backends] == ["django", "flask"]
    apart = files | {"similar/requirements.txt": "flask\n"}
    assert [b.framework for b in facts_of(apart).backends] == ["django", "flask"]


def test_a_package_without_an_application_has_that_of_its_module_celery():
    """`celery -A jobs` looks in `jobs.celery` where `jobs` itself has none."""
    code = "import sentry_sdk\nfrom celery import Celery\nsentry_sdk.init()\napp = Celery('jobs')\n"
    files = {"jobs/__init__.py": "", "jobs/celery.py": code, "requirements.txt": "celery\nsentry-sdk\n"}
    verdict = check_one("sdk-initialized", files | {"Procfile": "worker: celery -A jobs worker\n"})
    assert (verdict.outcome, [(e.path, e.line) for e in verdict.evidence][:1]) == (
        Outcome.PASS,
        [("jobs/celery.py", 3)],
    )


def test_the_list_of_another_service_is_not_what_this_one_installs():
    image = "FROM python:3.13\nCOPY . .\nRUN pip install -r requirements.txt\nCMD {}\n"
    files = {
        "services/api/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "services/api/requirements.txt": "fastapi\nsentry-sdk\n",
        "services/api/Dockerfile": image.format("uvicorn main:app"),
        "services/jobs/tasks.py": "from celery import Celery\napp = Celery('tasks')\n",
        "services/jobs/requirements.txt": "celery\n",
        "services/jobs/Dockerfile": image.format("celery -A tasks worker"),
    }
    verdict = check_one("sdk-installed", files)
    found = {v.target.root: (v.outcome, [f.path for f in v.findings]) for v in verdict.verdicts if v.target}
    assert found == {
        "services/api": (Outcome.PASS, []),
        "services/jobs": (Outcome.FAIL, ["services/jobs/requirements.txt"]),
    }
