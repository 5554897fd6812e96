"""Options as they are at the call of init: later changes do not count, earlier ones do."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.production.test_initialization import render
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
START = "import os\nimport sys\nimport sentry_sdk\nDEBUG = False\n"
CALL = 'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], '

CASES = [
    (
        "pii-off",
        f"PII = True\nif DEBUG:\n    PII = False\n{CALL}send_default_pii=PII)",
        (),
        F,
        "send_default_pii is on",
    ),
    ("pii-off", f"PII = False\n{CALL}send_default_pii=PII)\nPII = True", (), P, "is False"),
    ("pii-off", f"O = {{}}\nO['send_default_pii'] = True\n{CALL}**O)", (), F, "is on"),
    ("pii-off", f"O = dict(send_default_pii=True)\nO.update(send_default_pii=False)\n{CALL}**O)", (), P, "is False"),
    ("pii-off", f"O = dict(send_default_pii=True)\ndel O['send_default_pii']\n{CALL}**O)", (), P, "is not set"),
    (
        "pii-off",
        f"O = {{}}\nif unclear():\n    O['send_default_pii'] = True\n{CALL}**O)",
        (),
        U,
        "cannot be determined",
    ),
    ("pii-off", f"O = load()\n{CALL}**O)", (), U, "cannot be followed"),
    (
        "pii-off",
        f"def o():\n    x = {{}}\n    x |= {{'send_default_pii': True}}\n    return x\n{CALL}**o())",
        (),
        F,
        "is on",
    ),
    ("pii-off", f"{CALL}send_default_pii=os.environ.get('PII'))", ("PII=False",), F, "`PII` is False: users' data"),
    (
        "pii-off",
        f"{CALL}send_default_pii=os.getenv('PII', 'no').lower() == 'true')",
        ("PII=False",),
        P,
        "`PII` is False",
    ),
    ("pii-off", f"{CALL}send_default_pii=os.getenv('PII', 'no').lower() == 'true')", ("PII=TRUE",), F, "`PII` is TRUE"),
    ("pii-off", f"{CALL}send_default_pii=os.getenv('PII', 'true') == 'true')", (), F, "without `PII`"),
    ("pii-off", f"{CALL}send_default_pii=not DEBUG)", (), F, "is on"),
    ("pii-off", f"P = 0\nP += 1\n{CALL}send_default_pii=P)", (), F, "is on"),
    (
        "pii-off",
        f"try:\n    P = os.environ['X'] == '1'\nexcept KeyError:\n    P = True\n{CALL}send_default_pii=P)",
        (),
        F,
        "send_default_pii is on",
    ),
    ("sampling-sensible", f"{CALL}traces_sample_rate=0.1 if not DEBUG else 1.0)", (), P, "0.1"),
    (
        "sampling-sensible",
        f"R = {{'live': 0.1}}\n{CALL}traces_sample_rate=R.get(os.getenv('E'), 1.0))",
        ("E=live",),
        P,
        "0.1",
    ),
    (
        "sampling-sensible",
        f"R = {{'live': 0.1}}\n{CALL}traces_sample_rate=R.get(os.getenv('E'), 1.0))",
        ("E=x",),
        F,
        "1.0",
    ),
    ("tracing-enabled", f"{CALL}traces_sample_rate=os.getenv('R', 0.1))", ("R=0.2",), F, "`R` stays a string"),
    ("tracing-enabled", f"{CALL}traces_sample_rate=min(float(os.getenv('R', '0.1')), 0.5))", (), P, "default 0.1"),
    (
        "dsn-configured",
        "D = os.environ['SENTRY_DSN']\nif not DEBUG:\n    D = ''\nsentry_sdk.init(dsn=D)",
        (),
        F,
        "empty",
    ),
    ("dsn-configured", "def get(n):\n    return ''\nsentry_sdk.init(dsn=get('SENTRY_DSN'))", (), F, "empty"),
    (
        "dsn-configured",
        "def get(n):\n    return os.environ[n]\nsentry_sdk.init(dsn=get('SENTRY_DSN'))",
        (),
        P,
        "`SENTRY_DSN`",
    ),
    ("dsn-configured", "os.environ['SENTRY_DSN'] = ''\nsentry_sdk.init()", (), F, "empty"),
    ("dsn-configured", "C = {}\nsentry_sdk.init(dsn=C.get('SENTRY_DSN'))", (), U, "`C.get('SENTRY_DSN')`"),
    (
        "dsn-configured",
        "import environ\nenv = environ.Env()\nsentry_sdk.init(dsn=env.get_value('SENTRY_DSN', default=None))",
        (),
        P,
        "`SENTRY_DSN` is read",
    ),
    ("debug-off", "DEBUG = os.environ.get('ENV') != 'production'", ("ENV=production",), P, "off by default"),
    (
        "debug-off",
        "DEBUG = os.environ.get('ENV') != 'production'",
        ("ENV=prod",),
        F,
        "DEBUG is on: `ENV` is 'prod' for shop (Render",
    ),
    (
        "debug-off",
        "DEBUG = bool(int(os.environ.get('DEBUG', 0)))",
        ("DEBUG=1",),
        F,
        "DEBUG is on: `DEBUG` is '1' for shop (Render",
    ),
    ("debug-off", "globals().update(DEBUG=True)", (), F, "DEBUG is on"),
    ("debug-off", "from .gone import *", (), U, "`from .gone import *` decides"),
    ("debug-off", "try:\n    from .gone import *\nexcept ImportError:\n    pass", (), P, "DEBUG is False"),
    (
        "debug-off",
        "import environ\nenv = environ.Env(DEBUG=(bool, True))\nDEBUG = env('DEBUG')",
        (),
        F,
        "unless a variable",
    ),
]


@pytest.mark.parametrize(("item", "code", "variables", "outcome", "message"), CASES)
def test_option(item, code, variables, outcome, message):
    files = {"requirements.txt": "django\nsentry-sdk==2.75.0\n", "shop/settings.py": f"{START}{code}\n"}
    result = check_one(item, backend() | files | {"render.yaml": render(*variables)})
    said = result.findings[0].message if result.findings else result.evidence[0].fact
    assert (result.outcome, message in said) == (outcome, True), said


@pytest.mark.parametrize(
    "code",
    [
        "X = 'a'\nfor i in range(9):\n    X += X\n",
        "X = ['a' * 9]\n" + "X += X\n" * 60,
        "X = 10\n" + "X *= X\n" * 60,
        "X = 'a'\n" + "X = f'{X}{X}'\n" * 60,
        "def f():\n    return [f(), f()]\nf()\n",
        "while True:\n    X = 1\n",
        "".join(f"if unclear({n}):\n    X{n} = {n}\n" for n in range(400)),
        "".join(f"def f{n}():\n    f{n + 1}()\n    f{n + 1}()\n" for n in range(40)) + "f0()\n",
        "from shop.settings import *\nimport shop.settings\n",
        "(" * 80 + ")" * 80 + "\n",
        "".join(f"N{n} = {n}\n" for n in range(3000)),
    ],
)
def test_work_is_bounded(code):
    files = {"shop/settings.py": START + code + 'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n'}
    ends = (F,) if code.startswith("while True") else (P, U)
    assert check_one("sdk-initialized", backend() | files).outcome in ends
