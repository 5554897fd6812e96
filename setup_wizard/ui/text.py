"""Text for screens: glyph and word for every outcome, and content that is never taken for markup."""

from __future__ import annotations

from textual.content import Content

from checks.checklist import CHECKLIST, find_item
from checks.guide import why_and_fix
from checks.model import Item, Outcome, Result, Severity
from checks.report.safe import printable, redact
from checks.report.text import GLYPHS, place, word
from setup_wizard.state import Preview, WizardState

STYLES = {
    Outcome.PASS: "$text-success",
    Outcome.FAIL: "$text-error",
    Outcome.UNKNOWN: "$text-warning",
    Outcome.NOT_APPLICABLE: "$text-muted",
    Outcome.ERROR: "$text-error",
}
SHORT = {
    "project-created": "Sentry projects",
    "sdk-installed": "SDK installed",
    "sdk-initialized": "SDK initialised",
    "dsn-configured": "DSN configured",
    "test-event": "Test event",
    "email-alerts": "Email alerts",
    "slack-alerts": "Slack",
    "pagerduty-alerts": "PagerDuty",
    "performance-reviewed": "Performance reviewed",
    "release-tracking": "Release tracking",
    "source-maps": "Source maps",
    "team-access": "Team access",
}


def short(item_id: str) -> str:
    """Return an item's name in the list."""
    return SHORT.get(item_id, item_id)


def safe(text: str) -> str:
    """Return repository or server text fit for a screen: no escapes, no tokens."""
    return redact(printable(text))


def row(item: Item, result: Result | None, *, wide: bool) -> Content:
    """Return one line of the checklist: glyph, title, word; on a narrow screen the first fact instead of the word."""
    title = short(item.id)
    weight = {Severity.RECOMMENDED: " · rec.", Severity.OPTIONAL: " · opt."}.get(item.severity, "")
    if result is None:
        return Content.assemble(("  · ", "$text-muted"), f"{title:25}", ("deciding …", "$text-muted"))
    style = STYLES[result.outcome]
    head = (f"  {GLYPHS[result.outcome]} ", style)
    if wide:
        return Content.assemble(head, f"{title:25}", (word(result), style), (weight, "$text-muted"))
    return Content.assemble(head, f"{title:25}", (f"{word(result):8}", style), (_fact(result), "$text-muted"))


def heading(section: str, state: WizardState) -> Content:
    """Return a section's heading with the count of each outcome that a glyph says: `Backend  11 ✓  2 ✗  1 ?`."""
    parts: list[Content | str | tuple[str, str]] = [("\n  " + section, "bold")]
    results = [state.results[i.id] for i in CHECKLIST if i.section == section and i.id in state.results]
    for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR):
        count = sum(r.outcome is outcome for r in results)
        if count:
            parts.append((f"  {count} {GLYPHS[outcome]}", STYLES[outcome]))
    return Content.assemble(*parts)


def _fact(result: Result) -> str:
    if result.outcome is Outcome.PASS and result.evidence:
        return safe(result.evidence[0].fact)
    return safe(result.findings[0].message) if result.findings else ""


def detail(item_id: str, result: Result | None, preview: Preview | None = None) -> Content:
    """Return an item in full: why it matters, evidence and findings with their places, how to fix it, documentation, and what
    its step would do (`preview`) with the diff.
    """
    item = find_item(item_id)
    why, fix = why_and_fix(item)
    parts: list[Content | str | tuple[str, str]] = [(item.title, "bold"), "\n"]
    if result is not None:
        parts.append((f"{GLYPHS[result.outcome]} {word(result)}", STYLES[result.outcome]))
    parts += [(f"   {item.severity.value}", "$text-muted"), "\n\n", why, "\n\n"]
    for verdict in result.verdicts if result else ():
        name = f"{safe(verdict.target.name)}: " if verdict.target and result and len(result.verdicts) > 1 else ""
        for evidence in verdict.evidence:
            where = f"{place(evidence)}\n    " if evidence.path else ""
            parts += [(f"  {GLYPHS[Outcome.PASS]} ", STYLES[Outcome.PASS]), f"{name}{where}{safe(evidence.fact)}\n"]
        for finding in verdict.findings:
            where = f"{place(finding)}\n    " if finding.path else ""
            parts += [
                (f"  {GLYPHS[verdict.outcome]} ", STYLES[verdict.outcome]),
                f"{name}{where}{safe(finding.message)}\n",
            ]
            if finding.hint:
                hint = finding.hint.replace(
                    "ask with `--online` and a token with", "connect to Sentry (c); the token needs"
                )
                parts.append((f"    → {safe(hint)}\n", "$text-muted"))
    if result is not None and result.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        parts += ["\n", ("To fix: ", "bold"), fix, "\n"]
        if preview:
            parts += ["\n", ("This step would", "bold"), "\n", *(f"  {safe(line)}\n" for line in preview.lines)]
    parts += ["\n", (item.docs_url.removeprefix("https://"), "$text-muted")]
    if preview and preview.diff and result is not None and result.outcome is not Outcome.PASS:
        parts += ["\n\n", diff(preview.diff)]
    return Content.assemble(*parts)


def diff(text: str) -> Content:
    """Return a unified diff with its added and removed lines coloured; the sign stays, so colour is never alone."""
    parts: list[str | tuple[str, str]] = []
    for line in text.splitlines():
        shown = safe(line.replace("\t", "    ")) + "\n"
        if line.startswith(("+++", "---")):
            parts.append((shown, "bold"))
        elif line.startswith("@@"):
            parts.append((shown, "$text-muted"))
        elif line.startswith("+"):
            parts.append((shown, "$text-success"))
        elif line.startswith("-"):
            parts.append((shown, "$text-error"))
        else:
            parts.append(shown)
    return Content.assemble(*parts)
