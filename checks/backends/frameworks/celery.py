"""Celery: a worker and its children need init; at module level of the application, or in the signal `celeryd_init`.

https://docs.sentry.io/platforms/python/integrations/celery/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="celery",
    title="Celery",
    kind="worker",
    distributions=("celery",),
    platform="python-celery",
    guide="celery",
    integration="CeleryIntegration",
    oldest="4.4.7",
    extra="celery",
    applications=("celery.Celery", "celery.app.Celery", "celery.app.base.Celery"),
    variables=("app", "celery", "celery_app"),
    factories=("make_celery", "create_celery"),
)
