"""Settings that read the command line: the server may initialize the SDK where workers and commands do not."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.checks.test_backend_items import ENV, django
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
EVERY = "the settings initialize the SDK in every process"
CASES = [
    ("'celery' not in sys.argv[0]", F, "Celery's workers do not initialize the SDK: `'celery' not in sys.argv[0]` keeps them out"),
    ("not sys.argv[0].endswith('manage.py')", F, "management commands do not initialize the SDK: `not sys.argv[0].endswith('manage.py')`"),
    ("'gunicorn' in sys.argv[0]", F, "Celery's workers do not initialize the SDK"),
    ("'celery' not in sys.argv[0] or ASKED", U, "whether Celery's workers initialize the SDK cannot be determined: `'celery' not in sys.argv[0] or ASKED` decides"),
    ("'test' not in sys.argv", P, EVERY),
    ("sys.argv[1:2] != ['runserver']", P, EVERY),
    ("not DEBUG", P, EVERY),
]  # fmt: skip


@pytest.mark.parametrize(("guard", "outcome", "message"), CASES)
def test_the_command_line_of_workers_and_commands_counts(guard, outcome, message):
    files = django(f"{ENV}", before="import sys\nfrom elsewhere import ASKED\n", sdk="==2.75.0\ncelery")
    files["shop/settings.py"] = files["shop/settings.py"].replace(
        "sentry_sdk.init(", f"if {guard}:\n    sentry_sdk.init("
    )
    result = check_one("init-covers-workers", files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    said = result.evidence[0] if outcome is P else result.findings[0]
    assert message in (said.fact if outcome is P else said.message)
    assert (said.path, said.line) == ("shop/settings.py", 6 + (outcome is P))
    assert outcome is P or said.hint == "initialize the SDK in every process"


def test_without_celery_only_commands_count():
    files = django(ENV, before="import sys\n")
    files["shop/settings.py"] = files["shop/settings.py"].replace(
        "sentry_sdk.init(", "if 'celery' not in sys.argv[0]:\n    sentry_sdk.init("
    )
    assert check_one("init-covers-workers", files).outcome is P
