"""Remix: `entry.client` runs first; the root route's `ErrorBoundary` catches what routes throw.

https://docs.sentry.io/platforms/javascript/guides/remix/manual-setup/
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Remix",
    packages=("@remix-run/dev", "@remix-run/react"),
    sdk="@sentry/remix",
    guide="remix",
    bundler="remix",
    client_files=("app/entry.client",),
    root_files=("app/root",),
    aliases={"~/": ("app/",)},
    react=True,
)
