"""The judgement of a build as text, JSON and annotations of GitHub Actions."""

from __future__ import annotations

import json
from collections.abc import Callable

from checks.builds.judging import BuildReport
from checks.report.safe import printable, redact
from checks.version import __version__

_SHOWN = 20


def build_text(report: BuildReport) -> str:
    """Return the report for people: what fails first."""
    lines = [f"{report.folder}: {report.bundles} bundles, {report.maps} maps, {report.files} files", ""]
    for judged in sorted(report.judged, key=lambda j: j.holds):
        lines.append(
            f"{'ok  ' if judged.holds else 'FAIL'}  {judged.title}{f': {judged.fact}' if judged.holds else ''}"
        )
        for path, message in judged.findings[:_SHOWN]:
            lines.append(f"      {printable(path)}: {message}" if path else f"      {message}")
        if len(judged.findings) > _SHOWN:
            lines.append(f"      … and {len(judged.findings) - _SHOWN} more")
        if not judged.holds:
            lines.append(f"      → {judged.hint}")
    lines += ["", *(f"note: {printable(n)}" for n in report.notes)]
    failing = sum(not j.holds for j in report.judged)
    lines.append(f"{failing} of {len(report.judged)} fail" if failing else "every check of the build passes")
    return redact("\n".join(lines)) + "\n"


def build_json(report: BuildReport) -> str:
    """Return the report as JSON, `schema_version` 1."""
    data = {
        "schema_version": 1,
        "tool": {"name": "sentry-setup", "version": __version__},
        "build": {"folder": report.folder, "path": report.path, "revision": report.revision},
        "summary": {
            "bundles": report.bundles,
            "maps": report.maps,
            "files": report.files,
            "failing": sum(not j.holds for j in report.judged),
        },
        "checks": [
            {
                "id": j.id,
                "title": j.title,
                "outcome": "pass" if j.holds else "fail",
                "fact": j.fact if j.holds else None,
                "hint": None if j.holds else j.hint,
                "findings": [{"path": path, "message": message} for path, message in j.findings],
            }
            for j in report.judged
        ],
        "notes": list(report.notes),
    }
    return redact(json.dumps(data, indent=2)) + "\n"


def build_github(report: BuildReport) -> str:
    """Return an annotation for each failing check, within GitHub's ten, and a summing notice."""
    lines = []
    for judged in report.judged:
        if judged.holds:
            continue
        named = [f"{p}: {m}" if p else m for p, m in judged.findings[:5]]
        more = f"; and {len(judged.findings) - 5} more" if len(judged.findings) > 5 else ""
        text = printable("; ".join(named) + more + f" → {judged.hint}").replace("%", "%25")
        lines.append(f"::error title={judged.title}::{text}")
    failing = sum(not j.holds for j in report.judged)
    lines.append(
        f"::notice title=sentry-setup::{report.bundles} bundles; {failing} of {len(report.judged)} checks fail"
    )
    return redact("\n".join(lines)) + "\n"


RENDERERS: dict[str, Callable[[BuildReport], str]] = {"text": build_text, "json": build_json, "github": build_github}
"""The formats of `verify-build`."""
