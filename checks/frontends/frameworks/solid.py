"""Solid: without an `ErrorBoundary` errors reach the browser's own handler, which the SDK listens to.

https://docs.sentry.io/platforms/javascript/guides/solid/
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Solid",
    packages=("solid-js",),
    sdk="@sentry/solid",
    guide="solid",
    versions=("^10.75.0",),
)
