"""The sign of an outcome and the place of a finding, for all that show them; light, for the wizard's first paint."""

from __future__ import annotations

from collections.abc import Sequence

from checks.model import Evidence, Finding, Outcome, Result
from checks.report.safe import printable

GLYPHS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.UNKNOWN: "?", Outcome.NOT_APPLICABLE: "–", Outcome.ERROR: "!"}


def place(finding: Finding | Evidence) -> str:
    """Return `path:line`, or nothing for a fact without a place."""
    if finding.path is None:
        return ""
    return printable(finding.path) + (f":{finding.line}" if finding.line else "")


def strengths(proofs: Sequence[str]) -> str:
    """Return how many passes are proven and wired, for behind their count: ` (19 proven, 7 wired)`; nothing where none is."""
    numbers = [f"{proofs.count(name)} {name}" for name in ("proven", "wired") if name in proofs]
    return f" ({', '.join(numbers)})" if numbers else ""


def waits_for_sentry(result: Result) -> bool:
    """Whether Sentry decides an item and nothing of the repository does: no finding has a place."""
    return result.item.online and all(f.path is None for f in result.findings)


def is_applied(result: Result) -> bool:
    """Whether `apply` edits something for an item: not where each hint names `plan`, which shows what to write by hand."""
    hints = [f.hint for v in result.verdicts if v.outcome is Outcome.FAIL for f in v.findings if f.hint]
    return not hints or not all(hint.startswith("`sentry-setup plan ") for hint in hints)


def step_command(result: Result) -> str | None:
    """Return the command that sets a failing item up, or shows what to write; None where no step does."""
    if result.item.step is None or result.outcome is not Outcome.FAIL:
        return None
    return f"sentry-setup {'apply' if is_applied(result) else 'plan'} {result.item.step}" + (
        " --yes" if is_applied(result) else ""
    )
