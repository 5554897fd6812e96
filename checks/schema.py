"""JSON Schemas: of the JSON report, version 1, and of the configuration."""

from __future__ import annotations

from checks.model import EvidenceKind, Outcome, Proof, Severity


def _object(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def config_schema() -> dict[str, object]:
    """Return the schema of `[tool.sentry-setup]` and of a sentry-setup.toml, made from the same keys that are read."""
    from checks.checklist import CHECKLIST
    from checks.config import ANSWER_KEYS, NAMED

    text: dict[str, object] = {"type": "string"}
    value: dict[str, object] = {"type": ["string", "number", "boolean", "array"], "items": text}
    date: dict[str, object] = {"anyOf": [{"type": "string", "format": "date"}, {"type": "object"}]}
    properties: dict[str, object] = {}
    for key in ANSWER_KEYS:
        first, _, last = key.partition(".")
        if not last:
            properties[first] = value
            continue
        table = properties.setdefault(first, {"type": "object", "properties": {}, "additionalProperties": False})
        assert isinstance(table, dict)
        table["properties"][last] = value
    for kind in NAMED:
        table = properties[kind]
        assert isinstance(table, dict)
        inner = {"type": "object", "properties": dict(table["properties"]), "additionalProperties": False}
        table["additionalProperties"] = inner
    ids = [i.id for i in CHECKLIST]
    signable = [i.id for i in CHECKLIST if i.signable]
    waiver = _object({"id": {"enum": ids}, "reason": text, "until": date})
    sign_off = _object({"id": {"enum": signable}, "by": text, "note": text, "date": date, "until": date})
    sign_off["required"] = ["id", "by", "date"]
    properties["waivers"] = {"type": "array", "items": waiver}
    properties["sign-offs"] = {"type": "array", "items": sign_off}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sentry-setup configuration",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def report_schema() -> dict[str, object]:
    """Return the schema (draft 2020-12)."""
    text: dict[str, object] = {"type": "string"}
    maybe: dict[str, object] = {"type": ["string", "null"]}
    number: dict[str, object] = {"type": ["integer", "null"]}
    outcomes = {"enum": [o.value for o in Outcome]}
    proof: dict[str, object] = {"enum": [*(p.value for p in Proof), None]}
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
                    {
                        "kind": {"enum": [k.value for k in EvidenceKind]},
                        "fact": text,
                        "path": maybe,
                        "line": number,
                        "column": number,
                    }
                ),
            },
            "findings": {
                "type": "array",
                "items": _object({"message": text, "path": maybe, "line": number, "column": number, "hint": maybe}),
            },
            "proof": proof,
            "targets": {
                "type": "array",
                "items": _object({"name": text, "root": text, "outcome": outcomes, "proof": proof}),
            },
            "step": maybe,
            "docs_url": text,
            "waiver": {"anyOf": [{"type": "null"}, _object({"reason": text, "until": maybe})]},
        }
    )
    counts = ("pass", "fail", "unknown", "not_applicable", "waived", "error", "proven", "wired")
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
                "notes": {"type": "array", "items": text},
            }
        ),
    }
