"""Vue: the SDK hooks into the application that `init` is given as `app`.

https://docs.sentry.io/platforms/javascript/guides/vue/
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Vue",
    packages=("vue",),
    sdk="@sentry/vue",
    guide="vue",
    versions=("^11.11.0", "^10.75.0"),
)
