"""One module per thing the wizard can set up; each step names the items that prove it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checks.errors import UsageError, nearest
from setup_wizard.steps.ci_audit import plan_ci_audit
from setup_wizard.steps.context import Context
from setup_wizard.steps.dsn import plan_dsn
from setup_wizard.steps.frontend_sdk import plan_frontend_sdk
from setup_wizard.steps.hooks import plan_before_send, plan_error_boundary, plan_traces_sampler
from setup_wizard.steps.online import plan_alerts, plan_team, plan_test_event
from setup_wizard.steps.performance import plan_performance
from setup_wizard.steps.project import plan_project
from setup_wizard.steps.releases import plan_releases
from setup_wizard.steps.sdk import plan_sdk
from setup_wizard.steps.source_maps import plan_source_maps


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step: its id and title, the items that prove it, its planner, and whether it is nothing but calls to Sentry."""

    id: str
    title: str
    proves: tuple[str, ...]
    plan: Callable[[Context], str | None]
    only_sentry: bool = False


STEPS: tuple[Step, ...] = (
    Step(id="project", title="Sentry projects", proves=("project-created",), plan=plan_project),
    Step(id="sdk", title="SDK", proves=("sdk-installed", "sdk-initialized"), plan=plan_sdk),
    Step(id="dsn", title="DSN", proves=("dsn-configured", "env-ignored"), plan=plan_dsn),
    Step(id="test-event", title="Test event", proves=("test-event",), plan=plan_test_event, only_sentry=True),
    Step(id="source-maps", title="Source maps", proves=("source-maps",), plan=plan_source_maps),
    Step(
        id="frontend-sdk",
        title="Frontend SDK",
        proves=("frontend-sdk-installed", "frontend-initialized", "frontend-dsn-configured", "frontend-pii-off"),
        plan=plan_frontend_sdk,
    ),
    Step(
        id="alerts",
        title="Alerts",
        proves=("email-alerts", "slack-alerts", "pagerduty-alerts"),
        plan=plan_alerts,
        only_sentry=True,
    ),
    Step(id="release-tracking", title="Release tracking", proves=("release-tracking",), plan=plan_releases),
    Step(
        id="performance",
        title="Performance review",
        proves=("performance-reviewed",),
        plan=plan_performance,
    ),
    Step(id="team", title="Team access", proves=("team-access",), plan=plan_team, only_sentry=True),
    Step(id="ci-audit", title="Audit in CI", proves=(), plan=plan_ci_audit),
)


PRACTICES: tuple[Step, ...] = (
    Step(
        id="before-send",
        title="Filter against noise",
        proves=("noise-filtered", "before-send-safe"),
        plan=plan_before_send,
    ),
    Step(
        id="traces-sampler",
        title="Sampler",
        proves=("traces-sampler-safe", "tracing-enabled"),
        plan=plan_traces_sampler,
    ),
    Step(id="error-boundary", title="React's errors", proves=("error-boundary",), plan=plan_error_boundary),
)
"""Steps that no run takes by itself: good practice that a person chose."""


def find_steps(names: list[str] | tuple[str, ...]) -> tuple[Step, ...]:
    """Return the named steps in their own order. Raises `UsageError` naming the nearest step."""
    known = tuple(s.id for s in (*STEPS, *PRACTICES))
    for name in names:
        if name not in known:
            raise UsageError(f"unknown step `{name}`", hint=nearest(name, known) or f"one of {', '.join(known)}")
    return tuple(s for s in (*STEPS, *PRACTICES) if s.id in names)
