"""`.env` is written where something loads it; elsewhere the person is shown how the project takes its variables."""

from __future__ import annotations

import pytest

from tests.support.edits import BARE, DSN, READY, VITE, after

PLAIN = {k: v for k, v in READY.items() if k != ".gitignore"}


@pytest.mark.parametrize(
    "more",
    [
        {"Procfile": "web: gunicorn shop.wsgi\n"},
        {"Pipfile": "[packages]\n"},
        {".gitignore": ".env*\n"},
        {"shop/settings.py": READY["shop/settings.py"] + 'KEY = os.environ["KEY"]\n'},
        {".envrc": "dotenv\n"},
        {"Makefile": "run:\n\t@set -a && . ./.env && python manage.py runserver\n"},
        {"Makefile": "include .env\nrun:\n\tpython manage.py runserver\n"},
        {".env.example": "SECRET_KEY=\n"},
        {"docker-compose.yml": "services:\n  web:\n    build: .\n    env_file: .env\n    command: python manage.py runserver\n"},
        {"manage.py": "from dotenv import load_dotenv\nload_dotenv()\n" + BARE["manage.py"]},
        {"shop/env.py": "import environ\nenviron.Env.read_env()\n"},
        {"shop/env.py": "from decouple import config\n"},
    ],
)  # fmt: skip
def test_what_loads_one_gets_one(tmp_path, more):
    done = after(tmp_path, PLAIN | more, "dsn")
    assert DSN in done.text(".env") and "SENTRY_DSN=" in done.text(".env.example")
    assert "nothing here loads" not in done.left


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "export SENTRY_DSN=" + DSN),
        ({"shop/env.py": "# load_dotenv() was here\n"}, "in the shell"),
        # It fills a class, and the settings ask the environment.
        ({"shop/env.py": "class Settings:\n    model_config = SettingsConfigDict(env_file='.env')\n"}, "in the shell"),
        ({".gitignore": "*.env\n"}, "in the shell"),
        ({".gitignore": "# Environments\n.env\n.venv\nenv/\n"}, "in the shell"),
        (
            {"shop/settings.py": READY["shop/settings.py"] + 'KEY = os.environ["KEY"]\n', "Dockerfile": "FROM python:3.13\n"},
            "in the shell",
        ),
        ({"Makefile": "run:  # reads no .env\n\tpython manage.py runserver\n"}, "in the shell"),
        ({"Makefile": "dev-init:\n\t@echo UID=$(shell id -u) > .env\n"}, "in the shell"),
        (
            {"shop/settings.py": READY["shop/settings.py"] + 'if os.environ.get("KEY"):\n    KEY = os.environ["KEY"]\n'},
            "in the shell",
        ),
        (
            {"docker-compose.yml": "services:\n  web:\n    build: .\n    env_file: docker/dev/docker.env\n    command: python manage.py runserver\n"},
            "put it into docker/dev/docker.env, which docker-compose.yml reads",
        ),
    ],
)  # fmt: skip
def test_where_nothing_loads_one_the_projects_own_way_is_shown(tmp_path, more, told):
    done = after(tmp_path, PLAIN | more, "dsn")
    assert done.text(".env") == "" and told in done.left
    assert done.text(".env.example") == ""
    report = done.applied.report
    assert report is not None and report.result("env-example-complete").outcome.value == "not-applicable"


COMPOSE_OF_OTHERS = "services:\n  web:\n    image: shop:${TAG}\n    command: gunicorn shop.wsgi\n"
VUE_CLI = {
    "web/package.json": '{"scripts": {"build": "vue-cli-service build"}, "dependencies": {"vue": "^3.5.0"},'
    ' "devDependencies": {"@vue/cli-service": "^5.0.0"}}\n',
    "web/src/main.js": 'import { createApp } from "vue";\ncreateApp({}).mount("#app");\n',
    "web/vue.config.js": 'module.exports = { lintOnSave: process.env.NODE_ENV !== "production" };\n',
}
WEBPACK = {
    "web/package.json": '{"private": true, "scripts": {"build": "webpack"}, "dependencies": {"react": "19", "react-dom": "19"},'
    ' "devDependencies": {"webpack": "5"}}\n',
    "web/webpack.config.js": "module.exports = { entry: './src/index.js' };\n",
    "web/src/index.js": "fetch(process.env.API);\n",
}


EXAMPLE = {"web/.env.example": "API=\n"}


