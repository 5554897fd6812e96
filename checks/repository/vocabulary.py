"""The words that checks look for; apart, so that git can look for them before anything else is imported."""

from __future__ import annotations

WORDS = (
    "sntry",
    "sentry",
    "SENTRY",
    "Sentry",
    "DSN",
    "dsn",
    "raven",
    "set_user",
    "set_context",
    "set_tag",
    "set_tags",
    "set_attribute",
    "add_breadcrumb",
    "new_scope",
    "set_extra",
    "ignore_logger",
    "envelope",
    "urlpatterns",
    "trigger_error",
    "ZeroDivisionError",
    "CELERY_BEAT_SCHEDULE",
    "CELERYBEAT_SCHEDULE",
    "beat_schedule",
    "AUTH_TOKEN",
    "ErrorBoundary",
    "errorElement",
    "componentDidCatch",
    "catchError",
    "errorHandler",
    "monitoring",
    "observability",
    "telemetry",
)
"""Every word that a check may ask for; a new one is added here."""
