"""Settings that run text which is not in the repository may do anything; files of a folder that is looked through are such text."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("for f in glob():\n    exec(open(f).read())\n", Outcome.UNKNOWN),
        (
            "import glob\nfor f in glob.glob('/etc/shop/*.py'):\n    with open(f) as h:\n        exec(h.read())\n",
            Outcome.UNKNOWN,
        ),
        ("exec(open('/etc/shop.py').read())\n", Outcome.UNKNOWN),
        ("import os\nif os.path.exists('local.py'):\n    exec(open('local.py').read())\n", Outcome.FAIL),
        (
            "import os, glob\nif os.path.exists('d'):\n    for f in glob.glob('d/*'):\n        exec(open(f).read())\n",
            Outcome.FAIL,
        ),
        ("exec('x = 1')\n", Outcome.FAIL),
    ],
)
def test_text_from_elsewhere_leaves_the_sdk_open(text, outcome):
    result = check_one("sdk-initialized", backend() | {"shop/settings.py": f"DEBUG = False\n{text}"})
    assert result.outcome is outcome, result.findings
    if outcome is Outcome.UNKNOWN:
        assert (
            "take everything from `exec(" in result.findings[0].message
            and result.findings[0].path == "shop/settings.py"
        )
        assert result.findings[0].hint == "check whether that calls sentry_sdk.init()"
