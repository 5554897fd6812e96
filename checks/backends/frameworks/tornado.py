"""Tornado: its integration wraps what executes a handler, so init may come after the application, but before the first request.

https://docs.sentry.io/platforms/python/integrations/tornado/ (tried with sentry-sdk 2.75.0)
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="tornado",
    title="Tornado",
    kind="web",
    distributions=("tornado",),
    platform="python-tornado",
    guide="tornado",
    integration="TornadoIntegration",
    oldest="6.0",
    extra="tornado",
    applications=("tornado.web.Application",),
    debug_keyword="debug",
    noise="tornado.web.HTTPError",
)
