"""Many JSON reports as one: how an organization's repositories stand, item by item."""

from __future__ import annotations

import json
from collections.abc import Iterable

from checks.errors import UsageError

SCHEMA_VERSION = 1


def merge_reports(texts: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Merge `(name, JSON text)` of reports; each is read once. Raises `UsageError` for a text that is not a report.

    `items` counts outcomes over all repositories; `repositories` has each one's summary and what is unchecked there.
    """
    counts: dict[str, dict[str, int]] = {}
    repositories = []
    for name, text in texts:
        try:
            data = json.loads(text)
            if data["schema_version"] != 1:
                raise KeyError("schema_version")
            unchecked = []
            for item in data["items"]:
                outcome = "waived" if item["waiver"] else item["outcome"]
                row = counts.setdefault(item["id"], {})
                row[outcome] = row.get(outcome, 0) + 1
                if item["severity"] == "required" and outcome in ("fail", "error"):
                    unchecked.append(item["id"])
            repositories.append(
                {
                    "report": name,
                    "root": data["repository"]["root"],
                    "revision": data["repository"]["revision"],
                    "summary": data["summary"],
                    "unchecked": unchecked,
                }
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UsageError(
                f"{name} is not a JSON report", hint="make it with `sentry-setup audit --format json`"
            ) from error
    return {
        "schema_version": SCHEMA_VERSION,
        "items": [{"id": i, "outcomes": o} for i, o in counts.items()],
        "repositories": repositories,
        "summary": {"repositories": len(repositories), "unchecked": sum(bool(r["unchecked"]) for r in repositories)},
    }
