"""Whether Sentry watches that the deployed application answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msgspec.structs import replace

from checks.model import Finding, Outcome, Verdict, not_applicable
from checks.repository.facts import Facts
from checks.targets.offers import STEP
from checks.targets.sign_off import sign_off_verdict


def uptime_monitored(facts: Facts) -> Sequence[Verdict]:
    """An application that does not answer sends no error: Sentry's uptime monitor requests its address every minute.

    One monitor is included, others are billed, so it is optional. Its API is not public: a sign-off in the configuration
    is the evidence.

    To fix: create the monitor in Sentry (Monitors → Create Monitor → Uptime), then run `sentry-setup sign-off uptime-monitored`.
    """
    if not facts.backends and not facts.frontends:
        return [not_applicable("neither a backend nor a frontend was found")]
    signed = sign_off_verdict(facts, "uptime-monitored", dt.date.today())
    address = facts.config.answers.get("uptime.url")
    if signed.outcome is Outcome.PASS:
        return [signed]
    if address:
        finding = replace(
            signed.findings[0],
            message=f"whether a monitor requests {address} is not known: {signed.findings[0].message}",
        )
        return [replace(signed, findings=(finding,))]
    message = "no uptime monitor is configured: it is optional, one is included, and others are billed"
    hint = f"`sentry-setup apply {STEP} --set uptime.url=https://…` shows where to create it"
    return [Verdict(outcome=Outcome.NOT_APPLICABLE, findings=(Finding(message=message, hint=hint),))]
