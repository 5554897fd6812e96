"""The release of a call of init that is there, where its host gives the commit in a variable that the SDK does not read."""

from __future__ import annotations

from checks.repository.backends import Backend
from checks.targets.applicability import InitializedBackend, require_initialized
from checks.targets.release_runtime import Runtime, host_variable
from setup_wizard.steps.context import Context
from setup_wizard.steps.sdk import add_keywords


def name_by_host(context: Context, backend: Backend) -> None:
    """Let the call of init read the commit from its host: CI's release and the events then have one name."""
    found = require_initialized(context.facts, backend)
    if not isinstance(found, InitializedBackend) or found.opaque is not None or found.last.call.star:
        return
    given = Runtime(context.facts, backend).place("SENTRY_RELEASE")
    if found.option("release") is None and given is None and host_variable(context.facts, backend) is not None:
        add_keywords(context, backend, found, ("release",))
