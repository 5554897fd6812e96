"""Lit: errors in components reach the browser's own handler, which the SDK listens to.

https://docs.sentry.io/platforms/javascript/
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Lit",
    packages=("lit", "lit-element"),
    sdk="@sentry/browser",
    guide="",
    versions=("^11.12.0", "^10.78.0"),
)