@pytest.mark.parametrize(
    ("files", "steps", "added"),
    [
        ({}, ("dsn",), []),
        ({"shop/env.py": "from decouple import config\n"}, ("dsn",), [".env"]),
        ({"compose.yml": COMPOSE_OF_OTHERS}, ("dsn",), [".env"]),
        ({"deploy/compose.yml": COMPOSE_OF_OTHERS}, ("dsn",), []),
        # The DSN that the step declares there is taken from the file beside it.
        ({"compose.yml": COMPOSE_OF_OTHERS.replace("shop:${TAG}", "shop")}, ("dsn",), [".env"]),
        (VITE, ("dsn",), []),
        (VITE, ("dsn", "frontend-sdk"), [".env.local"]),
        # A variable that nobody is shown to keep in a file has its default.
        (VITE | {"web/src/api.ts": "export const api = import.meta.env.VITE_API;\n"}, ("dsn",), []),
        (VITE | EXAMPLE | {"web/src/api.ts": "export const api = import.meta.env.VITE_API;\n"}, ("dsn",), [".env.local"]),
        (VITE | {"web/src/api.ts": "export const base = import.meta.env.BASE_URL;\n"}, ("dsn",), []),
        (VUE_CLI, ("dsn", "frontend-sdk"), []),
        (VUE_CLI | {"web/src/api.js": "export const api = process.env.VUE_APP_API;\n"}, ("dsn",), []),
        (VUE_CLI | EXAMPLE | {"web/src/api.js": "export const api = process.env.VUE_APP_API;\n"}, ("dsn",), [".env.local"]),
        (WEBPACK, ("dsn", "frontend-sdk"), []),
        (WEBPACK | {"web/package.json": WEBPACK["web/package.json"].replace('"webpack": "5"', '"webpack": "5", "dotenv-webpack": "8"')}, ("dsn",), [".env"]),
    ],
)  # fmt: skip
def test_git_ignores_the_env_files_that_something_reads(tmp_path, files, steps, added):
    done = after(tmp_path, PLAIN | {".gitignore": "*.pyc\n"} | files, *steps)
    assert done.text(".gitignore") == "".join(f"{line}\n" for line in ["*.pyc", *added])
    report = done.applied.report
    assert report is not None and report.result("env-ignored").outcome.value in ("pass", "not-applicable")


def test_an_example_of_the_browsers_variables_tells_nothing_of_the_server(tmp_path):
    files = PLAIN | {k.removeprefix("web/"): v for k, v in VITE.items()} | {"default.env.development": "VITE_API=x\n"}
    done = after(tmp_path, files, "dsn", "frontend-sdk")
    assert "VITE_SENTRY_DSN=\n" in done.text("default.env.development")
    assert "\nSENTRY_DSN" not in done.text("default.env.development") and "in the shell" in done.left


def test_a_pattern_of_env_files_beside_a_frontend_is_the_frontends(tmp_path):
    files = PLAIN | {k.removeprefix("web/"): v for k, v in VITE.items()} | {".gitignore": ".env*\n"}
    done = after(tmp_path, files, "dsn", "frontend-sdk")
    assert "VITE_SENTRY_DSN=" in done.text(".env.example") and "\nSENTRY_DSN=" not in done.text(".env.example")
    assert "in the shell" in done.left


LOADED = PLAIN | {"shop/env.py": "from decouple import config\n"}
COMPOSE = "services:\n  web:\n    image: shop\n    command: gunicorn shop.wsgi\n"


@pytest.mark.parametrize(
    ("more", "used"),
    [
        (
            {
                "docker/server.env.template": "SECRET_KEY=\n",
                "docker/compose.yml": COMPOSE + "    env_file: server.env\n",
            },
            "docker/server.env.template",
        ),
        ({"docker/server.env.template": "SECRET_KEY=\n"}, ".env.example"),
        ({"docker/db.env.template": "POSTGRES_PASSWORD=\n"}, ".env.example"),
        (
            {
                "deploy/.env.template": "DB_HOST=db\n",
                "docker/.env.example": "SECRET_KEY=\nA=\n",
                "Makefile": "CONF=deploy\nTEMPLATE=$(CONF)/.env.template\n.env:\n\t@cp ${TEMPLATE} .env\n",
            },
            "deploy/.env.template",
        ),
        ({"docker/.env.example": "A=\n", "docker/compose.prod.yml": COMPOSE}, "docker/.env.example"),
        (
            {
                ".env.dev.example": "A=\nB=\n",
                ".env.example": "A=\n",
                "compose.prod.yml": COMPOSE + "    env_file: .env\n",
            },
            ".env.example",
        ),
    ],
)
def test_the_example_of_the_application_comes_before_a_new_one(tmp_path, more, used):
    done = after(tmp_path, LOADED | more, "dsn")
    assert [n for n, text in done.files.items() if "\nSENTRY_DSN=\n" in text] == [used]


