"""Astro: its integration initializes the SDK from the options, or from `sentry.client.config`.

https://docs.sentry.io/platforms/javascript/guides/astro/manual-setup/
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Setup

_SETUP = Setup(
    variable="PUBLIC_SENTRY_DSN",
    sdk="""npx astro add @sentry/astro

// {file:sentry.client.config}
import * as Sentry from "@sentry/astro";

Sentry.init({
  dsn: import.meta.env.PUBLIC_SENTRY_DSN,
  environment: import.meta.env.PUBLIC_SENTRY_ENVIRONMENT || import.meta.env.MODE,
  tracesSampleRate: 0.1,
  {privacy}
});

# where it is built
PUBLIC_SENTRY_DSN={dsn}
""",
    maps="""// {file:astro.config}: in `integrations`
import sentry from "@sentry/astro";

    sentry({
      org: "{org}",
      project: "{project}",
      authToken: process.env.SENTRY_AUTH_TOKEN,
      sourcemaps: { filesToDeleteAfterUpload: ["./dist/**/*.map"] },
    }),
""",
)

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
    versions=("^10.75.0",),
    setup=_SETUP,
)
