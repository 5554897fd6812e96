"""A file that cannot be read stops its own part: it is left to the person with the reason, and everything else goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from setup_wizard.demo import make_sample
from setup_wizard.plan.engine import Engine
from setup_wizard.steps import STEPS

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and pipes")
KEY = "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io"
ANSWERS = {"sentry.org": "acme", "backend.dsn": f"{KEY}/1", "frontend.dsn": f"{KEY}/2"}
KINDS = {
    "outside": "a link out of the repository",
    "itself": "a link that leads to itself",
    "pipe": "not a regular file",
}


def spoil(path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    if kind == "outside":
        path.symlink_to("/etc/hostname")
    elif kind == "itself":
        path.symlink_to(path.name)
    else:
        os.mkfifo(path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("frontend/vite.config.ts", "outside"),
        ("frontend/vite.config.ts", "pipe"),
        ("backend/orchard/settings/base.py", "itself"),
        (".gitignore", "outside"),
        (".gitignore", "pipe"),
        (".github/workflows/ci-cd.yml", "pipe"),
        ("render.yaml", "itself"),
        ("backend/.env", "outside"),
    ],
)
async def test_all_other_parts_go_on(tmp_path, path, kind):
    make_sample(tmp_path)
    root = tmp_path / "orchard"
    spoil(root / path, kind)
    engine = Engine(root, ANSWERS, install=False)
    plan = await engine.plan(STEPS)
    assert path not in {c.path for c in plan.changes}
    outcomes = {s.step: s.outcome for s in plan.steps}
    assert list(outcomes.values()).count("planned") >= 4, outcomes
    told = [s.reason for s in plan.steps] + [task.reason for task in plan.manual]
    if path in ("frontend/vite.config.ts", "frontend/.env.example", ".gitignore", "backend/.env"):
        assert any(f"{path} cannot be read ({KINDS[kind]}" in t for t in told), told


async def test_what_can_be_written_is_written(tmp_path):
    make_sample(tmp_path)
    root = tmp_path / "orchard"
    spoil(root / "frontend/vite.config.ts", "pipe")
    done = await Engine(root, ANSWERS, install=False).apply(STEPS)
    assert done.run and b"sentry_sdk" in (root / "backend/orchard/settings/production.py").read_bytes()
    assert any(t.place == "frontend/vite.config.ts" for t in done.by_hand)
    assert (root / "frontend/vite.config.ts").is_fifo()
