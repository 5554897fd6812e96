"""aiohttp: the server, not the client; requests are instrumented when the application handles them.

https://docs.sentry.io/platforms/python/integrations/aiohttp/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="aiohttp",
    title="aiohttp",
    kind="web",
    distributions=("aiohttp",),
    platform="python-aiohttp",
    guide="aiohttp",
    integration="AioHttpIntegration",
    oldest="3.4",
    extra="aiohttp",
    applications=("aiohttp.web.Application", "aiohttp.web_app.Application"),
    startup=("on_startup",),
    noise="aiohttp.web.HTTPNotFound",
)