@pytest.mark.parametrize(
    ("examples", "used", "environment"),
    [
        ({".env.dev.example": "A=\nB=\n", ".env.prod.example": "A=\n"}, ".env.prod.example", "production"),
        ({".env.local.example": "A=\nB=\n", ".env.example": "A=\n"}, ".env.example", "development"),
        ({".env.test.example": "A=\nB=\n", "env.sample": "A=\n"}, "env.sample", "development"),
        ({".env.example": "A=\n", ".env.production.template": "A=\n"}, ".env.production.template", "production"),
        (
            {
                "docker/prod/.env.example": "SECRET_KEY=\n",
                "docker/prod/compose.yml": COMPOSE + "    env_file: .env\n",
            },
            "docker/prod/.env.example",
            "production",
        ),
    ],
)
def test_the_example_of_production_comes_first_and_names_its_environment(tmp_path, examples, used, environment):
    done = after(tmp_path, LOADED | examples, "dsn")
    assert f"SENTRY_DSN=\nSENTRY_ENVIRONMENT={environment}\n" in done.text(used)
    assert all(done.text(p) == text for p, text in examples.items() if p != used)


def test_the_example_of_another_folder_is_used(tmp_path):
    files = PLAIN | {
        "docker/.env.example": "SECRET_KEY=\nB=\n",
        "docker/prod/env.sample": "SECRET_KEY=\n",
        "tests/.env.example": "A=\nB=\nC=\n",
    }
    done = after(tmp_path, files, "dsn")
    assert "SENTRY_DSN=" in done.text("docker/.env.example") and done.text(".env.example") == ""
    report = done.applied.report
    assert report is not None and report.result("env-example-complete").outcome.value == "pass"


DEVELOPED = {
    "manage.py": BARE["manage.py"].replace("shop.settings", "shop.local"),
    "shop/local.py": "from .base import *  # noqa: F403\nDEBUG = True\n",
    "shop/base.py": "SECRET_KEY = 'x'\n",
    "shop/wsgi.py": BARE["manage.py"],
}
RUNS = "    command: python manage.py runserver\n"


@pytest.mark.parametrize(
    "more",
    [
        DEVELOPED,
        {k: v for k, v in DEVELOPED.items() if k != "manage.py"}
        | {"compose.yml": "services:\n  web:\n    build: .\n    environment:\n      DJANGO_SETTINGS_MODULE: shop.local\n" + RUNS},
        {"compose.prod.yml": COMPOSE + "    env_file: docker/docker.env\n"},
        {"compose.yml": COMPOSE + "    env_file: docker/staging.env\n"},
        {"compose.yml": "services:\n  web:\n    build: .\n    env_file: env.public${SUFFIX:-}\n" + RUNS},
        {"compose.yml": "services:\n  web:\n    build: .\n    env_file: env.public\n" + RUNS, "env.public": "DEBUG=1\n"},
    ],
    ids=["manage.py", "compose", "production", "staging", "variable", "tracked"],
)  # fmt: skip
def test_nothing_is_said_of_a_machine_on_which_it_would_have_no_effect_or_no_place(tmp_path, more):
    assert "from your own machine" not in after(tmp_path, PLAIN | more, "dsn").left


@pytest.mark.parametrize(
    "more",
    [
        {"shop/local.py": "from .settings import *  # noqa: F403\nDEBUG = True\n", "manage.py": DEVELOPED["manage.py"]},
        {"compose.yml": "services:\n  web:\n    build: .\n    env_file: [env.public, env.secret]\n" + RUNS, "env.public": "A=1\n"},
        {"compose.prod.yml": COMPOSE + "    env_file: prod.env\n", "compose.yml": "services:\n  web:\n    build: .\n    env_file: dev.env\n" + RUNS},
    ],
)  # fmt: skip
def test_a_machine_whose_settings_initialize_is_told(tmp_path, more):
    left = after(tmp_path, PLAIN | more, "dsn").left
    assert "from your own machine" in left and "prod.env, which" not in left.split("own machine")[1].split("\n")[0]


