"""A wrapper of init from elsewhere that the configuration names, and settings modules that nothing names."""

from __future__ import annotations

import pytest

from checks.errors import UsageError
from tests.support.repo import backend, check_one
from tests.support.shop import F, P, U, assert_case

CASES = [
    (
        "wrapper unconfigured",
        "sdk-initialized",
        {"shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup()\n"},
        {},
        F,
        "()",
        None,
    ),
    (
        "wrapper suspect",
        "sdk-initialized",
        {"shop/settings.py": "import os\nfrom acme_sentry import setup\nDEBUG=False\nsetup()\n"},
        {},
        U,
        "`acme_sentry.setup`",
        4,
    ),
    (
        "wrapper",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup()\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        P,
        "()",
        4,
    ),
    (
        "wrapper",
        "pii-off",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup()\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        P,
        "",
        4,
    ),
    (
        "wrapper",
        "dsn-configured",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup()\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        P,
        "`SENTRY_DSN`",
        4,
    ),
    (
        "wrapper options",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup()\n",
            "sentry-setup.toml": "backend.init = \"acme_obs.setup(send_default_pii=True, environment='production')\"\n",
        },
        {},
        P,
        "()",
        4,
    ),
    (
        "wrapper options",
        "pii-off",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup()\n",
            "sentry-setup.toml": "backend.init = \"acme_obs.setup(send_default_pii=True, environment='production')\"\n",
        },
        {},
        F,
        "",
        4,
    ),
    (
        "wrapper options",
        "environment-set",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup()\n",
            "sentry-setup.toml": "backend.init = \"acme_obs.setup(send_default_pii=True, environment='production')\"\n",
        },
        {},
        P,
        "",
        4,
    ),
    (
        "wrapper call options",
        "pii-off",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup(send_default_pii=True, service='shop')\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        F,
        "",
        4,
    ),
    (
        "wrapper call options",
        "sdk-options-valid",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nsetup(send_default_pii=True, service='shop')\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        P,
        "",
        4,
    ),
    (
        "wrapper guarded",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\nif DEBUG:\n    setup()\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        F,
        "(DEBUG is False)",
        5,
    ),
    (
        "wrapper import",
        "sdk-initialized",
        {
            "shop/settings.py": "import acme_obs as a\na.setup()\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        P,
        "()",
        2,
    ),
    (
        "wrapper not called",
        "sdk-initialized",
        {
            "shop/settings.py": "import os\nfrom acme_obs import setup\nDEBUG=False\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        F,
        "()",
        None,
    ),
    (
        "wrapper app",
        "sdk-initialized",
        {
            "shop/settings.py": "INSTALLED_APPS=['acme_obs']\n",
            "sentry-setup.toml": 'backend.init = "acme_obs.apps.setup"\n',
        },
        {},
        P,
        "()",
        1,
    ),
    (
        "wrapper in wsgi",
        "sdk-initialized",
        {
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nfrom acme_obs import setup\nsetup()\n',
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        P,
        "()",
        5,
    ),
    (
        "wrapper in wsgi",
        "init-covers-workers",
        {
            "shop/wsgi.py": 'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nfrom acme_obs import setup\nsetup()\n',
            "sentry-setup.toml": 'backend.init = "acme_obs.setup"\n',
        },
        {},
        F,
        "",
        5,
    ),
    (
        "sentry app",
        "sdk-initialized",
        {"shop/settings.py": "INSTALLED_APPS=['sentry_django_settings']\n"},
        {},
        U,
        "`sentry_django_settings`",
        1,
    ),
    (
        "own sentry app",
        "sdk-initialized",
        {"shop/settings.py": "INSTALLED_APPS=['shop.sentry']\n", "shop/sentry/__init__.py": ""},
        {},
        F,
        "()",
        None,
    ),
    (
        "cand all",
        "sdk-initialized",
        {
            "manage.py": "import os\nfrom django.core.management import execute_from_command_line\nos.environ['DJANGO_SETTINGS_MODULE']\nexecute_from_command_line([])\n",
            "conf/__init__.py": "",
            "conf/settings/__init__.py": "",
            "conf/settings/base.py": "import os\nINSTALLED_APPS=[]\n",
            "conf/settings/eu.py": 'from .base import *\nimport os, sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "conf/settings/us.py": 'from .base import *\nimport os, sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "shop/settings.py": "",
        },
        {"deployed": False},
        P,
        "()",
        3,
    ),
    (
        "cand none",
        "sdk-initialized",
        {
            "manage.py": "import os\nfrom django.core.management import execute_from_command_line\nos.environ['DJANGO_SETTINGS_MODULE']\nexecute_from_command_line([])\n",
            "conf/__init__.py": "",
            "conf/settings/__init__.py": "",
            "conf/settings/base.py": "import os\nINSTALLED_APPS=[]\n",
            "conf/settings/eu.py": "from .base import *\nimport os, sentry_sdk\n",
            "conf/settings/us.py": "from .base import *\nimport os, sentry_sdk\n",
            "shop/settings.py": "",
        },
        {"deployed": False},
        F,
        "()",
        None,
    ),
    (
        "cand some",
        "sdk-initialized",
        {
            "manage.py": "import os\nfrom django.core.management import execute_from_command_line\nos.environ['DJANGO_SETTINGS_MODULE']\nexecute_from_command_line([])\n",
            "conf/__init__.py": "",
            "conf/settings/__init__.py": "",
            "conf/settings/base.py": "import os\nINSTALLED_APPS=[]\n",
            "conf/settings/eu.py": 'from .base import *\nimport os, sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "conf/settings/us.py": "from .base import *\nimport os, sentry_sdk\n",
            "shop/settings.py": "",
        },
        {"deployed": False},
        U,
        "",
        None,
    ),
    (
        "cand dev not counted",
        "sdk-initialized",
        {
            "manage.py": "import os\nfrom django.core.management import execute_from_command_line\nos.environ['DJANGO_SETTINGS_MODULE']\nexecute_from_command_line([])\n",
            "conf/__init__.py": "",
            "conf/settings/__init__.py": "",
            "conf/settings/base.py": "import os\nINSTALLED_APPS=[]\n",
            "conf/settings/eu.py": 'from .base import *\nimport os, sentry_sdk\nsentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
            "conf/settings/dev.py": "from .base import *\nimport os, sentry_sdk\n",
            "conf/settings/test.py": "from .base import *\nimport os, sentry_sdk\n",
            "conf/settings/local.py": "from .base import *\nimport os, sentry_sdk\n",
            "shop/settings.py": "",
        },
        {"deployed": False},
        P,
        "()",
        3,
    ),
]


@pytest.mark.parametrize(
    ("name", "item", "files", "given", "outcome", "message", "line"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES]
)
def test_case(name, item, files, given, outcome, message, line):
    assert_case(item, files, given, outcome, message, line)


@pytest.mark.parametrize("text", ["acme setup", "1", "acme.setup(", "acme['setup']"])
def test_a_wrapper_is_the_name_of_a_function(text):
    with pytest.raises(UsageError, match="is not the name of a function"):
        check_one("sdk-initialized", backend() | {"sentry-setup.toml": f'backend.init = "{text}"\n'})
