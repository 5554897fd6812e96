"""The collection of Vite configs: shapes as they are met in the wild, and what the editor makes of each."""

from __future__ import annotations

import re
from pathlib import Path

_FILE = Path(__file__).parents[1] / "setup_wizard" / "editors" / "vite_configs.txt"


def vite_configs() -> list[tuple[str, str, str]]:
    """Return `(file name, expected: edit | nothing | refuse, text)` for each config."""
    parts = re.split(r"(?m)^=== (\S+) (edit|nothing|refuse)\n", _FILE.read_text())
    return list(zip(parts[1::3], parts[2::3], parts[3::3], strict=True))


def config_name(name: str) -> str:
    """Return the name under which Vite would read it."""
    return "vite.config." + name.rpartition(".")[2]
