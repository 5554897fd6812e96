"""Falcon, as a WSGI application: the SDK has no integration for `falcon.asgi`, so such an application is none of these.

An application that is made before init reports its errors too, under the name `generic WSGI request` (tried with sentry-sdk
2.75.0). https://docs.sentry.io/platforms/python/integrations/falcon/
"""

from __future__ import annotations

from checks.backends.framework import Framework

FRAMEWORK = Framework(
    name="falcon",
    title="Falcon",
    kind="web",
    distributions=("falcon",),
    platform="python-falcon",
    guide="falcon",
    integration="FalconIntegration",
    oldest="1.4",
    extra="falcon",
    applications=("falcon.App", "falcon.API", "falcon.app.App"),
    variables=("app", "application", "api"),
    hiding_handlers=("add_error_handler",),
    noise="falcon.HTTPNotFound",
)
