"""Whether a call of init runs, and what its values are, in the settings that one Render service runs: one short body a case."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import MANAGE, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
INIT = 'sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment=os.environ["SENTRY_ENVIRONMENT"])'


def init(options: str) -> str:
    return f"{INIT[:-1]}, {options})"


HEAD = 'import os\nimport sys\nimport sentry_sdk\nSECRET_KEY = os.environ["SECRET_KEY"]\nDEBUG = False\n'
DECLARED = {"SENTRY_DSN": None, "SENTRY_ENVIRONMENT": "production", "ENV": "production"}
REQUIREMENTS = "django==5.2.8\ngunicorn==23.0.0\nsentry-sdk==2.75.0\n"


def repository(body: str, declared: dict[str, str | None] = DECLARED) -> dict[str, str]:
    rows = "".join(
        f"      - key: {k}\n        " + ("sync: false\n" if v is None else f'value: "{v}"\n')
        for k, v in declared.items()
    )
    service = "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n"
    return {
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/settings.py": f"{HEAD}{body}\n",
        "shop/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "render.yaml": f"{service}    envVars:\n{rows}",
        "requirements.txt": REQUIREMENTS,
    }


STATEMENTS = {
    "before-send-safe": [
        ('async', 'async def before_send(event, hint):\n    return event\n' + init('before_send=before_send'), F),
        ('env-drop', 'def before_send(event, hint):\n    if os.environ["ENV"] == "production":\n        return None\n    return event\n' + init('before_send=before_send'), F),
        ('env-keep', 'def before_send(event, hint):\n    if os.environ["ENV"] != "production":\n        return None\n    return event\n' + init('before_send=before_send'), P),
        ('exc-in', 'def before_send(event, hint):\n    if "exception" in event and event["exception"]["values"]:\n        return event\n    return event\n' + init('before_send=before_send'), P),
        ('exc-subscript', 'def before_send(event, hint):\n    if event["exception"]["values"][0]["type"] == "X":\n        return None\n    return event\n' + init('before_send=before_send'), F),
        ('exc-try', 'def before_send(event, hint):\n    try:\n        t = event["exception"]["values"][0]["type"]\n    except KeyError:\n        return event\n    return None if t == "X" else event\n' + init('before_send=before_send'), P),
        ('false', 'def before_send(event, hint):\n    return False\n' + init('before_send=before_send'), F),
        ('hint-get-sub', 'def before_send(event, hint):\n    if hint.get("exc_info")[0] is KeyError:\n        return None\n    return event\n' + init('before_send=before_send'), F),
        ('hint-walrus', 'def before_send(event, hint):\n    if (exc := hint.get("exc_info")) and isinstance(exc[1], KeyError):\n        return None\n    return event\n' + init('before_send=before_send'), P),
        ('lambda-and', init('before_send=lambda event, hint: event if event.get("logger") else None'), F),
        ('level', 'def before_send(event, hint):\n    if event["level"] == "error":\n        return None\n    return event\n' + init('before_send=before_send'), F),
        ('none', 'def before_send(event, hint):\n    return None\n' + init('before_send=before_send'), F),
        ('noreturn', 'def before_send(event, hint):\n    event["tags"] = {}\n' + init('before_send=before_send'), F),
        ('ok', 'def before_send(event, hint):\n    return event\n' + init('before_send=before_send'), P),
        ('one-arg', init('before_send=lambda event: event'), F),
        ('raise', 'def before_send(event, hint):\n    raise RuntimeError\n' + init('before_send=before_send'), F),
        ('true', 'def before_send(event, hint):\n    return True\n' + init('before_send=before_send'), F),
    ],
    "debug-off": [
        ('any', 'DEBUG = any(os.environ.get(k) for k in ("DEBUG", "DEV"))\n' + INIT, P),
        ('bool-zero', 'DEBUG = bool(os.getenv("DEBUG"))\n' + INIT, F, {'DEBUG': '0'}),
        ('chained', 'DEBUG = os.getenv("DEBUG", os.getenv("DJANGO_DEBUG", "1")) == "1"\n' + INIT, F),
        ('dict-on', 'DEBUG = {"1": True}.get(os.getenv("DEBUG"), False)\n' + INIT, F, {'DEBUG': '1'}),
        ('dict', 'DEBUG = {"1": True}.get(os.getenv("DEBUG"), False)\n' + INIT, P, {'DEBUG': '0'}),
        ('eq-one', 'DEBUG = os.getenv("DEBUG") == "1"\n' + INIT, F, {'DEBUG': '1'}),
        ('in-text', 'DEBUG = "prod" not in os.environ["ENV"]\n' + INIT, P),
        ('int-zero', 'DEBUG = bool(int(os.getenv("DEBUG", "0")))\n' + INIT, P, {'DEBUG': '0'}),
        ('json', 'DEBUG = __import__("json").loads(os.getenv("DEBUG", "true"))\n' + INIT, U, {'DEBUG': 'true'}),
        ('lower-in-ok', 'DEBUG = os.getenv("DEBUG", "").lower() in {"true", "1", "yes"}\n' + INIT, P, {'DEBUG': 'No'}),
        ('lower-in', 'DEBUG = os.getenv("DEBUG", "").lower() in ("true", "1", "yes")\n' + INIT, F, {'DEBUG': 'YES'}),
        ('ne-prod', 'DEBUG = os.environ["ENV"] != "production"\n' + INIT, P),
        ('not-none', 'DEBUG = os.getenv("DEBUG") is not None\n' + INIT, F, {'DEBUG': 'false'}),
        ('re', 'DEBUG = bool(__import__("re").match("t", os.getenv("DEBUG", "true")))\n' + INIT, U),
        ('setdefault', 'DEBUG = os.environ.setdefault("DEBUG", "1") == "1"\n' + INIT, F),
        ('startswith', 'DEBUG = not os.environ["ENV"].startswith("prod")\n' + INIT, P),
        ('text', 'DEBUG = os.environ.get("DEBUG", "False")\n' + INIT, F, {'DEBUG': 'False'}),
    ],
    "pii-off": [
        ('pii-del', 'OPTIONS = {"send_default_pii": True}\ndel OPTIONS["send_default_pii"]\n' + init('**OPTIONS'), P),
        ('pii-dict-merge', init('**({"send_default_pii": False} | {"send_default_pii": True})'), F),
        ('pii-dict', init('**{"send_default_pii": True}'), F),
        ('pii-false-text', init('send_default_pii=os.getenv("PII", "")'), F, {'PII': 'false'}),
        ('pii-isnotnone', init('send_default_pii=os.getenv("PII") is not None'), F, {'PII': 'false'}),
        ('pii-pop', 'OPTIONS = {"send_default_pii": True}\nOPTIONS.pop("send_default_pii")\n' + init('**OPTIONS'), P),
        ('pii-setitem', 'OPTIONS = {}\nOPTIONS["send_default_pii"] = not DEBUG\n' + init('**OPTIONS'), F),
        ('pii-update', 'OPTIONS = dict(send_default_pii=False)\nOPTIONS.update(send_default_pii=True)\n' + init('**OPTIONS'), F),
    ],
    "sampling-sensible": [
        ('rate-debug', init('traces_sample_rate=1.0 if DEBUG else 0.05'), P),
        ('rate-env-default', init('traces_sample_rate=float(os.getenv("RATE", "1.0"))'), F),
        ('rate-env', init('traces_sample_rate=float(os.getenv("RATE", "1.0"))'), P, {'RATE': '0.1'}),
        ('rate-one', init('traces_sample_rate=1.0'), F),
    ],
    "sdk-initialized": [
        ('alias', 'from sentry_sdk import init as boot\nboot(dsn=os.environ["SENTRY_DSN"])', P),
        ('and-expr', 'os.environ.get("ENV") == "staging" and ' + INIT, F),
        ('argv-gunicorn', 'if "gunicorn" in sys.argv[0]:\n    ' + INIT, P),
        ('argv-manage', 'if os.path.basename(sys.argv[0]) == "manage.py":\n    ' + INIT, F),
        ('argv-not-test', 'if "test" not in sys.argv:\n    ' + INIT, P),
        ('argv-runserver', 'if "runserver" in sys.argv:\n    ' + INIT, F),
        ('async', 'async def setup():\n    ' + INIT + '\nsetup()', F),
        ('asyncio-run', 'import asyncio\nasync def setup():\n    ' + INIT + '\nasyncio.run(setup())', P),
        ('atexit', 'import atexit\natexit.register(lambda: ' + INIT + ')', F),
        ('class-body', 'class Monitoring:\n    ' + INIT, P),
        ('client-off-none', INIT + '\nsentry_sdk.init(dsn=None)', P),
        ('comp-empty', '[sentry_sdk.init(dsn=d) for d in []]', F),
        ('comprehension', '[sentry_sdk.init(dsn=d) for d in [os.environ["SENTRY_DSN"]]]', P),
        ('decorator-not', 'def later(f):\n    return f\n@later\ndef setup():\n    ' + INIT, F),
        ('decorator', 'def now(f):\n    f()\n    return f\n@now\ndef setup():\n    ' + INIT, P),
        ('del', 'del sentry_sdk\ntry:\n    ' + INIT + '\nexcept NameError:\n    pass', F),
        ('dsn-none-or', 'DSN = None\nif DSN or os.getenv("ENV") == "test":\n    ' + INIT, F),
        ('env-get-missing', 'if os.environ.get("DEPLOYED"):\n    ' + INIT, F),
        ('env-not-in', 'if os.environ.get("ENV") not in ("production", "staging"):\n    ' + INIT, F),
        ('env-two', 'if os.environ.get("ENV") == "production" and os.environ.get("SENTRY_DSN"):\n    ' + INIT, P),
        ('exit-before', 'if os.environ.get("ENV") == "production":\n    sys.modules["sentry_sdk"] = None\n' + INIT, P),
        ('for-empty', 'for _ in []:\n    ' + INIT, F),
        ('for-one', 'for _ in range(1):\n    ' + INIT, P),
        ('generator-next', 'def setup():\n    ' + INIT + '\n    yield\nnext(setup())', P),
        ('generator', 'def setup():\n    ' + INIT + '\n    yield\nsetup()', F),
        ('getattr', 'getattr(sentry_sdk, "init")(dsn=os.environ["SENTRY_DSN"])', P),
        ('hostname', 'import socket\nif socket.gethostname().startswith("prod"):\n    ' + INIT, U),
        ('lambda-called', '(lambda: ' + INIT + ')()', P),
        ('lambda', 'start = lambda: ' + INIT, F),
        ('main', 'if __name__ == "__main__":\n    ' + INIT, F),
        ('match-default', 'match os.environ.get("ENV"):\n    case "production":\n        pass\n    case _:\n        ' + INIT, F),
        ('match-guard', 'match os.environ.get("ENV"):\n    case e if e.startswith("prod"):\n        ' + INIT, P),
        ('match-other', 'match os.environ.get("ENV"):\n    case "staging" | "qa":\n        ' + INIT, F),
        ('match', 'match os.environ.get("ENV"):\n    case "production":\n        ' + INIT, P),
        ('nested-called', 'def setup():\n    def inner():\n        ' + INIT + '\n    return inner\nsetup()()', P),
        ('nested', 'def setup():\n    def inner():\n        ' + INIT + '\n    return inner\nsetup()', F),
        ('own-class', 'class sentry_sdk:\n    @staticmethod\n    def init(**k):\n        pass\n' + INIT, F),
        ('partial-uncalled', 'from functools import partial\nboot = partial(sentry_sdk.init, dsn=os.environ["SENTRY_DSN"])', F),
        ('partial', 'from functools import partial\nboot = partial(sentry_sdk.init, dsn=os.environ["SENTRY_DSN"])\nboot(environment="production")', P),
        ('path-exists', 'from pathlib import Path\nif Path("/etc/prod").exists():\n    ' + INIT, U),
        ('string', 'CODE = """\n' + INIT + '\n"""', F),
        ('suppress', 'from contextlib import suppress\nwith suppress(Exception):\n    import sentry_sdk\n    ' + INIT, P),
        ('ternary-no', 'None if os.environ["ENV"] == "production" else ' + INIT, F),
        ('ternary', INIT + ' if os.environ["ENV"] == "production" else None', P),
        ('thread', 'import threading\nthreading.Thread(target=lambda: ' + INIT + ').start()', U),
        ('try-else', 'try:\n    import nothing_here\nexcept ImportError:\n    pass\nelse:\n    ' + INIT, U),
        ('try-finally', 'try:\n    pass\nfinally:\n    ' + INIT, P),
        ('try-raise', 'try:\n    raise ValueError\n    ' + INIT + '\nexcept ValueError:\n    pass', F),
        ('typechecking', 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    ' + INIT, F),
        ('walrus', 'if (dsn := os.environ.get("SENTRY_DSN")):\n    sentry_sdk.init(dsn=dsn)', P),
        ('while-false', 'while False:\n    ' + INIT, F),
    ],
    "sdk-options-valid": [
        ('misspelled', init('send_default_pi=True'), F),
    ],
    "tracing-enabled": [
        ('rate-none', init('traces_sample_rate=None'), F),
        ('rate-zero', init('traces_sample_rate=0'), F),
    ],
}  # fmt: skip
"""The settings after the imports and `DEBUG = False`, by item: name, body, outcome, variables."""


@pytest.mark.parametrize(
    ("item", "body", "outcome", "given"),
    [
        pytest.param(item, body, outcome, given[0] if given else {}, id=f"{item} {name}")
        for item, rows in STATEMENTS.items()
        for name, body, outcome, *given in rows
    ],
)
def test_an_outcome_follows_what_production_runs(item, body, outcome, given):
    files = repository(body, DECLARED | given)
    result = check_one(item, files)
    assert result.outcome is outcome, (result.findings, result.evidence)
    if outcome is not P:
        finding = result.findings[0]
        assert finding.path in files and (finding.line or "no sentry_sdk.init()" in finding.message), (
            "it names the place"
        )


E = "sentry_sdk.init(dsn=os.environ['SENTRY_DSN'], environment={})"


@pytest.mark.parametrize(
    ("value", "declared", "message"),
    [
        ('os.getenv("SENTRY_ENVIRONMENT", "development")', {"SENTRY_DSN": None}, "its events say 'development'"),
        ('os.environ["DEPLOY_ENV"]', {"SENTRY_DSN": None}, "the settings raise KeyError without it"),
        ('os.environ.get("DEPLOY_ENV")', {"SENTRY_DSN": None}, "the SDK says production wherever it runs"),
        ('"local"', {"SENTRY_DSN": None}, "production reports the environment 'local'"),
        ('os.getenv("SENTRY_ENVIRONMENT", "production")', {"SENTRY_DSN": None}, ""),
        ('os.getenv("SENTRY_ENVIRONMENT", "development")', DECLARED, ""),
        ('os.environ["DEPLOY_ENV"]', {"SENTRY_DSN": None, "DEPLOY_ENV": "production"}, ""),
    ],
)
def test_the_environment_is_the_one_that_production_gets(value, declared, message):
    files = repository(E.format(value), declared)
    result = check_one("environment-set", files)
    assert result.outcome is (F if message else P), result.findings
    if message:
        assert message in result.findings[0].message
        assert (result.findings[0].path, result.findings[0].line) in {("render.yaml", 2), ("shop/settings.py", 6)}


def test_a_dsn_that_the_host_makes_up_is_none():
    files = repository(INIT)
    files["render.yaml"] = files["render.yaml"].replace("sync: false", "generateValue: true")
    result = check_one("dsn-configured", files)
    assert result.outcome is F
    assert "is generated by the host" in result.findings[0].message and result.findings[0].line == 7
