"""What a frontend's image is given: arguments and secrets that a build hands in, files that `.dockerignore` leaves in."""

from __future__ import annotations

import pytest

from tests.checks.test_backend_items import F, P, U
from tests.support.repo import PLUGIN, check_one, frontend

_FLOW = (
    "on: push\njobs:\n  deploy:\n    runs-on: x\n    steps:\n"
    "      - uses: docker/build-push-action@v6\n        with:\n          {}: |\n            {}\n"
)
_MOUNT = "FROM node\nCOPY frontend .\nRUN --mount=type=secret,id=sentry_token,env=SENTRY_AUTH_TOKEN npm run build\n"
_ARG = "FROM node\nCOPY frontend .\nARG SENTRY_AUTH_TOKEN\nRUN npm run build\n"
_COMPOSE = "services:\n  web:\n    build:\n      context: .\n      {}\n"


@pytest.mark.parametrize(
    ("image", "files", "outcome"),
    [
        (_MOUNT, {".github/workflows/d.yml": _FLOW.format("secrets", "sentry_token=${{ secrets.T }}")}, P),
        (_MOUNT, {".github/workflows/d.yml": _FLOW.format("secrets", "other=${{ secrets.T }}")}, F),
        (_MOUNT, {".github/workflows/d.yml": _FLOW.format("build-args", "A=1")}, F),
        (_MOUNT, {"compose.prod.yml": _COMPOSE.format("secrets: [sentry_token]")}, P),
        (_MOUNT, {"compose.prod.yml": _COMPOSE.format("args: [A=1]")}, F),
        (_ARG, {".github/workflows/d.yml": _FLOW.format("build-args", "SENTRY_AUTH_TOKEN=${{ secrets.T }}")}, P),
        (_ARG, {".github/workflows/d.yml": _FLOW.format("build-args", "A=1")}, F),
        (_ARG, {"fly.web.toml": '[build.args]\nSENTRY_AUTH_TOKEN = "x"\n'}, P),
        (_ARG, {}, U),
    ],
)
def test_a_token_counts_where_a_build_hands_it_in(image, files, outcome):
    (verdict,) = check_one("source-maps", frontend(PLUGIN) | {"Dockerfile": image} | files).verdicts
    assert verdict.outcome is outcome, verdict
    if outcome is F:
        assert (verdict.findings[0].path, verdict.findings[0].line) == ("Dockerfile", len(image.splitlines()))


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ("context: ./web\n      dockerfile: docker/Dockerfile", U),
        ("file: web/docker/Dockerfile", U),
        ("context: ./api\n      dockerfile: docker/Dockerfile", P),
        ("image_name: shop/web", P),
    ],
)
def test_an_image_that_a_workflow_elsewhere_builds_is_not_decided_by_compose(given, outcome):
    call = (
        f"on: push\njobs:\n  images:\n    uses: acme/flows/.github/workflows/build.yml@v1\n    with:\n      {given}\n"
    )
    files = {
        "web/docker/Dockerfile": _MOUNT,
        "compose.prod.yml": _COMPOSE.format("dockerfile: web/docker/Dockerfile\n      secrets: [sentry_token]"),
        ".github/workflows/release.yml": call,
    }
    (verdict,) = check_one("source-maps", frontend(PLUGIN) | files).verdicts
    assert verdict.outcome is outcome, verdict
    if outcome is U:
        assert verdict.findings[0].message == (
            "whether the image of web/docker/Dockerfile is given `SENTRY_AUTH_TOKEN` is not known: "
            ".github/workflows/release.yml:3 has a workflow of another repository build it"
        )
        assert (verdict.findings[0].path, verdict.findings[0].line) == ("web/docker/Dockerfile", 3)


@pytest.mark.parametrize(
    ("ignored", "outcome"), [("**/.env.*\n", F), (".env.*\n", P), ("**/.env.*\n!frontend/.env.production\n", P)]
)
def test_an_env_file_counts_where_dockerignore_leaves_it_in(ignored, outcome):
    files = frontend() | {
        "frontend/package.json": '{"dependencies": {"react": "19", "@sentry/react": "10"}, "devDependencies": {"vite": "7"},'
        ' "scripts": {"build": "vite build"}}',
        "frontend/src/main.tsx": "import * as Sentry from '@sentry/react'\n"
        "Sentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN })\n",
        "frontend/.env.production": "VITE_SENTRY_DSN=https://0a1b2c3d4e5f60718293a4b5c6d7e8f9@o1.ingest.sentry.io/2\n",
        "Dockerfile": "FROM node\nCOPY frontend .\nRUN npm run build\n",
        ".dockerignore": ignored,
    }
    (verdict,) = check_one("frontend-dsn-configured", files).verdicts
    assert verdict.outcome is outcome, verdict
