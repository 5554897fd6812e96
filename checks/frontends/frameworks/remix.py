"""Remix: `entry.client` runs first; the root route's `ErrorBoundary` catches what routes throw.

https://docs.sentry.io/platforms/javascript/guides/remix/manual-setup/
https://v2.remix.run/docs/file-conventions/vite-config/#builddirectory
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output

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
    output=Output(folder="build", plugins=("@remix-run/dev",), fixed=True, options=("buildDirectory",)),
)
