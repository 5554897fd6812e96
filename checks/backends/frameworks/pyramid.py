"""Pyramid: its integration wraps what calls a view, so init may come after the application, but before the first request.

https://docs.sentry.io/platforms/python/integrations/pyramid/ (tried with sentry-sdk 2.75.0)
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="pyramid",
    title="Pyramid",
    kind="web",
    distributions=("pyramid",),
    platform="python-pyramid",
    guide="pyramid",
    integration="PyramidIntegration",
    extra="pyramid",
    applications=("pyramid.config.Configurator",),
    factories=("main", "create_app", "make_app"),
    makes=("make_wsgi_app",),
    includes="includeme",
    hiding_handlers=("exception_view_config", "add_exception_view"),
    noise="pyramid.httpexceptions.HTTPNotFound",
)
