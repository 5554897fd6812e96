"""The baseline: an earlier JSON report whose unchecked items are known, so that only new ones count."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec.structs import replace

from checks.errors import UsageError
from checks.model import Outcome, Report, Result


def with_baseline(report: Report, baseline: Mapping[str, frozenset[str]]) -> Report:
    """Mark the results that a baseline has as they are: `baseline` maps an item's id to the targets that failed then."""
    results = []
    for result in report.results:
        failing = {
            v.target.name if v.target else "" for v in result.verdicts if v.outcome in (Outcome.FAIL, Outcome.ERROR)
        }
        known = result.item.id in baseline and failing <= baseline[result.item.id] | {""}
        results.append(replace(result, known=known and result.unchecked))
    gone = sorted(i for i in baseline if (r := _find(report, i)) is not None and not r.unchecked)
    notes = [f"no longer unchecked, remove them from the baseline: {', '.join(gone)}"] if gone else []
    return replace(report, results=tuple(results), notes=(*report.notes, *notes))


def _find(report: Report, item_id: str) -> Result | None:
    return next((r for r in report.results if r.item.id == item_id), None)


def read_baseline(text: str, name: str) -> dict[str, frozenset[str]]:
    """Read the unchecked items of a JSON report. Raises `UsageError` when it is none."""
    try:
        data = json.loads(text)
        items = data["items"] if data["schema_version"] == 1 else []
        return {
            i["id"]: frozenset(t["name"] for t in i["targets"] if t["outcome"] in ("fail", "error"))
            for i in items
            if i["severity"] == "required" and i["outcome"] in ("fail", "error") and not i["waiver"]
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{name} is not a JSON report", hint="make it with `sentry-setup audit --format json`"
        ) from error
