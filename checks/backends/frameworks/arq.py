"""arq: an asynchronous worker, described by a class of settings.

Its integration wraps the functions when the worker is made, and `on_startup` runs after that: an init there reports nothing (tried
with arq 0.28 and sentry-sdk 2.75.0).

https://docs.sentry.io/platforms/python/integrations/arq/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="arq",
    title="arq",
    kind="worker",
    distributions=("arq",),
    platform="python",
    guide="arq",
    integration="ArqIntegration",
    oldest="0.23",
    extra="arq",
    variables=("WorkerSettings",),
)
