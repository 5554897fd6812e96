"""JSON Schema of the JSON report, version 1."""

from __future__ import annotations

from checks.model import EvidenceKind, Outcome, Severity


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def report_schema() -> dict[str, object]:
    """Return the schema (draft 2020-12)."""
    text: dict[str, object] = {"type": "string"}
    maybe: dict[str, object] = {"type": ["string", "null"]}
    number: dict[str, object] = {"type": ["integer", "null"]}
    outcomes = {"enum": [o.value for o in Outcome]}
    item = _object(
        {
            "id": text,
            "title": text,
            "section": text,
            "severity": {"enum": [s.value for s in Severity]},
            "outcome": outcomes,
            "evidence": {
                "type": "array",
                "items": _object(
                    {"kind": {"enum": [k.value for k in EvidenceKind]}, "fact": text, "path": maybe, "line": number}
                ),
            },
            "findings": {
                "type": "array",
                "items": _object({"message": text, "path": maybe, "line": number, "column": number, "hint": maybe}),
            },
            "targets": {"type": "array", "items": _object({"name": text, "root": text, "outcome": outcomes})},
            "step": maybe,
            "docs_url": text,
            "waiver": {"anyOf": [{"type": "null"}, _object({"reason": text, "until": text})]},
        }
    )
    counts = ("pass", "fail", "unknown", "not_applicable", "waived", "error")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sentry-setup report",
        **_object(
            {
                "schema_version": {"const": 1},
                "tool": _object({"name": text, "version": text}),
                "repository": _object({"root": text, "revision": maybe}),
                "summary": _object({c: {"type": "integer", "minimum": 0} for c in counts}),
                "items": {"type": "array", "items": item},
            }
        ),
    }
