"""The sign of an outcome and the place of a finding, for all that show them; light, for the wizard's first paint."""

from __future__ import annotations

from checks.model import Evidence, Finding, Outcome
from checks.report.safe import printable

GLYPHS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.UNKNOWN: "?", Outcome.NOT_APPLICABLE: "–", Outcome.ERROR: "!"}


def place(finding: Finding | Evidence) -> str:
    """Return `path:line`, or nothing for a fact without a place."""
    if finding.path is None:
        return ""
    return printable(finding.path) + (f":{finding.line}" if finding.line else "")
