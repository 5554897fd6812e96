"""Works out the columns of what was found: a line that knows where in it something begins becomes a line and a column."""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from checks.model import Evidence, Finding, Verdict
from checks.parsers.position import Line
from checks.repository.facts import Facts

Located = TypeVar("Located", Evidence, Finding)


def placed(facts: Facts, verdict: Verdict) -> Verdict:
    """Return a verdict whose findings and evidence have plain lines, and columns where these are known."""
    if not any(isinstance(f.line, Line) for f in verdict.findings) and not any(
        isinstance(e.line, Line) for e in verdict.evidence
    ):
        return verdict
    return replace(
        verdict,
        findings=tuple(_placed(facts, f) for f in verdict.findings),
        evidence=tuple(_placed(facts, e) for e in verdict.evidence),
    )


def _placed(facts: Facts, one: Located) -> Located:
    line = one.line
    if not isinstance(line, Line):
        return one
    text = facts.line(one.path, line) if one.path is not None and one.column is None else None
    column = line.column_in(text) if text is not None else one.column
    return replace(one, line=int(line), column=column)
