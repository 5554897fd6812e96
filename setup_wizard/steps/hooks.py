"""The steps of good practice: `before-send`, `traces-sampler` and `error-boundary`. They run only where they are named."""

from __future__ import annotations

from packaging.version import Version

from checks.items.browser import sdk_package
from checks.items.browser_data import error_boundary
from checks.items.scope import Initialised, initialised
from checks.model import Outcome
from checks.repository.browser import entries
from checks.repository.facts import Facts
from checks.repository.frontends import Frontend
from checks.repository.node import installed
from setup_wizard.editors import boundary, hooks
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context, StepRefused
from setup_wizard.steps.sdk import sample_rate


def plan_before_send(context: Context) -> str | None:
    """Plan a filter against noise for each backend that has none; returns why nothing is done, or None."""
    return _plan(context, "before_send", hooks.BEFORE_SEND)


def plan_traces_sampler(context: Context) -> str | None:
    """Plan a sampler for each backend that has none; returns why nothing is done, or None."""
    return _plan(context, "traces_sampler", hooks.traces_sampler(sample_rate(context)))


def _plan(context: Context, option: str, function: str) -> str | None:
    if not context.facts.backends:
        return "no Django project found"
    for backend in context.facts.backends:
        found = initialised(context.facts, backend)
        if not isinstance(found, Initialised):
            return "the production settings do not initialise the SDK yet; run the step `sdk` first"
        if found.option(option) is not None:
            continue
        last = found.last
        if found.opaque is not None:
            raise StepRefused(
                Refused("the init call is not followed in full", function, f"{last.path}:{last.call.line}")
            )
        context.edit(
            last.path,
            lambda data, at=last: hooks.add_function(data or b"", at.call.line, option, function, at.path),  # type: ignore[misc]
        )
        context.refresh()
    return None


def plan_error_boundary(context: Context) -> str | None:
    """Plan what reports React's errors in each frontend that has nothing; returns why nothing is done, or None."""
    verdicts = {v.target: v for v in error_boundary(context.facts)}
    without = [f for f in context.facts.frontends if verdicts[f.target].outcome is not Outcome.PASS]
    react = [f for f in without if "react" in f.dependencies]
    if not react:
        return "no React frontend" if without or not context.facts.frontends else None
    packages = {f.root: sdk_package(context.facts, f) for f in react}
    early = next((root for root, package in packages.items() if package is None or package[0] != "@sentry/react"), None)
    if early is not None:
        return f"{early} does not use @sentry/react yet; run the step `frontend-sdk` first"
    for frontend in react:
        add, snippet = boundary.add_boundary, boundary.boundary_snippet()
        if has_root_handlers(context.facts, frontend):
            add, snippet = boundary.add_root_handlers, boundary.handlers_snippet()
        starts = entries(context.facts, frontend)
        if not starts:
            why = f"the entry of {frontend.root} is not known"
            raise StepRefused(Refused(why, snippet, frontend.manifest))
        context.edit(starts[0], lambda data, a=add, at=starts[0]: a(data or b"", at, "@sentry/react"))  # type: ignore[misc]
        context.refresh()
    return None


def has_root_handlers(facts: Facts, frontend: Frontend) -> bool:
    """Tell whether React (19) has error handlers at its root, and the SDK (if it is there) a function for them."""
    react, sdk = (installed(facts, frontend.root, p) for p in ("react", "@sentry/react"))
    return react is not None and react.version >= Version("19") and (sdk is None or sdk.version >= Version("9"))
