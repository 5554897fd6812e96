"""Compose files that add to the one beside them, as `docker compose -f compose.yaml -f compose.prod.yaml` merges them."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.edits import after
from tests.support.repo import check_one

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
SERVED = {
    "main.py": 'import os\nimport sentry_sdk\nfrom fastapi import FastAPI\nsentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))\napp = FastAPI()\n',
    "requirements.txt": "fastapi\nsentry-sdk\n",
    "Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["uvicorn", "main:app"]\n',
}
BASE = "services:\n  web:\n    build: .\n    environment:\n      OTHER: x\n"
GIVEN = BASE + "      SENTRY_DSN: ${SENTRY_DSN}\n"
ADDS = "services:\n  web:\n    command: uvicorn main:app --workers 4\n    restart: always\n"
ALONE = "services:\n  web:\n    image: ghcr.io/a/shop\n    command: uvicorn main:app\n"
MARIADB = (
    "services:\n  web:\n    build:\n      args:\n        DRIVER: mariadb\n    environment:\n      DATABASE_URL: x\n"
)

CASES: dict[str, tuple[dict[str, str], Outcome, str, list[str | None]]] = {
    "what it adds to declares it": (
        {"compose.yaml": GIVEN, "compose.prod.yaml": ADDS},
        P,
        "declared for web",
        ["compose.yaml"],
    ),
    "it declares it itself": (
        {"docker-compose.yml": BASE, "docker-compose.prod.yml": ADDS + "    environment:\n      - SENTRY_DSN\n"},
        P,
        "declared for web",
        ["docker-compose.prod.yml"],
    ),
    "neither declares it": (
        {"compose.yaml": BASE, "compose.prod.yaml": ADDS},
        F,
        "not declared for web",
        ["compose.prod.yaml"],
    ),
    "one for a database adds to it": (
        {"compose.yaml": GIVEN, "compose.mariadb.yaml": MARIADB},
        P,
        "declared for web",
        ["compose.yaml"],
    ),
    "one for a database beside one without it": (
        {"compose.yaml": BASE, "compose.mariadb.yaml": MARIADB},
        F,
        "not declared for web",
        ["compose.yaml"],
    ),
    "it may start alone, or with what it is merged with": (
        {"compose.yaml": GIVEN, "compose.prod.yaml": ALONE},
        U,
        "web (Docker Compose) gets variables from compose.yaml too, if Compose is given both files",
        ["compose.prod.yaml"],
    ),
    "it starts alone, and so does the other": (
        {"compose.yaml": BASE, "compose.prod.yaml": ALONE},
        F,
        "not declared for web",
        ["compose.prod.yaml"],
    ),
    "another folder's": (
        {"dev/compose.yaml": GIVEN, "compose.prod.yaml": ALONE},
        F,
        "not declared for web",
        ["compose.prod.yaml"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_variable_of_merged_services(name):
    files, outcome, said, places = CASES[name]
    verdict = check_one("dsn-configured", SERVED | files).verdicts[0]
    assert verdict.outcome is outcome, verdict
    told = [(e.fact, e.path) for e in verdict.evidence if "declared" in e.fact]
    told = told if outcome is P else [(f.message, f.path) for f in verdict.findings]
    assert said in told[0][0] and [path for _, path in told] == places


def test_the_step_declares_where_the_service_is_and_not_where_a_file_adds_to_it(tmp_path):
    done = after(tmp_path, SERVED | {"compose.yaml": BASE, "compose.mariadb.yaml": MARIADB}, "dsn")
    assert "SENTRY_DSN: ${SENTRY_DSN:-}" in done.text("compose.yaml")
    assert done.text("compose.mariadb.yaml") == MARIADB
