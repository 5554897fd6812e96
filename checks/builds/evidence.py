"""Reads the report of `verify-build` as evidence: what a finished build holds decides what no reading of its config can.

A report counts only for the revision that it was made of. Where the config and the build disagree, the build is believed, and the
finding names both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from checks.errors import UsageError
from checks.model import Evidence, EvidenceKind, Finding, Outcome, Result, Verdict, worst
from checks.repository.facts import inside

BUILD_SCHEMA = 1
"""The version of the report; a report of another version is refused."""

_DECIDES = {
    "source-maps-private": ("maps-private", "links"),
    "token-not-in-bundle": ("no-token",),
    "frontend-dsn-configured": ("dsn",),
}
"""Items that a build decides, and the checks of the report that have to hold."""

_REFUTES = {"source-maps": ("debug-ids",)}
"""Items that a build can refute only: a debug id is there before anything is uploaded."""


class BuildEvidence(Struct, frozen=True, kw_only=True):
    """A report: the revision it was made of, the folder below the repository, and its checks by id."""

    revision: str | None
    folder: str
    checks: dict[str, dict[str, Any]]


def read_build_report(text: str, name: str) -> BuildEvidence:
    """Return a report. Raises `UsageError` for a text that is not one."""
    try:
        data = json.loads(text)
        if data["schema_version"] != BUILD_SCHEMA:
            raise ValueError("another version")
        checks = {str(c["id"]): dict(c) for c in data["checks"]}
        return BuildEvidence(revision=data["build"]["revision"], folder=str(data["build"]["path"] or ""), checks=checks)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "make it with `sentry-setup verify-build DIR --format json`"
        raise UsageError(f"{name} is not a build report", hint=hint) from error


def why_not(report: BuildEvidence, revision: str | None) -> str | None:
    """Return why a report proves nothing for a revision, or None when it counts."""
    if report.revision is None or revision is None:
        return "the build report proves nothing: it names no revision"
    if report.revision != revision:
        return f"the build report proves nothing: it is for {report.revision[:10]}, not for {revision[:10]}"
    return None


def with_build(results: Iterable[Result], report: BuildEvidence) -> tuple[Result, ...]:
    """Return the results with what the build holds: more evidence, or another outcome where it disagrees with its config."""
    given = tuple(results)
    root = _root(given, report.folder)
    return tuple(_with(result, report, root) for result in given) if root is not None else given


def _root(results: Sequence[Result], folder: str) -> str | None:
    """Return the root of the frontend that a folder belongs to: the innermost around it, else the only one."""
    found = {v.target.root for r in results if r.item.id == "frontend-sdk-installed" for v in r.verdicts if v.target}
    around = [r for r in found if r == "." or inside(folder, r)]
    if around:
        return max(around, key=len)
    return next(iter(found)) if len(found) == 1 else None


def _with(result: Result, report: BuildEvidence, root: str) -> Result:
    needed = _DECIDES.get(result.item.id) or _REFUTES.get(result.item.id)
    checks = [report.checks[c] for c in needed or () if c in report.checks]
    if needed is None or len(checks) < len(needed):
        return result
    proves = result.item.id in _DECIDES
    verdicts = tuple(
        _merged(v, checks, report, proves=proves) if v.target is not None and v.target.root == root else v
        for v in result.verdicts
    )
    if verdicts == result.verdicts:
        return result
    outcome = worst(v.outcome for v in verdicts)
    waiver = result.waiver if outcome is Outcome.FAIL else None
    return replace(result, verdicts=verdicts, outcome=outcome, waiver=waiver)


def _merged(verdict: Verdict, checks: list[dict[str, Any]], report: BuildEvidence, *, proves: bool) -> Verdict:
    failing = [c for c in checks if c.get("outcome") != "pass"]
    if verdict.outcome is Outcome.NOT_APPLICABLE or (not failing and not proves):
        return verdict
    if not failing:
        facts = "; ".join(str(c.get("fact")) for c in checks)
        evidence = Evidence(kind=EvidenceKind.BUILD, fact=f"the build in {report.folder} holds {facts}")
        if verdict.outcome is Outcome.PASS:
            return replace(verdict, evidence=(*verdict.evidence, evidence))
        read = f"; its config said {verdict.outcome.value}: {verdict.findings[0].message}" if verdict.findings else ""
        return Verdict(
            outcome=Outcome.PASS, evidence=(replace(evidence, fact=evidence.fact + read),), target=verdict.target
        )
    findings = [f for c in failing for f in c.get("findings") or [{}]]
    read = f", although its config says: {verdict.evidence[0].fact}" if verdict.evidence else ""
    where = verdict.evidence[0] if verdict.evidence else next(iter(verdict.findings), None)
    first = findings[0]
    message = (
        f"in the build: {first.get('path') or report.folder}: {first.get('message') or failing[0].get('title')}{read}"
    )
    finding = Finding(
        message=message,
        path=where.path if where else None,
        line=where.line if where else None,
        hint=str(failing[0].get("hint") or "build again, and run `sentry-setup verify-build`"),
    )
    more = verdict.findings if verdict.outcome is Outcome.FAIL else ()
    return Verdict(outcome=Outcome.FAIL, findings=(finding, *more), evidence=verdict.evidence, target=verdict.target)
