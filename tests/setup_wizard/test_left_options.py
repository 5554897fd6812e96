"""What a required item finds in a call of init that is there becomes a task with its place, never an edit and never nothing."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, READY, after

HEAD = "import os\nimport sentry_sdk\n" + BARE["shop/settings.py"]
DSN = 'DSN = os.environ.get("SENTRY_DSN")\n'
CALL = 'sentry_sdk.init(dsn=DSN, environment="production", release="1", send_default_pii=True)\n'
ON = "send_default_pii is on: users' data is sent"


@pytest.mark.parametrize(
    ("code", "place"),
    [
        (DSN + CALL, "shop/settings.py:7"),
        (DSN + "if DSN:\n    " + CALL, "shop/settings.py:8"),
        (DSN + "OPTIONS = {'send_default_pii': True}\n" + CALL.replace("send_default_pii=True", "**OPTIONS"), "shop/settings.py:8"),
    ],
)  # fmt: skip
def test_an_option_that_sends_personal_data_is_a_task(tmp_path, code, place):
    done = after(tmp_path, READY | {"shop/settings.py": HEAD + code}, "sdk")
    tasks = [t for t in done.steps["sdk"].manual if ON in t.reason]
    assert [(t.title, t.place, t.path) for t in tasks] == [(f"set it to False in {place}", place, "shop/settings.py")]
    assert "sentry-setup waive pii-off" in tasks[0].reason
    assert done.text("shop/settings.py").endswith(code)
    report = done.applied.report
    assert report is not None and report.result("pii-off").outcome.value == "fail"


def test_options_that_pass_leave_nothing(tmp_path):
    assert "send_default_pii" not in after(tmp_path, READY, "sdk").left
