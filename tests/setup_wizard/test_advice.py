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
