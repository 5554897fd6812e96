"""What a person chose for a frontend beyond the defaults: where traces go, Replay, logs, the plugin's telemetry, and a guard."""

from __future__ import annotations

import re

from msgspec import Struct

from checks.errors import UsageError
from checks.patterns import lazy_pattern
from checks.repository.frontends import Frontend
from setup_wizard.steps.context import Context

_ON, _OFF = ("yes", "true", "1", "on"), ("no", "false", "0", "off", "")
_ORIGIN = lazy_pattern(r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?", re.IGNORECASE)


class FrontendAnswers(Struct, frozen=True, kw_only=True):
    """The choices: `targets` are the origins of backends that get the trace; everything else is off unless a person asks for it."""

    targets: tuple[str, ...] = ()
    replay: bool = False
    logs: bool = False
    telemetry: bool = True
    guard: bool = False


def answers_of(context: Context, frontend: Frontend) -> FrontendAnswers:
    """Return what was chosen for a frontend. Raises `UsageError` for a value that is not one."""

    def chosen(key: str, default: bool) -> bool:
        value = (context.config.get(f"frontend.{key}", frontend.name) or "").strip().lower()
        if value in _ON or (value in _OFF and value):
            return value in _ON
        if value:
            raise UsageError(f"`frontend.{key}={value}` is neither yes nor no", hint="write yes or no")
        return default

    return FrontendAnswers(
        targets=origins(context.config.get("frontend.trace_targets", frontend.name) or ""),
        replay=chosen("replay", False),
        logs=chosen("logs", False),
        telemetry=chosen("telemetry", True),
        guard=chosen("guard", False),
    )


def origins(text: str) -> tuple[str, ...]:
    """Return the origins of a list separated by commas. Raises `UsageError` for what is no origin."""
    given = tuple(part.rstrip("/") for part in re.split(r"[,\s]+", text.strip()) if part)
    wrong = next((g for g in given if not _ORIGIN.fullmatch(g)), None)
    if wrong is not None:
        raise UsageError(f"`{wrong}` is not an origin", hint="write the API's address, e.g. https://api.example.com")
    return given
