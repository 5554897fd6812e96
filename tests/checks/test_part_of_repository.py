"""An audit of a folder below a repository's top says that it read only that part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from setup_wizard.cli import main
from tests.support.repo import INIT, backend

FILES = {**backend(), "shop/settings.py": INIT, "requirements.txt": "django\nsentry-sdk\n"}


@pytest.mark.parametrize(("folder", "part"), [("top", None), ("top/services/api", "services/api")])
def test_what_was_audited_is_said(tmp_path: Path, capsys, folder, part):
    top = tmp_path / "top"
    (top / ".git").mkdir(parents=True)
    for name, text in FILES.items():
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    said = f"only {part} was audited, which is a part of the repository {top}"
    main(["audit", str(tmp_path / folder), "--no-cache", "--select", "sdk-installed"])
    assert (f"Note: {said}." in capsys.readouterr().out) == (part is not None)
    main(["audit", str(tmp_path / folder), "--no-cache", "--select", "sdk-installed", "--format", "markdown"])
    assert (f"only {part}" in capsys.readouterr().out) == (part is not None)
    main(["audit", str(tmp_path / folder), "--no-cache", "--select", "sdk-installed", "--format", "json"])
    assert (said in json.loads(capsys.readouterr().out)["notes"]) == (part is not None)
