"""A compose file that builds an image as `shop:local` deploys nothing, though it is called after production."""

from __future__ import annotations

import pytest

from checks.model import Outcome
from tests.support.repo import INIT, backend, check_one

FILE = (
    "services:\n  db: {{image: 'mysql:8'}}\n  shop:\n    image: {}\n    build: .\n"
    "    command: gunicorn shop.wsgi\n    environment: {{DEBUG: 0}}\n"
)


@pytest.mark.parametrize(
    ("image", "outcome", "message"),
    [
        ("shop:local", Outcome.UNKNOWN, "no file in this repository deploys the backend"),
        ("shop:latest", Outcome.FAIL, "`SENTRY_DSN` is not declared for shop (Docker Compose, production)"),
        ("localhost:5000/shop", Outcome.FAIL, "`SENTRY_DSN` is not declared for shop (Docker Compose, production)"),
    ],
)
def test_an_image_of_this_machine_is_deployed_by_nothing(image, outcome, message):
    files = backend() | {"shop/settings.py": "DEBUG = False\n" + INIT, "requirements.txt": "django\nsentry-sdk\n"}
    files["Dockerfile"] = 'FROM python:3.13\nCMD ["gunicorn", "shop.wsgi"]\n'
    result = check_one("dsn-configured", files | {"docker-compose.prod.yml": FILE.format(image)})
    assert result.outcome is outcome
    [finding] = result.findings
    assert finding.message.startswith(message), finding
    assert finding.path == (None if outcome is Outcome.UNKNOWN else "docker-compose.prod.yml")


@pytest.mark.parametrize(("image", "outcome"), [("shop:local", Outcome.UNKNOWN), ("shop:1", Outcome.FAIL)])
def test_a_platform_s_build_is_not_that_of_an_image_of_this_machine(image, outcome):
    files = backend() | {
        "frontend/package.json": '{"dependencies": {"@sentry/react": "^10"}, "devDependencies": {"vite": "7"}, "scripts": {"build": "vite build"}}',
        "frontend/index.html": "<script type=module src=/src/main.tsx></script>",
        "frontend/src/main.tsx": "import * as Sentry from '@sentry/react'\nSentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN })\nrender()\n",
        "frontend/vite.config.ts": "export default {}\n",
        "Dockerfile": "FROM node:24 AS web\nCOPY frontend .\nRUN npm run build\nFROM python:3.13\nCMD gunicorn shop.wsgi\n",
        "docker-compose.prod.yml": FILE.format(image),
        "Procfile": "web: gunicorn shop.wsgi\n",
        "scalingo.json": "{}\n",
    }
    assert check_one("frontend-dsn-configured", files).outcome is outcome


def test_an_image_of_this_machine_is_productions_where_a_host_runs_images_and_no_other_serves():
    files = backend() | {
        "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django"]\n\n[project.optional-dependencies]\nonline = ["sentry-sdk"]\n',
        "Dockerfile": 'FROM python:3.13\nRUN pip install .[online]\nCMD ["gunicorn", "shop.wsgi"]\n',
        "Dockerfile.tools": "FROM python:3.13\nRUN pip install .[test]\n",
        "docker-compose.yml": FILE.format("shop:local"),
        "kubernetes/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
        "      containers:\n        - {name: web, image: 'registry.example/shop:1'}\n",
    }
    files.pop("requirements.txt")
    result = check_one("sdk-installed", files)
    assert result.outcome is Outcome.PASS, result.findings
    assert [(e.fact, e.path, e.line) for e in result.evidence] == [
        ("sentry-sdk is declared", "pyproject.toml", 6),
        ("`pip install .[online]` installs the extra online", "Dockerfile", 2),
    ]
