"""The JSON report, version 1: a frozen shape of its own, apart from the internal types."""

from __future__ import annotations

import json

from checks.model import ManualTask, Outcome, Proof, Report, Result
from checks.report.safe import redact
from checks.version import __version__

SCHEMA_VERSION = 1


def report_v1(report: Report) -> dict[str, object]:
    """Return the report as plain data; the keys are a contract that outside programs rely on."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "sentry-setup", "version": __version__},
        "repository": {"root": report.root, "revision": report.revision},
        "summary": _summary(report),
        "items": [_item(result) for result in report.results],
        "notes": list(report.notes),
        **({"manual": [task_v1(t) for t in report.manual]} if report.online else {}),
    }


def task_v1(task: ManualTask) -> dict[str, object]:
    """Return a task of the person as plain data: the DSN is shown, for it is public, and no token is known here."""
    return {
        "id": task.id,
        "title": task.title,
        "reason": task.reason,
        "url": task.url,
        "command": task.command,
        "value": task.value,
        "value_url": task.value_url,
        "place": task.place,
        "path": task.path,
        "done": task.done,
        "seen": task.seen,
    }


def _summary(report: Report) -> dict[str, int]:
    def count(outcome: Outcome) -> int:
        return sum(1 for r in report.results if r.outcome is outcome and r.waiver is None)

    return {
        "pass": count(Outcome.PASS),
        "fail": count(Outcome.FAIL),
        "unknown": count(Outcome.UNKNOWN),
        "not_applicable": count(Outcome.NOT_APPLICABLE),
        "waived": sum(1 for r in report.results if r.waiver),
        "error": count(Outcome.ERROR),
        "proven": sum(1 for r in report.results if r.proof is Proof.PROVEN),
        "wired": sum(1 for r in report.results if r.proof is Proof.WIRED),
    }


def _item(result: Result) -> dict[str, object]:
    item = result.item
    return {
        "id": item.id,
        "title": item.title,
        "section": item.section,
        "severity": item.severity.value,
        "outcome": result.outcome.value,
        "proof": result.proof.value if result.proof else None,
        "evidence": [
            {"kind": e.kind.value, "fact": e.fact, "path": e.path, "line": e.line, "column": e.column}
            for e in result.evidence
        ],
        "findings": [
            {"message": f.message, "path": f.path, "line": f.line, "column": f.column, "hint": f.hint}
            for f in result.findings
        ],
        "targets": [
            {
                "name": v.target.name,
                "root": v.target.root,
                "outcome": v.outcome.value,
                "proof": proof.value if (proof := result.proof_of(v)) else None,
            }
            for v in result.verdicts
            if v.target is not None
        ],
        "step": item.step,
        "docs_url": item.docs_url,
        "waiver": {"reason": result.waiver.reason, "until": result.waiver.until} if result.waiver else None,
    }


def render_json(report: Report) -> str:
    """Return the report as JSON text; strings that UTF-8 cannot hold are escaped."""
    return redact(json.dumps(report_v1(report), indent=2, ensure_ascii=True)) + "\n"
