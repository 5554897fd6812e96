"""Small repositories whose outcomes were decided before any audit of them: what code does in production, however it is written.

A letter is an outcome (`P`, `F`, `U`, `N`); where the evaluator may honestly give up there are two, and a pass is never among them
that is not true.
"""

from __future__ import annotations

import pytest

from checks.audit import decide
from checks.checklist import find_item
from tests.support.repo import backend, facts_of

HEAD = "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\n"
LETTERS = {"pass": "P", "fail": "F", "unknown": "U", "not-applicable": "N"}


def init(options: str = "") -> str:
    return f'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"]{", " + options if options else ""})\n'


def render(command: str = "gunicorn shop.wsgi", **variables: str) -> dict[str, str]:
    lines = "".join(f'      - key: {k}\n        value: "{v}"\n' for k, v in variables.items())
    return {
        "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: python\n"
        f"    startCommand: {command}\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n{lines}"
    }


PII = init("send_default_pii=PII")
ON, OFF = {"pii-off": "F"}, {"pii-off": "P"}
RUNS, NOT = {"sdk-initialized": "P"}, {"sdk-initialized": "FU"}

SETTINGS: dict[str, tuple[str, dict[str, str]]] = {
    # Syntax that the interpreter which runs the audit may not know.
    "a type statement": ("type Name = str\ntype Pair[T] = tuple[T, T]\n" + init(), RUNS),
    "nested quotes in an f-string": (
        "STAGE = 'prod'\n" + init('environment=f"{STAGE if STAGE else f"{"x"}"}"'),
        RUNS | {"environment-set": "P"},
    ),
    "except without parentheses": (
        "try:\n    import nothing_there\nexcept ImportError, ValueError:\n    PII = True\n" + PII,
        {"sdk-initialized": "P", "pii-off": "FU"},
    ),
    "a t-string": ('NAME = t"{DEBUG}"\n' + init(), RUNS),
    "a generic function": ("def start[T](value: T) -> T:\n    " + init() + "    return value\nstart(1)\n", RUNS),
    "a star in an index": ("OPTIONS = (False, True)\nPII = dict[*OPTIONS] is None\n" + PII, {"pii-off": "PU"}),
    # Conditions.
    "match on an unknown variable": (
        "match os.environ.get('STAGE'):\n    case 'prod':\n        " + init() + "    case _:\n        pass\n",
        NOT,
    ),
    "a walrus in a condition": (
        "if dsn := os.environ.get('SENTRY_DSN'):\n    sentry_sdk.init(dsn=dsn)\n",
        RUNS,
    ),
    "a walrus in a comprehension": ("any((found := n) for n in ('a',))\nPII = found == 'a'\n" + PII, {"pii-off": "FU"}),
    "an expression as a statement": ("None if DEBUG else " + init(), RUNS),
    "and of what is off": ("DEBUG and " + init(), NOT),
    "or of what is off": ("DEBUG or " + init(), RUNS),
    "in one of several": (
        "if os.environ.get('STAGE') in ('production', 'staging'):\n    " + init(),
        NOT,
    ),
    "not under pytest": ("if 'pytest' not in sys.modules:\n    " + init(), RUNS),
    "under runserver": ("if 'runserver' in sys.argv:\n    " + init(), NOT),
    "as a program": ("if __name__ == '__main__':\n    " + init(), NOT),
    "while types are checked": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    " + init(), NOT),
    "a switch that is off by default": ("if int(os.environ.get('SENTRY_ON', '0')):\n    " + init(), NOT),
    "after an assertion": ("assert os.environ.get('SENTRY_DSN')\n" + init(), RUNS),
    "in try": ("try:\n    " + init() + "except Exception:\n    pass\n", RUNS),
    "where the SDK is installed": (
        "try:\n    import sentry_sdk as sdk\nexcept ImportError:\n    sdk = None\nif sdk is not None:\n    " + init(),
        RUNS,
    ),
    # Functions and classes.
    "a lambda that is called": ("start = lambda: " + init() + "start()\n", RUNS),
    "a lambda that is not": ("start = lambda: " + init(), NOT),
    "the body of a class": ("class Start:\n    " + init(), RUNS),
    "a decorator that calls": ("def now(f):\n    f()\n    return f\n@now\ndef start():\n    " + init(), RUNS),
    "a decorator that does not": ("def later(f):\n    return f\n@later\ndef start():\n    " + init(), NOT),
    "a function that a function makes": (
        "def make():\n    def start():\n        " + init() + "    return start\nmake()()\n",
        RUNS,
    ),
    "a coroutine that runs": (
        "import asyncio\nasync def start():\n    " + init() + "asyncio.run(start())\n",
        {"sdk-initialized": "PU"},
    ),
    "a coroutine that nothing awaits": ("async def start():\n    " + init() + "start()\n", NOT),
    "a context that is entered": (
        "from contextlib import contextmanager\n@contextmanager\ndef watched():\n    "
        + init()
        + "    yield\nwith watched():\n    pass\n",
        {"sdk-initialized": "PU"},
    ),
    "a context that is not": (
        "from contextlib import contextmanager\n@contextmanager\ndef watched():\n    "
        + init()
        + "    yield\nx = watched\n",
        NOT,
    ),
    "partial that is called": (
        "from functools import partial\nstart = partial(sentry_sdk.init, send_default_pii=True)\nstart(dsn=os.environ['SENTRY_DSN'])\n",
        RUNS | ON,
    ),
    "partial whose argument is replaced": (
        "from functools import partial\nstart = partial(sentry_sdk.init, send_default_pii=True)\n"
        "start(dsn=os.environ['SENTRY_DSN'], send_default_pii=False)\n",
        OFF,
    ),
    "partial that is not called": ("from functools import partial\nstart = partial(sentry_sdk.init, dsn='x')\n", NOT),
    "another name": ("from sentry_sdk import init as start\nstart(dsn=os.environ['SENTRY_DSN'])\n", RUNS),
    "by getattr": ("getattr(sentry_sdk, 'init')(dsn=os.environ['SENTRY_DSN'])\n", {"sdk-initialized": "PU"}),
    "a loop that is left": ("while True:\n    " + init() + "    break\n", {"sdk-initialized": "PU"}),
    # Values: the last one that holds at the call.
    "changed after the call": ("PII = False\n" + PII + "PII = True\n", OFF),
    "a dictionary changed after the call": (
        "O = {'send_default_pii': False}\n" + init("**O") + "O['send_default_pii'] = True\n",
        OFF,
    ),
    "a dictionary by another name": (
        "O = {'send_default_pii': False}\nP = O\nP['send_default_pii'] = True\n" + init("**O"),
        ON,
    ),
    "a dictionary that is made": ("O = {k: v for k, v in (('send_default_pii', True),)}\n" + init("**O"), ON),
    "a dictionary without one key": (
        "O = {k: v for k, v in {'send_default_pii': True, 'debug': False}.items() if k != 'send_default_pii'}\n"
        + init("**O"),
        OFF,
    ),
    "two dictionaries": ("A = {'send_default_pii': True}\nB = {'send_default_pii': False}\n" + init("**(A | B)"), OFF),
    "two dictionaries, the other way": (
        "A = {'send_default_pii': True}\nB = {'send_default_pii': False}\n" + init("**{**B, **A}"),
        ON,
    ),
    "globals updated": ("PII = False\nglobals().update(PII=True)\n" + PII, ON),
    "globals in a loop": ("for k, v in {'PII': True}.items():\n    globals()[k] = v\n" + PII, ON),
    "locals of the module": ("PII = False\nlocals()['PII'] = True\n" + PII, {"pii-off": "FU"}),
    "the module's own attribute": (
        "PII = False\nsetattr(sys.modules[__name__], 'PII', True)\n" + PII,
        {"pii-off": "FU"},
    ),
    "exec of a text": ("PII = False\nexec('PII = True')\n" + PII, ON),
    "exec of what is not known": ("PII = False\nexec(os.environ['CODE'])\n" + PII, {"pii-off": "U"}),
    "augmented on": ("PII = 0\nPII |= 1\n" + PII, ON),
    "augmented off": ("PII = True\nPII &= False\n" + PII, OFF),
    "deleted": ("PII = True\ndel PII\nPII = False\n" + PII, OFF),
    "global in a function": ("PII = False\ndef on():\n    global PII\n    PII = True\non()\n" + PII, ON),
    "finally": ("PII = False\ntry:\n    PII = False\nfinally:\n    PII = True\n" + PII, ON),
    "unpacked": ("first, *rest = (False, True)\n" + init("send_default_pii=rest[0]"), {"pii-off": "FU"}),
    "all of a list": ("PII = all([True, True])\n" + PII, {"pii-off": "FU"}),
    "any of nothing": ("PII = any(v for v in (False, 0))\n" + PII, {"pii-off": "PU"}),
    "JSON": ("import json\nPII = json.loads('{\"pii\": true}')['pii']\n" + PII, {"pii-off": "FU"}),
    "a file": ("import json\nPII = json.load(open('/etc/shop.json'))['pii']\n" + PII, {"pii-off": "U"}),
    "a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass S:\n    pii: bool = False\n"
        + init("send_default_pii=S().pii"),
        OFF,
    ),
    "a dataclass with an argument": (
        "from dataclasses import dataclass\n@dataclass\nclass S:\n    pii: bool = False\n"
        + init("send_default_pii=S(pii=True).pii"),
        ON,
    ),
    "a frozen dataclass that is replaced": (
        "from dataclasses import dataclass, replace\n@dataclass(frozen=True)\nclass S:\n    pii: bool = False\n"
        + init("send_default_pii=replace(S(), pii=True).pii"),
        {"pii-off": "FU"},
    ),
    "a property": (
        "class S:\n    @property\n    def pii(self):\n        return True\n" + init("send_default_pii=S().pii"),
        {"pii-off": "FU"},
    ),
    "an attribute that is made when asked": (
        "class S:\n    def __getattr__(self, name):\n        return True\n" + init("send_default_pii=S().pii"),
        {"pii-off": "FU"},
    ),
    "a named tuple": (
        "from typing import NamedTuple\nclass S(NamedTuple):\n    pii: bool = True\n"
        + init("send_default_pii=S().pii"),
        {"pii-off": "FU"},
    ),
    "a chain of maps": (
        "from collections import ChainMap\nO = ChainMap({'pii': True}, {'pii': False})\n"
        + init("send_default_pii=O['pii']"),
        {"pii-off": "FU"},
    ),
    "a cached function": (
        "from functools import lru_cache\n@lru_cache\ndef pii():\n    return True\n" + init("send_default_pii=pii()"),
        {"pii-off": "FU"},
    ),
    "an own wrapper": (
        "def setup(**more):\n    o = {'send_default_pii': True}\n    o.update(more)\n    "
        + init("**o")
        + "setup(send_default_pii=False)\n",
        RUNS | OFF,
    ),
    "an own wrapper with its default": (
        "def setup(**more):\n    o = {'send_default_pii': True}\n    o.update(more)\n    " + init("**o") + "setup()\n",
        RUNS | ON,
    ),
    "a default that was there before": (
        "def setup(*, pii=True):\n    " + init("send_default_pii=pii") + "setup()\n",
        RUNS | ON,
    ),
    "set by default": (
        "os.environ.setdefault('PII', '1')\n" + init("send_default_pii=os.environ['PII'] == '1'"),
        {"pii-off": "FU"},
    ),
    "a text that is no truth": (init("send_default_pii=os.environ.get('PII', 'False')"), {"pii-off": "F"}),
    "environment of nothing": (init("environment=None"), {"environment-set": "FU"}),
    "environment by format": (init("environment='{}'.format('prod')"), {"environment-set": "P"}),
    "before_send that drops all": (
        "def b(event, hint):\n    return None\n" + init("before_send=b"),
        {"before-send-safe": "F"},
    ),
    "before_send that drops while debugging": (
        "def b(event, hint):\n    return None if DEBUG else event\n" + init("before_send=b"),
        {"before-send-safe": "P"},
    ),
    "before_send behind match": (
        "def b(event, hint):\n    match event.get('level'):\n        case 'info':\n            return event\n"
        + init("before_send=b"),
        {"before-send-safe": "F"},
    ),
    "a reader of an empty dictionary": ("sentry_sdk.init(dsn={}.get('SENTRY_DSN'))\n", {"dsn-configured": "FU"}),
    "an own reader": (
        "def env(name, default=None):\n    return os.environ.get(name, default)\nsentry_sdk.init(dsn=env('SENTRY_DSN'))\n",
        {"dsn-configured": "P"},
    ),
    "a reader of another variable": ("sentry_sdk.init(dsn=os.environ.get('SHOP_DSN'))\n", {"dsn-configured": "F"}),
}


