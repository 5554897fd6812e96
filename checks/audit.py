"""Runs the checks: tree and configuration in, report out. A crashing check becomes an `error`, never a crash."""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable, Iterable

from checks.config import Config
from checks.errors import SentrySetupError
from checks.model import AppliedWaiver, Finding, Item, Outcome, Report, Result, Verdict, worst
from checks.repository.facts import Facts

OnResult = Callable[[Result], None]


def run_audit(facts: Facts, items: Iterable[Item], *, on_result: OnResult | None = None) -> Report:
    """Decide each item in order; `on_result` is called with each result as soon as it is known.

    Raises `SentrySetupError` for what the user has to correct (a configured root that does not exist).
    """
    today = dt.date.today()
    results = []
    for item in items:
        result = decide(facts, item, today)
        results.append(result)
        if on_result is not None:
            on_result(result)
    notes = [] if facts.snapshot is not None else ["Sentry was not asked: this is an offline audit"]
    notes += _waiver_notes(facts.config, results, today)
    return Report(
        root=facts.tree.root,
        revision=facts.tree.revision,
        results=tuple(results),
        online=facts.snapshot is not None,
        notes=tuple(notes),
    )


def decide(facts: Facts, item: Item, today: dt.date) -> Result:
    """Run one check and apply the waiver, if one holds."""
    try:
        verdicts = tuple(item.check(facts))
        outcome = worst(v.outcome for v in verdicts)
    except SentrySetupError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        finding = Finding(
            message=f"the check crashed: {error.__class__.__name__} in {place.name}",
            hint="please report this as a bug of sentry-setup",
        )
        verdicts, outcome = (Verdict(outcome=Outcome.ERROR, findings=(finding,)),), Outcome.ERROR
    waiver = None
    if outcome is Outcome.FAIL:
        held = [w for w in facts.config.waivers if w.id == item.id and w.until >= today]
        if held:
            waiver = AppliedWaiver(reason=held[-1].reason, until=held[-1].until.isoformat())
    return Result(item=item, outcome=outcome, verdicts=verdicts, waiver=waiver)


def _waiver_notes(config: Config, results: list[Result], today: dt.date) -> list[str]:
    notes = []
    by_id = {r.item.id: r for r in results}
    for waiver in config.waivers:
        result = by_id.get(waiver.id)
        if waiver.until < today:
            notes.append(f"the waiver of {waiver.id} expired on {waiver.until}: it waives nothing any more")
        elif result is not None and result.waiver is None:
            notes.append(f"the waiver of {waiver.id} is not used: the item is {result.outcome}")
    return notes
