"""Several settings modules that production may run, and none named: every item asks the same decision about init."""

from __future__ import annotations

import pytest

from tests.checks.test_outermost_settings import FOLDER
from tests.support.repo import check_one

INIT = """import os
import sentry_sdk
if os.environ.get("SENTRY_DSN"):
    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", send_default_pii=True)
"""
COMMON = 'INSTALLED_APPS = []\nROOT_URLCONF = "shop.urls"\nDEBUG = False\nSAMPLE = 0.1\n'
SHARED = {k: v for k, v in FOLDER.items() if k != "shop/settings/production.py"} | {
    "shop/settings/base.py": INIT + COMMON,
    "shop/settings/buyer.py": 'from .base import *\nROOT_URLCONF = "shop.buyer"\n',
    "shop/settings/seller.py": 'from .base import *\nROOT_URLCONF = "shop.seller"\n',
    "docker-compose.yml": "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    environment:\n      - SENTRY_DSN\n",
}


def _said(item, files):
    verdict = check_one(item, files)
    found = next(iter(verdict.findings), None)
    evidence = next(iter(verdict.evidence), None)
    place = (
        (found.path, found.line)
        if found is not None
        else (evidence.path, evidence.line)
        if evidence is not None
        else None
    )
    return verdict.outcome.value, found.message if found is not None else evidence.fact, place, found and found.hint


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("sdk-initialized", ("pass", "sentry_sdk.init() in production, if os.environ.get('SENTRY_DSN')", ("shop/settings/base.py", 4), None)),
        ("dsn-configured", ("pass", "`SENTRY_DSN` is read", ("shop/settings/base.py", 4), None)),
        ("environment-set", ("pass", "environment is 'production'", ("shop/settings/base.py", 4), None)),
        ("debug-off", ("pass", "DEBUG is False", ("shop/settings/base.py", 7), None)),
        ("pii-off", ("fail", "send_default_pii is on: users' data is sent", ("shop/settings/base.py", 4), "set it to False")),
    ],
)  # fmt: skip
def test_modules_that_take_in_one_base_are_judged_by_its_call(item, said):
    assert _said(item, SHARED) == said


def test_an_option_that_the_modules_give_differently_is_not_decided():
    files = SHARED | {
        "shop/settings/base.py": INIT.replace("send_default_pii=True", 'send_default_pii=os.environ["PERSONAL"] == "1"') + COMMON,
        "shop/settings/buyer.py": 'import os\nos.environ["PERSONAL"] = "1"\nfrom .base import *\n',
        "shop/settings/seller.py": 'import os\nos.environ["PERSONAL"] = "0"\nfrom .base import *\n',
    }  # fmt: skip
    assert _said("pii-off", files) == (
        "unknown",
        "send_default_pii is `os.environ['PERSONAL'] == '1'`, which cannot be determined here",
        ("shop/settings/base.py", 4),
        "set it to False",
    )
    both = files | {"shop/settings/seller.py": files["shop/settings/buyer.py"]}
    assert _said("pii-off", both)[0] == "fail"


def test_debug_that_one_of_the_modules_turns_on_is_not_decided():
    files = SHARED | {"shop/settings/seller.py": "from .base import *\nDEBUG = True\n"}
    assert _said("debug-off", files) == (
        "unknown",
        "DEBUG is `False if DJANGO_SETTINGS_MODULE == 'shop.settings.buyer' else True`, which cannot be determined here",
        ("shop/settings/base.py", 7),
        "set `DEBUG = False` in the production settings",
    )


def test_modules_that_make_calls_of_their_own_leave_every_item_with_the_same_reason():
    files = SHARED | {
        "shop/settings/base.py": COMMON,
        "shop/settings/buyer.py": "from .base import *\n" + INIT,
        "shop/settings/seller.py": "from .base import *\n\n" + INIT,
    }
    why = (
        "the settings that production may run initialize the SDK differently (shop.settings.buyer at "
        "shop/settings/buyer.py:5, shop.settings.seller at shop/settings/seller.py:6), and nothing names the one that it runs"
    )
    place = ("shop/settings/buyer.py", 5)
    assert _said("sdk-initialized", files)[0] == "pass"
    assert _said("pii-off", files) == (
        "unknown", why, place, "set `backend.settings` in the configuration, as in DJANGO_SETTINGS_MODULE",
    )  # fmt: skip
    assert _said("dsn-configured", files) == (
        "unknown", f"the code that reads the DSN was not found: {why}", place, "set `backend.settings`",
    )  # fmt: skip


def test_a_filter_that_reads_a_setting_of_the_module_is_not_judged_by_one_of_them():
    scrub = (
        "from django.conf import settings\n\n\ndef scrub(event, hint):\n    return None if settings.DROP else event\n"
    )
    files = SHARED | {
        "shop/filters.py": scrub,
        "shop/settings/base.py": "from shop.filters import scrub\n" + INIT.replace("send_default_pii=True", "before_send=scrub") + COMMON,
        "shop/settings/buyer.py": "from .base import *\nDROP = False\n",
        "shop/settings/seller.py": "from .base import *\nDROP = True\n",
    }  # fmt: skip
    same = files | {"shop/settings/seller.py": files["shop/settings/buyer.py"]}
    assert _said("before-send-safe", same)[0] == "pass"
    assert _said("before-send-safe", files) == (
        "unknown",
        "whether before_send drops exceptions cannot be determined: `settings.DROP` decides",
        ("shop/filters.py", 5),
        "let what the event says decide",
    )
