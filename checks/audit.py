"""Runs the checks: tree and configuration in, report out. A crashing check becomes an `error`, never a crash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

from checks.columns import placed
from checks.config import check_ids
from checks.errors import NothingToAuditError, SentrySetupError
from checks.model import OFFLINE_NOTE, Finding, Item, ManualTask, Outcome, Report, Result, Verdict, worst
from checks.repository.facts import Facts
from checks.waivers import applied_waiver, waiver_notes

OnResult = Callable[[Result], None]


def require_target(facts: Facts) -> None:
    """Raise `NothingToAuditError` where the tree has neither a backend nor a frontend: nothing unchecked is no success then."""
    if not facts.backends and not facts.frontends:
        from checks.repository.nothing_found import what_was_sought  # a healthy audit needs none of it

        raise NothingToAuditError(facts.tree.root, details=what_was_sought(facts))


def run_audit(facts: Facts, items: Iterable[Item], *, on_result: OnResult | None = None) -> Report:
    """Decide each item in order; `on_result` is called with each result as soon as it is known.

    Raises `SentrySetupError` for what the user has to correct (a configured root that does not exist).
    """
    check_ids(facts.config)
    today = dt.date.today()
    results = []
    for item in items:
        result = decide(facts, item, today)
        results.append(result)
        if on_result is not None:
            on_result(result)
    notes = [] if facts.snapshot is not None else [OFFLINE_NOTE]
    notes += waiver_notes(facts, results, today)
    notes += [*_part(facts), *_left_out(facts)]
    return Report(
        root=facts.tree.root,
        revision=facts.tree.revision,
        results=tuple(results),
        online=facts.snapshot is not None,
        notes=tuple(notes),
        manual=_manual(facts),
        date=today.isoformat(),
    )


def _manual(facts: Facts) -> tuple[ManualTask, ...]:
    """Return what is left for the person, where Sentry was asked: only it shows what was done."""
    if facts.snapshot is None:
        return ()
    from checks.manual import manual_tasks

    return manual_tasks(facts)


def _part(facts: Facts) -> list[str]:
    """Say that a part of a repository was audited, where the folder is below its top: what deploys it may be elsewhere."""
    root = Path(facts.tree.root)
    if not root.is_absolute() or (root / ".git").exists():
        return []
    top = next((p for p in root.parents if (p / ".git").exists()), None)
    part = root.relative_to(top).as_posix() if top is not None else ""
    return [f"only {part} was audited, which is a part of the repository {top}"] if part else []


def _left_out(facts: Facts) -> list[str]:
    """Name the packages that build for browsers and were not audited; those of an audit without frontend items are not sought."""
    from checks.repository.frontends import is_surveyed, left_out

    if not is_surveyed(facts) or not facts.frontends:
        return []

    others = left_out(facts)
    more = [f"{len(others) - 5} more packages were not audited as frontends"] if len(others) > 5 else []
    return [
        f"{o.root} was not audited as a frontend: {o.why} (set `frontend.root` to audit it)" for o in others[:5]
    ] + more


def decide(facts: Facts, item: Item, today: dt.date) -> Result:
    """Run one check and apply the waiver, if one holds."""
    try:
        verdicts = tuple(item.check(facts))
        if facts.snapshot is not None:
            from checks.proofs import proven  # an offline audit does without

            verdicts = tuple(proven(facts, item.id, v) for v in verdicts)
        verdicts = tuple(placed(facts, v) for v in verdicts)
        outcome = worst(v.outcome for v in verdicts)
    except SentrySetupError:
        raise
    except Exception as error:
        import traceback  # a healthy audit needs none of it

        place = traceback.extract_tb(error.__traceback__)[-1]
        finding = Finding(
            message=f"the check crashed: {error.__class__.__name__} in {place.name}",
            hint="please report this as a bug in sentry-setup",
        )
        verdicts, outcome = (Verdict(outcome=Outcome.ERROR, findings=(finding,)),), Outcome.ERROR
    waiver = applied_waiver(facts, item, verdicts, today) if outcome is Outcome.FAIL else None
    return Result(item=item, outcome=outcome, verdicts=verdicts, waiver=waiver)
