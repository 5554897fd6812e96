"""Whether production makes a call of init: the condition around it, and the value that decides it."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
START = "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\n"
INIT = 'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'


def render(*lines: str) -> str:
    """A service of Render with variables, each `NAME=value`, or `NAME` for a secret."""
    given = "".join(
        f"      - key: {name}\n        {'value: ' + repr(value) if sign else 'sync: false'}\n"
        for name, sign, value in (line.partition("=") for line in ("SENTRY_DSN", *lines))
    )
    return f"services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n    envVars:\n{given}"


def guarded(test: str) -> str:
    """Settings that call init under a condition."""
    return f"{START}if {test}:\n    {INIT}"


GUARDS = [
    ("not DEBUG", (), P, "if not DEBUG"),
    ("DEBUG", (), F, "runs only if DEBUG (DEBUG is False)"),
    ('DEBUG and os.environ.get("SENTRY_DSN")', (), F, "DEBUG is False"),
    ('not DEBUG and os.environ.get("SENTRY_DSN")', (), P, ""),
    ('os.environ.get("SENTRY_DSN") is not None', (), P, ""),
    ('"SENTRY_DSN" in os.environ', (), P, ""),
    ('not os.environ.get("SENTRY_DSN")', (), F, "`SENTRY_DSN` is set to a value that is not written here"),
    ('os.environ.get("SENTRY_DSN") == ""', (), F, "`SENTRY_DSN` is set to a value that is not written here"),
    ('os.getenv("SENTRY_DSN", "").startswith("http")', (), P, ""),
    ('os.getenv("SENTRY_DSN", "").startswith("https://o1")', (), U, "SENTRY_DSN"),
    ('os.environ.get("ENV") == "production"', ("ENV=production",), P, ""),
    ('os.environ.get("ENV") == "staging"', ("ENV=production",), F, "(`ENV` is 'production')"),
    ('os.environ.get("ENV") == "staging"', (), F, "(`ENV` is not declared)"),
    ('os.environ.get("ENV", "").lower() in ("prod", "production")', ("ENV=PRODUCTION",), P, ""),
    ('os.environ.get("ENV", "").lower() not in ("prod", "production")', ("ENV=PRODUCTION",), F, "'PRODUCTION'"),
    ('os.environ["ENV"] != "production"', ("ENV=production",), F, "`ENV` is 'production'"),
    ('os.environ.get("ENV") == "staging"', ("ENV",), U, "`ENV` is set to a value that is not written here"),
    ('"test" in sys.argv', (), F, "runs only if"),
    ('"test" not in sys.argv', (), P, ""),
    ('len(sys.argv) > 1 and sys.argv[1] == "test"', (), F, "runs only if"),
    ('sys.argv[1:2] == ["test"]', (), F, "runs only if"),
    ('"pytest" in sys.modules', (), F, "runs only if"),
    ('"pytest" not in sys.modules', (), P, ""),
    ("False and unclear()", (), F, "runs only if False and unclear()"),
    ("unclear() and False", (), F, "runs only if unclear() and False"),
    ("unclear()", (), U, "`unclear` is not known"),
    ("not unclear() or not DEBUG", (), P, ""),
    ('__name__ == "__main__"', (), F, "__main__"),
    ('bool(int(os.environ.get("SENTRY_ENABLED", "0")))', ("SENTRY_ENABLED=1",), P, ""),
    ('bool(int(os.environ.get("SENTRY_ENABLED", "0")))', ("SENTRY_ENABLED=0",), F, "`SENTRY_ENABLED` is '0'"),
    ('os.environ.get("SENTRY_ENABLED")', ("SENTRY_ENABLED=False",), P, ""),
    ('{"production": True}.get(os.environ.get("ENV"), False)', ("ENV=production",), P, ""),
    ('{"production": True}.get(os.environ.get("ENV"), False)', ("ENV=prod",), F, "'prod'"),
]


@pytest.mark.parametrize(("test", "variables", "outcome", "message"), GUARDS)
def test_guard(test, variables, outcome, message):
    files = backend() | {"shop/settings.py": guarded(test), "render.yaml": render(*variables)}
    result = check_one("sdk-initialized", files)
    said = result.findings[0].message if result.findings else result.evidence[0].fact
    assert (result.outcome, message in said) == (outcome, True), said
    place = result.findings[0] if result.findings else result.evidence[0]
    assert (place.path, place.line) == ("shop/settings.py", 6)


CODE = [
    ("a name that is assigned before", "ENABLED = False\nif ENABLED:\n    {init}", F, "ENABLED is False"),
    ("the last assignment before the call", "ON = False\nON = True\nif ON:\n    {init}ON = False\n", P, "if ON"),
    ("a name that is deleted", "ON = True\ndel ON\nif ON:\n    {init}", U, "`ON` is not known"),
    ("the else of what runs", "if not DEBUG:\n    pass\nelse:\n    {init}", F, "not (not DEBUG)"),
    ("elif", "if DEBUG:\n    pass\nelif not DEBUG:\n    {init}", P, ""),
    ("both sides of what cannot be determined", "if unclear():\n    {init}else:\n    {init}", P, ""),
    ("match", 'match os.environ.get("ENV", "production"):\n  case "production" | "prod":\n    {init}', P, ""),
    ("match of another", 'match os.environ.get("DEBUG_LEVEL", "a"):\n  case "b":\n    {init}', F, "DEBUG_LEVEL"),
    ("after a raise", "if not DEBUG:\n    raise SystemExit\n{init}", F, "raise SystemExit"),
    ("a check that raises", 'if unclear():\n    raise RuntimeError("x")\n{init}', P, ""),
    ("a handler", "try:\n    import json\nexcept ImportError:\n    {init}", U, "only after an exception"),
    ("an import that is missing", "try:\n    from .local import *\nexcept ImportError:\n    {init}", P, ""),
    ("for over a literal", 'for name in ("a", "b"):\n    if name == "b":\n        {init}', P, ""),
    ("for over nothing", "for name in ():\n    {init}", F, "no sentry_sdk.init()"),
    ("with", "from contextlib import suppress\nwith suppress(Exception):\n    {init}", P, ""),
    ("a function", "def go(on=True):\n    if on:\n        {init}go()\n", P, ""),
    ("a function's argument", "def go(on=True):\n    if on:\n        {init}go(on=DEBUG)\n", F, "on is False"),
    (
        "a return before",
        "def go():\n    if not DEBUG:\n        return\n    {init}go()\n",
        F,
        "a return statement",
    ),
    (
        "a return that cannot be determined",
        "def go():\n    if unclear():\n        return\n    {init}go()\n",
        U,
        "not (unclear())",
    ),
    ("a function that decides", "def on():\n    return not DEBUG\nif on():\n    {init}", P, ""),
    ("an own reader", 'def flag(n, d="0"):\n    return os.getenv(n, d) == "1"\nif flag("CI"):\n    {init}', F, "`CI`"),
    ("globals", 'globals()["ON"] = True\nif ON:\n    {init}', P, ""),
    ("a dictionary that grows", "C = dict(on=False)\nC['on'] = True\nif C['on']:\n    {init}", P, ""),
    ("a list that grows", 'E = ["staging"]\nE.append("live")\nif "live" in E:\n    {init}', P, ""),
    ("an alias of a dictionary", "C = {}\nD = C\nD['on'] = True\nif C.get('on'):\n    {init}", P, ""),
    ("a class", "class C:\n    on = False\nif C.on:\n    {init}", F, "C.on is False"),
    (
        "an object",
        "class C:\n    def __init__(self, on):\n        self.on = on\nif C(False).on:\n    {init}",
        F,
        "if C(False).on",
    ),
    ("what raises in the call", 'sentry_sdk.init(dsn=os.getenv["SENTRY_DSN"])\n', F, "no sentry_sdk.init()"),
    ("a part of and", "unclear() and sentry_sdk.init()", U, "runs only if unclear()"),
    ("a part of or", "DEBUG or sentry_sdk.init()", P, ""),
    ("a part of or that cannot be determined", "unclear() or sentry_sdk.init()", U, "not unclear()"),
    ("a side of a conditional", "sentry_sdk.init() if unclear() else None", U, "runs only if unclear()"),
    ("a partial", "from functools import partial\npartial(sentry_sdk.init, dsn='')()", P, ""),
    (
        "a partial that nothing calls",
        "from functools import partial\ngo = partial(sentry_sdk.init, dsn='')",
        F,
        "no sentry_sdk.init()",
    ),
    ("a stranger that is given init", "from stranger import go\ngo(sentry_sdk.init)", U, "go calls it"),
    ("an assertion that fails", "assert DEBUG\n{init}", F, "`assert DEBUG` fails"),
    ("an assertion that holds", "assert not DEBUG\n{init}", P, ""),
    ("a walrus", "if (on := not DEBUG):\n    {init}", P, ""),
    ("an f-string", 'if f"{{DEBUG}}" == "True":\n    {init}', F, "runs only if"),
    ("recursion", "def go():\n    go()\n    {init}go()\n", P, ""),
]


@pytest.mark.parametrize(("name", "code", "outcome", "message"), CODE, ids=[c[0] for c in CODE])
def test_code(name, code, outcome, message):
    text = code.replace("{init}", INIT).replace("{{", "{").replace("}}", "}")
    result = check_one("sdk-initialized", backend() | {"shop/settings.py": START + text})
    said = result.findings[0].message if result.findings else result.evidence[0].fact
    assert (result.outcome, message in said) == (outcome, True), said


READERS = [
    ("import environ\nenv = environ.Env(ON=(bool, True))\n", 'env("ON")', (), P),
    ("import environ\nenv = environ.Env(ON=(bool, True))\n", 'env("ON")', ("ON=off",), F),
    ("import environ\nenv = environ.Env()\n", 'env.bool("ON", default=False)', ("ON=yes",), P),
    ("import environ as e\nenv = e.Env()\n", 'env("ON", default=False)', ("ON=False",), F),
    ("import environ\nenv = environ.Env()\n", 'env("ON", default="")', ("ON=False",), P),
    ("from environs import Env\nenv = Env()\n", 'env.bool("ON", False)', (), F),
    ("from environs import env\n", 'env.bool("ON", False)', ("ON=true",), P),
    ("from decouple import config\n", 'config("ON", default=False, cast=bool)', ("ON=0",), F),
    ("from decouple import config\n", 'config("ON", default=False)', ("ON=0",), P),
    ("from decouple import config as c\n", 'c("ON", cast=lambda v: v == "1")', ("ON=1",), P),
    ("from os import environ\n", 'environ.get("ON") == "1"', ("ON=1",), P),
    ("from os import getenv as g\n", 'g("ON", "0") == "1"', (), F),
    ("E = os.environ\n", 'E["ON"] == "1"', ("ON=1",), P),
    ("from distutils.util import strtobool\n", 'strtobool(os.environ.get("ON", "no"))', ("ON=yes",), P),
    ('os.environ["ON"] = "1"\n', 'os.environ.get("ON") == "1"', (), P),
    ('os.environ.setdefault("ON", "1")\n', 'os.environ["ON"] == "1"', (), P),
    ("CONFIG = {}\n", 'CONFIG.get("ON")', ("ON=1",), F),
    ("class R:\n    def get(self, n):\n        return None\nenv = R()\n", 'env.get("ON")', ("ON=1",), F),
]


@pytest.mark.parametrize(("before", "test", "variables", "outcome"), READERS)
def test_reader(before, test, variables, outcome):
    code = f"{START}{before}if {test}:\n    {INIT}"
    result = check_one("sdk-initialized", backend() | {"shop/settings.py": code, "render.yaml": render(*variables)})
    assert result.outcome is outcome, (result.findings, result.evidence)


def test_a_dashboard_may_hold_what_no_file_declares():
    files = backend() | {"shop/settings.py": guarded('os.environ.get("ENV", "dev") == "production"')}
    result = check_one("sdk-initialized", files)
    assert result.outcome is U
    assert "`ENV` is not declared and defaults to 'dev'" in result.findings[0].message


def test_an_image_declares_variables():
    files = backend() | {
        "shop/settings.py": guarded('os.environ.get("ENV") == "production"'),
        "Dockerfile": 'FROM python:3.13\nENV ENV=production \\\n    OTHER=1\nCMD ["gunicorn", "shop.wsgi"]\n',
    }
    assert check_one("sdk-initialized", files).outcome is P


@pytest.mark.parametrize(
    ("files", "outcome", "message"),
    [
        (
            {
                "shop/settings.py": START + "from shop.watch import go\ngo()\n",
                "shop/watch.py": "import os, sentry_sdk\ndef go():\n    " + INIT,
            },
            P,
            "",
        ),
        (
            {"shop/settings.py": START + "from shop import watch\n", "shop/watch.py": "import os, sentry_sdk\n" + INIT},
            P,
            "",
        ),
        (
            {
                "shop/settings.py": START + "if DEBUG:\n    from shop import watch\n",
                "shop/watch.py": "import os, sentry_sdk\n" + INIT,
            },
            F,
            "DEBUG is False",
        ),
        (
            {
                "shop/settings.py": "from .base import *\n"
                + START.replace("DEBUG = False\n", "")
                + "if DEBUG:\n    "
                + INIT,
                "shop/base.py": "DEBUG = False\n",
            },
            F,
            "DEBUG is False",
        ),
        (
            {
                "shop/settings.py": START + "from .late import *\nif DEBUG:\n    " + INIT,
                "shop/late.py": "DEBUG = True\n",
            },
            P,
            "if DEBUG",
        ),
        (
            {
                "shop/settings.py": START + "from .late import *\nif ON:\n    " + INIT,
                "shop/late.py": "__all__ = ['OTHER']\nON = True\n",
            },
            U,
            "`ON` is not known",
        ),
        (
            {
                "shop/settings.py": 'from split_settings.tools import include\ninclude("parts/*.py")\n',
                "shop/parts/a.py": "ON = True\n",
                "shop/parts/b.py": "import os, sentry_sdk\nif ON:\n    " + INIT,
            },
            P,
            "",
        ),
        (
            {
                "shop/settings.py": 'INSTALLED_APPS = []\nINSTALLED_APPS.append("core")\n',
                "core/__init__.py": "",
                "core/apps.py": "import os, sentry_sdk\nfrom django.apps import AppConfig\nclass C(AppConfig):\n    def ready(self):\n        "
                + INIT,
            },
            P,
            "",
        ),
        (
            {
                "shop/settings.py": 'INSTALLED_APPS = ["core.apps.C"]\nON = False\n',
                "core/__init__.py": "",
                "core/apps.py": "import os, sentry_sdk\nfrom django.apps import AppConfig\nfrom django.conf import settings\nclass C(AppConfig):\n    def ready(self):\n        if settings.ON:\n            "
                + INIT,
            },
            F,
            "settings.ON is False",
        ),
        (
            {
                "shop/settings.py": START
                + "from celery.signals import celeryd_init\n@celeryd_init.connect\ndef go(**kw):\n    "
                + INIT
            },
            P,
            "the signal celeryd_init",
        ),
    ],
)
def test_modules(files, outcome, message):
    result = check_one("sdk-initialized", backend() | files)
    said = result.findings[0].message if result.findings else result.evidence[0].fact
    assert (result.outcome, message in said) == (outcome, True), said


def test_many_applications_do_not_hide_the_one_that_starts_the_sdk():
    names = [f"app{n}" for n in range(90)]
    files = {f"{n}/apps.py": "from django.apps import AppConfig\nfrom other import apps\n" for n in names}
    files |= {f"{n}/__init__.py": "" for n in [*names, "watch"]}
    ready = "from django.apps import AppConfig\nclass C(AppConfig):\n    def ready(self):\n        "
    files |= {"watch/apps.py": f"import os, sentry_sdk\n{ready}{INIT}"}
    files |= {"shop/settings.py": f"INSTALLED_APPS = {[*names, 'watch']}\n"}
    assert check_one("sdk-initialized", backend() | files).outcome is P


CONFIGURATION = "import importlib\nconfiguration = importlib.import_module(os.environ['CONFIGURATION'])\n"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (CONFIGURATION + "REDIS = getattr(configuration, 'REDIS', {})\n", P),
        ("REDIS = getattr(load(), 'REDIS', {})\n", P),
        ("class Own:\n    pass\nREDIS = getattr(Own, 'REDIS', {})\n", F),
        ("class Own:\n    REDIS = {'tasks': 1}\nREDIS = getattr(Own, 'REDIS', {})\n", P),
    ],
)
def test_an_attribute_of_what_is_not_known_is_not_its_default(code, outcome):
    settings = START + code + "if 'tasks' not in REDIS:\n    raise ValueError('no tasks')\n" + INIT
    result = check_one("sdk-initialized", backend() | {"shop/settings.py": settings})
    assert result.outcome is outcome
    if outcome is F:
        assert result.findings[0].message == "sentry_sdk.init() is not reached: `raise ValueError('no tasks')`"
        assert result.findings[0].path == "shop/settings.py"
