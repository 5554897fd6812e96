"""What kind of value an option of `sentry_sdk.init` takes, and what the SDK does with one of another kind.

Tried with sentry-sdk 2.75.0, each in a process of its own.
"""

from __future__ import annotations

from msgspec import Struct

from checks.production.machine import Machine
from checks.production.steps import TEXT_METHODS
from checks.production.values import FromEnvironment, Known, Value, members

_NUMBERS = {
    "traces_sample_rate": "every trace is dropped",
    "profiles_sample_rate": "init() raises TypeError",
    "max_breadcrumbs": "recording a breadcrumb raises TypeError",
    "max_value_length": "events are lost with a TypeError",
}
"""Options that take a number, with what a text for it does."""
_FUNCTIONS = {
    "before_send": "every event is lost",
    "before_send_transaction": "every transaction is lost",
}
"""Options that take a function, with what a text for it does."""
_LISTS = frozenset({"integrations", "disabled_integrations"})
"""Options that take a list of integrations: a text in it, or for it, raises while init runs."""
_WORDS = {"max_request_body_size": frozenset({"always", "never", "small", "medium"})}
"""Options that take one of some words: any other raises ValueError while init runs."""


class WrongValue(Struct, frozen=True, kw_only=True):
    """A value that an option does not take: how it is said, and what to do instead."""

    message: str
    hint: str


def wrong_value(name: str, value: Value, machine: Machine) -> WrongValue | None:
    """Return what is wrong with an option's value; None where it is right, or where its kind cannot be determined."""
    kinds = [_text(v, machine) for v in members(value)]
    text = kinds[0] if kinds and None not in kinds else None
    if text is not None and name in _NUMBERS:
        message = f"`{name}` is {text}, and the SDK takes a number: {_NUMBERS[name]}"
        return WrongValue(
            message=message, hint="convert it with float(…)" if "rate" in name else "convert it with int(…)"
        )
    if text is not None and name in _FUNCTIONS:
        message = f"`{name}` is {text}, and the SDK takes a function: {_FUNCTIONS[name]}"
        return WrongValue(message=message, hint="give the function itself, not its name")
    if name in _LISTS:
        items = machine.items(value)
        inside = next((t for b in items.items if (t := _text(b.value, machine))), None) if items is not None else text
        if inside is not None:
            message = f"`{name}` has {inside}, and the SDK takes integrations: init() raises AttributeError"
            return WrongValue(message=message, hint="give the integration itself, e.g. DjangoIntegration()")
    plain = machine.plain(value) if name in _WORDS else None
    if plain is not None and plain.value not in _WORDS[name]:
        message = f"`{name}` is {plain.value!r}: init() raises ValueError"
        return WrongValue(message=message, hint=f"use one of {', '.join(sorted(_WORDS[name]))}")
    return None


def _text(value: Value, machine: Machine) -> str | None:
    """Say which text a value is, None where it is none, or where that cannot be determined."""
    if isinstance(value, FromEnvironment):
        if not all(step in TEXT_METHODS or step == "or" for step, _ in value.cast):
            return None
        known = machine.resolved(value)
        if known is value or (
            isinstance(known, Known) and not isinstance(known.value, (int, float, tuple, type(None)))
        ):
            only = value.default is None or isinstance(value.default.value, str) or known is not value
            return f"the text of `{value.name}`" if only else None
        return None
    if isinstance(value, Known) and isinstance(value.value, str):
        return f"the text {value.value!r}"
    return None
