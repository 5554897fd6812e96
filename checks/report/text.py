"""The report for people: one line an item, evidence and findings below, and the last line that sums it up."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from checks.model import Evidence, Finding, Outcome, Report, Result, Severity
from checks.report.safe import printable, redact

GLYPHS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.UNKNOWN: "?", Outcome.NOT_APPLICABLE: "–", Outcome.ERROR: "!"}
_ASCII = {Outcome.PASS: "+", Outcome.FAIL: "x", Outcome.UNKNOWN: "?", Outcome.NOT_APPLICABLE: "-", Outcome.ERROR: "!"}
_COLOURS = {
    Outcome.PASS: "32",
    Outcome.FAIL: "31",
    Outcome.UNKNOWN: "33",
    Outcome.NOT_APPLICABLE: "2",
    Outcome.ERROR: "31",
}
_FEW = 12
"""In a report of so many items, those that do not apply are shown with their reason."""
_WORDS = {Outcome.NOT_APPLICABLE: "n/a"}


def word(result: Result) -> str:
    """Return how an outcome is written: `pass`, `fail`, `unknown`, `n/a`, `error` or `waived`."""
    return "waived" if result.waiver else _WORDS.get(result.outcome, result.outcome.value)


def place(finding: Finding | Evidence) -> str:
    """Return `path:line`, or nothing for a fact without a place."""
    if finding.path is None:
        return ""
    return printable(finding.path) + (f":{finding.line}" if finding.line else "")


def render_text(report: Report, *, colour: bool = False, ascii_only: bool = False) -> str:
    """Return the whole report as text, ending with the summing line."""
    lines = [
        f"Sentry checklist of {printable(report.root)}" + (f" at {report.revision[:10]}" if report.revision else ""),
        "",
    ]
    for section in dict.fromkeys(r.item.section for r in report.results):
        results = [r for r in report.results if r.item.section == section]
        lines += [section, ""]
        shown = [r for r in results if r.outcome is not Outcome.NOT_APPLICABLE or len(report.results) <= _FEW]
        for result in shown:
            lines += _item(result, colour, ascii_only)
        lines += _not_applicable([r for r in results if r not in shown], ascii_only)
        lines.append("")
    lines += [f"Note: {printable(note)}." for note in report.notes]
    fresh = tuple(r for r in report.unchecked if not r.known)
    lines += list(_listed("Unchecked", fresh)) + list(_listed("Undecided", report.undecided))
    lines += _listed("Unchecked already in the baseline", tuple(r for r in report.unchecked if r.known))
    lines.append(summing_line(report))
    return redact("\n".join(lines)) + "\n"


def _not_applicable(results: list[Result], ascii_only: bool) -> list[str]:
    if not results:
        return []
    glyph = (_ASCII if ascii_only else GLYPHS)[Outcome.NOT_APPLICABLE]
    text = ", ".join(r.item.id for r in results)
    return textwrap.wrap(
        text, 100, initial_indent=f"{glyph} n/a      ", subsequent_indent=" " * 11, break_on_hyphens=False
    )


def summing_line(report: Report) -> str:
    """Return `N unchecked, M undecided (needs --online)`."""
    hint = " (needs --online)" if report.undecided and not report.online else ""
    known = sum(r.known for r in report.unchecked)
    if known:
        return f"{len(report.unchecked)} unchecked ({len(report.unchecked) - known} new), {len(report.undecided)} undecided{hint}"
    return f"{len(report.unchecked)} unchecked, {len(report.undecided)} undecided{hint}"


def _listed(title: str, results: tuple[Result, ...]) -> Iterator[str]:
    if results:
        yield f"{title}: " + ", ".join(r.item.id for r in results)


def _item(result: Result, colour: bool, ascii_only: bool) -> list[str]:
    glyph = (_ASCII if ascii_only else GLYPHS)[result.outcome]
    head = f"{glyph} {word(result):8}"
    if colour:
        head = f"\x1b[{_COLOURS[result.outcome]}m{head}\x1b[0m"
    weight = "" if result.item.severity is Severity.REQUIRED else f"  ({result.item.severity})"
    lines = [f"{head} {result.item.id:23} {result.item.title}{weight}"]
    if result.waiver:
        until = f" until {result.waiver.until}" if result.waiver.until else ""
        lines.append(f"           waived{until}: {printable(result.waiver.reason)}")
    several = len(result.verdicts) > 1
    said: set[str] = set()
    for verdict in result.verdicts:
        name = f"[{printable(verdict.target.name)}] " if several and verdict.target else ""
        for evidence in verdict.evidence:
            line = f"{place(evidence)}  {printable(evidence.fact)}" if evidence.path else printable(evidence.fact)
            lines.append(f"           {name}{line}")
        for finding in verdict.findings:
            where = place(finding) + "  " if finding.path else ""
            line = f"{where}{printable(finding.message)}"
            if verdict.outcome is Outcome.UNKNOWN and line in said:
                continue
            said.add(line)
            lines.append(
                f"           {'' if verdict.outcome is Outcome.UNKNOWN and several and not where else name}{line}"
            )
            if finding.hint and finding.hint not in said:
                said.add(finding.hint)
                lines.append(f"             → {printable(finding.hint)}")
    return lines
