"""What a person prefers, kept for the user and not for a repository: the wizard's theme."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path


def _file() -> Path:
    from platformdirs import user_config_path

    return user_config_path("sentry-setup", appauthor=False) / "wizard.json"


def preferred_theme() -> str | None:
    """Return the theme that was chosen last, None without one or with an unreadable file."""
    try:
        data = json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError):
        return None
    theme = data.get("theme") if isinstance(data, dict) else None
    return theme if isinstance(theme, str) else None


def prefer_theme(name: str) -> None:
    """Keep the theme; a read-only home is no reason to stop."""
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps({"theme": name}) + "\n", "utf-8")
