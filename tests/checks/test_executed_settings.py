"""Settings that run files by `exec`: a call of init in one of them is told with its place, and never taken for a missing one."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.setup_wizard.test_local_env import PLAIN
from tests.support.edits import BARE, after
from tests.support.repo import backend, check_one

RUNS = "import glob, os\nfor f in sorted(glob.glob(os.path.join(os.path.dirname(__file__), '{}'))):\n    exec(open(f).read())\n"
INIT = "import sentry_sdk\nsentry_sdk.init(dsn='https://aa@o1.ingest.us.sentry.io/1')\n"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (RUNS.format("*.conf"), "shop/80-sentry.conf"),
        (RUNS.format("conf.d/*.inc"), "shop/conf.d/sentry.inc"),
        ("exec(compile(open('/etc/shop.conf').read(), 'x', 'exec'))\n", "shop/sentry.cfg"),
    ],
)
def test_a_file_that_is_executed_and_calls_init_is_named(settings, name):
    found = check_one(
        "sdk-initialized", backend() | {"requirements.txt": "sentry-sdk\n", "shop/settings.py": settings, name: INIT}
    )
    assert found.outcome is Outcome.UNKNOWN and found.findings[0].path == name and found.findings[0].line == 2
    assert f"sentry_sdk.init() is in {name}" in found.findings[0].message


@pytest.mark.parametrize(
    "text", ["DEBUG = False\n", "# sentry_sdk.init() is called elsewhere\n", "[sentry\nsentry_sdk.init("]
)
def test_a_file_that_calls_nothing_is_not_named(text):
    files = backend() | {"requirements.txt": "sentry-sdk\n", "shop/settings.py": RUNS.format("*"), "shop/a.conf": text}
    found = check_one("sdk-initialized", files)
    assert found.outcome is Outcome.UNKNOWN and "which is not followed" in found.findings[0].message


def test_no_second_call_and_no_second_dsn_are_asked_for(tmp_path):
    files = PLAIN | {"shop/settings.py": BARE["shop/settings.py"] + RUNS.format("*.conf"), "shop/80-sentry.conf": INIT}
    done = after(tmp_path, files, "sdk", "dsn")
    assert "sentry_sdk.init" not in done.text("shop/settings.py") and "shop/80-sentry.conf" in done.left
    assert "SENTRY_DSN=" not in done.left and "dsn=os.environ" not in done.left