def outcome(files: dict[str, str], item: str) -> str:
    import datetime as dt

    facts = facts_of(backend() | {"requirements.txt": "django\nsentry-sdk\n"} | files)
    return LETTERS[str(decide(facts, find_item(item), dt.date(2026, 11, 1)).outcome)]


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name):
    code, wanted = SETTINGS[name]
    files = render() | {"shop/settings.py": HEAD + code}
    found = {item: outcome(files, item) for item in wanted}
    assert all(found[item] in letters for item, letters in wanted.items()), found


SEVERAL: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "a sampler that knows requests only": (
        render()
        | {
            "shop/settings.py": HEAD
            + init("traces_sampler=lambda c: 0 if c['wsgi_environ']['PATH_INFO'] == '/' else 1"),
            "requirements.txt": "django\nsentry-sdk==2.60.0\n",
        },
        {"traces-sampler-safe": "F"},
    ),
    "match on a declared variable": (
        render(STAGE="prod") | {"shop/settings.py": HEAD + SETTINGS["match on an unknown variable"][0]},
        RUNS,
    ),
    "match on another value": (
        render(STAGE="dev") | {"shop/settings.py": HEAD + SETTINGS["match on an unknown variable"][0]},
        {"sdk-initialized": "F"},
    ),
    "a member of an enumeration": (
        render(MODE="prod")
        | {
            "shop/settings.py": HEAD
            + "from enum import Enum\nclass Mode(Enum):\n    PROD = 'prod'\n    DEV = 'dev'\n"
            + "if Mode(os.environ['MODE']) is Mode.PROD:\n    "
            + init()
        },
        RUNS,
    ),
    "another member": (
        render(MODE="dev")
        | {
            "shop/settings.py": HEAD
            + "from enum import Enum\nclass Mode(Enum):\n    PROD = 'prod'\n    DEV = 'dev'\n"
            + "if Mode(os.environ['MODE']) is Mode.PROD:\n    "
            + init()
        },
        {"sdk-initialized": "F"},
    ),
    "methods of a text": (
        render(STAGE="Production")
        | {"shop/settings.py": HEAD + "if os.environ.get('STAGE', 'dev').lower().startswith('prod'):\n    " + init()},
        RUNS,
    ),
    "decouple off": (
        render(PII="0")
        | {
            "shop/settings.py": HEAD
            + "from decouple import config\nPII = config('PII', default=True, cast=bool)\n"
            + PII
        },
        OFF,
    ),
    "decouple on": (
        render(PII="on")
        | {
            "shop/settings.py": HEAD
            + "from decouple import config\nPII = config('PII', default=False, cast=bool)\n"
            + PII
        },
        ON,
    ),
    "environs with a prefix": (
        render(SENTRY_PII="true")
        | {
            "shop/settings.py": HEAD
            + "from environs import Env\nenv = Env()\nwith env.prefixed('SENTRY_'):\n    PII = env.bool('PII', False)\n"
            + PII
        },
        ON,
    ),
    "environs without the prefix": (
        render(PII="true")
        | {
            "shop/settings.py": HEAD
            + "from environs import Env\nenv = Env()\nwith env.prefixed('SENTRY_'):\n    PII = env.bool('PII', False)\n"
            + PII
        },
        {"pii-off": "PU"},
    ),
    "pydantic-settings": (
        render(PII="true")
        | {
            "shop/settings.py": HEAD
            + "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    pii: bool = False\n"
            + init("send_default_pii=S().pii")
        },
        ON,
    ),
    "pydantic-settings with a prefix": (
        render(SHOP_PII="1")
        | {
            "shop/settings.py": HEAD
            + "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n"
            + "    model_config = SettingsConfigDict(env_prefix='SHOP_')\n    pii: bool = False\n"
            + init("send_default_pii=S().pii")
        },
        ON,
    ),
    "split-settings": (
        render()
        | {
            "shop/settings.py": HEAD
            + "from split_settings.tools import include, optional\ninclude('parts/*.py', optional('local.py'))\n",
            "shop/parts/a.py": "PII = True\n",
            "shop/parts/b.py": "import os\nimport sentry_sdk\n" + PII,
        },
        RUNS | ON,
    ),
    "a star import in the middle": (
        render()
        | {"shop/settings.py": HEAD + "PII = False\nfrom .more import *\n" + PII, "shop/more.py": "PII = True\n"},
        ON,
    ),
    "a star import before": (
        render()
        | {"shop/settings.py": HEAD + "from .more import *\nPII = False\n" + PII, "shop/more.py": "PII = True\n"},
        OFF,
    ),
    "a star import that hides": (
        render()
        | {
            "shop/settings.py": HEAD + "PII = True\nfrom .more import *\n" + PII,
            "shop/more.py": "__all__ = ['OTHER']\nPII = False\nOTHER = 1\n",
        },
        ON,
    ),
    "local settings that are there": (
        render()
        | {
            "shop/settings.py": HEAD
            + "PII = False\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n"
            + PII,
            "shop/local.py": "PII = True\n",
        },
        ON,
    ),
    "a configuration by its class": (
        render(DJANGO_CONFIGURATION="Production")
        | {
            "shop/settings.py": HEAD
            + "from configurations import Configuration\nclass Base(Configuration):\n    PII = True\n    @classmethod\n"
            + "    def post_setup(cls):\n        super().post_setup()\n        "
            + init("send_default_pii=cls.PII")
            + "class Production(Base):\n    PII = False\nclass Staging(Base):\n    PII = True\n"
        },
        RUNS | OFF,
    ),
    "another configuration": (
        render(DJANGO_CONFIGURATION="Staging")
        | {
            "shop/settings.py": HEAD
            + "from configurations import Configuration\nclass Base(Configuration):\n    PII = True\n    @classmethod\n"
            + "    def post_setup(cls):\n        super().post_setup()\n        "
            + init("send_default_pii=cls.PII")
            + "class Production(Base):\n    PII = False\nclass Staging(Base):\n    PII = True\n"
        },
        RUNS | ON,
    ),
    "ready of an application": (
        render()
        | {
            "shop/settings.py": HEAD + "INSTALLED_APPS = ['shop.apps.ShopConfig']\n",
            "shop/apps.py": "import os\nimport sentry_sdk\nfrom django.apps import AppConfig\nclass ShopConfig(AppConfig):\n"
            "    name = 'shop'\n    def ready(self):\n        " + init(),
        },
        RUNS,
    ),
    "ready of an application that is not installed": (
        render()
        | {
            "shop/settings.py": HEAD + "INSTALLED_APPS = []\n",
            "shop/apps.py": "import os\nimport sentry_sdk\nfrom django.apps import AppConfig\nclass ShopConfig(AppConfig):\n"
            "    name = 'shop'\n    def ready(self):\n        " + init(),
        },
        NOT,
    ),
    "gunicorn's post_fork": (
        render("gunicorn -c gunicorn.conf.py shop.wsgi")
        | {
            "shop/settings.py": HEAD,
            "gunicorn.conf.py": "import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    " + init(),
        },
        RUNS,
    ),
    "gunicorn's other file": (
        render("gunicorn -c other.py shop.wsgi")
        | {
            "shop/settings.py": HEAD,
            "other.py": "workers = 2\n",
            "gunicorn.conf.py": "import os\nimport sentry_sdk\ndef post_fork(server, worker):\n    " + init(),
        },
        NOT,
    ),
    "a hook that gunicorn calls at its end": (
        render("gunicorn -c gunicorn.conf.py shop.wsgi")
        | {
            "shop/settings.py": HEAD,
            "gunicorn.conf.py": "import os\nimport sentry_sdk\ndef on_exit(server):\n    " + init(),
        },
        NOT,
    ),
    "a module that is imported by its name": (
        render()
        | {
            "shop/settings.py": HEAD + "import importlib\nimportlib.import_module('shop.watch')\n",
            "shop/watch.py": "import os\nimport sentry_sdk\n" + init(),
        },
        RUNS,
    ),
    "a module of two that a Procfile names": (
        {
            "Procfile": "web: DJANGO_SETTINGS_MODULE=shop.prod gunicorn shop.wsgi\n",
            "shop/settings.py": HEAD,
            "shop/prod.py": "from .settings import *\n" + init(),
        },
        RUNS,
    ),
    "a module of two that only a release names": (
        {
            "Procfile": "release: DJANGO_SETTINGS_MODULE=shop.prod python manage.py migrate\nweb: gunicorn shop.wsgi\n",
            "shop/settings.py": HEAD,
            "shop/prod.py": "from .settings import *\n" + init(),
            "shop/wsgi.py": "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\n",
        },
        NOT,
    ),
    "a signal of Celery in a worker of its own": (
        {
            "tasks.py": "import os\nimport sentry_sdk\nfrom celery import Celery\nfrom celery.signals import celeryd_init\n"
            "app = Celery('shop')\n@celeryd_init.connect\ndef start(**_):\n    " + init(),
            "Procfile": "worker: celery -A tasks worker\n",
            "requirements.txt": "celery\nsentry-sdk\n",
            "manage.py": "",
        },
        RUNS,
    ),
    "a signal of Celery that a task sends": (
        {
            "tasks.py": "import os\nimport sentry_sdk\nfrom celery import Celery\nfrom celery.signals import task_failure\n"
            "app = Celery('shop')\n@task_failure.connect\ndef start(**_):\n    " + init(),
            "Procfile": "worker: celery -A tasks worker\n",
            "requirements.txt": "celery\nsentry-sdk\n",
            "manage.py": "",
        },
        NOT,
    ),
    "a route that raises": (
        render()
        | {
            "shop/settings.py": HEAD + "ROOT_URLCONF = 'shop.urls'\n" + init(),
            "shop/urls.py": "from django.urls import path\nurlpatterns = [path('sentry-debug/', lambda r: 1 / 0)]\n",
        },
        {"debug-route-guarded": "F"},
    ),
    "a route that raises while debugging": (
        render()
        | {
            "shop/settings.py": HEAD + "ROOT_URLCONF = 'shop.urls'\n" + init(),
            "shop/urls.py": "from django.conf import settings\nfrom django.urls import path\nurlpatterns = []\n"
            "if settings.DEBUG:\n    urlpatterns += [path('sentry-debug/', lambda r: 1 / 0)]\n",
        },
        {"debug-route-guarded": "PN"},
    ),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_files(name):
    files, wanted = SEVERAL[name]
    found = {item: outcome(files, item) for item in wanted}
    assert all(found[item] in letters for item, letters in wanted.items()), found
