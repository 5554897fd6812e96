"""Which settings module runs: what a host, an image, a command or a helper of the code says, and each worker's own."""

from __future__ import annotations

import pytest

from tests.checks.test_backend_items import F, P, U
from tests.support.repo import check_one

_INIT = 'import sentry_sdk\nfrom .base import *\nsentry_sdk.init(dsn="", environment="production")\n'
_PLAIN = "from .base import *\n"
_ENTRY = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", {})\n'
_WSGI = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"


def _project(default: str = '"shop.settings.local"', head: str = "", **settings: str) -> dict[str, str]:
    entry = head + _ENTRY.format(default)
    return {
        "manage.py": entry + "from django.core.management import execute_from_command_line\n",
        "shop/wsgi.py": entry + _WSGI,
        "shop/__init__.py": "",
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": "DEBUG = False\n",
        "shop/settings/local.py": _PLAIN,
        "requirements.txt": "django\nsentry-sdk==2.75.0\n",
    } | {f"shop/settings/{name}.py": text for name, text in settings.items()}


def _render(name: str, command: str = "gunicorn shop.wsgi") -> dict[str, str]:
    variable = f"    envVars:\n      - key: DJANGO_SETTINGS_MODULE\n        value: {name}\n" if name else ""
    return {
        "render.yaml": f"services:\n  - type: web\n    name: web\n    runtime: python\n    startCommand: {command}\n{variable}"
    }


_LIVE = {"live": _PLAIN, "production": _INIT}
_DOCKER = 'FROM python:3.13\n{}CMD ["gunicorn", "shop.wsgi"]\n'
_MATCH = 'import os\nSTAGE = os.environ.get("STAGE", "PROD")\n\n\ndef pick(package="shop.settings"):\n    match STAGE:\n        case "DEV":\n            return f"{package}.dev"\n        case _:\n            return f"{package}.main"\n'
_PICKED = _project("pick()", "from shop.stage import pick\n", dev=_PLAIN, main=_INIT)
_KAMAL = "service: shop\nservers:\n  web: {{hosts: [192.0.2.1], cmd: gunicorn shop.wsgi}}\nenv:\n  clear: {{DJANGO_SETTINGS_MODULE: {}}}\n"

