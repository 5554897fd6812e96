"""Whether logged errors come as far as the SDK: the levels of the standard library's logging in production."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_backend_items import ENV, django
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
LOG = "import logging\n"
OFF = "remove the call"
LOWER = "set it to ERROR or a lower level"
IGNORE = "from sentry_sdk.integrations.logging import ignore_logger\n"
CASES = [
    (f"{LOG}logging.disable(logging.CRITICAL)\n", F, "logging.disable(logging.CRITICAL) switches logged errors off", 5, OFF),
    (f"{LOG}logging.disable()\n", F, "logging.disable() switches logged errors off", 5, OFF),
    (f"{LOG}logging.disable(level=40)\n", F, "logging.disable(40) switches logged errors off", 5, OFF),
    (f"{LOG}logging.disable(logging.WARNING)\n", P, "LoggingIntegration is on by default", 6, None),
    (f"{LOG}logging.disable()\nlogging.disable(logging.NOTSET)\n", P, "LoggingIntegration is on by default", 7, None),
    (f"{LOG}if DEBUG:\n    logging.disable()\n", P, "LoggingIntegration is on by default", 7, None),
    (
        f"{LOG}if quiet():\n    logging.disable()\n",
        U,
        "whether logging.disable() switches logged errors off cannot be determined",
        6,
        OFF,
    ),
    (f"{LOG}from elsewhere import level\nlogging.disable(level)\n", U, "whether logging.disable(level) switches", 6, OFF),
    (f"{LOG}logging.basicConfig(level='CRITICAL')\n", F, "logging.basicConfig() sets the root logger to 'CRITICAL'", 5, LOWER),
    (f"{LOG}logging.basicConfig(level=logging.INFO)\n", P, "LoggingIntegration is on by default", 6, None),
    (f"{LOG}logging.getLogger().setLevel(logging.FATAL)\n", F, "setLevel() sets the root logger to logging.FATAL", 5, LOWER),
    (f"{LOG}logging.root.setLevel(100)\n", F, "setLevel() sets the root logger to 100", 5, LOWER),
    (f"{LOG}logging.getLogger('noisy').setLevel(logging.FATAL)\n", P, "LoggingIntegration is on by default", 6, None),
    (
        f"{LOG}logging.root.setLevel(100)\nlogging.root.setLevel(logging.ERROR)\n",
        P,
        "LoggingIntegration is on by default",
        7,
        None,
    ),
    (
        "import logging.config\nlogging.config.dictConfig({'version': 1, 'root': {'level': 'CRITICAL'}})\n",
        F,
        "dictConfig() sets the root logger to 'CRITICAL'",
        5,
        LOWER,
    ),
    (
        "LOGGING = {'version': 1, 'root': {'level': 'CRITICAL'}}\n",
        F,
        "LOGGING sets the root logger to 'CRITICAL': logger.error() makes no issue",
        4,
        LOWER,
    ),
    ("LOGGING = {'version': 1, 'loggers': {'': {'level': 'FATAL'}}}\n", F, "LOGGING sets the root logger to 'FATAL'", 4, LOWER),
    (
        "LOGGING = {'version': 1, 'root': {'level': os.environ.get('LOG_LEVEL', 'CRITICAL')}}\n",
        F,
        "LOGGING sets the root logger to 'CRITICAL'",
        4,
        LOWER,
    ),
    (
        "LOGGING = {'version': 1, 'root': {'level': pick()}}\n",
        U,
        "whether the root logger's level, `pick()`, lets errors through cannot be determined",
        4,
        LOWER,
    ),
    (
        "LOGGING = {'version': 1, 'root': {'level': 'CRITICAL'}, 'loggers': {'shop': {'level': 'INFO'}}}\n",
        P,
        "LoggingIntegration is on by default",
        5,
        None,
    ),
    (
        "LOGGING = {'version': 1, 'root': {'level': 'FATAL'}, 'loggers': {'django': {'level': 'INFO'}}}\n",
        F,
        "LOGGING sets the root logger to 'FATAL'",
        4,
        LOWER,
    ),
    (
        "LOGGING = {'version': 1, 'root': {'level': 'CRITICAL'}}\nLOGGING_CONFIG = None\n",
        P,
        "LoggingIntegration is on by default",
        6,
        None,
    ),
    (
        f"{LOG}logging.root.setLevel(100)\nLOGGING = {{'version': 1, 'root': {{'level': 'INFO'}}}}\n",
        P,
        "LoggingIntegration is on by default",
        7,
        None,
    ),
    (f"{IGNORE}ignore_logger('*')\n", F, 'ignore_logger("*") drops the errors of every logger', 5, "name the loggers that are noise"),
    (f"{IGNORE}ignore_logger('django.security.*')\n", P, "LoggingIntegration is on by default", 6, None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "outcome", "message", "line", "hint"), CASES)
def test_errors_are_captured_where_loggers_let_them_through(before, outcome, message, line, hint):
    result = check_one("logging-captured", django(ENV, before=before))
    assert result.outcome is outcome
    said = result.evidence[0] if outcome is P else result.findings[0]
    assert message in (said.fact if outcome is P else said.message)
    assert (said.path, said.line) == ("shop/settings.py", line)
    assert outcome is P or said.hint == hint


@pytest.mark.parametrize(
    ("read", "declared", "outcome", "message"),
    [
        ('os.environ.get("SHOP_ENV")', "SENTRY_ENVIRONMENT", P, "environment is `SHOP_ENV`"),
        ('os.environ.get("SHOP_ENV", "")', "SENTRY_ENVIRONMENT", F, "its events have none"),
        ('os.environ["SHOP_ENV"]', "SENTRY_ENVIRONMENT", F, "the settings raise KeyError without it"),
        ('os.environ.get("SHOP_ENV")', "OTHER", F, "the SDK says production wherever it runs"),
    ],
)
def test_the_sdk_reads_its_own_variable_where_it_is_given_none(read, declared, outcome, message):
    files = django(f"environment={read}", before="import os\n")
    files["render.yaml"] = (
        "services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\n"
        f"    envVars:\n      - key: {declared}\n        value: production\n"
    )
    result = check_one("environment-set", files)
    assert result.outcome is outcome
    assert message in (result.evidence[0].fact if outcome is P else result.findings[0].message)
