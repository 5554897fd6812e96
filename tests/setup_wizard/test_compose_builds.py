"""What Compose hands to a build: no file of this machine is edited, CI's step is named, and it stays told until it is done."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from setup_wizard.headless import chosen_steps
from setup_wizard.plan.engine import Engine
from tests.support.edits import READY, VITE, after

WEB = "FROM node:22 AS web\nWORKDIR /web\nCOPY web/ .\nRUN npm ci && npm run build\nFROM nginx\nCOPY --from=web /web/dist /usr/share/nginx/html\n"
BASE = "services:\n  web:\n    image: shop\n    build: .\n    command: gunicorn shop.wsgi\n    environment:\n      SENTRY_DSN: ${SENTRY_DSN}\n  pages:\n    build:\n      context: .\n      dockerfile: web.Dockerfile\n"
OVER = "services:\n  web:\n    volumes: ['.:/app']\n    build: .\n    command: python manage.py runserver\n  pages:\n    build:\n      context: .\n      dockerfile: web.Dockerfile\n      args:\n        - A=b\n"
FLOW = (
    "on: {push: {branches: [main]}}\njobs:\n  deploy:\n    runs-on: [self-hosted, production]\n    environment: production\n    steps:\n"
    "      - uses: actions/checkout@v5\n      - run: docker compose -f docker-compose.yml build\n"
    "      - run: docker compose -f docker-compose.yml up -d\n"
)
PATH = ".github/workflows/deploy.yml"
FILES = READY | VITE | {
    "Dockerfile": 'FROM python:3.13\nCOPY . .\nCMD ["gunicorn", "shop.wsgi"]\n',
    "web.Dockerfile": WEB,
    "docker-compose.yml": BASE,
    "docker-compose.override.yml": OVER,
    PATH: FLOW,
}  # fmt: skip


def test_what_compose_lays_over_its_file_on_this_machine_is_left(tmp_path):
    done = after(tmp_path, FILES, "source-maps", "frontend-sdk", "release-tracking")
    assert done.text("docker-compose.override.yml") == OVER
    assert "VITE_SENTRY_DSN" in done.text("docker-compose.yml") and "override" not in done.left


def test_the_steps_of_ci_that_build_are_named_with_their_lines(tmp_path):
    done = after(tmp_path, FILES, "source-maps", "frontend-sdk", "release-tracking")
    [task] = [
        t for s in done.steps.values() for t in s.manual if "where docker-compose.yml builds the image" in t.title
    ]
    assert task.title.endswith(f"builds the image: in {PATH}:8 and {PATH}:9") and task.place == f"{PATH}:8"
    assert "  SENTRY_RELEASE: ${{ github.sha }}\n" in task.snippet and "vars.VITE_SENTRY_DSN" in task.snippet
    assert "SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}" in task.snippet


def test_a_build_that_no_deploying_job_starts_has_no_place(tmp_path):
    files = FILES | {PATH: FLOW.replace("docker compose -f docker-compose.yml", "echo docker compose")}
    done = after(tmp_path, files, "source-maps", "frontend-sdk")
    told = [t for s in done.steps.values() for t in s.manual if "where docker-compose.yml builds the image" in t.title]
    assert told and all(t.title.endswith("builds the image") and not t.snippet for t in told)


def again(root: Path, files: dict[str, str]) -> list[str]:
    """Return the titles of what a later plan of all steps tells."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for words in (
        ("init", "-q"),
        ("add", "-A", "-f"),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", "-C", str(root), *words], check=True)
    engine = Engine(root, {"sentry.org": "acme"}, install=False)
    engine.whole = True
    plan = asyncio.run(engine.plan(chosen_steps(asyncio.run(engine.audit()), {})))
    return [t.title for t in (*(a for s in plan.steps for a in s.actions), *plan.unmet)]


def test_a_later_plan_tells_what_compose_still_lacks(tmp_path):
    done = after(tmp_path, FILES, "source-maps", "frontend-sdk", "release-tracking")
    titles = [t.title for s in done.steps.values() for t in s.manual if "builds the image" in t.title]
    assert titles and [t for t in again(tmp_path / "later", done.files) if "builds the image" in t] == titles


STAGING = FLOW.replace("environment: production", "environment: staging").replace(
    "docker compose -f docker-compose.yml up -d", "flyctl deploy"
)


def test_a_later_plan_tells_the_environment_that_nothing_gives_the_processes(tmp_path):
    files = READY | {PATH: STAGING, "fly.toml": "app = 'shop'\n"}
    done = after(tmp_path, files, "release-tracking")
    titles = [t.title for t in done.steps["release-tracking"].manual if "=staging" in t.title]
    assert len(titles) == 1
    assert [t for t in again(tmp_path / "later", done.files) if "=staging" in t] == titles
    given = done.files | {".env.staging": "SENTRY_ENVIRONMENT=staging\n"}
    assert not [t for t in again(tmp_path / "given", given) if "=staging" in t]
