"""Services of a compose file by their profiles: where one is production's, it is what production starts."""

from __future__ import annotations

import pytest

from tests.support.repo import check_one

SERVED = {
    "main.py": 'import os\nimport sentry_sdk\nfrom fastapi import FastAPI\nsentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))\napp = FastAPI()\n',
    "requirements.txt": "fastapi\nsentry-sdk\n",
    "Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["uvicorn", "main:app"]\n',
}
SHARED = """x-shared:
  service: &service
    build: .
    environment:
      SENTRY_DSN:
    profiles:
      - production
  developed: &developed
    <<: *service
    volumes:
      - .:/app
    profiles: [dev]
services:
  web:
    <<: *service
    command: uvicorn main:app
  dev-web:
    <<: *developed
    command: uvicorn main:app --reload
"""
NONE = "no file in this repository deploys the backend, so where `SENTRY_DSN` is set is unknown"


def _without(text):
    return text.replace("    environment:\n      SENTRY_DSN:\n", "")


@pytest.mark.parametrize(
    ("compose", "outcome", "message", "place", "hint"),
    [
        (SHARED, "pass", "`SENTRY_DSN` is declared for web (Docker Compose, production)", ("compose.yml", 5), None),
        (_without(SHARED), "fail", "`SENTRY_DSN` is not declared for web (Docker Compose, production)", ("compose.yml", 12), "`sentry-setup apply dsn --yes` declares it"),
        # What production itself starts for development, and a file without a profile of production, deploy nothing.
        (SHARED.replace("command: uvicorn main:app\n", "command: uvicorn main:app --reload\n"), "unknown", NONE, (None, None), "check the dashboard, then record a sign-off"),
        (SHARED.replace("production", "full"), "unknown", NONE, (None, None), "check the dashboard, then record a sign-off"),
    ],
)  # fmt: skip
def test_a_profile_of_production_says_what_production_starts(compose, outcome, message, place, hint):
    verdict = check_one("dsn-configured", SERVED | {"compose.yml": compose})
    assert verdict.outcome.value == outcome
    if outcome == "pass":
        assert [(e.fact, e.path, e.line) for e in verdict.evidence[1:]] == [(message, *place)]
    else:
        (found,) = verdict.findings
        assert (found.message, (found.path, found.line), found.hint) == (message, place, hint)
