"""Whether the backend's production settings initialize the SDK."""

from __future__ import annotations

from collections.abc import Sequence

from checks.model import Verdict
from checks.repository.facts import Facts
from checks.targets.initialized import decide_initialized, no_backend


def sdk_initialized(facts: Facts) -> Sequence[Verdict]:
    """The SDK reports nothing until `sentry_sdk.init()` runs, and it must run in production, in every process.

    The check reads the production settings, what they import, helpers they call, and the wsgi, asgi and Celery entry points.

    To fix: add `sentry_sdk.init(dsn=…)` to the production settings.
    """
    return [decide_initialized(facts, b) for b in facts.backends] or no_backend()
