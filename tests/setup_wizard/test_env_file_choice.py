"""The env file that gets the DSN: the application's of several, the one that its code loads, none where no SDK starts."""

from __future__ import annotations

import pytest

from tests.support.edits import READY, after

COMPOSE = """services:
  django: &django
    build: .
    command: gunicorn shop.wsgi
    env_file: [./.envs/.production/.django, ./.envs/.production/.postgres]
  worker:
    <<: *django
    command: celery -A shop worker
  postgres:
    image: postgres:17
    env_file: [./.envs/.production/.postgres]
  backup:
    image: amazon/aws-cli
    env_file: [./.envs/.production/.django]
"""


@pytest.mark.parametrize("path", ["docker-compose.production.yml", "production.yml"])
def test_the_file_of_the_database_is_not_the_applications(tmp_path, path):
    done = after(tmp_path, READY | {path: COMPOSE}, "dsn")
    titles = [t.title for t in done.steps["dsn"].manual if ".envs" in t.title]
    assert len(titles) == 1 and ".envs/.production/.django, which" in titles[0]


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ("[app.env, secrets.env]", "secrets.env"),
        ("[common.env, app.env]", "app.env"),
        ("[app.env, common.env]", "app.env"),
    ],
)
def test_a_file_for_secrets_then_the_one_that_is_the_applications_alone(tmp_path, files, chosen):
    text = f"services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    env_file: {files}\n"
    text += "  cache:\n    image: redis:8\n    env_file: [common.env]\n"
    done = after(tmp_path, READY | {"compose.prod.yml": text}, "dsn")
    assert f"set SENTRY_DSN in {chosen}, which compose.prod.yml reads" in done.left
    assert done.left.count("which compose.prod.yml reads") == 1


def test_the_env_file_that_the_code_loads_from_its_own_folder_is_the_one(tmp_path):
    loads = "import os\nfrom pathlib import Path\n\nimport environ\n\nBASE_DIR = Path(__file__).resolve().parent.parent\nname = '.env'\n"
    loads += "if os.environ.get('IS_PROD'):\n    name = '.env.production'\nenv = environ.Env()\n"
    loads += "environ.Env.read_env(os.path.join(BASE_DIR, 'shop', name))\n"
    files = READY | {"shop/settings.py": loads + READY["shop/settings.py"], "shop/.env.example": "SECRET_KEY=\n"}
    done = after(tmp_path, files, "dsn")
    assert "set SENTRY_DSN in shop/.env to the project's DSN" in done.left or "SENTRY_DSN=" in done.text("shop/.env")
    assert "nothing here loads a .env" not in done.left and "SENTRY_DSN=" in done.text("shop/.env.example")


MANAGE = 'import os\nimport sys\n\nif __name__ == "__main__":\n    name = "shop.test" if "test" in sys.argv else "shop.dev"\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", name)\n'


@pytest.mark.parametrize(
    ("chosen", "written"),
    [
        ('"shop.test" if "test" in sys.argv else "shop.dev"', False),
        ('"shop.settings" if "live" in sys.argv else "shop.dev"', False),
        ('"shop.dev" if "dev" in sys.argv else "shop.settings"', True),
        ('"shop.dev" if os.path.exists("x") else "shop.settings"', True),
    ],
)
def test_no_env_file_is_written_where_the_settings_of_this_machine_start_no_sdk(tmp_path, chosen, written):
    base = (
        "from dotenv import load_dotenv\n\nload_dotenv()\nDEBUG = False\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n"
    )
    manage = MANAGE.replace('"shop.test" if "test" in sys.argv else "shop.dev"', chosen)
    files = READY | {
        "shop/base.py": base,
        "shop/dev.py": "from .base import *\n",
        "shop/test.py": "from .base import *\n",
        "shop/settings.py": "from .base import *\n" + READY["shop/settings.py"],
        "manage.py": manage,
        ".env.template": "SECRET_KEY=\n",
        ".gitignore": ".env\n",
    }
    done = after(tmp_path, files, "dsn")
    assert ("SENTRY_DSN in .env" in done.left or "SENTRY" in done.text(".env")) is written


def test_a_new_example_names_nothing_that_compose_fixes(tmp_path):
    text = "services:\n  web:\n    build: .\n    command: python manage.py runserver\n    volumes: ['.:/app']\n"
    text += "    environment:\n      - SENTRY_DSN\n      - SENTRY_ENVIRONMENT=development\n"
    files = READY | {"docker-compose.yml": text, "Procfile": "web: gunicorn shop.wsgi\n"}
    done = after(tmp_path, files, "dsn")
    assert "SENTRY_DSN=" in done.text(".env.example") and "SENTRY_ENVIRONMENT" not in done.text(".env.example")


def test_the_env_file_that_every_clone_has_is_the_one_that_is_read(tmp_path):
    """The settings' own class reads a `.env` of its folder, Compose the one that git tracks."""
    read = "from pydantic_settings import BaseSettings, SettingsConfigDict\n\n\nclass Own(BaseSettings):\n    model_config = SettingsConfigDict(env_file='.env')\n    SENTRY_DSN: str = ''\n\n\nown = Own()\n"
    files = {k if k == ".gitignore" else f"api/{k}": v for k, v in READY.items()} | {
        "api/shop/own.py": read,
        ".gitignore": "node_modules/\n",
        ".env": "DOMAIN=localhost\nSENTRY_DSN=\n",
        "docker-compose.yml": "services:\n  web:\n    build: ./api\n    command: gunicorn shop.wsgi\n    env_file: .env\n",
    }
    done = after(tmp_path, files, "dsn")
    assert done.text(".gitignore") == files[".gitignore"] and "api/.env" not in done.files
