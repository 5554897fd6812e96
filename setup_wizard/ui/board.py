"""How the checklist is sorted for a person: what to do now first, what needs nothing last. No terminal, no effects."""

from __future__ import annotations

from enum import StrEnum

from checks.checklist import CHECKLIST
from checks.model import Item, Outcome, Result, Severity
from setup_wizard.state import WizardState


class Group(StrEnum):
    """A part of the list; its value is its heading."""

    CHECKING = "CHECKING"
    TODO = "TO DO NOW"
    UNDECIDED = "UNDECIDED"
    SENTRY = "NEEDS SENTRY"
    WORTH = "WORTH DOING"
    OFFERED = "OFFERED BY SENTRY"
    PASSING = "PASSING"
    NOT_APPLICABLE = "NOT APPLICABLE"


FOLDED = frozenset({Group.SENTRY, Group.WORTH, Group.OFFERED, Group.PASSING, Group.NOT_APPLICABLE})
"""The groups that are folded at the start."""


def offered(result: Result) -> bool:
    """Return whether an item is off and can be had: its reason says how, and nothing is missing without it."""
    return result.outcome is Outcome.NOT_APPLICABLE and any(f.hint for f in result.findings)


def group_of(item: Item, result: Result | None, *, connected: bool) -> Group:
    """Return the group of an item: a required item that nothing decided yet says what would."""
    if result is None:
        return Group.CHECKING
    if result.outcome is Outcome.NOT_APPLICABLE:
        return Group.OFFERED if offered(result) else Group.NOT_APPLICABLE
    if result.outcome is Outcome.PASS or result.waiver:
        return Group.PASSING
    if result.outcome is Outcome.UNKNOWN and item.online and not connected:
        return Group.SENTRY
    if item.severity is not Severity.REQUIRED:
        return Group.WORTH
    return Group.UNDECIDED if result.outcome is Outcome.UNKNOWN else Group.TODO


def board(state: WizardState) -> dict[Group, tuple[Item, ...]]:
    """Return the items of each group that has some, in the order of the checklist."""
    found: dict[Group, list[Item]] = {g: [] for g in Group}
    for item in CHECKLIST:
        found[group_of(item, state.results.get(item.id), connected=state.connected)].append(item)
    return {g: tuple(items) for g, items in found.items() if items}


def next_open(state: WizardState, after: str | None) -> str | None:
    """Return the first open item after one, round and round; None where nothing is open."""
    groups = board(state)
    ids = [i.id for g in (Group.TODO, Group.UNDECIDED) for i in groups.get(g, ())]
    if not ids:
        return None
    return ids[(ids.index(after) + 1) % len(ids)] if after in ids else ids[0]


def gist(result: Result) -> str:
    """Return what an item's row says beside its title: the place, or how many; how it was seen where it passes."""
    if result.waiver:
        return f"waived until {result.waiver.until}" if result.waiver.until else "waived"
    if result.outcome is Outcome.PASS:
        return result.proof.value if result.proof else "passing"
    found = result.findings
    if result.outcome is Outcome.NOT_APPLICABLE or not found:
        return found[0].message if found else ""
    places = list(dict.fromkeys(f"{f.path}:{f.line}" if f.line else f.path for f in found if f.path))
    if len(places) > 1:
        files = {f.path for f in found if f.path}
        return f"{len(places)} places in {next(iter(files))}" if len(files) == 1 else f"{len(places)} places"
    return places[0] if places else found[0].message
