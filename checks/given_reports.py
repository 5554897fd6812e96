"""Counts reports that were made elsewhere as evidence of an audit: of a run, of a finished build."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from checks.builds import evidence as built
from checks.errors import UsageError
from checks.model import Report
from checks.production.values import FromEnvironment, Known, members
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from checks.repository.git import is_clean
from checks.repository.revision import RevisionTree
from checks.repository.settings import settings_chain
from checks.runtime import report as ran
from checks.runtime.reading import Reading
from checks.targets.dsn_reads import init_in_effect


def with_reports(report: Report, facts: Facts, runtime: str | None, builds: Iterable[str]) -> Report:
    """Return the report of an audit with what a run and finished builds showed. Raises `UsageError` for a file that is not a report."""
    if runtime is not None:
        report = _with_runtime(report, facts, runtime)
    for file in builds:
        report = _with_build(report, file)
    return report


def _with_runtime(report: Report, facts: Facts, file: str) -> Report:
    """Return the report with what a run showed, or with the reason why that run proves nothing for this tree."""
    try:
        seen = ran.read_runtime_report(Path(file).read_text("utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} cannot be read", hint="name a report of `verify-runtime --output json=FILE`"
        ) from error
    clean = isinstance(facts.tree, RevisionTree) or is_clean(Path(facts.tree.root)) is not False
    reason = ran.why_not(seen, report.revision, clean=clean)
    if reason is not None:
        return replace(report, notes=(*report.notes, reason))
    counted, notes = {}, list(report.notes)
    backends = {b.root: b for b in facts.backends}
    for root, one in seen.backends.items():
        backend = backends.get(root)
        if backend is None:
            notes.append(
                f"the runtime report proves nothing for {one.get('name') or root}: there is no such backend here"
            )
            continue
        reason = ran.why_not_backend(one, backend.settings.name if backend.settings else None)
        if reason is None:
            counted[root] = one
        else:
            notes.append(reason)
    readings = {root: _reading(facts, backends[root]) for root in counted}
    results = ran.with_runtime(report.results, replace(seen, backends=counted), readings)
    return replace(report, results=results, notes=tuple(notes))


def _reading(facts: Facts, backend: Backend) -> Reading:
    """Return what the code gives the SDK: options whose value is known, and the variables that others come from."""
    chain = settings_chain(facts, backend)
    hidden = frozenset({"environment", "release"})  # a call that was not understood may give them
    if not chain.inits:
        return Reading(opaque=hidden)
    known: dict[str, object] = {}
    variables = {}
    initialization = init_in_effect(chain).initialization
    options = initialization.options
    for name, bound in options.items():
        values = list(members(bound.value))
        if len(values) == 1 and isinstance(values[0], Known):
            known[name] = values[0].value
        if read := frozenset(v.name for v in values if isinstance(v, FromEnvironment)):
            variables[name] = read
    opaque = frozenset(n for n in options if n not in known and n not in variables)
    if not initialization.complete:
        opaque |= hidden - known.keys() - variables.keys()
    return Reading(known=known, variables=variables, opaque=opaque)


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
