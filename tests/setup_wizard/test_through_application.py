"""The second proof of a test event: through the application's own production settings, and only with consent."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from checks.sentry_api.calls import KIND_TAG
from setup_wizard.plan.engine import Applied
from setup_wizard.sandbox.state import SandboxState
from setup_wizard.services.connection import connect
from setup_wizard.services.test_event import FINGERPRINTS
from setup_wizard.session import Session
from setup_wizard.steps import find_steps

SETTINGS = """\
import os

import sentry_sdk

sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], environment="production", release="r1", auto_enabling_integrations=False)
"""
DJANGO = "def setup():\n    import importlib, os\n    importlib.import_module(os.environ['DJANGO_SETTINGS_MODULE'])\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application whose Django is a stand-in that imports the settings; the SDK is the real one."""
    root = tmp_path / "shop"
    for path, text in {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")\nexecute_from_command_line([])\n',
        "web/__init__.py": "",
        "web/settings.py": SETTINGS,
        "requirements.txt": "django\nsentry-sdk\n",
        "django/__init__.py": DJANGO,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    monkeypatch.setattr("setup_wizard.services.application.interpreter", lambda root, backend: sys.executable)
    return root


async def send(shop: Path, sandbox: SandboxState, **answers: str) -> Applied:
    given = {"sentry.url": sandbox.public_url, **{k.replace("__", "."): v for k, v in answers.items()}}
    session = Session(shop, given, environ={}, install=False, poll=0.01)
    session.connection = await connect(sandbox.public_url, sandbox.token, session.facts().config)
    await session.engine().apply(find_steps(["project"]))
    applied = await session.engine().apply(find_steps(["test-event"]))
    await session.disconnect()
    return applied


async def test_with_consent_the_event_is_seen_through_the_settings_too(shop, sandbox):
    applied = await send(shop, sandbox, test_event__application="yes")
    assert applied.steps[0].outcome == "applied", applied.steps[0].reason
    assert len(sandbox.events) == 4 and sum(e.payload.get("release") == "r1" for e in sandbox.events) == 2
    seen = [m.detail for m in applied.milestones if "through the application" in m.detail]
    assert len(seen) == 2 and all("environment production, release r1" in d for d in seen)
    assert all(e.payload["fingerprint"] == FINGERPRINTS[e.tags[KIND_TAG]] for e in sandbox.events)
    assert len({e.group_id for e in sandbox.events}) == 2, "one issue for messages and one for errors"


async def test_without_consent_nothing_of_the_repository_runs(shop, sandbox):
    mark = shop / "ran"
    (shop / "web/settings.py").write_text(SETTINGS + f"open({str(mark)!r}, 'w')\n")
    (shop / "sentry-setup.toml").write_text('[test_event]\napplication = "yes"\n')
    await send(shop, sandbox)
    assert len(sandbox.events) == 2 and not mark.exists()


async def test_an_application_that_does_not_start_is_told(shop, sandbox):
    (shop / "web/settings.py").write_text("raise RuntimeError('no database')\n")
    applied = await send(shop, sandbox, test_event__application="yes")
    assert applied.steps[0].outcome == "failed" and "no database" in applied.steps[0].reason


INIT = SETTINGS.replace("import os\n\nimport sentry_sdk\n\n", "")
STARTING = (
    "import os\n\nimport sentry_sdk\nfrom starlette.applications import Starlette\n\n\ndef begin():\n    "
    + INIT
    + "\n\nclass Lifespan:\n    def __init__(self, app):\n        begin()\n\n    async def __aenter__(self):\n        return None\n\n"
    "    async def __aexit__(self, *error):\n        return None\n\n\napp = Starlette(lifespan=Lifespan)\n"
)
POLLING = f"import os\nimport time\n\nimport sentry_sdk\n\n{INIT}\nwhile True:\n    time.sleep(1)\n"


@pytest.mark.parametrize(
    ("files", "dependency"),
    [
        ({"main.py": STARTING, "Procfile": "web: uvicorn main:app\n"}, "starlette"),
        ({"poller.py": POLLING, "Procfile": "worker: python poller.py\n"}, "requests"),
    ],
    ids=["starlette, initialized at its startup", "a program that never ends"],
)
async def test_applications_of_other_frameworks_send_through_their_own_entry(
    tmp_path, monkeypatch, sandbox, files, dependency
):
    root = tmp_path / "service"
    for path, text in {**files, "requirements.txt": f"{dependency}\nsentry-sdk\n"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    monkeypatch.setattr("setup_wizard.services.application.interpreter", lambda root, backend: sys.executable)
    applied = await send(root, sandbox, test_event__application="yes")
    assert applied.steps[0].outcome == "applied", applied.steps[0].reason
    assert sum(e.payload.get("release") == "r1" for e in sandbox.events) == 2
