"""Waivers: what suppresses a fail, from the configuration or from a comment beside the code, and what waives nothing."""

from __future__ import annotations

import datetime as dt

from checks.checklist import item_ids
from checks.model import AppliedWaiver, Item, Outcome, Result, Verdict
from checks.repository.facts import Facts
from checks.repository.scan import inline_ignores, scan


def applied_waiver(facts: Facts, item: Item, verdicts: tuple[Verdict, ...], today: dt.date) -> AppliedWaiver | None:
    """Return the waiver that holds for a failing item, or None: one of the configuration before comments in the code."""
    held = [w for w in facts.config.waivers if w.id == item.id and w.until >= today]
    if held:
        return AppliedWaiver(reason=held[-1].reason, until=held[-1].until.isoformat())
    return _inline(facts, item, verdicts)


def _inline(facts: Facts, item: Item, verdicts: tuple[Verdict, ...]) -> AppliedWaiver | None:
    """Return the waiver of comments `sentry-setup: ignore[id] reason`, when each finding has one with a reason."""
    findings = [f for v in verdicts if v.outcome is Outcome.FAIL for f in v.findings]
    reasons = []
    for finding in findings:
        if finding.path is None or finding.line is None:
            return None
        text = facts.text(finding.path) or ""
        beside = {finding.line, finding.line - 1, *_opening(text, finding.path, finding.line)}
        near = [i for i in inline_ignores(finding.path, text) if item.id in i.ids and i.reason and i.line in beside]
        near = [i for i in near if facts.policy is None or facts.policy.waives(i)]
        if not near:
            return None
        reasons.append(f"{near[0].reason} ({near[0].path}:{near[0].line})")
    return AppliedWaiver(reason="; ".join(dict.fromkeys(reasons)), until=None) if reasons else None


def _opening(text: str, path: str, line: int) -> tuple[int, ...]:
    """Return the line that opens the block of YAML text (`run: |`) in which a line is, and the one above: no comment fits inside."""
    lines = text.split("\n")[:line]
    if not path.endswith((".yml", ".yaml")) or len(lines) < line:
        return ()
    depth = len(lines[-1]) - len(lines[-1].lstrip())
    above = (n for n in range(line - 1, 0, -1) if (t := lines[n - 1].strip()) and lines[n - 1].find(t) < depth)
    opening = next(above, None)
    if opening is None or not lines[opening - 1].rstrip("+-0123456789 ").endswith(("|", ">")):
        return ()
    return opening, opening - 1


def _inline_notes(facts: Facts, results: list[Result]) -> list[str]:
    """Say which comments waive nothing: no reason, no such item, or no finding beside them."""
    by_id = {r.item.id: r for r in results}
    known = set(item_ids())
    notes = []
    for ignore in scan(facts).ignores:
        place = f"{ignore.path}:{ignore.line}"
        for item_id in ignore.ids:
            result = by_id.get(item_id)
            if item_id not in known:
                notes.append(f"{place} ignores `{item_id}`, which is not an item")
            elif not ignore.reason:
                notes.append(f"{place} ignores {item_id} without a reason, and so waives nothing")
            elif result is not None and not (result.waiver and place in result.waiver.reason):
                notes.append(f"{place} ignores {item_id}, but there is no finding next to it")
    return notes


def waiver_notes(facts: Facts, results: list[Result], today: dt.date) -> list[str]:
    """Say which waivers waive nothing: expired, not needed, or comments without a reason or a finding beside them."""
    notes = _inline_notes(facts, results) if facts.has(scan) else []
    by_id = {r.item.id: r for r in results}
    for waiver in facts.config.waivers:
        result = by_id.get(waiver.id)
        if waiver.until < today:
            notes.append(f"the waiver of {waiver.id} expired on {waiver.until}: it no longer waives anything")
        elif result is not None and result.waiver is None:
            notes.append(f"the waiver of {waiver.id} is not used: the item is {result.outcome}")
    return notes
