"""The one place of colors: roles, and how each is made readable in every theme. Color never says anything by itself.

A role is a CSS variable (`$role-fail`). Each is computed from the theme's own color and moved toward black or white until it
has at least 4.5:1 on every background that text stands on (https://www.w3.org/TR/WCAG22/#contrast-minimum). The variables of
Textual's own widgets that carry text are set to the same roles, so that a toast or a footer is as readable as a screen.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

from textual.color import Color
from textual.theme import Theme

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#00b4ff",
    secondary="#00ffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#00ff00",
    warning="#ffff00",
    error="#ff9090",
    dark=True,
)

DEFAULT = "textual-dark"

READABLE = 4.5
"""The least contrast of text."""

BUTTON = 3
"""The least contrast of a button's ground in high contrast (https://www.w3.org/TR/WCAG22/#non-text-contrast)."""

ROLES = ("text", "muted", "accent", "pass", "wired", "fail", "unknown")
BACKGROUNDS = ("background", "surface", "panel", "field", "cursor", "added", "removed")
"""What text stands on: the screen, raised parts (footer, toasts, dialogs), buttons, focused fields, the selected row, diffs."""

_COLORS = ("primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface")
_WHITE, _BLACK = Color(255, 255, 255), Color(0, 0, 0)
_TEXT_VARIABLES = {
    "text": "text",
    "text-muted": "muted",
    "text-disabled": "muted",
    "text-primary": "accent",
    "text-secondary": "wired",
    "text-accent": "accent",
    "text-success": "pass",
    "text-warning": "unknown",
    "text-error": "fail",
    "foreground": "text",
    "foreground-muted": "muted",
    "foreground-disabled": "muted",
    "block-cursor-foreground": "text",
    "block-cursor-blurred-foreground": "text",
    "footer-foreground": "text",
    "footer-key-foreground": "accent",
    "footer-description-foreground": "text",
    "button-foreground": "text",
    "link-color": "accent",
    "link-color-hover": "accent",
    "input-selection-foreground": "text",
    "markdown-h1-color": "text",
    "markdown-h2-color": "text",
    "markdown-h3-color": "text",
    "markdown-h4-color": "text",
    "markdown-h5-color": "text",
    "markdown-h6-color": "muted",
}
"""Textual's variables that color text, by the role that each takes."""

_ANSI = {
    "text": "ansi_default",
    "muted": "ansi_default",
    "accent": "ansi_blue",
    "pass": "ansi_green",
    "wired": "ansi_cyan",
    "fail": "ansi_red",
    "unknown": "ansi_yellow",
}
"""The terminal's own colors: its user chose them, and nobody else knows what they are."""


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colors, from 1 to 21, as WCAG 2 computes it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def worst(color: Color, grounds: tuple[Color, ...]) -> float:
    """Return the least contrast of a color on some backgrounds."""
    return min(contrast(color, g) for g in grounds)


def readable(color: Color, grounds: tuple[Color, ...], ratio: float, *, dark: bool) -> Color:
    """Return a color, moved toward white (dark themes) or black until it has a contrast on every background."""
    toward = _WHITE if dark else _BLACK
    shifted = (color.lighten(n / 25) if dark else color.darken(n / 25) for n in range(16))  # keeps the hue
    blended = (color.blend(toward, n / 20, alpha=1) for n in range(21))
    return next((c for c in chain(shifted, blended) if worst(c, grounds) >= ratio), toward)


def _muted(text: Color, grounds: tuple[Color, ...]) -> Color:
    """Return the text's color as quiet as it may be."""
    steps = (text.blend(grounds[0], n / 20, alpha=1) for n in range(12, -1, -1))
    return next((c for c in steps if worst(c, grounds) >= READABLE + 0.1), text)


