"""arq: an asynchronous worker, described by a class of settings.

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
