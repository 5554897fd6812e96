"""The journey with every real part: Django's startproject, create-vite, npm, the real plugin, sentry-cli, sentry-sdk.

Run by `.ci/run`, which installs what is needed; a missing part is a failure there, never a skip.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sentry_sdk
import yaml

from setup_wizard.cli import main
from setup_wizard.demo import JOURNEY, fingerprint
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState

pytestmark = pytest.mark.real

RENDER = """\
services:
  - type: web
    name: shop
    runtime: python
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    envVars:
      - key: DJANGO_SETTINGS_MODULE
        value: shop.settings.production
      - key: SECRET_KEY
        generateValue: true
"""
WORKFLOW = """\
name: CI/CD
on:
  push:
    branches: [main]
  pull_request:

jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Build the frontend
        working-directory: frontend
        run: |
          npm ci
          npm run build

  deploy:
    needs: build
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    environment: production
    steps:
      - run: curl -fsS -X POST "$HOOK"
        env:
          HOOK: ${{ secrets.HOOK }}
"""
PRODUCTION = """\
import os

from .base import *  # noqa: F403

DEBUG = False
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["shop.example.com"]
"""


def call(*argv: str, cwd: Path, **environ: str) -> str:
    """Run a program with the machine's own environment (its package registries stand there); its output, or a failure."""
    found = shutil.which(argv[0])
    assert found, f"{argv[0]} is not installed"
    done = subprocess.run(
        [found, *argv[1:]], cwd=cwd, env=MACHINE | environ, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{argv}: {done.stdout[-3000:]} {done.stderr[-3000:]}"
    return done.stdout + done.stderr


MACHINE = {k: v for k, v in os.environ.items() if not k.startswith(("SENTRY_", "GITHUB_")) and k != "CI"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`startproject` with split settings, `create-vite` react-ts, a blueprint and a deploy workflow."""
    root = tmp_path_factory.mktemp("real") / "shop"
    root.mkdir()
    call(sys.executable, "-m", "django", "startproject", "shop", ".", cwd=root)
    package = root / "shop" / "settings"
    package.mkdir()
    text = (root / "shop" / "settings.py").read_text()
    (package / "base.py").write_text(text.replace(".parent.parent", ".parent.parent.parent"))
    (root / "shop" / "settings.py").unlink()
    (package / "__init__.py").write_text("")
    (package / "production.py").write_text(PRODUCTION)
    for name in ("wsgi.py", "asgi.py", "../manage.py"):
        path = root / "shop" / name
        path.write_text(
            path.read_text().replace("shop.settings", f"shop.settings.{'base' if 'manage' in name else 'production'}")
        )
    (root / "requirements.txt").write_text("django>=5.2,<6\ngunicorn==23.0.0\n")
    (root / "render.yaml").write_text(RENDER)
    (root / ".github" / "workflows").mkdir(parents=True)
    (root / ".github" / "workflows" / "ci-cd.yml").write_text(WORKFLOW)
    call(
        "npm",
        "create",
        "vite@latest",
        "--yes",
        "frontend",
        "--",
        "--template",
        "react-ts",
        "--no-interactive",
        cwd=root,
    )
    call("npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", cwd=root / "frontend")
    call("git", "init", "-q", "-b", "main", ".", cwd=root)
    call("git", "add", "-A", cwd=root)
    call("git", "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-qm", "before", cwd=root)
    return root


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


def run(monkeypatch: pytest.MonkeyPatch, state: SandboxState, *argv: str) -> int:
    """Run our command with the machine's environment and the sandbox's token."""
    for name, value in MACHINE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", state.token)
    return main([*argv, "--set", f"sentry.url={state.public_url}"])


def test_the_journey_on_a_real_repository(shop, sandbox, monkeypatch, capsys):
    before = fingerprint(shop)
    assert main(["audit", str(shop)]) == 1
    assert "7 unchecked" in capsys.readouterr().out
    steps = (*JOURNEY, "error-boundary")
    assert run(monkeypatch, sandbox, "apply", *steps, "--yes", "--repo", str(shop)) == 0, capsys.readouterr()
    assert "onCaughtError: Sentry.reactErrorHandler()" in (shop / "frontend/src/main.tsx").read_text()
    assert main(["audit", str(shop)]) == 0
    capsys.readouterr()
    assert run(monkeypatch, sandbox, "apply", *steps, "--yes", "--repo", str(shop), "--format", "json") == 0
    assert '"outcome": "applied"' not in capsys.readouterr().out, "a second apply changes nothing"
    assert '"@sentry/vite-plugin"' in (shop / "frontend/package-lock.json").read_text()

    head = call("git", "rev-parse", "HEAD", cwd=shop).strip()
    _build_uploads_maps_and_keeps_none(shop, sandbox, head)
    _the_release_job_works(shop, sandbox, head)
    _maps_are_uploaded_by_the_client_too(shop, sandbox, head)
    capsys.readouterr()
    assert run(monkeypatch, sandbox, "launch", str(shop), "--yes") == 1
    out = capsys.readouterr().out
    assert "dsn-configured: not proven yet for backend" in out and "☐ Set SENTRY_DSN" in out
    _django_still_checks_and_reports(shop, sandbox, head)
    _the_browser_reports(sandbox, head)
    assert run(monkeypatch, sandbox, "launch", str(shop), "--yes") == 0, capsys.readouterr().out
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "GO" and "☑ Set SENTRY_DSN" in out and "☑ Create an organization token" in out
    assert "☐ Give SENTRY_DSN" not in out and "Not proven yet" not in out
    assert run(monkeypatch, sandbox, "audit", str(shop), "--online") == 0
    out = capsys.readouterr().out
    assert f"release {head} of shop-backend is in Sentry" in out

    shutil.rmtree(shop / "frontend" / "node_modules")
    shutil.rmtree(shop / "frontend" / "dist")
    (shop / "db.sqlite3").unlink(missing_ok=True)
    for folder in list(shop.rglob("__pycache__")):
        shutil.rmtree(folder)
    assert main(["undo", "--repo", str(shop)]) == 0
    assert fingerprint(shop) == before


def _build_uploads_maps_and_keeps_none(shop: Path, sandbox: SandboxState, head: str) -> None:
    frontend = shop / "frontend"
    lock = (frontend / "package-lock.json").read_bytes()
    call("npm", "install", "--no-audit", "--no-fund", cwd=frontend)
    (frontend / "package-lock.json").write_bytes(lock)
    # The plugin's client remembers in HOME where an organization of that name lives; an earlier sandbox must not answer.
    home = str(shop.parent / "home")
    given = {
        "HOME": home,
        "XDG_CONFIG_HOME": f"{home}/.config",
        "SENTRY_AUTH_TOKEN": sandbox.token,
        "SENTRY_RELEASE": head,
        "VITE_SENTRY_DSN": sandbox.dsn(sandbox.projects["shop-frontend"]),
    }
    out = call("npm", "run", "build", cwd=frontend, **given)
    assert "Successfully uploaded source maps" in out, out
    bundle = next((frontend / "dist" / "assets").glob("*.js")).read_text()
    assert given["VITE_SENTRY_DSN"] in bundle, "the browser SDK gets its DSN"
    debug_id = re.search(r"sentry-dbid-([0-9a-f-]{36})", bundle)
    assert debug_id, "the bundle carries a debug id"
    assert any(debug_id.group(1) in b["debugIds"] for b in sandbox.bundles)
    assert not list((frontend / "dist").rglob("*.map")) and "sourceMappingURL" not in bundle


def _the_release_job_works(shop: Path, sandbox: SandboxState, head: str) -> None:
    """Run the very script that the workflow got, with the real sentry-cli."""
    flow = yaml.safe_load((shop / ".github/workflows/ci-cd.yml").read_text())
    step = flow["jobs"]["sentry-release-production"]["steps"][-1]
    given = {k: v for k, v in step["env"].items() if "${{" not in v}
    path = f"{Path(sys.executable).parent}{os.pathsep}{MACHINE.get('PATH', '')}"
    call(
        "bash",
        "-e",
        "-c",
        step["run"],
        cwd=shop,
        PATH=path,
        SENTRY_AUTH_TOKEN=sandbox.token,
        SENTRY_RELEASE=head,
        **given,
    )
    release = sandbox.release(head)
    assert release is not None and release["dateReleased"] and release["commitCount"] > 0
    assert release["lastDeploy"]["environment"] == "production"
    assert {p["slug"] for p in release["projects"]} == {"shop-backend", "shop-frontend"}


def _maps_are_uploaded_by_the_client_too(shop: Path, sandbox: SandboxState, head: str) -> None:
    """`sentry-cli sourcemaps` on a build of one's own: debug ids go in, the bundle goes up."""
    dist = shop.parent / "own-dist"
    dist.mkdir()
    (dist / "own.js").write_text("console.log(1)\n//# sourceMappingURL=own.js.map\n")
    (dist / "own.js.map").write_text(
        '{"version":3,"sources":["own.ts"],"sourcesContent":["x"],"mappings":"AAAA","names":[]}'
    )
    given = {"SENTRY_URL": sandbox.public_url, "SENTRY_ORG": sandbox.organization, "SENTRY_PROJECT": "shop-frontend"}
    before = len(sandbox.bundles)
    for argv in (["inject", str(dist)], ["upload", "--release", head, str(dist)]):
        client = str(Path(sys.executable).with_name("sentry-cli"))
        call(client, "sourcemaps", *argv, cwd=shop, SENTRY_AUTH_TOKEN=sandbox.token, **given)
    debug_id = re.search(r"debugId=([0-9a-f-]{36})", (dist / "own.js").read_text())
    assert debug_id and len(sandbox.bundles) > before
    assert any(debug_id.group(1) in b["debugIds"] for b in sandbox.bundles)


def _the_browser_reports(sandbox: SandboxState, head: str) -> None:
    """An error with the frontend's own DSN, as the deployed bundle sends it."""
    dsn = sandbox.dsn(sandbox.projects["shop-frontend"])
    client = sentry_sdk.Client(dsn=dsn, environment="production", release=head, default_integrations=False)
    client.capture_event(
        {"exception": {"values": [{"type": "TypeError", "value": "x is undefined"}]}, "level": "error"}
    )
    client.close(timeout=10)


def _django_still_checks_and_reports(shop: Path, sandbox: SandboxState, head: str) -> None:
    given = {
        "DJANGO_SETTINGS_MODULE": "shop.settings.production",
        "SECRET_KEY": "k" * 60,
        "SENTRY_DSN": sandbox.dsn(sandbox.projects["shop-backend"]),
        "SENTRY_ENVIRONMENT": "production",
        "RENDER_GIT_COMMIT": head,
    }
    call(sys.executable, "manage.py", "check", "--deploy", cwd=shop, **given)
    code = (
        "import django; django.setup()\nfrom django.test import Client\nfrom django.urls import path\nimport shop.urls, sentry_sdk\n"
        "def boom(request): raise RuntimeError('from a view')\nshop.urls.urlpatterns.append(path('boom/', boom))\n"
        "Client(raise_request_exception=False).get('/boom/', headers={'host': 'shop.example.com'}, secure=True)\nsentry_sdk.flush(10)\n"
    )
    call(sys.executable, "-c", code, cwd=shop, **given)
    event = next(e for e in sandbox.events if e.title == "RuntimeError: from a view")
    assert event.tags["environment"] == "production" and event.tags["release"] == head
