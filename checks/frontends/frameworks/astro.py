"""Astro: its integration initializes the SDK from the options, or from `sentry.client.config`.

https://docs.sentry.io/platforms/javascript/guides/astro/manual-setup/
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="Astro",
    packages=("astro",),
    sdk="@sentry/astro",
    guide="astro",
    bundler="astro",
    client_files=("sentry.client.config",),
    traces=True,
    plugin=("@sentry/astro", "sentry"),
    public=("PUBLIC_",),
)
