"""Imports stand where isort wants them: a file that the linter accepts is still accepted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from setup_wizard.editors import hooks, settings
from setup_wizard.editors.base import Edited

SHAPES = [
    "",
    '"""Settings."""\n',
    "DEBUG = False\n",
    "# Copyright\n\nDEBUG = False\n",
    "__package__ = 'shop'\n\nimport sys\n\nDEBUG = False\n",
    "from __future__ import annotations\n\nDEBUG = False\n",
    "import logging\nimport sys\nfrom pathlib import Path\n\nDEBUG = False\n",
    "import sys\n\nimport environ\nfrom split_settings.tools import include\n\nfrom shop.env import ENV\n\nDEBUG = ENV\n",
    "from pathlib import Path\n\nfrom decouple import config\n\nDEBUG = config('DEBUG')\n",
    "import os\n\nfrom .base import *\n\nDEBUG = False\n",
    "from .base import *\n\nDEBUG = False\n",
    "from shop.settings.base import *\n\nDEBUG = False\n",
    "import zoneinfo\n\nimport whitenoise\nimport structlog\n\nDEBUG = False\n",
    "import os\n\nimport dj_database_url\nimport zlib_ng\n\nDEBUG = False\n",
    "import os  # the environment\nfrom django.utils.translation import gettext_lazy as _\n\nDEBUG = _('x')\n",
    "import os\n\n# why\nfrom django.utils import timezone\n\nDEBUG = timezone\n",
]


def accepted(text: str) -> bool:
    """Ask ruff's isort rules, with `shop` as the project's own package."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "I001", "--stdin-filename", "x.py", "-"]
    own = ["--config", 'lint.isort.known-first-party = ["shop"]']
    return subprocess.run([*command, *own], input=text, text=True, capture_output=True).returncode == 0


@pytest.mark.parametrize("text", SHAPES, ids=range(len(SHAPES)))
def test_sorted_imports_stay_sorted(text):
    result = settings.add_init(text.encode(), settings.InitOptions(), "shop/settings/production.py")
    assert isinstance(result, Edited)
    after = result.data.decode()
    assert after.count("import sentry_sdk\n") == 1 and after.count("import os") == 1
    compile(after, "production.py", "exec")
    assert accepted(after) or not accepted(text), after


def test_imports_sorted_by_module_alone_stay_so():
    text = "import os\n\nfrom django import x\nimport environ\nfrom whitenoise import y\n"
    result = settings.add_init(text.encode(), settings.InitOptions(), "shop/settings.py")
    assert isinstance(result, Edited)
    assert "import environ\nimport sentry_sdk\nfrom whitenoise" in result.data.decode()


FED = "import os\n\x0c\n# é \x1c \u2028\nimport environ\n\nDEBUG = environ\n"


def test_what_only_looks_like_a_line_end_moves_nothing():
    """Python counts lines by line feeds alone; a form feed stands in many an old module."""
    result = settings.add_init(FED.encode(), settings.InitOptions(), "shop/settings.py")
    assert isinstance(result, Edited)
    assert result.data.decode().startswith(FED.replace("import environ\n", "import environ\nimport sentry_sdk\n"))
    line = FED.count("\n") + 2
    called = FED + "import sentry_sdk\nsentry_sdk.init()\n"
    filtered = hooks.add_function(called.encode(), line, "before_send", hooks.BEFORE_SEND, "shop/settings.py")
    assert isinstance(filtered, Edited)
    assert filtered.data.decode().startswith(FED + "import sentry_sdk\n\n\ndef before_send(")
