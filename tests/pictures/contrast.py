"""The least contrast of each role of text on everything it stands on, in every theme, as a table in Markdown.

python -m tests.pictures.contrast
"""

from __future__ import annotations

import sys

from textual.color import Color
from textual.theme import BUILTIN_THEMES

from setup_wizard.ui.themes import BACKGROUNDS, HIGH_CONTRAST, READABLE, ROLES, variables, worst


def table() -> dict[str, dict[str, float]]:
    """Return the least contrast by theme and role; themes of the terminal's own colors have none that can be computed."""
    found = {}
    for theme in (HIGH_CONTRAST, *BUILTIN_THEMES.values()):
        if theme.ansi:
            continue
        made = variables(theme)
        grounds = tuple(Color.parse(made[f"ground-{g}"]) for g in BACKGROUNDS)
        found[theme.name] = {r: worst(Color.parse(made[f"role-{r}"]), grounds) for r in ROLES}
    return found


def main() -> int:
    """Print the table."""
    rows = table()
    print(f"| theme | {' | '.join(ROLES)} |\n|---|{'---|' * len(ROLES)}")
    for name, ratios in rows.items():
        print(f"| {name} | {' | '.join(f'{ratios[r]:.2f}' for r in ROLES)} |")
    return 0 if min(min(r.values()) for r in rows.values()) >= READABLE else 1


if __name__ == "__main__":
    sys.exit(main())
