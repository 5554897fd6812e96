"""What was done, in the past tense, each with its time; what is under way keeps its present one."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace
from textual.content import Content

from setup_wizard.ui.text import FAIL, MUTED, Row, safe
from setup_wizard.ui.widgets.waiting import SPINNER

_PAST = {
    "write": "wrote",
    "run": "ran",
    "create": "created",
    "send": "sent",
    "invite": "invited",
    "look": "looked",
    "connect": "connected",
    "store": "stored",
    "install": "installed",
    "delete": "deleted",
    "ask": "asked",
    "check": "checked",
}


class Moment(Struct, frozen=True, kw_only=True):
    """A line of the timeline: when it began, how long it took (None while it is under way), and whether it ended well."""

    sentence: str
    began: float
    took: float | None = None
    well: bool = True


def told(timeline: tuple[Moment, ...], sentence: str, now: float) -> tuple[Moment, ...]:
    """Return the timeline with one more line; what was under way has ended, unless the line only adds to it.

    A line of failure says that what was under way ended badly.
    """
    if sentence.startswith(" "):
        return (*timeline, Moment(sentence=sentence, began=now, took=0.0))
    failed = sentence.startswith("✗")
    done = ended(timeline, now, well=not failed)
    at_once = failed or sentence.startswith("✓")
    return (*done, Moment(sentence=sentence, began=now, took=0.0 if at_once else None, well=not failed))


def ended(timeline: tuple[Moment, ...], now: float, *, well: bool = True) -> tuple[Moment, ...]:
    """Return the timeline with nothing under way any more."""
    return tuple(replace(m, took=now - m.began, well=well) if m.took is None else m for m in timeline)


def past(sentence: str) -> str:
    """Return what was announced as what was done."""
    first, _, rest = sentence.partition(" ")
    done = f"{_PAST[first]} {rest}" if first in _PAST else sentence
    return done.replace(" and wait until ", " and waited until ")


def _beneath(sentence: str) -> Row:
    """Return a line that adds to the one above: `  0.13 s  accepted  by the endpoint` keeps a column for each part."""
    parts = sentence.strip().split("  ", 2)
    lead = " " * 11
    if len(parts) == 3 and parts[0].endswith(" s"):
        lead += f"{parts[0]:>7}  {parts[1]:<9} "
        parts = parts[2:]
    return Content.assemble((lead, MUTED)), Content.assemble((safe("  ".join(parts)), MUTED))


def rows(timeline: tuple[Moment, ...], now: float, frame: int) -> list[Row]:
    """Return the timeline for the screen; `frame` turns the spinner."""
    shown: list[Row] = []
    for moment in timeline[-200:]:
        if moment.sentence.startswith(" "):
            shown.append(_beneath(moment.sentence))
        elif moment.took is None:
            lead = Content.assemble(
                (f"{now - moment.began:7.1f} s ", MUTED), (SPINNER[frame % len(SPINNER)] + " ", "$role-accent")
            )
            shown.append((lead, safe(moment.sentence)))
        else:
            mark = ("✓ ", "$role-pass") if moment.well else ("✗ ", FAIL)
            said = safe(past(moment.sentence).lstrip("✓✗ ") if moment.well else moment.sentence.lstrip("✗ "))
            shown.append((Content.assemble((f"{moment.took:7.2f} s ", MUTED), mark), said))
    return shown
