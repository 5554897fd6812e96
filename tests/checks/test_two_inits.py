"""A call of init beside the one that the settings make: the last one of a process replaces the first, so nothing is ticked over it."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one

SETTINGS = {"shop/settings.py": "import sentry_sdk\nsentry_sdk.init(send_default_pii=False)\n"}
WORKER = (
    "import celery\nimport sentry_sdk\n\n\nclass Celery(celery.Celery):\n    def on_configure(self):\n"
    '        sentry_sdk.init({})\n\n\napp = Celery("shop")\n'
)


@pytest.mark.parametrize(
    ("path", "options", "outcome"),
    [
        ("shop/celery.py", "send_default_pii=True", Outcome.UNKNOWN),
        ("shop/worker/start.py", "send_default_pii=True", Outcome.UNKNOWN),
        ("shop/celery.py", "send_default_pii=False", Outcome.PASS),
        ("shop/celery.py", "", Outcome.PASS),
        ("tests/test_celery.py", "send_default_pii=True", Outcome.PASS),
        ("shop/local_settings.py", "send_default_pii=True", Outcome.PASS),
    ],
)
def test_personal_data_of_another_call_leaves_the_item_open(path, options, outcome):
    result = check_one("pii-off", backend() | SETTINGS | {path: WORKER.format(options)})
    assert result.outcome is outcome
    if outcome is Outcome.UNKNOWN:
        (found,) = result.findings
        assert (
            found.message == "another sentry_sdk.init() sets send_default_pii; whether a process calls it is not known"
        )
        assert (found.path, found.line, found.hint) == (path, 7, "set it to False")
