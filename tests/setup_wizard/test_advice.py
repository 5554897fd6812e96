"""What is left to the person is right for that very repository: no second call, no job that is not there."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, INIT, READY, after

HEAD = "import os\nimport sentry_sdk\nfrom pathlib import Path\n" + BARE["shop/settings.py"]
GUARDED = HEAD + 'if os.environ.get("{name}") == "live":\n    ' + INIT


def with_settings(text: str, **more: str) -> dict[str, str]:
    return READY | {"shop/settings.py": text} | more


def test_a_call_under_a_variable_asks_for_the_variable_and_not_for_a_second_call(tmp_path):
    done = after(tmp_path, with_settings(GUARDED.replace("{name}", "DC_ENVIRONMENT")), "sdk")
    assert "set DC_ENVIRONMENT where production runs, so that shop/settings.py:8 is run" in done.left
    assert "DC_ENVIRONMENT=…" in done.left and "sentry_sdk.init(\n" not in done.left


@pytest.mark.parametrize("test", ['os.environ.get("SENTRY_DSN")', 'os.environ.get("SENTRY_DSN", "") != ""'])
def test_a_call_that_waits_for_the_dsn_leaves_nothing(tmp_path, test):
    done = after(tmp_path, with_settings(HEAD + f"if {test}:\n    " + INIT), "sdk")
    assert "sentry_sdk.init" not in done.left and done.text("shop/settings.py").count("init(") == 1


def test_a_call_in_a_module_that_nothing_loads_is_loaded_and_not_doubled(tmp_path):
    files = with_settings(HEAD, **{"shop/monitoring.py": "import os\nimport sentry_sdk\n" + INIT})
    done = after(tmp_path, files, "sdk")
    assert "import shop.monitoring  # noqa: F401" in done.left and "sentry_sdk.init(\n" not in done.left
    assert "init(" not in done.text("shop/settings.py")


def test_settings_of_a_mail_url_hide_no_other_name(tmp_path):
    text = 'import environ\n\nenv = environ.Env()\nMAIL = env.email_url("EMAIL_URL", default="smtp://")\nvars().update(MAIL)\n'
    files = BARE | {"shop/settings.py": text + BARE["shop/settings.py"], ".env.example": "SECRET_KEY=\n"}
    done = after(tmp_path, files, "sdk", "dsn")
    assert 'dsn=env("SENTRY_DSN", default=None)' in done.text("shop/settings.py").replace("env.str(", "env(")
    assert "SENTRY_DSN=\n" in done.text(".env.example") and "is not read from" not in done.left


BASE = BARE["shop/settings.py"]
SEVERAL = {k: v for k, v in BARE.items() if k != "shop/settings.py"} | {
    "manage.py": BARE["manage.py"].replace("shop.settings", "shop.settings.development"),
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": BASE,
    "shop/settings/development.py": "from .base import *\n\nDEBUG = True\n",
    "shop/settings/production.py": "from .base import *\n",
    "shop/settings/heroku.py": "from .base import *\n",
    "app.json": '{"env": {"DJANGO_SETTINGS_MODULE": {"value": "shop.settings.heroku"}}}\n',
    "compose.prod.yml": "services:\n  web:\n    image: registry.example/shop\n    environment:\n"
    "      DJANGO_SETTINGS_MODULE: shop.settings.production\n",
}


@pytest.mark.parametrize(
    ("heroku", "called_in"),
    [
        ("from .base import *\n", {"production", "heroku"}),
        ("from .base import *  # é\r\nA = 1", {"production", "heroku"}),
        ("from .production import *\n", {"production"}),
        ("from .base import *\nimport sentry_sdk\nsentry_sdk.init()\n", {"production", "heroku"}),
    ],
)
def test_each_settings_module_that_a_host_names_gets_the_call_once(tmp_path, heroku, called_in):
    done = after(tmp_path, SEVERAL | {"shop/settings/heroku.py": heroku}, "sdk")
    texts = {
        n.rpartition("/")[2].removesuffix(".py"): t for n, t in done.files.items() if n.startswith("shop/settings/")
    }
    assert {name for name, text in texts.items() if "sentry_sdk.init(" in text} == called_in
    assert all(text.count("sentry_sdk.init(") < 2 for text in texts.values())
    assert all(line in texts["heroku"].splitlines() for line in heroku.splitlines())


@pytest.mark.parametrize("outer", ["KeyError", "Exception"])
def test_what_an_outer_handler_catches_is_left_to_it(tmp_path, outer):
    nested = f'try:\n    try:\n        A = os.environ["A"]\n    except ValueError:\n        A = 1\nexcept {outer}:\n    A = 2\n'
    done = after(tmp_path, BARE | {"shop/settings.py": "import os\n" + BARE["shop/settings.py"] + nested}, "sdk")
    assert done.steps["sdk"].outcome == "applied" and "sentry_sdk.init(" in done.text("shop/settings.py")


def test_a_local_module_beside_the_settings_does_not_keep_the_call_away(tmp_path):
    text = HEAD + 'if Path("shop/local_settings.py").exists():\n    from .local_settings import *\n'
    done = after(tmp_path, with_settings(text), "sdk")
    assert done.text("shop/settings.py").startswith(text) and done.text("shop/settings.py").count("init(") == 1


@pytest.mark.parametrize("line", ["for f in glob():\n    exec(open(f).read())\n", "from platform_settings import *\n"])
def test_settings_that_run_text_of_elsewhere_are_left_with_the_block(tmp_path, line):
    done = after(tmp_path, with_settings(HEAD + line), "sdk")
    assert done.text("shop/settings.py") == HEAD + line
    assert (
        "at the end of shop/settings.py, unless it is done elsewhere" in done.left and "sentry_sdk.init(\n" in done.left
    )


def test_without_a_job_that_deploys_the_commands_name_no_job(tmp_path):
    flow = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n"
    done = after(tmp_path, READY | {".github/workflows/ci.yml": flow}, "release-tracking")
    assert 'SENTRY_RELEASE="$(git rev-parse HEAD)"' in done.left and "${{ github.sha }}" in done.left
    assert "needs:" not in done.left and "sentry-cli deploys new" in done.left


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ('[dependency-groups]\ndeploy = [\n  "sentry-sdk==2.41.0",\n]\n', "uv sync --group deploy"),
        ('[project.optional-dependencies]\nsentry = [\n  "sentry-sdk==2.41.0",\n]\n', "pip install '.[sentry]'"),
    ],
)
def test_a_group_that_names_the_sdk_is_installed_and_not_named_twice(tmp_path, table, wanted):
    project = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["django==5.2.8"]\n\n' + table
    files = {k: v for k, v in with_settings(HEAD + INIT).items() if k != "requirements.txt"} | {
        "pyproject.toml": project
    }
    done = after(tmp_path, files, "sdk")
    assert done.text("pyproject.toml") == project and wanted in done.left
    assert "sentry_sdk.init(" not in done.left


def test_a_command_in_a_container_of_ci_deploys_nothing(tmp_path):
    flow = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker compose run --rm django bash -c 'pytest up'\n"
    done = after(tmp_path, READY | {".github/workflows/ci.yml": flow}, "release-tracking")
    assert done.text(".github/workflows/ci.yml") == flow and "no job that deploys was found" in done.left


@pytest.mark.parametrize(
    ("name", "what", "deploys"), [("Deploy coverage report", "html", False), ("Deploy", "dist", True)]
)
def test_a_report_that_is_copied_is_not_the_application(tmp_path, name, what, deploys):
    job = what if deploys else "upload-coverage"
    flow = (
        f"on:\n  push:\n    branches: [main]\njobs:\n  {job}:\n    name: {name}\n    runs-on: ubuntu-latest\n"
        f"    steps:\n      - run: aws s3 sync {what} s3://acme-{what}/\n"
    )
    done = after(tmp_path, READY | {".github/workflows/test.yml": flow}, "release-tracking")
    assert (done.text(".github/workflows/test.yml") != flow) == deploys
