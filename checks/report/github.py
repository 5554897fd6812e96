"""Annotations for GitHub Actions (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands)."""

from __future__ import annotations

from checks.model import Finding, Outcome, Report, Result, Severity, Verdict
from checks.report.safe import printable, redact
from checks.report.sarif import about, sentence, where
from checks.report.signs import each_once
from checks.report.text import counts, summing_line

LIMIT = 10
"""GitHub shows ten annotations of each kind for a step; the worst come first, and the rest are counted."""

_KINDS = {Severity.REQUIRED: "error", Severity.RECOMMENDED: "warning", Severity.OPTIONAL: "notice"}


def render_github(report: Report) -> str:
    """Return one workflow command a finding, errors first, within GitHub's limits, then the summing line."""
    commands: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for result in report.results:
        # What is odd about a pass is worth a notice.
        if result.outcome is Outcome.PASS:
            commands["notice"] += [
                _command("notice", report, result, v, f, names) for v, f, names in each_once(result, (Outcome.PASS,))
            ]
    for result in sorted(report.results, key=lambda r: r.outcome is not Outcome.ERROR):
        if result.waiver or result.outcome not in (Outcome.FAIL, Outcome.ERROR):
            continue
        kind = "notice" if result.known else _KINDS[result.item.severity]
        commands[kind] += [
            _command(kind, report, result, v, f, names) for v, f, names in each_once(result, (result.outcome,))
        ]
    lines = []
    for kind, found in commands.items():
        # The summing line is a notice as well.
        room = LIMIT - 1 if kind == "notice" else LIMIT
        if len(found) > room:
            more = f"::{kind} title=sentry-setup::{len(found) - room + 1} more; see the report"
            found = [*found[: room - 1], more]
        lines += found
    wired = ", ".join(r.item.id for r in report.unproven)
    summed = f"{counts(report)}; {summing_line(report)}" + (f"; not proven yet: {wired}" if wired else "")
    lines.append(f"::notice title=sentry-setup::{_data(summed)}")
    return redact("\n".join(lines)) + "\n"


def _command(kind: str, report: Report, result: Result, verdict: Verdict, finding: Finding, names: str) -> str:
    path, line = where(report, result, verdict, finding)
    number = [f"line={line}", *([f"col={finding.column}"] if finding.column else [])] if line else []
    properties = [f"file={_property(path)}", *number, f"title={_property(result.title)}"]
    hint = f" {sentence(finding.hint)}" if finding.hint else ""
    step = f" Run `sentry-setup apply {result.item.step} --yes`." if result.item.step and not finding.hint else ""
    return (
        f"::{kind} {','.join(properties)}::{_data(f'{about(names, finding.message)}{hint}{step} ({result.item.id})')}"
    )


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
