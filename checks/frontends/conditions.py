"""Whether the conditions of a call hold in production."""

from __future__ import annotations

from collections.abc import Iterable

from checks.frontends.clients import is_client
from checks.frontends.guards import Guard
from checks.frontends.places import Place
from checks.frontends.production import followed, value_of
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN


def truth(place: Place, guard: Guard, *, initialized: bool = False) -> bool | None:
    """Return whether a condition is as a call needs it, None where that is not known; `initialized` says that there is a client."""
    found = _truth(place, guard, initialized)
    return found if found is None or guard.wanted else not found


def _truth(place: Place, guard: Guard, initialized: bool) -> bool | None:
    if guard.kind == "leaves":
        truths = [truth(place, g, initialized=initialized) for g in guard.conditions]
        return False if False in truths else None if None in truths else True
    if guard.kind in ("missing", "shadowed"):
        return None
    if guard.kind == "items":
        _, listed = followed(place, guard.condition)
        if listed.type != "array" or js.has_spread(listed):
            return None
        return any(c.type != "comment" for c in listed.named_children)
    if initialized and is_client(place, guard.condition):
        return guard.kind != "nullish"
    value = value_of(place, guard.condition)
    if value is UNKNOWN:
        return None
    return value is None if guard.kind == "nullish" else bool(value)


def held_back(place: Place, conditions: Iterable[Guard], *, initialized: bool = False) -> tuple[str, str] | None:
    """Return why a call does not run in production, or why that cannot be determined; None where nothing prevents it."""
    uncertainty = None
    for guard in conditions:
        holds = truth(place, guard, initialized=initialized)
        always = guard.kind == "leaves" and not guard.conditions
        if holds is False and always:
            return "late", f"follows `{' '.join(js.text_of(guard.condition).split())[:60]}`, so it never runs"
        if holds is False:
            return "late", f"runs only if {guard.text[:80]}, which it is not in production"
        if holds is None:
            uncertainty = uncertainty or (
                "uncertain",
                f"runs only if {guard.text[:80]}, and its value in production cannot be determined here",
            )
    return uncertainty