CASES = [
    ("render names another", _project(**_LIVE) | _render("shop.settings.live"), F, "render.yaml runs shop.settings.live"),
    ("render names it", _project(main=_INIT) | _render("shop.settings.main"), P, "production settings are shop.settings.main"),
    ("render's command names it", _project(main=_INIT) | _render("", "DJANGO_SETTINGS_MODULE=shop.settings.main gunicorn shop.wsgi"), P, "shop.settings.main"),
    ("gunicorn's flag names it", _project(main=_INIT) | _render("", "gunicorn --env DJANGO_SETTINGS_MODULE=shop.settings.main shop.wsgi"), P, "shop.settings.main"),
    ("gunicorn's short flag", _project(main=_INIT) | _render("", "gunicorn -e DJANGO_SETTINGS_MODULE=shop.settings.main shop.wsgi"), P, "shop.settings.main"),
    ("procfile flag", _project(**_LIVE) | {"Procfile": "web: python -m daphne shop.asgi --settings shop.settings.live\n"}, F, "Procfile runs shop.settings.live"),
    ("image names another", _project(**_LIVE) | {"Dockerfile": _DOCKER.format("ENV DJANGO_SETTINGS_MODULE=shop.settings.live\n")}, F, "Dockerfile runs shop.settings.live"),
    ("image's old form", _project(**_LIVE) | {"Dockerfile": _DOCKER.format("ENV DJANGO_SETTINGS_MODULE shop.settings.live\n")}, F, "Dockerfile runs shop.settings.live"),
    ("image's other stage", _project(**_LIVE) | {"Dockerfile": "FROM python AS test\nENV DJANGO_SETTINGS_MODULE=shop.settings.live\n" + _DOCKER.format("")}, P, "sentry_sdk.init() in production"),
    ("image's base stage", _project(**_LIVE) | {"Dockerfile": "FROM python AS base\nENV DJANGO_SETTINGS_MODULE=shop.settings.live\nFROM base\nCMD gunicorn shop.wsgi\n"}, F, "Dockerfile runs shop.settings.live"),
    ("host over image", _project(**_LIVE) | _render("shop.settings.production") | {"Dockerfile": _DOCKER.format("ENV DJANGO_SETTINGS_MODULE=shop.settings.live\n")}, P, "shop.settings.production"),
    ("uwsgi's variable", _project(production=_PLAIN) | {"uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nenv = DJANGO_SETTINGS_MODULE=shop.settings.production\n"}, F, "shop.settings.production"),
    ("supervisor's variable", _project(production=_INIT) | {"deploy/supervisord.conf": "[program:web]\ncommand=gunicorn shop.wsgi\nenvironment=DJANGO_SETTINGS_MODULE=\"shop.settings.production\"\n"}, P, "shop.settings.production"),
    ("kamal", _project(main=_INIT) | {"config/deploy.yml": _KAMAL.format("shop.settings.main")}, P, "production settings are shop.settings.main"),
    ("helper with match", _PICKED | {"shop/stage.py": _MATCH}, P, "production settings are shop.settings.main"),
    ("helper with dictionary", _project("MODULES[os.environ['STAGE']]", "import os\nMODULES = {'dev': 'shop.settings.dev', 'x': 'shop.settings.main'}\n", dev=_PLAIN, main=_INIT), P, "shop.settings.main"),
    ("variable in f-string", _project("f\"shop.settings.{os.environ.get('STAGE', 'main')}\"", main=_INIT), P, "shop.settings.main"),
    ("variable that the host declares", _project("f\"shop.settings.{os.environ['STAGE']}\"", main=_INIT) | {"render.yaml": _render("shop")["render.yaml"].replace("DJANGO_SETTINGS_MODULE\n        value: shop", "STAGE\n        value: main")}, P, "shop.settings.main"),
    ("variable that nobody declares", _project("f\"shop.settings.{os.environ['STAGE']}\"", main=_INIT), P, "sentry_sdk.init() in production"),
    ("one of two", _project("f\"shop.settings.{os.environ['STAGE']}\"", main=_INIT, other="INSTALLED_APPS = []\n"), U, "shop.settings.main initializes the SDK, shop.settings.other does not"),
    ("nothing at all", _project("f\"shop.settings.{os.environ['STAGE']}\"", dev=_INIT), U, "not named anywhere"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "says"), [pytest.param(*c[1:], id=c[0]) for c in CASES])
def test_settings_that_run(files, outcome, says):
    (verdict,) = check_one("sdk-initialized", files).verdicts
    told = [f.message for f in verdict.findings] + [e.fact for e in verdict.evidence]
    assert verdict.outcome is outcome, told
    assert any(says in t for t in told), told


_CELERY = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.local")\n'
_COMPOSE = (
    "services:\n  web:\n    image: shop\n    command: gunicorn shop.wsgi\n"
    "    environment: {{DJANGO_SETTINGS_MODULE: shop.settings.production}}\n"
    "  worker:\n    image: shop\n    command: {}\n    environment: {{{}}}\n"
)
WORKERS = [
    ("celery -A shop worker", "A: b", F),
    ("celery -A shop worker", "DJANGO_SETTINGS_MODULE: shop.settings.production", P),
    ("celery -A shop worker", "DJANGO_SETTINGS_MODULE: shop.settings.local", F),
    ("python manage.py rqworker --settings=shop.settings.local", "A: b", F),
    ("python manage.py rqworker --settings=shop.settings.other", "A: b", P),
]


@pytest.mark.parametrize(("command", "environment", "outcome"), WORKERS)
def test_a_worker_with_settings_of_its_own(command, environment, outcome):
    files = _project(production=_INIT, other=_INIT) | {"shop/celery.py": _CELERY}
    files["compose.prod.yml"] = _COMPOSE.format(command, environment)
    (verdict,) = check_one("init-covers-workers", files).verdicts
    assert verdict.outcome is outcome, verdict
    if outcome is F:
        finding = verdict.findings[0]
        assert "worker (Docker Compose) runs shop.settings.local, which does not initialize the SDK" in finding.message
        assert (finding.path, finding.line) == ("compose.prod.yml", 6)


