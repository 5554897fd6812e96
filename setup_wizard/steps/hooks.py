"""The steps of good practice: `before-send`, `traces-sampler` and `error-boundary`. They run only where they are named."""

from __future__ import annotations

from checks.targets.applicability import InitializedBackend, require_initialized
from setup_wizard.editors import hooks
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
        return "no backend found"
    for backend in context.facts.backends:
        found = require_initialized(context.facts, backend)
        if not isinstance(found, InitializedBackend):
            return f"{backend.start} does not initialize the SDK yet; run the step `sdk` first"
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
