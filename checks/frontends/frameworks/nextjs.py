"""Next.js: `instrumentation-client` runs before the application, `global-error` catches what no page does.

https://docs.sentry.io/platforms/javascript/guides/nextjs/manual-setup/
https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation-client
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output

FRAMEWORK = Framework(
    name="Next.js",
    packages=("next",),
    sdk="@sentry/nextjs",
    guide="nextjs",
    bundler="next",
    client_files=("instrumentation-client", "src/instrumentation-client", "sentry.client.config"),
    root_files=("app/global-error", "src/app/global-error", "pages/_error", "src/pages/_error"),
    traces=True,
    plugin=("@sentry/nextjs", "withSentryConfig"),
    public=("NEXT_PUBLIC_",),
    react=True,
    output=Output(folder=".next/static/chunks"),
)
