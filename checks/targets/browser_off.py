"""What keeps the browser SDK quiet although it is initialized: an option, a filter, a later call, a second init."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from tree_sitter import Node

from checks.frontends.conditions import held_back
from checks.frontends.configs import returned
from checks.frontends.functions import FUNCTIONS
from checks.frontends.guards import guards
from checks.frontends.inits import BrowserInit, browser_ends, browser_inits, client_changes
from checks.frontends.places import Place
from checks.frontends.production import followed, value_of
from checks.model import Finding
from checks.parsers import javascript as js
from checks.parsers.javascript_values import UNKNOWN
from checks.repository.browser import reached

Held = tuple[str, str]
"""`late` or `uncertain`, and why nothing is reported, or may not be."""


class End(Struct, frozen=True):
    """What switches the SDK off after it was initialized; `certain` says whether that is known."""

    finding: Finding
    certain: bool


def switched_off(place: Place, init: BrowserInit) -> Held | None:
    """Return why an option of `init` keeps the SDK quiet in production, or why that cannot be determined."""
    held: Held | None = None
    for name in ("enabled", "sampleRate", "beforeSend"):
        node = init.option(name)
        found = (
            quiet(place.at(init.path_of(name)), name, node)
            if node is not None
            else ("uncertain", f"is given options that are not all known here, and `{name}` may be one of them")
            if init.is_open(name) and name == "enabled"
            else None
        )
        if found is not None and found[0] == "late":
            return found
        held = held or found
    return held


def quiet(place: Place, name: str, node: Node) -> Held | None:
    """Return why the value of an option keeps the SDK quiet; `beforeSend` is not judged where it decides by the event."""
    written = f"`{name}: {' '.join(js.text_of(node).split())[:80]}`"
    if name == "beforeSend":
        return ("late", f"is given {written}, which drops every error") if _drops(place, node) else None
    value = value_of(place, node)
    if value is UNKNOWN:
        what = "and its value in production cannot be determined here"
        return ("uncertain", f"is given {written}, {what}") if name == "enabled" else None
    if name == "sampleRate":
        dropped = isinstance(value, float) and value == 0
        return ("late", f"is given {written}, which drops every error") if dropped else None
    return None if value or value is None else ("late", f"is given {written}, which is off in production")


def _drops(place: Place, node: Node) -> bool:
    """Return whether a filter returns nothing in production, whatever it is given."""
    there, function = followed(place, node)
    if function.type not in FUNCTIONS:
        return False
    results = returned(function)
    for result in results:
        held = held_back(there, guards(result, function))
        if held is None:
            return value_of(there, result) is None
        if held[0] == "uncertain":
            return False
    return not any(n.type == "throw_statement" for n in js.descend(function))


def ended(place: Place, init: BrowserInit, when: Callable[[BrowserInit], tuple[str, str]]) -> End | None:
    """Return what switches the SDK off again after a call of init; `when` says whether a call runs while the page starts."""
    order = reached(place.facts, place.frontend)

    def follows(other: BrowserInit) -> bool:
        if other.path == init.path:
            return other.node.start_byte > init.node.end_byte
        return order.get(other.path, -1) > order.get(init.path, -1)

    def runs(other: BrowserInit) -> bool | None:
        held = held_back(place.at(other.path), other.guards, initialized=True)
        if not follows(other) or when(other)[0] != "first" or (held is not None and held[0] == "late"):
            return False
        return None if held is not None else True

    ends = [
        (other, what)
        for other, what in (*_closings(place), *_changes(place), *_second_inits(place, init))
        if runs(other) is not False
    ]
    found: list[End] = []
    for other, (certain, says) in ends:
        surely = certain and runs(other) is True
        message = says if surely else says.replace("` switches ", "` may switch ").replace("` takes ", "` may take ")
        finding = Finding(message=message, path=other.path, line=other.line, hint="remove it")
        found.append(End(finding, surely))
    return next((e for e in found if e.certain), found[0] if found else None)


Effects = list[tuple[BrowserInit, tuple[bool, str]]]
"""Calls, each with whether it surely switches the SDK off, and what it does."""


def _closings(place: Place) -> Effects:
    does = "switches the SDK off after it was initialized"
    return [(e, (True, f"`{_short(e.node)}` {does}")) for e in browser_ends(place.facts, place.frontend)]


def _changes(place: Place) -> Effects:
    found: Effects = []
    for change, name, value in client_changes(place.facts, place.frontend):
        if name == "client":
            found.append((change, (True, f"`{_short(change.node)}` removes the SDK's client")))
            continue
        if name is not None and name not in ("enabled", "sampleRate", "beforeSend", "transport", "dsn"):
            continue
        held = quiet(place.at(change.path), name, value) if name and value is not None else ("uncertain", "")
        if held is not None:
            certain = held[0] == "late"
            does = "switches" if certain else "may switch"
            found.append((change, (certain, f"`{_short(change.node)}` {does} the SDK off after it was initialized")))
    return found


def _second_inits(place: Place, init: BrowserInit) -> Effects:
    found: Effects = []
    for other in browser_inits(place.facts, place.frontend):
        dsn = other.option("dsn")
        off = dsn is not None and js.string_of(dsn) == ""
        held = switched_off(place.at(other.path), other)
        if other.node.id != init.node.id and (off or (held is not None and held[0] == "late")):
            what = "has an empty DSN" if off else held[1] if held is not None else ""
            found.append((other, (True, f"a second Sentry.init() {what}: it replaces the first")))
    return found


def _short(node: Node) -> str:
    return " ".join(js.text_of(node).split())[:80]
