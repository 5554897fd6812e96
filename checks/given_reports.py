"""Counts reports that were made elsewhere as evidence of an audit: of a run, of a finished build."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from checks.builds import evidence as built
from checks.errors import UsageError
from checks.model import Report
from checks.runtime import report as ran


def with_reports(report: Report, runtime: str | None, builds: Iterable[str]) -> Report:
    """Return the report of an audit with what a run and finished builds showed. Raises `UsageError` for a file that is no report."""
    if runtime is not None:
        report = _with_runtime(report, runtime)
    for file in builds:
        report = _with_build(report, file)
    return report


def _with_runtime(report: Report, file: str) -> Report:
    """Return the report with what a run showed, or with the reason why that run proves nothing for this tree."""
    try:
        seen = ran.read_runtime_report(Path(file).read_text("utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} cannot be read", hint="name a report of `verify-runtime --output json=FILE`"
        ) from error
    reason = ran.why_not(seen, report.revision)
    if reason is not None:
        return replace(report, notes=(*report.notes, reason))
    return replace(report, results=ran.with_runtime(report.results, seen))


def _with_build(report: Report, file: str) -> Report:
    """Return the report with what a finished build holds, or with the reason why that build proves nothing for this tree."""
    try:
        seen = built.read_build_report(Path(file).read_text("utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", hint="name a JSON report of `verify-build`") from error
    reason = built.why_not(seen, report.revision)
    if reason is not None:
        return replace(report, notes=(*report.notes, reason))
    return replace(report, results=built.with_build(report.results, seen))