_LIVE_ENTRY = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.eu")\n' + _WSGI
_START = {"bin/start.sh": "#!/bin/sh\nset -e\nexec gunicorn config.wsgi_eu --bind 0.0.0.0:$PORT\n"}
SERVED = [
    ("a module of another name", {"Procfile": "web: gunicorn config.wsgi_eu\n"}, P, "shop.settings.eu"),
    ("with its object", {"Procfile": "web: uvicorn config.wsgi_eu:application\n"}, P, "shop.settings.eu"),
    ("uwsgi's option", {"Procfile": "web: uwsgi --module=config.wsgi_eu:application --http :$PORT\n"}, P, "shop.settings.eu"),
    ("a script of the Procfile", {"Procfile": "web: bin/start.sh\n"} | _START, P, "shop.settings.eu"),
    ("a service that declares all it gets", _render("", "daphne config.wsgi_eu:application"), P, "shop.settings.eu"),
    ("the host's variable wins", _render("shop.settings.main", "gunicorn config.wsgi_eu"), F, "shop.settings.main"),
    ("the usual module", {"Procfile": "web: gunicorn shop.wsgi\n"}, U, "shop.settings.eu"),
    ("a module that names none", {"Procfile": "web: gunicorn config:app\n"}, U, "shop.settings.eu"),
    ("not what staging starts", {"docker-compose.staging.yml": "services:\n  web:\n    image: a/b\n    command: gunicorn config.wsgi_eu\n"}, U, "shop.settings.eu"),
]  # fmt: skip


@pytest.mark.parametrize(("started", "outcome", "module"), [pytest.param(*c[1:], id=c[0]) for c in SERVED])
def test_settings_that_a_server_is_started_with(started, outcome, module):
    files = _project('"shop.settings.main"', main=_PLAIN, eu=_INIT)
    files |= {"config/__init__.py": "", "config/wsgi_eu.py": _LIVE_ENTRY} | started
    (verdict,) = check_one("sdk-initialized", files).verdicts
    told = [f"{f.message} {f.path}" for f in verdict.findings] + [e.fact for e in verdict.evidence]
    assert verdict.outcome is outcome, told
    assert any(module in t or module.replace(".", "/") in t for t in told), told


def test_a_developers_default_of_what_a_server_starts_says_nothing_of_production():
    """The platform names others: an open host can set the variable."""
    files = _project('"shop.settings.production"', production=_INIT)
    files |= {"Procfile": "web: gunicorn shop.wsgi\n", "shop/wsgi.py": _ENTRY.format('"shop.settings.local"') + _WSGI}
    (verdict,) = check_one("sdk-initialized", files).verdicts
    assert verdict.outcome is P and verdict.evidence[0].path == "shop/settings/production.py"


@pytest.mark.parametrize("flag", ["-A shop.jobs", "--app shop.jobs:app", "--app=shop.jobs"])
def test_a_worker_falls_back_to_the_settings_of_its_application(flag):
    files = _project(production=_INIT) | {"shop/jobs.py": _CELERY}
    files["shop/celery.py"] = _CELERY.replace("local", "production")
    files["compose.prod.yml"] = _COMPOSE.format(f"celery {flag} worker", "A: b")
    (verdict,) = check_one("init-covers-workers", files).verdicts
    assert verdict.outcome is F, verdict
    finding = verdict.findings[0]
    assert "worker (Docker Compose) runs shop.settings.local, which does not initialize the SDK" in finding.message
    assert (finding.path, finding.line) == ("compose.prod.yml", 6)
    assert finding.hint == "declare DJANGO_SETTINGS_MODULE=shop.settings.production for it"


