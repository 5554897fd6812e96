"""A state folder that came with a hostile `.git`: nothing outside is removed, read or written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from checks.errors import SentrySetupError
from setup_wizard.plan.journal import Journal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "precious").write_text("mine")
    return folder


@pytest.mark.parametrize("name", ["tmp", "runs", "runs/20260101-000000-aaaa", ""])
def test_a_linked_folder_is_refused_and_its_files_stay(tmp_path, outside, name):
    state = tmp_path / "state"
    place = state / name if name else state
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(outside)
    with pytest.raises(SentrySetupError, match="was not created by sentry-setup"):
        journal = Journal(tmp_path, state)
        with journal.exclusive():
            journal.recover()
    assert (outside / "precious").read_text() == "mine"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("a.txt", "../../../outside/precious"),
        ("../outside/precious", None),
        ("/etc/hosts", None),
        (".git/config", None),
    ],
)
def test_a_record_that_leads_outside_is_no_run(tmp_path, outside, path, kept):
    root, run = tmp_path / "repo", tmp_path / "state/runs/20260101-000000-aaaa"
    root.mkdir()
    run.mkdir(parents=True)
    records = [
        {"event": "start", "started": "2026-01-01T00:00:00+00:00", "steps": ["sdk"]},
        {"event": "written"},
        {"event": "expect", "path": path, "kept": kept},
    ]
    (run / "journal.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    journal = Journal(root, tmp_path / "state")
    with journal.exclusive():
        journal.recover()
    assert journal.runs() == [] and (outside / "precious").read_text() == "mine"
    assert list(root.iterdir()) == []
