"""The demo's end, and what follows it: the tasks left for the person are done with the real tools, until `launch` says GO.

The sample is set up as the demo does it, committed, built by npm and Vite, released by sentry-cli with a deploy, served by Django,
and opened in a browser where there is one; nothing is told to the sandbox that such a tool did not send.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import git
import pytest
import sentry_sdk
import yaml

from setup_wizard.cli import main
from setup_wizard.demo import JOURNEY, make_sample
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.real.test_real_frontends import _open
from tests.real.test_real_parts import MACHINE, call, run

pytestmark = [pytest.mark.real, pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")]

OBSERVED = {
    "dsn-configured",
    "environment-set",
    "release-tracking",
    "release-consistent",
    "deploy-recorded",
    "commits-associated",
    "source-maps",
    "frontend-dsn-configured",
}
"""Items that a deployed application and its CI prove."""
VIEW = """\
import django; django.setup()
from django.test import Client
from django.urls import path
import orchard.urls, sentry_sdk
def boom(request): raise RuntimeError('from a view')
orchard.urls.urlpatterns.append(path('boom/', boom))
Client(raise_request_exception=False).get('/boom/', headers={'host': 'shop.example.com'}, secure=True)
sentry_sdk.flush(10)
"""


@pytest.fixture
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        yield state


def report_of(monkeypatch, capsys, sandbox, root: Path) -> tuple[dict, dict]:
    """Audit online; returns the items and the tasks for the person, each by its id."""
    capsys.readouterr()
    run(monkeypatch, sandbox, "audit", str(root), "--online", "--format", "json")
    report = json.loads(capsys.readouterr().out)
    return {i["id"]: i for i in report["items"]}, {t["id"]: t for t in report["manual"]}


def organization_token(sandbox: SandboxState) -> str:
    """Create a token for CI, as the page of the task does."""
    url = f"{sandbox.public_url}/api/0/organizations/{sandbox.organization}/org-auth-tokens/"
    headers = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=b'{"name": "ci"}', headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["token"]


def test_from_the_demo_s_end_to_go(sandbox, tmp_path, monkeypatch, capsys):
    root = make_sample(tmp_path)
    with git.Repo(root) as repository:
        repository.create_remote("origin", "git@github.com:acme/orchard.git")
    assert run(monkeypatch, sandbox, "apply", *JOURNEY, "--yes", "--no-install", "--repo", str(root)) == 0
    call("git", "add", "-A", cwd=root)
    call("git", "commit", "-qm", "Set up Sentry", cwd=root)
    head = call("git", "rev-parse", "HEAD", cwd=root).strip()

    items, tasks = report_of(monkeypatch, capsys, sandbox, root)
    assert {i for i in OBSERVED if items[i]["proof"] == "proven"} == set(), "nothing of it was observed"
    assert all(items[i]["outcome"] == "pass" for i in OBSERVED) and not any(t["done"] for t in tasks.values())
    values = {i: t["value"].partition("=")[2] for i, t in tasks.items() if t["value"]}
    assert set(tasks) - set(values) == {"ci-secret:SENTRY_AUTH_TOKEN", "integration:github"}
    assert all(t["url"] for t in tasks.values())
    assert run(monkeypatch, sandbox, "launch", str(root), "--yes") == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("NO-GO")

    _connect(tasks["integration:github"], "acme/orchard")
    token = organization_token(sandbox)
    flow = yaml.safe_load((root / ".github/workflows/ci-cd.yml").read_text())
    dsn = values["ci-variable:VITE_SENTRY_DSN"]
    _build(root, flow, {"SENTRY_AUTH_TOKEN": token, "SENTRY_RELEASE": head, "VITE_SENTRY_DSN": dsn}, sandbox)
    capsys.readouterr()
    assert main(["verify-build", str(root / "frontend/dist"), "--format", "json"]) == 0
    build = tmp_path / "build.json"
    build.write_text(capsys.readouterr().out)
    for environment in ("staging", "production"):
        _release(root, flow, environment, {"SENTRY_AUTH_TOKEN": token, "SENTRY_RELEASE": head})
    assert sandbox.release(head)["deployCount"] == 2 and sandbox.release(head)["commitCount"] > 0
    for service, environment in (("orchard", "production"), ("orchard-staging", "staging")):
        _serve(root, environment, head, values[f"host-value:render.yaml:{service}:SENTRY_DSN"])
        assert any(e.tags.get("environment") == environment and "from a view" in e.title for e in sandbox.events)
    _browse(root, dsn, head, tmp_path / "profile")

    items, tasks = report_of(monkeypatch, capsys, sandbox, root)
    assert {i: items[i]["proof"] for i in OBSERVED} == dict.fromkeys(OBSERVED, "proven")
    assert all(t["done"] for t in tasks.values()), [t for t in tasks.values() if not t["done"]]
    assert run(monkeypatch, sandbox, "launch", str(root), "--yes", "--build-report", str(build)) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "GO" and "☐" not in out and "Not proven yet" not in out
    assert run(monkeypatch, sandbox, "audit", str(root), "--online", "--strict") == 0

    # CI has the commit only: no `.env`, no installed packages, a token that reads.
    clone = tmp_path / "clone"
    call("git", "clone", "-q", str(root), str(clone), cwd=tmp_path)
    monkeypatch.setenv("SENTRY_READ_TOKEN", sandbox.readonly_token)
    assert run(monkeypatch, sandbox, "audit", str(clone), "--online", "--strict") == 0, capsys.readouterr().out


def _connect(task: dict, repository: str) -> None:
    """Connect the integration on the page that its task names."""
    with urllib.request.urlopen(task["url"], timeout=10) as page:
        assert b"github: not connected" in page.read()
    with urllib.request.urlopen(task["url"], data=f"repository={repository}".encode(), timeout=10) as page:
        assert b"github: connected" in page.read()


def _build(root: Path, flow: dict, given: dict[str, str], sandbox: SandboxState) -> None:
    """Run the job that builds the frontend, with the variables that the workflow hands it."""
    step = next(s for s in flow["jobs"]["frontend"]["steps"] if s.get("name") == "Build the frontend")
    assert set(step["env"]) == set(given), "the tasks named every value that the build reads"
    home = root.parent / "home"
    # The plugin's client remembers in HOME where an organization of that name lives; an earlier sandbox must not answer.
    call("bash", "-e", "-c", step["run"], cwd=root / "frontend", HOME=str(home), CI="true", **given)
    assert sandbox.bundles and not list((root / "frontend/dist").rglob("*.map"))


def _release(root: Path, flow: dict, environment: str, given: dict[str, str]) -> None:
    """Run the job that creates the release after a deploy."""
    step = flow["jobs"][f"sentry-release-{environment}"]["steps"][-1]
    plain = {k: v for k, v in step["env"].items() if "${{" not in v}
    path = f"{Path(sys.executable).parent}{os.pathsep}{MACHINE.get('PATH', '')}"
    call("bash", "-e", "-c", step["run"], cwd=root, PATH=path, **plain, **given)


def _serve(root: Path, environment: str, head: str, dsn: str) -> None:
    """Let a view of the application fail under the settings and variables of a deployed service."""
    given = {
        "DJANGO_SETTINGS_MODULE": f"orchard.settings.{environment}",
        "DJANGO_ENV": environment,
        "SECRET_KEY": "k" * 60,
        "ALLOWED_HOSTS": "shop.example.com",
        "DATABASE_URL": "sqlite://:memory:",
        "SENTRY_DSN": dsn,
        "RENDER_GIT_COMMIT": head,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    call(sys.executable, "-c", VIEW, cwd=root / "backend", **given)


def _browse(root: Path, dsn: str, head: str, profile: Path) -> None:
    """Open the built page, whose API answers without fruit: the component fails, and its SDK reports it."""
    if shutil.which("chromium"):
        site = profile.with_name("site")
        shutil.copytree(root / "frontend/dist", site)
        (site / "api/v1/fruit").mkdir(parents=True)
        (site / "api/v1/fruit/index.html").write_text("{}")
        _open(site, profile)
        return
    client = sentry_sdk.Client(dsn=dsn, environment="production", release=head, default_integrations=False)
    values = {"values": [{"type": "TypeError", "value": "Cannot read properties of undefined (reading 'map')"}]}
    client.capture_event({"exception": values, "level": "error"})
    client.close(timeout=10)
