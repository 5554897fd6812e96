"""Reads the report of `verify-runtime` as evidence: what running the application showed decides what reading could not.

A report counts only for the revision that it was made of, and only when nothing was changed then. Where reading and running
disagree, running is believed, and the finding names both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from checks.errors import UsageError
from checks.model import Evidence, EvidenceKind, Finding, Outcome, Result, Verdict, not_applicable, worst
from checks.runtime.deciding import DECIDERS, PROPAGATION, Decision, continued
from checks.runtime.reading import Reading

RUNTIME_SCHEMA = 1
"""The version of the report; a report of another version is refused."""


class RuntimeReport(Struct, frozen=True, kw_only=True):
    """A report: the revision it was made of, whether the tree was clean then, and what each backend showed, by its root."""

    revision: str | None
    clean: bool
    backends: dict[str, dict[str, Any]]


def read_runtime_report(text: str, name: str) -> RuntimeReport:
    """Return a report. Raises `UsageError` for a text that is not one."""
    try:
        data = json.loads(text)
        if data["schema_version"] != RUNTIME_SCHEMA:
            raise ValueError("another version")
        backends = {str(b["root"]): dict(b) for b in data["backends"]}
        return RuntimeReport(revision=data["revision"], clean=data["clean"] is True, backends=backends)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name} is not a runtime report", hint="make it with `sentry-setup verify-runtime --output json=FILE`"
        ) from error


def why_not(report: RuntimeReport, revision: str | None, *, clean: bool = True) -> str | None:
    """Return why a report proves nothing for a revision, or None when it counts.

    `clean` says whether what is audited is that revision, without uncommitted changes.
    """
    if report.revision is None or revision is None:
        return "the runtime report proves nothing: it names no revision"
    if report.revision != revision:
        return f"the runtime report proves nothing: it is for {report.revision[:10]}, not for {revision[:10]}"
    if not report.clean:
        return "the runtime report proves nothing: it was made of a tree with uncommitted changes"
    if not clean:
        return "the runtime report proves nothing: the audited tree has uncommitted changes, and the report is for the last commit"
    return None


def why_not_backend(seen: Mapping[str, Any], production: str | None) -> str | None:
    """Return why a run proves nothing for a backend whose production settings are `production` (None: not known), or None."""
    name = seen.get("name") or seen.get("root")
    of = f"the runtime report proves nothing for {name}"
    ran = seen.get("settings")
    if production is None:
        return f"{of}: its production settings module is not known; set `backend.settings`"
    if ran != production:
        return f"{of}: it ran under {ran}, and production uses {production}"
    if seen.get("started") is not True and _start_problem(seen) is None:
        problem = seen.get("problem")
        why = f" ({problem.get('type')}: {problem.get('message')})" if isinstance(problem, dict) else ""
        return f"{of}: it did not start{why}"
    return None


def _start_problem(seen: Mapping[str, Any]) -> Decision | None:
    """Return what a start that failed says of the SDK's options: it refuses those that it does not know."""
    problem = seen.get("problem")
    message = str(problem.get("message")) if isinstance(problem, dict) else ""
    if seen.get("started") is True or not message.startswith("Unknown option "):
        return None
    return Decision(holds=False, fact=f"the application does not start: {message}")


def with_runtime(
    results: Iterable[Result], report: RuntimeReport, readings: Mapping[str, Reading] | None = None
) -> tuple[Result, ...]:
    """Return the results with what running showed: more evidence, or another outcome where it disagrees with reading.

    `readings` say by root what the code gives the SDK, as far as it was understood.
    """
    return tuple(_with(result, report, readings or {}) for result in results)


def _with(result: Result, report: RuntimeReport, readings: Mapping[str, Reading]) -> Result:
    verdicts = []
    for verdict in result.verdicts:
        decision = _decision(result.item.id, verdict, report, readings)
        verdicts.append(verdict if decision is None else _merged(verdict, decision))
    if tuple(verdicts) == result.verdicts:
        return result
    outcome = worst(v.outcome for v in verdicts)
    return replace(
        result, verdicts=tuple(verdicts), outcome=outcome, waiver=result.waiver if outcome is Outcome.FAIL else None
    )


def _decision(item: str, verdict: Verdict, report: RuntimeReport, readings: Mapping[str, Reading]) -> Decision | None:
    """Return what a run says of a verdict, None where it says nothing."""
    if verdict.target is None or verdict.outcome is Outcome.NOT_APPLICABLE:
        return None
    if item == PROPAGATION:
        # A frontend's item: whether each backend continues the traces that the browser begins.
        return continued(report.backends.values())
    seen, decide = report.backends.get(verdict.target.root), DECIDERS.get(item)
    if seen is None or decide is None:
        return None
    if seen.get("started") is not True:
        return _start_problem(seen) if item == "sdk-options-valid" else None
    reading = readings.get(verdict.target.root, Reading())
    if reading.made_up(item, verdict, seen):
        return None
    return decide(seen, replace(reading, outcome=verdict.outcome))


def _merged(verdict: Verdict, decision: Decision) -> Verdict:
    if decision.holds and not decision.proves and verdict.outcome is Outcome.UNKNOWN:
        return _in_part(verdict, decision)
    kind = EvidenceKind.RUNTIME if decision.proves else EvidenceKind.ENVIRONMENT
    evidence = Evidence(kind=kind, fact=decision.fact)
    if decision.holds is None:
        return not_applicable(decision.fact, target=verdict.target) if verdict.outcome is Outcome.UNKNOWN else verdict
    if decision.holds:
        if verdict.outcome is Outcome.FAIL and not decision.overrules:
            return verdict
        if verdict.outcome is Outcome.PASS or not decision.proves:
            return replace(verdict, evidence=(*verdict.evidence, evidence))
        read = (
            f"; the code check decided {verdict.outcome.value}: {verdict.findings[0].message}"
            if verdict.findings
            else ""
        )
        return Verdict(
            outcome=Outcome.PASS, evidence=(replace(evidence, fact=decision.fact + read),), target=verdict.target
        )
    if verdict.outcome is Outcome.FAIL:
        return replace(verdict, evidence=(*verdict.evidence, evidence))
    read = f", although the code check found: {verdict.evidence[0].fact}" if verdict.evidence else ""
    first = verdict.evidence[0] if verdict.evidence else next(iter(verdict.findings), None)
    finding = Finding(
        message=f"at run time {decision.fact}{read}",
        path=first.path if first else None,
        line=first.line if first else None,
        hint="run `sentry-setup verify-runtime` to see it again",
    )
    return Verdict(outcome=Outcome.FAIL, findings=(finding,), evidence=(evidence,), target=verdict.target)


def _in_part(verdict: Verdict, decision: Decision) -> Verdict:
    """Return an unknown verdict that says which part of it was seen, and which is still open."""
    evidence = Evidence(kind=EvidenceKind.RUNTIME, fact=decision.fact)
    first, *others = verdict.findings
    open_part = replace(first, message=decision.left or first.message)
    return replace(verdict, findings=(open_part, *others), evidence=(*verdict.evidence, evidence))


RUNTIME_ITEMS = frozenset({*DECIDERS, PROPAGATION})
"""The items that a report can decide."""
