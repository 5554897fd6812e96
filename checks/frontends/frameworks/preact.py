"""Preact: it takes the SDK for plain JavaScript; a component's `componentDidCatch` reports.

https://preactjs.com/guide/v10/hooks/#useerrorboundary
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Preact",
    packages=("preact",),
    sdk="@sentry/browser",
    guide="",
    react=True,
    versions=("^11.12.0", "^10.78.0"),
)
