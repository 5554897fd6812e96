"""React Router in framework mode: `entry.client` runs first; the root route's `ErrorBoundary` catches what routes throw.

https://docs.sentry.io/platforms/javascript/guides/react-router/
https://reactrouter.com/how-to/error-boundary
https://reactrouter.com/api/framework-conventions/react-router.config.ts#builddirectory
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output

FRAMEWORK = Framework(
    name="React Router",
    packages=("@react-router/dev",),
    sdk="@sentry/react-router",
    guide="react-router",
    bundler="vite",
    client_files=("app/entry.client", "src/entry.client"),
    root_files=("app/root", "src/root"),
    aliases={"~/": ("app/",)},
    plugin=("@sentry/react-router", "sentryReactRouter"),
    react=True,
    output=Output(
        folder="build",
        plugins=("@react-router/dev/vite",),
        fixed=True,
        options=("buildDirectory",),
        config="react-router.config",
    ),
    versions=("^10.75.0",),
)
