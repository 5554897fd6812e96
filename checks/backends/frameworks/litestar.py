"""Litestar: handlers and middleware are instrumented when the application object is made, so init has to run before.

https://docs.sentry.io/platforms/python/integrations/litestar/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="litestar",
    title="Litestar",
    kind="web",
    distributions=("litestar", "starlite"),
    platform="python-litestar",
    guide="litestar",
    integration="LitestarIntegration",
    extra="litestar",
    applications=("litestar.Litestar", "litestar.app.Litestar", "starlite.Starlite", "starlite.app.Starlite"),
    startup_keywords=("on_startup", "lifespan", "on_app_init"),
    debug_keyword="debug",
    noise="litestar.exceptions.NotFoundException",
    early=True,
)
