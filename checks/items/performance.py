"""Whether someone reviewed the performance data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from checks.model import Verdict, not_applicable
from checks.repository.facts import Facts
from checks.targets.sign_off import sign_off_verdict


def performance_reviewed(facts: Facts) -> Sequence[Verdict]:
    """Tracing uses quota; it pays off only if someone reviews slow endpoints and the sample rate from time to time.

    Only a person can judge this: a sign-off in the configuration is the evidence, and expires after 90 days.

    To fix: review Insights → Backend in Sentry, then record it under `[[tool.sentry-setup.sign-offs]]`.
    """
    if not facts.backends and not facts.frontends:
        return [not_applicable("neither a backend nor a frontend was found")]
    return [sign_off_verdict(facts, "performance-reviewed", dt.date.today())]
