"""Sanic: requests are instrumented when the application handles them; each worker process imports the module again.

What runs at `main_process_start` runs in the process that starts the workers, and they report nothing then.

https://docs.sentry.io/platforms/python/integrations/sanic/ (tried with sentry-sdk 2.75.0)
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="sanic",
    title="Sanic",
    kind="web",
    distributions=("sanic",),
    platform="python-sanic",
    guide="sanic",
    integration="SanicIntegration",
    oldest="0.8",
    extra="sanic",
    applications=("sanic.Sanic", "sanic.app.Sanic"),
    startup=("before_server_start", "register_listener"),
    hiding_handlers=("exception",),
    noise="sanic.exceptions.NotFound",
)
