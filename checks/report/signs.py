"""The sign of an outcome and the place of a finding, for all that show them; light, for the wizard's first paint."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from checks.model import Evidence, Finding, Outcome, Result, Verdict
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


def step_command(result: Result) -> str | None:
    """Return the command that fixes a failing item, as its hints name it; one with `plan` shows what to write by hand."""
    if result.item.step is None or result.outcome is not Outcome.FAIL:
        return None
    hints = [f.hint for v in result.verdicts if v.outcome is Outcome.FAIL for f in v.findings if f.hint]
    named = [hint[1:].partition("`")[0] for hint in hints if hint.startswith("`sentry-setup ")]
    applied = f"sentry-setup apply {result.item.step} --yes"
    return next((c for c in named if c.startswith("sentry-setup apply ")), named[0] if named else applied)


_OF_EXISTING_CODE = frozenset({"pii-off", "sdk-current", "tracing-enabled"})
"""Items that only fail by what a repository says of an SDK that it has: `apply` names the place, and rewrites no code."""


def is_applied(result: Result) -> bool:
    """Whether `apply` edits something for a failing item."""
    if result.item.id in _OF_EXISTING_CODE:
        return False
    return (step_command(result) or "").startswith("sentry-setup apply ")


def each_once(result: Result, outcomes: Container[Outcome]) -> Iterator[tuple[Verdict, Finding, str]]:
    """Yield the findings of some outcomes, with the names of their targets: one that several targets share comes once."""
    shared: dict[Finding, list[Verdict]] = {}
    for verdict in result.verdicts:
        for finding in verdict.findings if verdict.outcome in outcomes else ():
            shared.setdefault(finding, []).append(verdict)
    several = len(result.verdicts) > 1
    for finding, verdicts in shared.items():
        names = dict.fromkeys(v.target.name for v in verdicts if v.target) if several else ()
        yield verdicts[0], finding, ", ".join(names)
