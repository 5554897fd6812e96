"""Starlette: its integration wraps what handles a request, so init has to run before the first one, at the startup at the latest.

https://docs.sentry.io/platforms/python/integrations/starlette/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="starlette",
    title="Starlette",
    kind="web",
    distributions=("starlette",),
    platform="python-starlette",
    guide="starlette",
    integration="StarletteIntegration",
    oldest="0.16",
    extra="starlette",
    applications=("starlette.applications.Starlette",),
    startup=("on_event", "add_event_handler"),
    startup_keywords=("lifespan", "on_startup"),
    mounted=True,
    debug_keyword="debug",
    noise="starlette.exceptions.HTTPException",
)
