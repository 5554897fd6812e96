"""Plots in text: what stands at an axis is round, every day has its column, and what is not known is said."""

from __future__ import annotations

import pytest

from setup_wizard.ui.widgets.plot import Series, bars, ceiling, gauge, label, lines
from setup_wizard.ui.widgets.rows import Rows

DAYS = ("17 Nov", "18 Nov", "19 Nov")


def series(*values: float | None, mark: str = "█") -> Series:
    return Series(name="x", values=values, mark=mark, style="bold")


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0, 1), (0.012, 0.02), (0.97, 1), (1, 1), (1.01, 2), (86, 100), (194, 200), (1060, 2000), (6033, 10_000), (-1, 1)],
)
def test_a_scale_ends_in_a_round_number(highest, top):
    assert ceiling(highest) == pytest.approx(top) and ceiling(highest) >= highest


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(0.02, "%", "2 %"), (250.0, " ms", "250 ms"), (12_000.0, "", "12k"), (0.95, "", "0.95"), (2000.0, "", "2,000")],
)
def test_numbers_of_a_scale(value, unit, said):
    assert label(value, unit) == said


def test_bars_grow_from_zero_with_their_days_below():
    shown = str(Rows(bars(DAYS, series(5.0, 10.0, None), "", width=41))).splitlines()
    assert [x.rstrip() for x in shown] == [
        "       10 ┤          ████████",
        "          │          ████████",
        "          │          ████████",
        "        5 ┤████████  ████████",
        "          │████████  ████████",
        "          │████████  ████████",
        "          " + "▔" * 31,
        "           17 Nov    18 Nov    19 Nov",
        "                               none",
    ]


def test_lines_have_a_mark_each_and_narrow_days_are_shortened():
    shown = str(
        Rows(lines(DAYS, (series(1.0, 2.0, None, mark="●"), series(10.0, 10.0, 10.0, mark="▲")), " ms", width=26))
    )
    assert shown.count("●") == 2 and shown.count("▲") == 3 and shown.splitlines()[0].startswith("    10 ms ┤")
    assert shown.splitlines()[-1].split() == ["17", "18", "19"]


def test_figures_that_are_nearly_equal_are_all_seen():
    close = [series(v, v, v, mark=m) for v, m in ((86.0, "●"), (194.0, "◆"), (1900.0, "▲"))]
    shown = str(Rows(lines(DAYS, close, " ms", width=41)))
    assert [shown.count(m) for m in "●◆▲"] == [3, 3, 3] and "●◆" in shown


def test_nothing_known_is_drawn_and_does_not_fail():
    assert str(Rows(bars(DAYS, series(None, None, None), "", width=40))).count("none") == 3
    assert bars((), series(), "", width=40) and lines((), (), "", width=40)
    assert gauge(2.0, 10, full="bold").plain == "█" * 10 and gauge(0.0, 4, full="bold").plain == "░" * 4
