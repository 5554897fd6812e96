"""What a person prefers, kept for the user and not for a repository: the wizard's theme, and keys of their own."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path


def preferences_file() -> Path:
    """Return where preferences are kept, whether or not the file is there."""
    from platformdirs import user_config_path

    return user_config_path("sentry-setup", appauthor=False) / "wizard.json"


def _kept() -> dict[str, object]:
    try:
        data = json.loads(preferences_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def preferred_theme() -> str | None:
    """Return the theme that was chosen last, None without one or with an unreadable file."""
    theme = _kept().get("theme")
    return theme if isinstance(theme, str) else None


def preferred_keys() -> dict[str, str]:
    """Return a person's own keys, by the id of the binding: `{"keys": {"home.next": "space"}}`.

    The shape is Textual's keymap (https://textual.textualize.io/api/app/#textual.app.App.set_keymap).
    """
    keys = _kept().get("keys")
    found = keys if isinstance(keys, dict) else {}
    return {i: k for i, k in found.items() if isinstance(i, str) and isinstance(k, str) and k.strip(", ")}


def prefer_theme(name: str) -> None:
    """Keep the theme beside what else is kept; a read-only home is no reason to stop."""
    with contextlib.suppress(OSError):
        preferences_file().parent.mkdir(parents=True, exist_ok=True)
        preferences_file().write_text(json.dumps({**_kept(), "theme": name}, indent=2) + "\n", "utf-8")
