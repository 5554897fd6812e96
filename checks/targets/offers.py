"""What Sentry has beyond errors costs extra, so it is offered, and judged only where it is on or asked for."""

from __future__ import annotations

from msgspec import Struct

from checks.model import Finding, Outcome, Target, Verdict, failed, unknown
from checks.repository.facts import Facts

STEP = "beyond-errors"


class Offer(Struct, frozen=True, kw_only=True):
    """A part of Sentry that is off: the answer that asks for it, what it is, what it costs, and how the code switches it on."""

    answer: str
    what: str
    cost: str
    by_hand: str


def not_on(facts: Facts, offer: Offer, target: Target, path: str | None, line: int | None) -> Verdict:
    """Decide for what is off: a fail where an answer asks for it, else not applicable, with its cost and how to get it.

    Raises `UsageError` for an answer that is neither yes nor no.
    """
    name = offer.answer
    wanted = facts.config.chosen(name, target.name)
    if wanted:
        message = f"`{name}` asks for {offer.what}, and nothing turns it on"
        fix = f"`sentry-setup apply {STEP} --yes` adds it; by hand, {offer.by_hand}"
        return failed(Finding(message=message, path=path, line=line, hint=fix), target=target)
    hint = f"`sentry-setup apply {STEP} --yes --set {name}=yes` adds it" if wanted is None else None
    message = f"{offer.what} is off and optional: {offer.cost}"
    return Verdict(outcome=Outcome.NOT_APPLICABLE, findings=(Finding(message=message, hint=hint),), target=target)


def undetermined(
    what: str, written: str, target: Target, *, path: str | None, line: int | None, column: int | None = None
) -> Verdict:
    """Return `unknown` for an option whose value in production is not known, with how the code writes it."""
    message = f"{what} is `{written}`, which cannot be determined here"
    return unknown(message, path=path, line=line, column=column, hint="write the value", target=target)
