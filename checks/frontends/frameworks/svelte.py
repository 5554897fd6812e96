"""Svelte: errors in components reach the browser's own handler, which the SDK listens to.

https://docs.sentry.io/platforms/javascript/guides/svelte/
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Svelte",
    packages=("svelte",),
    sdk="@sentry/svelte",
    guide="svelte",
    versions=("^10.75.0",),
)