LISTS = "services:\n  web:\n    build: .\n    environment:\n      - SECRET_KEY\n" + RUNS


@pytest.mark.parametrize(
    ("more", "told", "line"),
    [
        ({"dev/docker-compose.yml": LISTS.replace("build: .", "build: ..")}, "declare SENTRY_DSN in dev/docker-compose.yml:2", "- SENTRY_DSN"),
        ({"docker-compose.yml": LISTS.replace("- SECRET_KEY", "SECRET_KEY: x")}, "declare SENTRY_DSN in docker-compose.yml:2", "SENTRY_DSN: ${SENTRY_DSN:-}"),
    ],
)  # fmt: skip
def test_a_service_that_lists_its_variables_is_told_to_list_one_more(tmp_path, more, told, line):
    """The `.env` beside a compose file gives a container nothing but what its service lists."""
    example = {".env.example": "SECRET_KEY=\n", "README.md": "cp .env.example .env\n"}
    done = after(tmp_path, PLAIN | example | more, "dsn")
    assert done.text(".env.example") == "SECRET_KEY=\n" and done.text(".env") == ""
    assert told in done.left and f"\n{line}\n" in done.left and "hands web other variables" in done.left
    report = done.applied.report
    found = report.result("env-example-complete") if report is not None else None
    assert found is not None and found.outcome.value == "not-applicable"
    assert "a copy of .env.example does not give `SENTRY_DSN` to the backend" in found.findings[0].message


@pytest.mark.parametrize("more", [{"docs/dev.md": "Put your keys into a `.env` file.\n"}, {".env": "A=1\n"}])
def test_no_example_is_made_beside_what_tells_the_same(tmp_path, more):
    done = after(tmp_path, LOADED | {".gitignore": "*.pyc\n"} | more, "dsn")
    assert done.text(".env.example") == ""


DEPLOYS = "on: push\njobs:\n  deploy:\n    environment: staging\n    runs-on: x\n    steps:\n      - run: zappa update staging\n"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "set SENTRY_DSN where production runs backend, for each of its processes"),
        ({".github/workflows/d.yml": DEPLOYS}, ".github/workflows/d.yml\nSENTRY_DSN=" + DSN),
        ({"deploy.sh": "ansible-playbook site.yml\n"}, "no file here passes variables to production"),
        ({"docs/conf.py": ""}, "SENTRY_ENVIRONMENT=production"),
    ],
)
def test_productions_dsn_is_always_named(tmp_path, more, told):
    assert told in after(tmp_path, PLAIN | more, "dsn").left


@pytest.mark.parametrize(
    "more",
    [
        {"render.yaml": "services:\n  - {type: web, name: shop, runtime: python, startCommand: gunicorn shop.wsgi}\n"},
        {"Procfile": "web: gunicorn shop.wsgi\n"},
        {"compose.prod.yml": COMPOSE},
    ],
)
def test_a_host_that_is_known_is_told_in_its_own_words_alone(tmp_path, more):
    assert "hands variables to production" not in after(tmp_path, PLAIN | more, "dsn").left


TOP = "import os\nfrom pathlib import Path\nimport environ\nBASE_DIR = Path(__file__).resolve().parent.parent\n"


@pytest.mark.parametrize(
    ("code", "folder"),
    [
        (TOP + 'root_dir = BASE_DIR.parent\nplace = os.path.join(root_dir, ".env")\nenviron.Env.read_env(place)\n', ""),
        (TOP + 'environ.Env.read_env(BASE_DIR.parent / ".env")\n', ""),
        (TOP + 'environ.Env.read_env(BASE_DIR / ".env")\n', "backend/"),
        ("from dotenv import load_dotenv\nload_dotenv()\n", "backend/"),
    ],
)
def test_the_env_file_is_the_one_that_the_code_computes(tmp_path, code, folder):
    files = {k if k == ".gitignore" else f"backend/{k}": v for k, v in READY.items()}
    files["backend/shop/settings.py"] = code + READY["shop/settings.py"]
    done = after(tmp_path, files, "dsn")
    assert sorted(p for p in done.files if ".env" in p) == [f"{folder}.env", f"{folder}.env.example"]
    assert f"SENTRY_DSN={DSN}" in done.text(f"{folder}.env")