def test_a_template_of_startproject_is_a_project():
    files = {
        "manage.py": _ENTRY.format('"{{ project_name }}.settings.production"') + "execute_from_command_line\n",
        "project_name/__init__.py": "",
        "project_name/settings/__init__.py": "",
        "project_name/settings/base.py": "DEBUG = False\n",
        "project_name/settings/production.py": _INIT,
        "requirements.txt": "django\nsentry-sdk==2.75.0\n",
    }
    (verdict,) = check_one("sdk-initialized", files).verdicts
    assert verdict.outcome is P and verdict.evidence[0].path == "project_name/settings/production.py"


@pytest.mark.parametrize(("value", "outcome"), [("production", P), ("prod", F)])
def test_a_package_that_imports_under_a_condition_is_the_settings_itself(value, outcome):
    switch = (
        'import os\nif os.environ.get("DJANGO_ENV") == "production":\n    from .production import *\n'
        "else:\n    from .local import *\n"
    )
    files = _project('"shop.settings"', production=_INIT) | {"shop/settings/__init__.py": switch}
    files |= {"render.yaml": _render(value)["render.yaml"].replace("DJANGO_SETTINGS_MODULE", "DJANGO_ENV")}
    (verdict,) = check_one("sdk-initialized", files).verdicts
    assert verdict.outcome is outcome, verdict


@pytest.mark.parametrize(
    ("package", "module", "outcome"),
    [(_PLAIN, _INIT, U), ("from .third import *\n", _PLAIN, P), (None, _INIT, P)],
)
def test_a_package_is_loaded_before_the_module_of_its_name(package, module, outcome):
    """Of `settings.py` and `settings/__init__.py`, Python never loads the former; a folder without `__init__.py` is no package."""
    files = _project('"shop.settings"', third=_INIT) | {"shop/settings.py": module}
    files = {p: t for p, t in files.items() if p != "shop/settings/__init__.py"}
    files |= {"shop/settings/__init__.py": package} if package is not None else {}
    (verdict,) = check_one("sdk-initialized", files).verdicts
    places = [f.path for f in verdict.findings] + [e.path for e in verdict.evidence]
    assert verdict.outcome is outcome, verdict
    assert ("shop/settings.py" in places) is (outcome is U or package is None)


def test_an_import_from_a_package_takes_the_package_of_that_name_too():
    """In an expression as in a star import: `from shop import flags` is `shop/flags/__init__.py`."""
    files = _project(
        '"shop.settings.main"', main=f"from shop import flags\n{_PLAIN}if flags.ON:\n    {_INIT.splitlines()[-1]}\n"
    )
    files |= {"shop/__init__.py": "", "shop/flags.py": "ON = True\n", "shop/flags/__init__.py": "ON = False\n"}
    assert check_one("sdk-initialized", files).outcome is F


@pytest.mark.parametrize(
    ("path", "script", "outcome"),
    [
        ("run.sh", "export PYTHONPATH=/etc/shop && export DJANGO_SETTINGS_MODULE=settings && venv/bin/gunicorn shop.wsgi\n", U),
        ("run.sh", 'su - shop -c "export DJANGO_SETTINGS_MODULE=settings && gunicorn shop.wsgi"\n', U),
        ("run.sh", "export DJANGO_SETTINGS_MODULE=settings\npytest\n", F),
        ("run.sh", "export DJANGO_SETTINGS_MODULE=shop.settings\ngunicorn shop.wsgi\n", F),
        ("run-dev.sh", "export DJANGO_SETTINGS_MODULE=settings\ngunicorn shop.wsgi\n", F),
        ("run.sh", "export DJANGO_SETTINGS_MODULE=settings.local\ngunicorn shop.wsgi\n", F),
    ],
)  # fmt: skip
def test_settings_that_only_the_server_has_are_unknown(path, script, outcome):
    files = _project('"shop.settings"') | {"shop/settings/__init__.py": "DEBUG = True\n", f"scripts/{path}": script}
    result = check_one("debug-off", files)
    assert result.outcome is outcome
    (finding,) = check_one("sdk-initialized", files).findings
    said = f"`settings` (scripts/{path}) is not a file of this repository"
    assert (finding.message == said and finding.path == f"scripts/{path}") is (outcome is U)
