"""Two backends that take their variables from one env file: one variable in it is the DSN of one project, and that is said."""

from __future__ import annotations

import pytest

from tests.support.edits import DSN, READY, after

OTHER = DSN.replace("aa@", "cc@").removesuffix("1") + "2"
ANSWERS = {"backend__api__dsn": DSN, "backend__shop__dsn": OTHER}
LOADS = "from pathlib import Path\nfrom dotenv import load_dotenv\nload_dotenv(Path(__file__).resolve().parent.parent.parent / '.env')\n"
COMPOSE = (
    "services:\n  api:\n    build: api\n    command: gunicorn shop.wsgi\n    env_file: prod.env\n"
    "  shop:\n    build: shop\n    command: gunicorn shop.wsgi\n    env_file: {}\n"
)


def two(head: str = "") -> dict[str, str]:
    code = {k: v for k, v in READY.items() if k != ".gitignore"} | {
        "shop/settings.py": head + READY["shop/settings.py"]
    }
    return {".gitignore": ".env\n"} | {f"{name}/{k}": v for name in ("api", "shop") for k, v in code.items()}


def test_one_env_file_has_the_first_ones_dsn_and_the_second_is_told(tmp_path):
    done = after(tmp_path, two(LOADS), "dsn", **ANSWERS)
    assert f"SENTRY_DSN={DSN}\n" in done.text(".env") and OTHER not in done.text(".env")
    [task] = [t for t in done.steps["dsn"].manual if t.path == ".env"]
    assert task.title == "shop reads the SENTRY_DSN of api from .env, so both report to one project"
    assert task.reason == "to tell them apart, let one of them read its DSN from a variable of its own"


def test_services_with_one_env_file_are_given_the_second_dsn_beside_it(tmp_path):
    done = after(tmp_path, two() | {"compose.prod.yml": COMPOSE.format("prod.env")}, "dsn", **ANSWERS)
    first, second = (t for t in done.steps["dsn"].manual if "prod" in t.title)
    assert (first.title, first.snippet) == (
        "set SENTRY_DSN in prod.env, which compose.prod.yml reads",
        f"SENTRY_DSN={DSN}",
    )
    assert (second.title, second.place) == ("give shop its own SENTRY_DSN in compose.prod.yml", "compose.prod.yml:6")
    assert second.reason == "prod.env has the one of another backend"
    assert second.snippet == "environment:\n  SENTRY_DSN: ${SHOP_SENTRY_DSN}"


def test_services_with_files_of_their_own_get_each_its_dsn(tmp_path):
    done = after(tmp_path, two() | {"compose.prod.yml": COMPOSE.format("shop.env")}, "dsn", **ANSWERS)
    assert [t.snippet for t in done.steps["dsn"].manual if "prod.yml reads" in t.title] == [
        f"SENTRY_DSN={DSN}",
        f"SENTRY_DSN={OTHER}",
    ]


BASE = """services:
  web:
    image: shop:dev
    build:
      target: development_build
      context: .
    env_file: ./config/.env
    environment:
      DATABASE_HOST: db
    command: python manage.py runserver
"""
OVERLAY = """services:
  web:
    image: registry.example.com/shop:latest
    build:
      {}
    command: gunicorn shop.wsgi
"""


@pytest.mark.parametrize("build", ["target: production_build", "args: {DJANGO_ENV: production}"])
def test_an_overlay_that_only_changes_the_build_takes_the_env_file_of_its_base(tmp_path, build):
    files = READY | {"docker-compose.yml": BASE, "docker/docker-compose.prod.yml": OVERLAY.format(build)}
    done = after(tmp_path, files, "dsn")
    assert done.text("docker/docker-compose.prod.yml") == OVERLAY.format(build)
    [task] = [t for t in done.steps["dsn"].manual if "docker-compose.prod.yml" in t.title]
    assert task.title == "set SENTRY_DSN in `./config/.env`, which web of docker/docker-compose.prod.yml loads"
    assert task.place == "docker/docker-compose.prod.yml:2" and task.snippet == f"SENTRY_DSN={DSN}"


def test_an_overlay_with_a_build_of_its_own_is_edited(tmp_path):
    files = READY | {"docker-compose.yml": BASE, "docker/docker-compose.prod.yml": OVERLAY.format("context: ..")}
    done = after(tmp_path, files, "dsn")
    assert "SENTRY_DSN: ${SENTRY_DSN:-}" in done.text("docker/docker-compose.prod.yml")
