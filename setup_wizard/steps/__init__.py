"""One module per thing the wizard can set up; each step names the items that prove it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from checks.errors import UsageError, nearest
from setup_wizard.steps.context import Context


class LazyPlanner(Struct, frozen=True):
    """A planner by the name of its module and function; imported when it is called."""

    module: str
    name: str

    def __call__(self, context: Context) -> str | None:
        """Plan the step; returns why nothing is done, or None."""
        from importlib import import_module

        plan: Callable[[Context], str | None] = getattr(import_module(f"setup_wizard.steps.{self.module}"), self.name)
        return plan(context)


class Step(Struct, frozen=True, kw_only=True):
    """A step: its id and title, the items that prove it, its planner, whether it is nothing but calls to Sentry, or needs some.

    `at_bugsink` says why a server that only takes events, a Bugsink, has none of it ("": it is done there too).
    """

    id: str
    title: str
    proves: tuple[str, ...]
    plan: Callable[[Context], str | None]
    only_sentry: bool = False
    needs_sentry: bool = False
    at_bugsink: str = ""

    @property
    def offline(self) -> bool:
        """Whether the step can be done without Sentry; a connection still tells it more."""
        return not (self.only_sentry or self.needs_sentry)


STEPS: tuple[Step, ...] = (
    Step(
        id="project",
        title="Sentry projects",
        proves=("project-created",),
        plan=LazyPlanner("project", "plan_project"),
        needs_sentry=True,
    ),
    Step(id="sdk", title="SDK", proves=("sdk-installed", "sdk-initialized"), plan=LazyPlanner("sdk", "plan_sdk")),
    Step(id="dsn", title="DSN", proves=("dsn-configured", "env-ignored"), plan=LazyPlanner("dsn", "plan_dsn")),
    Step(
        id="test-event",
        title="Test event",
        proves=("test-event",),
        plan=LazyPlanner("online", "plan_test_event"),
        only_sentry=True,
    ),
    Step(
        id="source-maps",
        title="Source maps",
        proves=("source-maps",),
        plan=LazyPlanner("source_maps", "plan_source_maps"),
        at_bugsink="its API does not show uploads, so they could not be proven; its documentation says how to upload maps",
    ),
    Step(
        id="frontend-sdk",
        title="Frontend SDK",
        proves=("frontend-sdk-installed", "frontend-initialized", "frontend-dsn-configured", "frontend-pii-off"),
        plan=LazyPlanner("frontend_sdk", "plan_frontend_sdk"),
    ),
    Step(
        id="alerts",
        title="Alerts",
        proves=("email-alerts", "slack-alerts", "pagerduty-alerts"),
        plan=LazyPlanner("online", "plan_alerts"),
        only_sentry=True,
        at_bugsink="its alerts are set in its web interface",
    ),
    Step(
        id="release-tracking",
        title="Release tracking",
        proves=("release-tracking",),
        plan=LazyPlanner("releases", "plan_releases"),
        at_bugsink="it creates releases from events, and accepts none from CI",
    ),
    Step(
        id="performance",
        title="Performance review",
        proves=("performance-reviewed",),
        plan=LazyPlanner("performance", "plan_performance"),
        needs_sentry=True,
        at_bugsink="it accepts only errors, so there are no figures to review",
    ),
    Step(
        id="team",
        title="Team access",
        proves=("team-access",),
        plan=LazyPlanner("online", "plan_team"),
        only_sentry=True,
        at_bugsink="its members are invited in its web interface",
    ),
    Step(id="ci-audit", title="Audit in CI", proves=(), plan=LazyPlanner("ci_audit", "plan_ci_audit")),
)


PRACTICES: tuple[Step, ...] = (
    Step(
        id="before-send",
        title="Filter against noise",
        proves=("noise-filtered", "before-send-safe"),
        plan=LazyPlanner("hooks", "plan_before_send"),
    ),
    Step(
        id="traces-sampler",
        title="Sampler",
        proves=("traces-sampler-safe", "tracing-enabled"),
        plan=LazyPlanner("hooks", "plan_traces_sampler"),
    ),
    Step(
        id="error-boundary",
        title="Errors in components",
        proves=("error-boundary",),
        plan=LazyPlanner("boundaries", "plan_error_boundary"),
    ),
    Step(
        id="tunnel",
        title="Tunnel for browser events",
        proves=("tunnel-safe",),
        plan=LazyPlanner("tunnel", "plan_tunnel"),
    ),
    Step(
        id="beyond-errors",
        title="Beyond errors",
        proves=(
            "logs-enabled",
            "profiling-enabled",
            "crons-monitored",
            "celery-monitored",
            "ai-monitored",
            "replay-enabled",
            "feedback-enabled",
            "uptime-monitored",
        ),
        plan=LazyPlanner("beyond_errors", "plan_beyond_errors"),
    ),
)
"""Steps that no run takes by itself: good practice that a person chose."""


def find_steps(names: list[str] | tuple[str, ...]) -> tuple[Step, ...]:
    """Return the named steps in their own order. Raises `UsageError` naming the nearest step."""
    known = tuple(s.id for s in (*STEPS, *PRACTICES))
    for name in names:
        if name not in known:
            raise UsageError(f"unknown step `{name}`", hint=nearest(name, known) or f"one of {', '.join(known)}")
    return tuple(s for s in (*STEPS, *PRACTICES) if s.id in names)
