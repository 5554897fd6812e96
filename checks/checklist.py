"""The checklist itself: every item, in order, in one readable place."""

from __future__ import annotations

import inspect

from checks.errors import UsageError, nearest
from checks.items import alerts, backend, environment, frontend, performance, project, releases, team
from checks.model import Check, Item, Severity

_DOCS = "https://docs.sentry.io/"
_R, _REC, _O = Severity.REQUIRED, Severity.RECOMMENDED, Severity.OPTIONAL
PRODUCTION = "Production checklist"


def _item(id_: str, title: str, severity: Severity, check: Check, step: str | None, docs: str) -> Item:
    return Item(
        id=id_, title=title, section=PRODUCTION, severity=severity, check=check, step=step, docs_url=_DOCS + docs
    )


CHECKLIST: tuple[Item, ...] = (
    _item(
        "project-created",
        "A Sentry project exists for each backend and frontend",
        _R,
        project.project_created,
        "project",
        "product/sentry-basics/integrate-frontend/create-new-project/",
    ),
    _item(
        "sdk-installed",
        "sentry-sdk is a runtime dependency",
        _R,
        backend.sdk_installed,
        "sdk",
        "platforms/python/integrations/django/#install",
    ),
    _item(
        "sdk-initialized",
        "Production settings initialise the SDK",
        _R,
        backend.sdk_initialized,
        "sdk",
        "platforms/python/integrations/django/#configure",
    ),
    _item(
        "dsn-configured",
        "SENTRY_DSN is read and set in each deployed environment",
        _R,
        environment.dsn_configured,
        "dsn",
        "concepts/key-terms/dsn-explainer/",
    ),
    _item(
        "test-event",
        "A test message and a test error were sent and seen",
        _R,
        project.test_event,
        "test-event",
        "platforms/python/integrations/django/#verify",
    ),
    _item(
        "email-alerts",
        "Every new issue in production mails someone",
        _R,
        alerts.email_alerts,
        "alerts",
        "product/monitors-and-alerts/alerts/",
    ),
    _item(
        "slack-alerts",
        "Alerts reach Slack",
        _O,
        alerts.slack_alerts,
        "alerts",
        "organization/integrations/notification-incidents/slack/",
    ),
    _item(
        "pagerduty-alerts",
        "Critical issues page someone",
        _O,
        alerts.pagerduty_alerts,
        "alerts",
        "organization/integrations/notification-incidents/pagerduty/",
    ),
    _item(
        "performance-reviewed",
        "Performance data was reviewed",
        _REC,
        performance.performance_reviewed,
        "performance",
        "product/insights/backend/",
    ),
    _item(
        "release-tracking",
        "CI creates a release for each deploy",
        _R,
        releases.release_tracking,
        "release-tracking",
        "product/releases/setup/release-automation/",
    ),
    _item(
        "source-maps",
        "Frontend source maps are uploaded",
        _R,
        frontend.source_maps,
        "source-maps",
        "platforms/javascript/guides/react/sourcemaps/",
    ),
    _item("team-access", "The team can reach the project", _R, team.team_access, "team", "organization/membership/"),
)

SUPPORT = (
    "Documentation: https://docs.sentry.io/platforms/python/guides/django/",
    "Status page: https://status.sentry.io/",
    "Community: https://discord.gg/sentry",
)


def item_ids() -> tuple[str, ...]:
    """Return every id, in order."""
    return tuple(item.id for item in CHECKLIST)


def find_item(item_id: str) -> Item:
    """Return an item by id. Raises `UsageError` naming the nearest id."""
    for item in CHECKLIST:
        if item.id == item_id:
            return item
    raise UsageError(
        f"unknown item `{item_id}`", hint=nearest(item_id, item_ids()) or "`sentry-setup list` shows all ids"
    )


def select(selected: tuple[str, ...], ignored: tuple[str, ...]) -> tuple[Item, ...]:
    """Return the items of the checklist that are selected (all when none is named) and not ignored. Raises `UsageError`."""
    for item_id in (*selected, *ignored):
        find_item(item_id)
    return tuple(i for i in CHECKLIST if (not selected or i.id in selected) and i.id not in ignored)


def why_and_fix(item: Item) -> tuple[str, str]:
    """Return why an item matters and how to fix it, from its check's docstring."""
    text = inspect.getdoc(item.check) or ""
    why, _, fix = text.partition("To fix: ")
    return " ".join(why.split()), " ".join(fix.split())
