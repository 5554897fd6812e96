"""The step `error-boundary`: what a framework catches is reported, by handlers, a boundary, or in the boundary that is there."""

from __future__ import annotations

from packaging.version import Version

from checks.items.browser_data import error_boundary
from checks.model import Finding, Outcome
from checks.repository.browser import entries
from checks.repository.facts import Facts, join
from checks.repository.frontends import Frontend
from checks.repository.node import installed
from checks.targets.browsers import sdk_package
from setup_wizard.editors import boundary, boundary_reports
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.guides import filled, guide_of, named_root, place_of
from setup_wizard.steps.sdk_choice import sdk_for, sdk_of

_ROUTE_SUFFIXES = ("tsx", "jsx", "ts", "js")
_MAX_EDITS = 20
_RENDERED = frozenset({"React", "Create React App"})
"""Frameworks whose entry makes the root that is given handlers or a boundary."""


def plan_error_boundary(context: Context) -> str | None:
    """Plan what reports the errors that each frontend's framework catches; returns why nothing is done, or None."""
    verdicts = {v.target: v for v in error_boundary(context.facts)}
    undecided = (Outcome.PASS, Outcome.NOT_APPLICABLE)
    without = [f for f in context.facts.frontends if verdicts[f.target].outcome not in undecided]
    if not without:
        return None if context.facts.frontends else "no frontend found"
    lacking = None
    for frontend in without:
        with context.part():
            lacking = _report(context, frontend) or lacking
        context.refresh()
    return None if context.changes or context.left else lacking


def _report(context: Context, frontend: Frontend) -> str | None:
    """Plan what reports the errors that one frontend's framework catches; returns why it has to wait. Raises `StepRefused`."""
    guide = guide_of(context.facts, frontend, sdk_for(context.facts, frontend, self_hosted=False))
    own = frontend.framework.name if frontend.framework is not None else ""
    if guide is not None and guide.boundary:
        text = filled(guide.boundary, org="…", project="…")
        why = f"{named_root(frontend)} is built with {guide.name}, whose files are not edited"
        place = place_of(context.facts, text, frontend.manifest)
        raise StepRefused(Refused(why, f"{text}\n// {guide.page}", place))
    package = sdk_package(context.facts, frontend)
    if package is None or package[0] != sdk_of(frontend):
        return f"{named_root(frontend)} does not use {sdk_of(frontend)} yet; run the step `frontend-sdk` first"
    if own == "React Router":
        _root_route(context, frontend, package[0])
    elif own in _RENDERED or "react" in frontend.dependencies:
        _react(context, frontend)
    else:
        _in_place(context, frontend, package[0])
    return None


def _react(context: Context, frontend: Frontend) -> None:
    add, snippet = boundary.add_boundary, boundary.boundary_snippet()
    if has_root_handlers(context.facts, frontend):
        add, snippet = boundary.add_root_handlers, boundary.handlers_snippet()
    starts = entries(context.facts, frontend)
    if not starts:
        why = f"the entry of {named_root(frontend)} is not known"
        raise StepRefused(Refused(why, snippet, frontend.manifest))
    context.edit(starts[0], lambda data: add(data or b"", starts[0], "@sentry/react"))


def _root_route(context: Context, frontend: Frontend, package: str) -> None:
    stems = frontend.framework.root_files if frontend.framework is not None else ()
    paths = [p for s in stems for e in _ROUTE_SUFFIXES if (p := join(frontend.root, f"{s}.{e}")) in context.facts.paths]
    if not paths:
        snippet = boundary_reports.route_snippet(package)
        raise StepRefused(Refused(f"the root route of {frontend.root} is not known", snippet, frontend.manifest))
    context.edit(paths[0], lambda data: boundary_reports.report_route_errors(data or b"", paths[0], package))


def _in_place(context: Context, frontend: Frontend, package: str) -> None:
    """Report in each boundary that keeps its errors, one after the other: an edit moves the lines of the others."""
    refused: set[tuple[str | None, str]] = set()
    for _ in range(_MAX_EDITS):
        verdict = next(v for v in error_boundary(context.facts) if v.target == frontend.target)
        todo = [f for f in verdict.findings if f.path and f.line and (f.path, f.message) not in refused]
        if not todo:
            return
        before = len(context.left)
        with context.part():
            _one(context, todo[0], package)
        if len(context.left) > before:
            refused.add((todo[0].path, todo[0].message))
        context.refresh()


def _one(context: Context, finding: Finding, package: str) -> None:
    path, line = finding.path or "", finding.line or 1
    if "ErrorBoundary" in finding.message and package == "@sentry/solid":
        context.edit(path, lambda data: boundary_reports.report_solid(data or b"", path, package))
    elif finding.message.startswith(("componentDidCatch", "useErrorBoundary")):
        report = boundary_reports.report_caught(line)
        context.edit(path, lambda data: report(data or b"", path, package), once=True)
    else:
        handler = "<svelte:boundary onerror={(error) => Sentry.captureException(error)}>"
        call = handler if path.endswith(".svelte") else "Sentry.captureException(error)"
        snippet = f"import * as Sentry from '{package}'\n\n{call}\n"
        raise StepRefused(Refused(finding.message, snippet, f"{path}:{line}"))


def has_root_handlers(facts: Facts, frontend: Frontend) -> bool:
    """Return whether React (19) has error handlers at its root, and the SDK (if it is installed) a function for them."""
    react, sdk = (installed(facts, frontend.root, p) for p in ("react", "@sentry/react"))
    return react is not None and react.version >= Version("19") and (sdk is None or sdk.version >= Version("9"))
