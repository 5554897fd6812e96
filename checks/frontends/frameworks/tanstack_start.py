"""TanStack Start: `src/router` runs in the browser and on the server; `src/client` only in the browser.

https://docs.sentry.io/platforms/javascript/guides/tanstackstart-react/
https://tanstack.com/start/latest/docs/framework/react/guide/client-entry-point
"""

from __future__ import annotations

from checks.frontends.framework import Framework

FRAMEWORK = Framework(
    name="TanStack Start",
    packages=("@tanstack/react-start", "@tanstack/start"),
    sdk="@sentry/tanstackstart-react",
    guide="tanstackstart-react",
    bundler="vite",
    client_files=("src/client", "app/client", "src/router", "app/router"),
    root_files=("src/routes/__root", "app/routes/__root"),
    aliases={"~/": ("src/", "app/")},
    plugin=("@sentry/tanstackstart-react/vite", "sentryTanstackStart"),
    react=True,
)
