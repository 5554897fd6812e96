"""What an example env file names: nothing that does nothing where it is copied, and what the code itself would call the environment."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, READY, after

HEAD = "import os\nimport sentry_sdk\n" + BARE["shop/settings.py"]
LOADED = READY | {"shop/env.py": "from decouple import config\n", ".env.example": "SECRET_KEY=x\n"}
CALL = 'sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"), environment=os.environ.get("SENTRY_ENVIRONMENT"))\n'
GUARDED = HEAD + 'if os.environ.get("SHOP_STAGE"):\n    ' + CALL
BY_STAGE = HEAD + 'STAGE = os.environ.get("STAGE", "dev")\nif STAGE != "dev":\n    ' + CALL
APART = {
    "manage.py": BARE["manage.py"].replace("shop.settings", "shop.settings.local"),
    "shop/settings.py": None,
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": BARE["shop/settings.py"],
    "shop/settings/local.py": "from .base import *  # noqa: F403\n",
    "shop/settings/production.py": "import os\nimport sentry_sdk\nfrom .base import *  # noqa: F403\n" + CALL,
}


def files(more):
    """The loading repository with other files; None takes one away."""
    return {k: v for k, v in (LOADED | more).items() if v is not None}


@pytest.mark.parametrize(
    "more",
    [
        {"shop/settings.py": GUARDED},
        {"shop/settings.py": GUARDED, ".env.example": None},
        {"shop/settings.py": BY_STAGE, ".env.example": 'STAGE="dev"\n'},
        APART | {".env.example": "SECRET_KEY=x\nSENTRY_DSN=\n"},
        APART | {".env.example": "SECRET_KEY=x\n"},
        APART | {".env.example": None},
        # The template of a laptop: its addresses are this machine's.
        APART | {".env.example": "DJANGO_DEBUG=False\nBUCKET_ENDPOINT=http://localhost:4566\n"},
        {"shop/settings.py": HEAD + 'DEBUG = os.environ.get("DEBUG") == "1"\nif not DEBUG:\n    ' + CALL, ".env.example": "DEBUG=1\n"},
    ],
)  # fmt: skip
def test_an_example_names_nothing_that_starts_nothing_where_it_is_copied(tmp_path, more):
    done = after(tmp_path, files(more), "dsn")
    assert done.text(".env") == ""
    assert done.text(".env.example") == (more.get(".env.example", LOADED[".env.example"]) or "")
    report = done.applied.report
    assert report is not None and report.result("env-example-complete").outcome.value in ("not-applicable", "pass")


@pytest.mark.parametrize(
    ("more", "example"),
    [
        ({"shop/settings.py": GUARDED, ".env.example": "SHOP_STAGE=local\n"}, ".env.example"),
        # What a compose file gives the service is not followed.
        ({"shop/settings.py": GUARDED, "compose.dev.yml": "services:\n  web:\n    environment:\n      SHOP_STAGE: dev\n"}, ".env.example"),
        (APART | {".env.example": "DJANGO_SETTINGS_MODULE=shop.settings.production\n"}, ".env.example"),
        (APART | {".env.example": None, ".env.production.example": "SECRET_KEY=x\n"}, ".env.production.example"),
        (APART | {".env.example": "DEBUG=False\n"}, ".env.example"),
    ],
)  # fmt: skip
def test_an_example_that_starts_the_sdk_names_the_dsn(tmp_path, more, example):
    assert "\nSENTRY_DSN=\n" in after(tmp_path, files(more), "dsn").text(example)


def settings(environment: str, before: str = "") -> dict[str, str]:
    """Settings whose init takes the environment from an expression."""
    call = f'sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"), environment={environment})\n'
    return {"shop/settings.py": HEAD + before + call}


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (settings('os.environ.get("SENTRY_ENVIRONMENT", "local")'), "SENTRY_ENVIRONMENT=local"),
        (settings('os.environ.get("SENTRY_ENVIRONMENT") or "localhost"'), "SENTRY_ENVIRONMENT=localhost"),
        (
            settings("name", 'host = os.environ.get("HOST", "laptop")\nname = os.environ.get("SENTRY_ENVIRONMENT", host)\n'),
            "SENTRY_ENVIRONMENT=laptop",
        ),
        (settings('os.environ.get("SENTRY_ENVIRONMENT", guess())', "from unknown import guess\n"), "# SENTRY_ENVIRONMENT="),
        (settings('os.environ.get("SENTRY_ENVIRONMENT")'), "SENTRY_ENVIRONMENT=development"),
        (settings('os.environ.get("SENTRY_ENVIRONMENT", "production")'), "SENTRY_ENVIRONMENT=development"),
    ],
)  # fmt: skip
def test_the_environment_is_what_the_code_calls_it_by_itself(tmp_path, more, line):
    done = after(tmp_path, files(more), "dsn")
    assert f"SENTRY_DSN=\n{line}\n" in done.text(".env.example")
    report = done.applied.report
    assert report is not None and report.result("env-example-complete").outcome.value == "pass"


@pytest.mark.parametrize(
    "text",
    [
        'dsn = os.environ.get("SENTRY_DSN")\nif dsn is not None:\n    sentry_sdk.init(dsn=dsn)\n',
        'if "SENTRY_DSN" in os.environ:\n    sentry_sdk.init(dsn=os.environ["SENTRY_DSN"])\n',
        'def start():\n    dsn = os.environ.get("SENTRY_DSN")\n    if dsn is None:\n        return\n    sentry_sdk.init(dsn)\n\n\nstart()\n',
    ],
)
def test_a_blank_that_would_count_as_set_is_a_comment(tmp_path, text):
    done = after(tmp_path, files({"shop/settings.py": HEAD + text}), "dsn")
    assert "\n# SENTRY_DSN=\n" in done.text(".env.example")
    report = done.applied.report
    assert report is not None and report.result("env-example-complete").outcome.value == "pass"


@pytest.mark.parametrize(
    "text",
    [
        'sentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))\n',
        'dsn = os.environ.get("SENTRY_DSN")\nif dsn:\n    sentry_sdk.init(dsn=dsn)\n',
    ],
)
def test_a_blank_that_counts_as_unset_is_written(tmp_path, text):
    assert "\nSENTRY_DSN=\n" in after(tmp_path, files({"shop/settings.py": HEAD + text}), "dsn").text(".env.example")


def test_the_example_beside_a_deployed_compose_file_is_that_deployments(tmp_path):
    compose = (
        "services:\n  web:\n    image: shop\n    command: gunicorn shop.wsgi\n    environment:\n      KEY: ${KEY}\n"
    )
    more = APART | {".env.example": None, "docker/.env.example": "KEY=\n", "docker/docker-compose.prod.yml": compose}
    done = after(tmp_path, files(more), "dsn")
    # The compose file has a name of its own for the environment, where none is given.
    assert done.text("docker/.env.example").endswith("SENTRY_DSN=\n")
    assert "SENTRY_ENVIRONMENT: ${SENTRY_ENVIRONMENT:-production}" in done.text("docker/docker-compose.prod.yml")


def test_an_env_file_of_the_repository_that_names_the_dsn_needs_no_example(tmp_path):
    given = {"shop/settings.py": HEAD + CALL, ".env.example": None, ".env": "SENTRY_DSN=\nSENTRY_ENVIRONMENT=\n"}
    done = after(tmp_path, files(given), "dsn")
    assert ".env.example" not in done.files
    assert done.text(".env") == given[".env"]
    report = done.applied.report
    assert report is not None
    found = report.result("env-example-complete").verdicts[0]
    assert (found.outcome.value, [(e.path, e.line) for e in found.evidence]) == ("pass", [(".env", 1), (".env", 2)])


def test_the_comment_tells_of_what_is_added_only(tmp_path):
    code = HEAD + CALL.replace("SENTRY_ENVIRONMENT", "STAGE")
    done = after(tmp_path, files({"shop/settings.py": code, ".env.example": "STAGE=dev\n"}), "dsn")
    assert done.text(".env.example") == "STAGE=dev\n\n# Sentry: the project's DSN\nSENTRY_DSN=\n"


_DEV = "SECRET_KEY=dev\nDEBUG=1\nDATABASE_URL=postgres://localhost/x\nREDIS_URL=\n"
_PROD = "SECRET_KEY=\nDEBUG=0\n"
_LOADING = {"shop/settings.py": "from dotenv import load_dotenv\n\nload_dotenv()\n" + READY["shop/settings.py"]}


@pytest.mark.parametrize(
    ("production", "more"),
    [
        ("env/production.example", {"README.md": "On the server: `cp env/production.example .env`.\n"}),
        (".env.server.sample", {"bin/setup.sh": "#!/bin/sh\ncp .env.server.sample .env\n"}),
    ],
)
def test_productions_example_is_named_in_beside_the_developers(tmp_path, production, more):
    done = after(tmp_path, READY | _LOADING | {".env.example": _DEV, production: _PROD} | more, "dsn")
    assert done.text(".env.example").endswith("SENTRY_DSN=\nSENTRY_ENVIRONMENT=development\n")
    assert done.text(production).endswith("SENTRY_DSN=\nSENTRY_ENVIRONMENT=production\n")


@pytest.mark.parametrize("production", [".env.production.example", ".env.prod.sample"])
def test_productions_example_is_the_one_that_is_named_in(tmp_path, production):
    done = after(tmp_path, READY | _LOADING | {".env.example": _DEV, production: _PROD}, "dsn")
    assert done.text(production).endswith("SENTRY_DSN=\nSENTRY_ENVIRONMENT=production\n")


def test_an_example_in_a_folder_of_env_files_is_the_one_that_a_service_takes(tmp_path):
    compose = "services:\n  web:\n    image: a/shop\n    command: gunicorn shop.wsgi\n    env_file: env/production\n"
    more = {".env.example": _DEV, "env/production.example": _PROD, "docker-compose.yml": compose}
    done = after(tmp_path, READY | more, "dsn")
    assert done.text(".env.example") == _DEV
    assert done.text("env/production.example").endswith("SENTRY_DSN=\nSENTRY_ENVIRONMENT=production\n")
    assert "set SENTRY_DSN in env/production, which docker-compose.yml reads" in done.left


def test_an_example_of_production_that_nothing_reads_is_left(tmp_path):
    more = {".env.example": _DEV, "api/.env.production.example": "NODE_ENV=production\nPORT=1\n"}
    done = after(tmp_path, READY | _LOADING | more, "dsn")
    assert done.text("api/.env.production.example") == "NODE_ENV=production\nPORT=1\n"


def test_an_example_that_names_settings_without_a_call_gets_no_dsn(tmp_path):
    """The compose file that takes its copy has a name of production's; what runs there is what the example names."""
    example = "export DJANGO_SETTINGS_MODULE='shop.settings.local'\n"
    compose = "services:\n  web:\n    build: ./api\n    command: gunicorn shop.wsgi\n    env_file: ./api/.env\n"
    moved = {f"api/{p}": t for p, t in files(APART | {".env.example": example, "shop/env.py": None}).items()}
    done = after(tmp_path, moved | {"docker-compose.yml": compose}, "dsn")
    assert done.text("api/.env.example") == example
    other = example.replace("local", "production")
    (tmp_path / "two").mkdir()
    done = after(tmp_path / "two", moved | {"docker-compose.yml": compose, "api/.env.example": other}, "dsn")
    assert "SENTRY_DSN=" in done.text("api/.env.example")
