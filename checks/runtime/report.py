"""Reads the report of `verify-runtime` as evidence: what running the application showed decides what reading could not.

A report counts only for the revision that it was made of, and only when nothing was changed then. Where reading and running
disagree, running is believed, and the finding names both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from checks.errors import UsageError
from checks.model import Evidence, EvidenceKind, Finding, Outcome, Result, Verdict, worst

RUNTIME_SCHEMA = 1
"""The version of the report; a report of another version is refused."""


class RuntimeReport(Struct, frozen=True, kw_only=True):
    """A report: the revision it was made of, whether the tree was clean then, and what each backend showed, by its root."""

    revision: str | None
    clean: bool
    backends: dict[str, dict[str, Any]]


class _Decision(Struct, frozen=True, kw_only=True):
    """What running decided about an item: whether it holds, and what was seen."""

    holds: bool
    fact: str


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


def why_not(report: RuntimeReport, revision: str | None) -> str | None:
    """Return why a report proves nothing for a revision, or None when it counts."""
    if report.revision is None or revision is None:
        return "the runtime report proves nothing: it names no revision"
    if report.revision != revision:
        return f"the runtime report proves nothing: it is of {report.revision[:10]}, not of {revision[:10]}"
    if not report.clean:
        return "the runtime report proves nothing: it was made of a tree with uncommitted changes"
    return None


def with_runtime(results: Iterable[Result], report: RuntimeReport) -> tuple[Result, ...]:
    """Return the results with what running showed: more evidence, or another outcome where it disagrees with reading."""
    return tuple(_with(result, report) for result in results)


def _with(result: Result, report: RuntimeReport) -> Result:
    decide = _DECIDERS.get(result.item.id)
    if decide is None:
        return result
    verdicts = []
    for verdict in result.verdicts:
        seen = report.backends.get(verdict.target.root) if verdict.target else None
        decision = decide(seen) if seen is not None and seen.get("started") is True else None
        verdicts.append(verdict if decision is None else _merged(verdict, decision))
    if tuple(verdicts) == result.verdicts:
        return result
    outcome = worst(v.outcome for v in verdicts)
    return replace(
        result, verdicts=tuple(verdicts), outcome=outcome, waiver=result.waiver if outcome is Outcome.FAIL else None
    )


def _merged(verdict: Verdict, decision: _Decision) -> Verdict:
    evidence = Evidence(kind=EvidenceKind.RUNTIME, fact=decision.fact)
    if verdict.outcome is Outcome.NOT_APPLICABLE:
        return verdict
    if decision.holds:
        if verdict.outcome is Outcome.PASS:
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


# ---- what each item asks of a backend's observations; None decides nothing


def _options(seen: dict[str, Any]) -> dict[str, Any]:
    found = seen.get("options")
    return found if isinstance(found, dict) and found.get("dsn") else {}


def _arrived(seen: dict[str, Any], kind: str) -> int:
    found = (seen.get("observations") or {}).get("arrived") or {}
    number = found.get(kind, 0)
    return number if isinstance(number, int) else 0


def _initialized(seen: dict[str, Any]) -> _Decision | None:
    if _options(seen) and _arrived(seen, "view"):
        return _Decision(holds=True, fact=f"an exception in a view arrived under {seen.get('settings')}")
    if seen.get("options") is None:
        return _Decision(holds=False, fact=f"the SDK is not initialized under {seen.get('settings')}")
    return None


def _loaded(seen: dict[str, Any]) -> _Decision | None:
    if _options(seen):
        return _Decision(holds=True, fact=f"the application starts with these options under {seen.get('settings')}")
    return None


def _pii(seen: dict[str, Any]) -> _Decision | None:
    if not _arrived(seen, "view"):
        return None
    left = [str(kind) for kind in (seen.get("observations") or {}).get("left") or []]
    personal = [kind for kind in left if kind in ("cookies", "authorization")]
    if personal:
        return _Decision(holds=False, fact=f"an event carried the request's {' and '.join(personal)}")
    if _options(seen).get("send_default_pii"):
        return _Decision(holds=False, fact="send_default_pii is on")
    return _Decision(holds=True, fact="an event carried neither cookies nor the authorization of its request")


def _tracing(seen: dict[str, Any]) -> _Decision | None:
    options = _options(seen)
    rate = options.get("traces_sample_rate")
    if options and "traces_sampler" in (options.get("callbacks") or []):
        return _Decision(holds=True, fact="traces_sampler is set")
    if isinstance(rate, (int, float)) and 0 < rate <= 1:
        return _Decision(holds=True, fact=f"traces_sample_rate is {rate}")
    return _Decision(holds=False, fact="no transaction is sampled") if options else None


def _debug(seen: dict[str, Any]) -> _Decision | None:
    made_up = (seen.get("variables") or {}).get("invented") or []
    debug = (seen.get("observations") or {}).get("debug")
    if not isinstance(debug, bool) or any("DEBUG" in str(name).upper() for name in made_up):
        return None
    return _Decision(holds=not debug, fact=f"DEBUG is {debug}")


def _logged(seen: dict[str, Any]) -> _Decision | None:
    if not _options(seen) or not _arrived(seen, "view"):
        return None
    arrived = _arrived(seen, "logged") > 0
    return _Decision(holds=arrived, fact="a logged error arrived" if arrived else "a logged error did not arrive")


def _not_swallowed(seen: dict[str, Any]) -> _Decision | None:
    if _arrived(seen, "view"):
        return _Decision(holds=True, fact="an exception in a view passed through every middleware and arrived")
    if _options(seen) and _arrived(seen, "logged"):
        return _Decision(holds=False, fact="an exception in a view did not arrive, though a logged error did")
    return None


def _before_send(seen: dict[str, Any]) -> _Decision | None:
    if "before_send" in (_options(seen).get("callbacks") or []) and _arrived(seen, "view") and _arrived(seen, "logged"):
        return _Decision(holds=True, fact="before_send let an exception and a logged error through")
    return None


_DECIDERS: dict[str, Callable[[dict[str, Any]], _Decision | None]] = {
    "sdk-initialized": _initialized,
    "sdk-options-valid": _loaded,
    "integrations-installed": _loaded,
    "pii-off": _pii,
    "tracing-enabled": _tracing,
    "debug-off": _debug,
    "logging-captured": _logged,
    "exceptions-not-swallowed": _not_swallowed,
    "before-send-safe": _before_send,
}
RUNTIME_ITEMS = frozenset(_DECIDERS)
"""The items that a report can decide."""
