"""Sign-offs as evidence, for what only a person can judge or see."""

from __future__ import annotations

import datetime as dt

from checks.model import Evidence, EvidenceKind, Verdict, passed, unknown
from checks.repository.facts import Facts


def sign_off_verdict(facts: Facts, item_id: str, today: dt.date) -> Verdict:
    """Decide an item by its newest sign-off: pass while it lasts, else unknown."""
    signed = sorted((s for s in facts.config.sign_offs if s.id == item_id), key=lambda s: s.until)
    if not signed:
        return unknown(
            "no one has signed off on this",
            hint=f"review it, then run `sentry-setup sign-off {item_id} --by NAME --note TEXT`",
        )
    last = signed[-1]
    if last.until < today:
        return unknown(
            f"the sign-off of {last.by} expired on {last.until}",
            path=facts.config.path,
            hint="review it again, and renew the sign-off",
        )
    fact = f"{last.by} signed off on {last.date}, valid until {last.until}" + (f": {last.note}" if last.note else "")
    return passed(Evidence(kind=EvidenceKind.SIGN_OFF, fact=fact, path=facts.config.path))
