"""Plots in text with axes: a scale with round numbers at the left, the days below, a line or bars between. Pure rows.

Own rows and no library: textual-plotext was last released in 2024, before the Textual that this product needs, and would be the
only dependency that draws outside of the themes' colors.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from textual.content import Content

from setup_wizard.ui.text import MUTED, Row

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Series(Struct, frozen=True, kw_only=True):
    """One figure of each day (None: not known), with its mark and the style of both."""

    name: str
    values: tuple[float | None, ...]
    mark: str
    style: str


def ceiling(highest: float) -> float:
    """Return the round number at the top of a scale, at least `highest`."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** (
        len(f"{highest:.0f}") - 1 if highest >= 1 else -next(n for n in range(1, 9) if highest * 10**n >= 1)
    )
    return next(step * power for step in _STEPS if step * power >= highest * 0.9999)


def label(value: float, unit: str) -> str:
    """Return a number of a scale: `1.2k`, `250 ms`, `2 %`, `0.95`."""
    if unit == "%":
        return f"{value * 100:.3g} %"
    if value >= 10_000:
        return f"{value / 1000:.3g}k{unit}"
    return f"{value:,.3g}{unit}" if value < 100 else f"{value:,.0f}{unit}"


def bars(days: Sequence[str], series: Series, unit: str, *, width: int, height: int = 6) -> list[Row]:
    """Return one figure as bars from zero, each with the day below it."""
    known = [v for v in series.values if v is not None]
    top = ceiling(max(known, default=0.0))
    slot = _slot(days, width)
    rows: list[Row] = []
    for line in range(height, 0, -1):
        cells = []
        for value in series.values:
            eighths = round((value or 0.0) / top * height * 8) - (line - 1) * 8
            cells.append(_EIGHTHS[min(max(eighths, 0), 8)] * max(slot - 2, 1) + " " * min(2, slot - 1))
        scale = (
            label(top, unit) if line == height else label(top / 2, unit) if line == height // 2 and height > 2 else ""
        )
        rows.append((_scale(scale), Content.assemble(("".join(cells), series.style))))
    return [*rows, *_days(days, slot, series.values)]


def lines(days: Sequence[str], drawn: Sequence[Series], unit: str, *, width: int, height: int = 6) -> list[Row]:
    """Return several figures in one frame, each by its own mark, from zero to a round number; a day's marks are side by side."""
    top = ceiling(max((v for s in drawn for v in s.values if v is not None), default=0.0))
    slot = _slot(days, width)
    grid: list[list[tuple[str, str]]] = [[(" ", "")] * (slot * len(days)) for _ in range(height)]
    left = max(slot - 1 - len(drawn), 0) // 2
    for place, series in enumerate(drawn):
        for day, value in enumerate(series.values):
            if value is not None:
                line = min(int(value / top * height), height - 1)
                grid[height - 1 - line][day * slot + min(left + place, slot - 1)] = (series.mark, series.style)
    rows: list[Row] = []
    for number, cells in enumerate(grid):
        scale = label(top, unit) if number == 0 else label(top / 2, unit) if number == height // 2 else ""
        rows.append((_scale(scale), Content.assemble(*((c, s) if s else c for c, s in cells))))
    return [*rows, *_days(days, slot, ())]


def _slot(days: Sequence[str], width: int) -> int:
    """Return the cells of a day: all days fit into the width, and none is so wide that the eye loses the line."""
    return max(min((width - 11) // max(len(days), 1), 10), 3)


def _scale(said: str) -> Content:
    return Content.assemble((f"{said:>9} {'┤' if said else '│'}", MUTED))


def _days(days: Sequence[str], slot: int, values: Sequence[float | None]) -> list[Row]:
    """Return the axis with the days below it: as much of each as fits; a day without a figure says so."""
    axis = Content.assemble((" " * 10 + "▔", MUTED)), Content.assemble(("▔" * (slot * len(days)), MUTED))
    short = "".join(f"{day if len(day) < slot else day.split()[0]:<{slot}}" for day in days)
    rows: list[Row] = [axis, (" " * 11, Content.assemble((short, MUTED)))]
    if any(v is None for v in values):
        gaps = "".join(f"{'none' if v is None and slot > 4 else '–' if v is None else '':<{slot}}" for v in values)
        rows.append((" " * 11, Content.assemble((gaps, MUTED))))
    return rows


def gauge(share: float, width: int, *, full: str) -> Content:
    """Return a share of a whole (0 to 1, more is full) as a bar."""
    done = round(min(max(share, 0.0), 1.0) * width)
    return Content.assemble(("█" * done, full), ("░" * (width - done), MUTED))
