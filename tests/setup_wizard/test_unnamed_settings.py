"""No file names the settings that production loads: an init that the code has is pointed at, and no second one is offered."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, READY, after

ENTRY = {"manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.dev")\n'}
BASE = "INSTALLED_APPS = []\nROOT_URLCONF = 'shop.urls'\n"
HELPER = "import sentry_sdk\n\n\ndef sentry_init():\n    sentry_sdk.init(before_send=lambda event, hint: None)\n"
SETTINGS = {
    "shop/settings/__init__.py": "",
    "shop/settings/dev.py": "from .base import *\nDEBUG = True\n",
    "shop/settings/test.py": "from .base import *\n",
}


def files(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in BARE.items() if k != "shop/settings.py"}
    named = {f"shop/{k.replace('__', '/')}.py": v for k, v in more.items()}
    return kept | ENTRY | SETTINGS | {"requirements.txt": READY["requirements.txt"]} | named


@pytest.mark.parametrize(
    ("more", "place", "among"),
    [
        ({"sentry": HELPER, "settings__base": BASE + "from shop.sentry import sentry_init\nsentry_init()\n"}, "shop/sentry.py:5", "known;"),
        ({"settings__base": BASE + "import sentry_sdk\nsentry_sdk.init()\n"}, "shop/settings/base.py:4", "known;"),
        (
            {"settings__one": BASE + "import sentry_sdk\nsentry_sdk.init()\n", "settings__two": BASE},
            "shop/settings/one.py:4",
            "known (one of shop.settings.one, shop.settings.two);",
        ),
    ],
)  # fmt: skip
def test_an_init_of_settings_that_nothing_names_is_not_offered_again(tmp_path, more, place, among):
    done = after(tmp_path, files(**more), "sdk")
    [task] = [t for t in done.steps["sdk"].manual if "settings" in t.title]
    assert task.title == "name the settings that production loads" and task.place == place
    assert task.reason.startswith(f"the production settings module is not {among}") and place in task.reason
    assert task.snippet == "sentry-setup apply sdk dsn --set backend.settings=MODULE --yes"
    assert "dsn=" not in done.left


def test_without_any_call_the_block_is_given(tmp_path):
    done = after(tmp_path, files(settings__base=BASE, settings__one=BASE, settings__two=BASE), "sdk")
    assert "sentry_sdk.init(" in done.left and "--set backend.settings" not in done.left


@pytest.mark.parametrize("run", ["sdk", "sdk dsn"])
def test_a_requirement_is_left_together_with_the_init(tmp_path, run):
    """A package that nothing imports is no change to offer; where the code calls init already, it lacks only the package."""
    bare = {"requirements.txt": BARE["requirements.txt"]}
    done = after(
        tmp_path / "none", files(settings__base=BASE, settings__one=BASE, settings__two=BASE) | bare, *run.split()
    )
    assert done.text("requirements.txt") == BARE["requirements.txt"] and done.steps["sdk"].outcome == "refused"
    [task] = [t for t in done.steps["sdk"].manual if "sentry_sdk.init(" in t.snippet]
    first, second = "# 1. in requirements.txt\nsentry-sdk>=2.75,<3\n", "# 2. in the production settings\nimport os"
    assert task.snippet.startswith(f"{first}\n{second}") and done.steps["sdk"].snippet == task.snippet
    calling = files(settings__base=BASE + "import sentry_sdk\nsentry_sdk.init()\n") | bare
    assert "sentry-sdk" in after(tmp_path / "called", calling, *run.split()).text("requirements.txt")
