"""Repositories in memory, and one check on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from checks.audit import decide
from checks.checklist import find_item
from checks.config import load_config
from checks.model import Outcome, Result
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from checks.sentry_api.snapshot import Alert, AlertAction, ClientKey, ProjectSnapshot, SeenEvent, Snapshot
from tests.support.verdicts import hear

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nexecute_from_command_line([])\n'
INIT = 'import os\nimport sentry_sdk\nsentry_sdk.init(dsn=os.environ.get("SENTRY_DSN"))\n'
PACKAGE = '{"dependencies": {"react": "19"}, "devDependencies": {"vite": "7"}, "scripts": {"build": "vite build"}}'
PLUGIN = (
    "import { sentryVitePlugin } from '@sentry/vite-plugin'\n"
    "export default { plugins: [sentryVitePlugin({ org: 'acme', project: 'shop-frontend',"
    " authToken: process.env.SENTRY_AUTH_TOKEN })], build: { sourcemap: 'hidden' } }\n"
)
RENDER = "services:\n  - type: web\n    name: shop\n    runtime: python\n    envVars:\n      - key: SENTRY_DSN\n        sync: false\n"


def backend() -> dict[str, str]:
    """A Django project with one settings module."""
    return {
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/settings.py": "DEBUG = False\n",
        "requirements.txt": "django\n",
    }


def frontend(config: str = "export default {}\n") -> dict[str, str]:
    """A Vite frontend below `frontend`."""
    return {
        "frontend/package.json": PACKAGE,
        "frontend/index.html": "<script type=module src=/src/main.tsx></script>",
        "frontend/vite.config.ts": config,
    }


def workflow(run: str, *, env: str = "", on: str = "push", job: str = "deploy") -> str:
    """A GitHub workflow with one job of one command."""
    block = "".join(f"          {line}\n" for line in run.splitlines())
    given = "        env:\n" + "".join(f"          {line}\n" for line in env.splitlines()) if env else ""
    return f"on: {on}\njobs:\n  {job}:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n{block}{given}"


def facts_of(files: Mapping[str, str | bytes]) -> Facts:
    """Read a repository given as a mapping."""
    tree = MemoryTree(files)
    return Facts(tree, load_config(tree), None)


def check_one(item_id: str, files: Mapping[str, str | bytes], snapshot: Snapshot | None = None) -> Result:
    """Decide one item for a repository given as a mapping; what it says is compared with the record in `tests/verdicts`."""
    tree = MemoryTree(files)
    return hear(decide(Facts(tree, load_config(tree), snapshot), find_item(item_id), dt.date.today()))


Cases = Mapping[str, list[tuple[dict[str, str], Outcome]]]


def numbered(cases: Cases) -> list[object]:
    """Return `(item id, files, outcome)` of each case, named for pytest."""
    return [
        pytest.param(i, files, outcome, id=f"{i}-{n}-{outcome}")
        for i, group in cases.items()
        for n, (files, outcome) in enumerate(group)
    ]


def assert_outcome(item_id: str, files: Mapping[str, str], outcome: Outcome) -> None:
    """Assert an item's outcome, that what it names is in the repository, and that an unknown says what would make it known."""
    result = check_one(item_id, files)
    assert result.outcome is outcome, (result.evidence, result.findings)
    for evidence in result.evidence:
        assert evidence.path is None or evidence.path in files
    if outcome is Outcome.FAIL:
        assert all(f.path is None or f.path in files for f in result.findings)
    if outcome is Outcome.UNKNOWN:
        assert all(f.hint for f in result.findings), "an unknown says what would make it known"


MAIL = Alert(
    id="1",
    name="new",
    enabled=True,
    triggers=("first_seen_event",),
    environment=None,
    limited=False,
    actions=(AlertAction(kind="email", reaches=True, whom="the issue owners"),),
)


def seen(kind: str, nonce: str = "n", days: int = 0) -> SeenEvent:
    """A test event that arrived some days ago."""
    return SeenEvent(id="e" * 32, kind=kind, nonce=nonce, received=dt.datetime.now(dt.UTC) - dt.timedelta(days=days))


PROJECT = ProjectSnapshot(
    slug="shop-backend",
    id="7",
    platform="python-django",
    keys=(ClientKey(public="k", active=True, dsn="https://k@o1.ingest.sentry.io/7"),),
    alerts=(MAIL,),
    test_events=(seen("message"), seen("error")),
    releases=(),
)


def sentry(**changes: object) -> Snapshot:
    """A snapshot with the backend's project, changed as asked."""
    return Snapshot(url="https://sentry.io", organization="acme", projects={"backend": replace(PROJECT, **changes)})  # type: ignore[arg-type]
