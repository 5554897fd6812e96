"""The words that checks look for; apart, so that git can look for them before anything else is imported."""

from __future__ import annotations

APPLICATION_TERMS = (
    "FastAPI(",
    "(FastAPI",
    "Flask(",
    "(Flask",
    "Starlette(",
    "Starlite(",
    "Litestar(",
    "Quart(",
    "web.Application(",
    "Celery(",
    "Configurator(",
    "Sanic(",
    "falcon.App",
    "falcon.API",
    "tornado.web",
    "connexion.",
)
"""What a module that makes an application object contains, one framework's spelling each."""

LOADER_TERMS = (
    "load_dotenv",
    "read_dotenv",
    "read_env",
    "dotenv_values",
    "decouple",
    "dynaconf",
    "env_file",
)
"""What a module that loads an env file contains: the calls, packages that search for one, and the field that names it."""

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
    "add_job",
    "scheduled_job",
    "AUTH_TOKEN",
    "ErrorBoundary",
    "errorElement",
    "componentDidCatch",
    "catchError",
    "errorHandler",
    "monitoring",
    "observability",
    "telemetry",
    "Content-Security-Policy",
    "content-security-policy",
    "content_security_policy",
    *APPLICATION_TERMS,
    *LOADER_TERMS,
)
"""Every word that a check may ask for; a new one is added here."""
