"""Next.js: `instrumentation-client` runs before the application, `global-error` catches what no page does.

https://docs.sentry.io/platforms/javascript/guides/nextjs/manual-setup/
https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation-client
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output, Setup

_SETUP = Setup(
    variable="NEXT_PUBLIC_SENTRY_DSN",
    sdk="  dsn: process.env.NEXT_PUBLIC_SENTRY_DSN,\n",
    maps="withSentryConfig",
    boundary="captureException",
)
"""Its texts depend on the router, the version and the configuration that are there: the wizard writes them."""

FRAMEWORK = Framework(
    name="Next.js",
    packages=("next",),
    sdk="@sentry/nextjs",
    guide="nextjs",
    bundler="next",
    client_files=("instrumentation-client", "src/instrumentation-client", "sentry.client.config"),
    entries=("pages/_app", "src/pages/_app"),
    routes=("pages", "src/pages"),
    root_files=("app/global-error", "src/app/global-error", "pages/_error", "src/pages/_error"),
    traces=True,
    plugin=("@sentry/nextjs", "withSentryConfig"),
    public=("NEXT_PUBLIC_",),
    react=True,
    output=Output(folder=".next/static/chunks"),
    versions=("^11.8.0", "^10.75.0"),
    floors=("next", {11: "14", 10: "13.2"}),
    setup=_SETUP,
)
