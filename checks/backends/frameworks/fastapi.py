"""FastAPI: its integration wraps what handles a request, so init has to run before the first one, at the startup at the latest.

https://docs.sentry.io/platforms/python/integrations/fastapi/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="fastapi",
    title="FastAPI",
    kind="web",
    distributions=("fastapi", "fastapi-slim"),
    platform="python-fastapi",
    guide="fastapi",
    integration="FastApiIntegration",
    oldest="0.79.0",
    extra="fastapi",
    applications=("fastapi.FastAPI", "fastapi.applications.FastAPI"),
    startup=("on_event", "add_event_handler"),
    startup_keywords=("lifespan", "on_startup"),
    mounted=True,
    debug_keyword="debug",
    noise="starlette.exceptions.HTTPException",
)
