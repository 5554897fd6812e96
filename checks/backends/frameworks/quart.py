"""Quart: signals report exceptions, so init may come after the application object, but has to come before the first request.

https://docs.sentry.io/platforms/python/integrations/quart/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="quart",
    title="Quart",
    kind="web",
    distributions=("quart",),
    platform="python-quart",
    guide="quart",
    integration="QuartIntegration",
    oldest="0.16",
    extra="quart",
    applications=("quart.Quart", "quart.app.Quart"),
    startup=("before_serving",),
    hiding_handlers=("errorhandler", "register_error_handler", "app_errorhandler"),
    debug_attribute="debug",
    noise="werkzeug.exceptions.NotFound",
)
