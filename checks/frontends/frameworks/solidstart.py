"""SolidStart: `src/entry-client` mounts the application in the browser.

https://docs.sentry.io/platforms/javascript/guides/solidstart/
https://docs.solidjs.com/solid-start/reference/entrypoints/entry-client
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="SolidStart",
    packages=("@solidjs/start", "solid-start"),
    sdk="@sentry/solidstart",
    guide="solidstart",
    bundler="vite",
    client_files=("src/entry-client",),
    aliases={"~/": ("src/",)},
    plugin=("@sentry/solidstart", "withSentry"),
)
