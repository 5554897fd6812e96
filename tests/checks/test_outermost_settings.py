"""Where nothing names production's settings: the module of production that takes in the others, and the name that all of them read."""

from __future__ import annotations

import pytest

from tests.setup_wizard.test_examples import APART
from tests.support.edits import READY, after
from tests.support.repo import backend, check_one, facts_of

CALL = 'sentry_sdk.init(dsn=os.environ.get("SHOP_SENTRY_DSN"), environment="production", release=os.environ["SHOP_RELEASE"])\n'
BASE = 'INSTALLED_APPS = []\nROOT_URLCONF = "shop.urls"\nDEBUG = False\n'
PRODUCTION = "import os\nimport sentry_sdk\nfrom .base import *\n" + CALL
HEROKU = 'import os\nos.environ["SHOP_RELEASE"] = os.environ["SOURCE_VERSION"]\nfrom .production import *\n'
FOLDER = {k: v for k, v in backend().items() if k != "shop/settings.py"} | {
    "manage.py": "from vendor.management import execute_from_command_line\nexecute_from_command_line([])\n",
    "requirements.txt": "django\nsentry-sdk==2.75.0\n",
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": BASE,
    "shop/settings/production.py": PRODUCTION,
}


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"shop/settings/heroku_production.py": HEROKU}, "shop.settings.heroku_production"),
        (
            {"shop/settings/heroku_production.py": HEROKU, "shop/settings/eu_production.py": "from .heroku_production import *\n"},
            "shop.settings.eu_production",
        ),
        # Two that stand beside each other, a module that is not production's by its name, and one alone tell nothing.
        ({"shop/settings/heroku_production.py": HEROKU, "shop/settings/eu_production.py": "from .production import *\n"}, None),
        ({"shop/settings/heroku.py": HEROKU}, None),
        ({"shop/settings/heroku_production.py": HEROKU.replace("from .production", "from .base")}, None),
    ],
)  # fmt: skip
def test_the_module_of_production_that_takes_in_the_others_is_productions(more, name):
    [found] = facts_of(FOLDER | more).backends
    assert (found.settings.name if found.settings is not None else None) == name


def test_what_it_says_decides_every_item():
    files = FOLDER | {"shop/settings/heroku_production.py": HEROKU, "shop/env.example": ""}
    assert check_one("environment-set", files).outcome.value == "pass"
    assert check_one("pii-off", files).outcome.value == "pass"


@pytest.mark.parametrize("other", [PRODUCTION, PRODUCTION.replace("SHOP_SENTRY_DSN", "OTHER_DSN")])
def test_the_step_names_the_variable_that_every_candidate_reads(tmp_path, other):
    files = {k: v for k, v in (READY | APART | FOLDER).items() if v is not None and k != "shop/settings/local.py"}
    files |= {
        "shop/settings/cloud.py": PRODUCTION,
        "shop/settings/onsite.py": other,
        "Procfile": "web: gunicorn shop.wsgi\n",
    }
    del files["shop/settings/production.py"]
    done = after(tmp_path, files, "dsn")
    texts = done.left + (done.steps["dsn"].reason or "")
    assert "\nSENTRY_DSN" not in texts and "set SENTRY_DSN" not in texts
    assert ("SHOP_SENTRY_DSN" in texts) == (other == PRODUCTION)
    assert ("read the DSN from different variables" in texts) == (other != PRODUCTION)