def grounds_of(theme: Theme) -> dict[str, Color]:
    """Return what text stands on in a theme, by the names of `BACKGROUNDS`. Not for themes of the terminal's own colors."""
    system = theme.to_color_system().generate()
    ground, surface = (Color.parse(system[n]).with_alpha(1) for n in ("background", "surface"))
    text, primary, success, error = (Color.parse(system[n]) for n in ("foreground", "primary", "success", "error"))
    return {
        "background": ground,
        "surface": surface,
        "panel": surface.blend(text, 0.08, alpha=1),
        "field": surface.blend(text, 0.05, alpha=1),
        "cursor": ground.blend(primary, 0.25 if theme.dark else 0.15, alpha=1),
        "added": ground.blend(success, 0.12, alpha=1),
        "removed": ground.blend(error, 0.12, alpha=1),
    }


def button_ground(theme: str, grounds: dict[str, Color], text: Color) -> Color:
    """Return what the text of a button stands on: raised, and in high contrast until it is seen by its ground."""
    if theme != HIGH_CONTRAST.name:
        return grounds["surface"]
    around = (grounds["background"], grounds["panel"])
    raised = (grounds["surface"].blend(text, n / 50, alpha=1) for n in range(4, 40))
    return next(c for c in raised if worst(c, around) >= BUTTON and contrast(c, text) >= READABLE)


@lru_cache(maxsize=32)
def _computed(name: str, dark: bool, colors: tuple[str, ...]) -> dict[str, str]:
    theme = Theme(name, dark=dark, **dict(zip(_COLORS, colors, strict=True)))  # type: ignore[arg-type]
    system, named = theme.to_color_system().generate(), grounds_of(theme)
    grounds = tuple(named.values())

    def role(color: str, ratio: float = READABLE) -> Color:
        return readable(Color.parse(system[color]), grounds, ratio, dark=dark)

    text = role("foreground", 7)
    muted = _muted(text, grounds)
    louder = worst(muted, grounds)
    made = {
        "text": text,
        "muted": muted,
        "accent": role("primary"),
        "pass": role("success"),
        "wired": role("secondary"),
        "fail": role("error", louder + 0.1),
        "unknown": role("warning", louder + 0.1),
    }
    return {
        **{f"role-{n}": c.hex for n, c in made.items()},
        **{f"ground-{n}": c.hex for n, c in named.items()},
        "ground-button": button_ground(name, named, text).hex,
    }


def variables(theme: Theme) -> dict[str, str]:
    """Return the CSS variables of a theme's roles, and Textual's own variables that take a role."""
    if theme.ansi:
        colors = {f"role-{n}": c for n, c in _ANSI.items()}
        colors |= {f"ground-{n}": "ansi_default" for n in (*BACKGROUNDS, "button", "primary")}
        return colors | {"ground-cursor": "ansi_bright_black", "button-color-foreground": "ansi_default"}
    system = theme.to_color_system().generate()
    colors = dict(_computed(theme.name, theme.dark, tuple(Color.parse(system[n]).hex for n in _COLORS)))
    own = {variable: colors[f"role-{role}"] for variable, role in _TEXT_VARIABLES.items()}
    primary = Color.parse(system["primary"])
    on_primary = max((_WHITE, _BLACK), key=lambda c: contrast(c, primary))
    return {
        **colors,
        **own,
        "panel": colors["ground-panel"],
        "panel-lighten-1": colors[
            "ground-panel"
        ],  # toasts: raised, as nothing else separates them from what they cover
        "footer-background": colors["ground-surface"],
        "block-cursor-background": colors["ground-cursor"],
        "block-cursor-blurred-background": colors["ground-cursor"],
        "block-hover-background": colors["ground-panel"],
        "input-selection-background": colors["ground-cursor"],
        "input-cursor-background": colors["role-text"],
        "input-cursor-foreground": colors["ground-background"],
        "link-background-hover": colors["ground-panel"],
        "ground-primary": primary.hex,
        "button-color-foreground": on_primary.hex,
        "border-blurred": colors["ground-panel"],
        "scrollbar": Color.parse(colors["ground-background"])
        .blend(Color.parse(colors["role-muted"]), 0.5, alpha=1)
        .hex,
        "scrollbar-hover": colors["role-muted"],
        "scrollbar-active": colors["role-accent"],
        "scrollbar-background": colors["ground-background"],
        "scrollbar-background-hover": colors["ground-background"],
        "scrollbar-background-active": colors["ground-background"],
        "scrollbar-corner-color": colors["ground-background"],
    }
