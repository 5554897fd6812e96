"""A program of its own: what a deployed command starts without any framework that is known here.

https://docs.sentry.io/platforms/python/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="python",
    title="Python",
    kind="script",
    distributions=(),
    platform="python",
    guide="default-integrations",
    variables=("main",),
)
