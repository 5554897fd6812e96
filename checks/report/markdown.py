"""Markdown for a job summary and for pull-request comments: what is unchecked first, all items folded below."""

from __future__ import annotations

from checks.model import Evidence, Finding, Outcome, Report, Result
from checks.report.safe import printable, redact
from checks.report.text import GLYPHS, summing_line, word

LIMIT = 900_000
"""Bytes; GitHub refuses a step summary above one MiB."""


def render_markdown(report: Report) -> str:
    """Return the report as GitHub-flavoured Markdown; text of the repository is escaped."""
    verdict = "✗" if any(r.newly_unchecked for r in report.results) else "✓"
    lines = [f"## {verdict} Sentry checklist: {summing_line(report)}", ""]
    for title, results in (
        ("Unchecked", [r for r in report.unchecked if not r.known]),
        ("Undecided", list(report.undecided)),
        ("Unchecked, and in the baseline", [r for r in report.unchecked if r.known]),
        ("Recommended", [r for r in report.results if r.outcome is Outcome.FAIL and not r.unchecked and not r.waiver]),
        ("Waived", [r for r in report.results if r.waiver]),
    ):
        if results:
            lines += [
                f"### {title}",
                "",
                "| item | where | what |",
                "|---|---|---|",
                *(row for r in results for row in _rows(r)),
                "",
            ]
    lines += ["<details><summary>All items</summary>", "", "| item | outcome | evidence |", "|---|---|---|"]
    for result in report.results:
        facts: list[Evidence | Finding] = [*result.evidence, *result.findings]
        first = facts[0] if facts else None
        lines.append(
            f"| [`{result.item.id}`]({result.item.docs_url}) | {GLYPHS[result.outcome]} {word(result)} | {_fact(first)} |"
        )
    lines += ["", "</details>", ""]
    lines += [f"> {_escape(note)}." for note in report.notes]
    text = redact("\n".join(lines)) + "\n"
    if len(text.encode()) <= LIMIT:
        return text
    kept = text.encode()[:LIMIT].decode("utf-8", errors="ignore").rpartition("\n")[0]
    return f"{kept}\n\nThe rest is left out: the summary would be larger than GitHub takes.\n"


def _rows(result: Result) -> list[str]:
    rows = []
    for verdict in result.verdicts:
        name = f"{_escape(verdict.target.name)}: " if verdict.target and len(result.verdicts) > 1 else ""
        for finding in verdict.findings if verdict.outcome is result.outcome else ():
            hint = f"<br>→ {_escape(finding.hint)}" if finding.hint else ""
            reason = f"<br>waived: {_escape(result.waiver.reason)}" if result.waiver else ""
            rows.append(
                f"| [`{result.item.id}`]({result.item.docs_url}) | {_place(finding)} | {name}{_escape(finding.message)}{hint}{reason} |"
            )
    return rows


def _fact(fact: Evidence | Finding | None) -> str:
    if fact is None:
        return ""
    text = fact.fact if isinstance(fact, Evidence) else fact.message
    where = _place(fact)
    return f"{where} {_escape(text)}" if where else _escape(text)


def _place(fact: Evidence | Finding) -> str:
    if fact.path is None:
        return ""
    line = f":{fact.line}" if fact.line else ""
    return f"<code>{_html(fact.path)}{line}</code>"


_ENTITIES = str.maketrans({c: f"&#{ord(c)};" for c in "&<>|`*_@[]#~"})
"""Everything that GitHub reads as markup, a table cell, a link, a mention or a reference."""


def _html(text: str) -> str:
    return printable(text).translate(_ENTITIES)


def _escape(text: str) -> str:
    """Escape markup, links, mentions and table cells; backticks around plain words stay code."""
    out = []
    for index, part in enumerate(text.split("`")):
        code = index % 2 == 1 and index < text.count("`")
        out.append(f"<code>{_html(part)}</code>" if code else _html(part))
    return "".join(out)
