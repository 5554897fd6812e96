"""Backends that a plan leaves without an SDK: what else it would set up for them does nothing until they have one."""

from __future__ import annotations

from checks.items.backend import sdk_initialized
from checks.items.installed import sdk_installed
from checks.model import Outcome
from checks.repository.backends import Backend
from checks.repository.facts import Facts
from setup_wizard.editors.base import Refused
from setup_wizard.steps.context import Context


def backends_without_sdk(facts: Facts) -> frozenset[str]:
    """Return the names of the backends that surely neither install nor initialize the SDK; what is not known is none of them."""
    lacking = [
        {v.target for v in check(facts) if v.outcome is Outcome.FAIL} for check in (sdk_installed, sdk_initialized)
    ]
    return frozenset(b.name for b in facts.backends if all(b.target in targets for targets in lacking))


def leave_until_set_up(context: Context, name: str, what: str) -> None:
    """Leave to the person what a backend has no use for yet."""
    reason = f"{name} has no sentry-sdk yet, and the step sdk is left to you: nothing there would use it"
    context.leave(Refused(reason, "", ""), f"{what} of {name} after the SDK is set up")


def backends_to_release(context: Context) -> list[Backend]:
    """Return the backends whose releases can be made; those of one without an SDK are left to the person."""
    for backend in context.facts.backends:
        if backend.name in context.without_sdk:
            leave_until_set_up(context, backend.name, "track the releases")
    return [b for b in context.facts.backends if b.name not in context.without_sdk]
