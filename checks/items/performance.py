"""Whether a human looked at the performance data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from checks.items.sign_off import sign_off_verdict
from checks.model import Verdict, not_applicable
from checks.repository.facts import Facts


def performance_reviewed(facts: Facts) -> Sequence[Verdict]:
    """Tracing costs quota; it pays only when somebody looks at slow endpoints and at the sample rate now and then.

    Only a human can judge this: a sign-off in the configuration, which expires after 90 days, is the evidence.

    To fix: look at Insights → Backend in Sentry, then record it under `[[tool.sentry-setup.sign-offs]]`.
    """
    if not facts.backends and not facts.frontends:
        return [not_applicable("neither a Django project nor a frontend was found")]
    return [sign_off_verdict(facts, "performance-reviewed", dt.date.today())]
