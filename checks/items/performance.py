"""Whether a human looked at the performance data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from checks.model import Evidence, EvidenceKind, Verdict, not_applicable, passed, unknown
from checks.repository.facts import Facts


def performance_reviewed(facts: Facts) -> Sequence[Verdict]:
    """Tracing costs quota; it pays only when somebody looks at slow endpoints and at the sample rate now and then.

    Only a human can judge this: a sign-off in the configuration, which expires after 90 days, is the evidence.

    To fix: look at Insights → Backend in Sentry, then record it under `[[tool.sentry-setup.sign-offs]]`.
    """
    if not facts.backends and not facts.frontends:
        return [not_applicable("neither a Django project nor a frontend was found")]
    return [sign_off_verdict(facts, "performance-reviewed", dt.date.today())]


def sign_off_verdict(facts: Facts, item_id: str, today: dt.date) -> Verdict:
    """Decide an item by its newest sign-off: pass while it lasts, else unknown."""
    signed = sorted((s for s in facts.config.sign_offs if s.id == item_id), key=lambda s: s.until)
    if not signed:
        return unknown("nobody signed off on it", hint=f'add a sign-off: id = "{item_id}", by, note, date')
    last = signed[-1]
    if last.until < today:
        return unknown(
            f"the sign-off of {last.by} expired on {last.until}",
            path=facts.config.path,
            hint="look again, and renew it",
        )
    fact = f"{last.by} signed off on {last.date}, good until {last.until}" + (f": {last.note}" if last.note else "")
    return passed(Evidence(kind=EvidenceKind.SIGN_OFF, fact=fact, path=facts.config.path))
