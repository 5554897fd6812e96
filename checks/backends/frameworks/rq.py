"""RQ: the worker forks for each job; init belongs into the module that the worker is started with.

https://docs.sentry.io/platforms/python/integrations/rq/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="rq",
    title="RQ",
    kind="worker",
    distributions=("rq",),
    platform="python-rq",
    guide="rq",
    integration="RqIntegration",
    oldest="0.6",
    extra="rq",
    applications=("rq.Worker", "rq.worker.Worker", "rq.SimpleWorker"),
    variables=(),
)
