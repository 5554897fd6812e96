"""An init in a Django middleware: what runs when a server makes it, and what only a request runs."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
HEAD = "import os\n\nimport sentry_sdk\n\n\n"
CALL = "sentry_sdk.init(dsn=os.environ['SENTRY_DSN'])\n"
CLASS = "class Watch:\n    def __init__(self, get_response):\n        self.get_response = get_response\n        {}\n\n"
CLASS += "    def __call__(self, request):\n        {}\n        return self.get_response(request)\n"
FACTORY = (
    "def Watch(get_response):\n    "
    + CALL
    + "\n    def middleware(request):\n        return get_response(request)\n\n    return middleware\n"
)
INSTALLED = "MIDDLEWARE = ['shop.watch.Watch']\n"
CASES = [
    ("its constructor", CLASS.format(CALL.strip(), "pass"), INSTALLED, P),
    ("its module", CALL + CLASS.format("pass", "pass"), INSTALLED, P),
    ("a factory", FACTORY, INSTALLED, P),
    ("only with a request", CLASS.format("pass", CALL.strip()), INSTALLED, U),
    (
        "a constructor that does not run it",
        CLASS.format("if False:\n            " + CALL.strip(), "pass"),
        INSTALLED,
        F,
    ),
    ("not installed", CLASS.format(CALL.strip(), "pass"), "MIDDLEWARE = []\n", U),
]


@pytest.mark.parametrize(("name", "code", "settings", "outcome"), CASES, ids=[c[0] for c in CASES])
def test_init_in_a_middleware(name, code, settings, outcome):
    files = backend() | {"shop/settings.py": "INSTALLED_APPS = []\n" + settings, "shop/watch.py": HEAD + code}
    result = check_one("sdk-initialized", files)
    assert result.outcome is outcome, result
    places = {f.path for f in result.findings} | {e.path for e in result.evidence[:1]}
    assert places == {"shop/watch.py"}


def test_a_middleware_serves_requests_only():
    files = backend() | {
        "shop/settings.py": "INSTALLED_APPS = []\n" + INSTALLED,
        "shop/watch.py": HEAD + CLASS.format(CALL.strip(), "pass"),
    }
    result = check_one("init-covers-workers", files)
    assert result.outcome is not P, result
