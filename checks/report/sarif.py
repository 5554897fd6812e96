"""SARIF 2.1.0 for code scanning (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html): one result a finding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote

from checks.guide import why_and_fix
from checks.model import Evidence, Finding, Item, Outcome, Report, Result, Severity, Verdict
from checks.report.safe import printable, redact
from checks.report.signs import each_once
from checks.version import __version__

_LEVELS = {Severity.REQUIRED: "error", Severity.RECOMMENDED: "warning", Severity.OPTIONAL: "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(report: Report) -> str:
    """Return the report as SARIF; waived findings carry their suppression, unknown required items are notifications."""
    items = [r.item for r in report.results]
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "sentry-setup",
                "semanticVersion": __version__,
                "informationUri": "https://docs.sentry.io/platforms/python/guides/django/",
                "rules": [_rule(i) for i in items],
            }
        },
        "automationDetails": {"id": "sentry-setup/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": all(r.outcome is not Outcome.ERROR for r in report.results),
                "toolExecutionNotifications": [
                    *(_unknown(r) for r in report.undecided),
                    *(_unproven(r) for r in report.unproven),
                ],
            }
        ],
        "results": [entry for index, r in enumerate(report.results) for entry in _results(report, r, index)],
        "properties": {"proof": {r.item.id: r.proof.value for r in report.results if r.proof is not None}},
    }
    if report.origin and report.origin.page and report.revision:
        mapped = {"uriBaseId": "%SRCROOT%"}
        run["versionControlProvenance"] = [
            {"repositoryUri": report.origin.page, "revisionId": report.revision, "mappedTo": mapped}
        ]
    data = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return redact(json.dumps(data, indent=2, ensure_ascii=True)) + "\n"


def _unproven(result: Result) -> dict[str, object]:
    text = f"{result.item.id} is not proven yet; proven by {result.item.proven_by}"
    return {"level": "note", "message": {"text": text}, "descriptor": {"id": result.item.id}}


def _rule(item: Item) -> dict[str, object]:
    why, fix = why_and_fix(item)
    return {
        "id": item.id,
        "name": "".join(word.capitalize() for word in item.id.split("-")),
        "shortDescription": {"text": item.title + "."},
        "fullDescription": {"text": why},
        "help": {
            "text": f"{why}\n\nTo fix: {fix}",
            "markdown": f"{why}\n\n**To fix:** {fix}\n\n[Read more]({item.docs_url})",
        },
        "helpUri": item.docs_url,
        "defaultConfiguration": {"level": _LEVELS[item.severity]},
        "properties": {
            "tags": ["sentry", item.section.lower()],
            "problem.severity": _LEVELS[item.severity].replace("note", "recommendation"),
        },
    }


def _results(report: Report, result: Result, index: int) -> Iterator[dict[str, object]]:
    for verdict, finding, names in each_once(result, (Outcome.FAIL, Outcome.ERROR)):
        yield _result(report, result, verdict, finding, names, index)


def sentence(text: str) -> str:
    """Return a text as a sentence: a first word in lower case starts with a capital, and a full stop ends it.

    Code (`wsgi_environ`), names with a dot or an underscore, and words with capitals of their own stay as they are written.
    """
    text = text.strip()
    first = text.partition(" ")[0]
    if first.rstrip(",:;").isalpha() and first.islower() and first not in _OWN:
        text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".!?" else text + "."


def about(names: str, text: str) -> str:
    """Return a sentence about targets, whose names stay as they are written: `web, shop: no Sentry SDK.`"""
    if not names:
        return sentence(text)
    text = text.strip()
    return f"{names}: {text}" + ("" if text.endswith((".", "!", "?")) else ".")


_OWN = ("git", "npm", "sentry", "pip", "django", "celery")
"""Names that are written in lower case."""


def _result(
    report: Report, result: Result, verdict: Verdict, finding: Finding, names: str, index: int
) -> dict[str, object]:
    target = verdict.target.name if verdict.target else ""
    parts = [f"{result.title}.", about(names, finding.message)] + ([sentence(finding.hint)] if finding.hint else [])
    text = " ".join(parts)
    # The place within the file is left out, so that lines added above do not make it a new alert.
    identity = "\0".join((result.item.id, target, finding.path or "", finding.message))
    entry: dict[str, object] = {
        "ruleId": result.item.id,
        "ruleIndex": index,
        "level": _LEVELS[result.item.severity],
        "message": {"text": printable(text)},
        "locations": [_location(report, result, verdict, finding)],
        "properties": {"outcome": result.outcome.value},
        "partialFingerprints": {
            "sentrySetup/v1": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
        },
    }
    if result.waiver:
        kind = "external" if result.waiver.until else "inSource"
        entry["suppressions"] = [{"kind": kind, "status": "accepted", "justification": printable(result.waiver.reason)}]
    elif result.known:
        entry["baselineState"] = "unchanged"
    return entry


def where(report: Report, result: Result, verdict: Verdict, finding: Finding) -> tuple[str, int | None]:
    """Return the file and line of a finding; for one about the whole repository, the file that its fix would change.

    That is a file that was read for the same item, else for an item of the same step, else for the same target.
    """
    if finding.path is not None:
        return finding.path, finding.line
    same_step = [r for r in report.results if result.item.step and r.item.step == result.item.step]
    for results in (
        [result],
        same_step,
        [r for r in report.results if r.item.section == result.item.section],
        report.results,
    ):
        for other in results:
            for seen in other.verdicts:
                if verdict.target in (None, seen.target):
                    facts: tuple[Finding | Evidence, ...] = (*seen.findings, *seen.evidence)
                    for fact in facts:
                        if fact.path is not None:
                            return fact.path, None
    return "README.md", None


def _location(report: Report, result: Result, verdict: Verdict, finding: Finding) -> dict[str, object]:
    path, line = where(report, result, verdict, finding)
    try:
        uri = quote(path.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        uri = quote(path.encode("utf-8", "replace"))
    place: dict[str, object] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    place["region"] = {"startLine": max(line or 1, 1)} | ({"startColumn": finding.column} if finding.column else {})
    return {"physicalLocation": place}


def _unknown(result: Result) -> dict[str, object]:
    finding = result.findings[0]
    hint = f" {sentence(finding.hint)}" if finding.hint else ""
    return {
        "descriptor": {"id": result.item.id},
        "level": "note",
        "message": {"text": printable(f"{result.item.id} is unknown: {finding.message.rstrip('.')}.{hint}")},
    }
