"""What a person chose for a frontend beyond the defaults: where traces go, Replay, logs, feedback, the plugin's telemetry, and a guard."""

from __future__ import annotations

import re

from msgspec import Struct

from checks.errors import UsageError
from checks.patterns import lazy_pattern
from checks.repository.frontends import Frontend
from checks.targets.addresses import backend_origins
from checks.targets.cross_origin import keeps_traces_out, traced_origins
from setup_wizard.plan.model import ManualTask
from setup_wizard.steps.context import Context

_ORIGIN = lazy_pattern(r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?", re.IGNORECASE)


class FrontendAnswers(Struct, frozen=True, kw_only=True):
    """The choices: `targets` are the origins of backends that get the trace, by default those that the repository writes down
    and whose backend lets the headers of a trace in.

    Everything else is off unless a person asks for it.
    """

    targets: tuple[str, ...] = ()
    replay: bool = False
    logs: bool = False
    feedback: bool = False
    telemetry: bool = True
    guard: bool = False


def answers_of(context: Context, frontend: Frontend) -> FrontendAnswers:
    """Return what was chosen for a frontend. Raises `UsageError` for a value that is not one."""

    def chosen(key: str, default: bool) -> bool:
        found = context.config.chosen(f"frontend.{key}", frontend.name)
        return default if found is None else found

    said = context.config.get("frontend.trace_targets", frontend.name)
    return FrontendAnswers(
        targets=origins(said) if said is not None else traced_origins(context.facts, frontend),
        replay=chosen("replay", False),
        logs=chosen("logs", False),
        feedback=chosen("feedback", False),
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


def trace_tasks(context: Context, frontend: Frontend) -> list[ManualTask]:
    """Return the task for addresses of a backend that get no trace, because it would refuse every request that carries one."""
    finding = keeps_traces_out(context.facts)
    left = backend_origins(context.facts, frontend)
    if finding is None or not left or context.config.get("frontend.trace_targets", frontend.name) is not None:
        return []
    path = finding.path or ""
    django = "CORS_ALLOW_HEADERS" in finding.message
    headers = '"sentry-trace", "baggage"'
    snippet = (
        f"from corsheaders.defaults import default_headers\n\nCORS_ALLOW_HEADERS = (*default_headers, {headers})"
        if django
        else f"allow_headers=[…, {headers}]"
    )
    return [
        ManualTask(
            title=f"allow the trace headers, then add {', '.join(left)} to tracePropagationTargets",
            reason=f"{finding.message}; until then traces only go to the page's own origin",
            place=f"{path}:{finding.line}" if finding.line else path,
            path=path,
            snippet=snippet,
        )
    ]
