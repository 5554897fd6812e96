"""Next.js: `instrumentation-client` runs before the application, `global-error` catches what no page does.

https://docs.sentry.io/platforms/javascript/guides/nextjs/manual-setup/
https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation-client
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output, Setup

_SETUP = Setup(
    variable="NEXT_PUBLIC_SENTRY_DSN",
    sdk="""npm install @sentry/nextjs

// instrumentation-client.ts (in src/ where you have that folder)
import * as Sentry from "@sentry/nextjs";

Sentry.init({
  dsn: process.env.NEXT_PUBLIC_SENTRY_DSN,
  environment: process.env.NEXT_PUBLIC_SENTRY_ENVIRONMENT || "production",
  tracesSampleRate: 0.1,
  {privacy}
});

export const onRouterTransitionStart = Sentry.captureRouterTransitionStart;

# where it is built
NEXT_PUBLIC_SENTRY_DSN={dsn}
""",
    maps="""// next.config: wrap what is exported
import { withSentryConfig } from "@sentry/nextjs";

export default withSentryConfig(nextConfig, {
  org: "{org}",
  project: "{project}",
  authToken: process.env.SENTRY_AUTH_TOKEN,
  sourcemaps: { deleteSourcemapsAfterUpload: true },
});
""",
    boundary="""// app/global-error.tsx (in src/ where you have that folder)
"use client";

import * as Sentry from "@sentry/nextjs";
import NextError from "next/error";
import { useEffect } from "react";

export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  useEffect(() => {
    Sentry.captureException(error);
  }, [error]);

  return (
    <html lang="en">
      <body>
        <NextError statusCode={0} />
      </body>
    </html>
  );
}
""",
)

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
    versions=("^11.8.0", "^10.75.0"),
    setup=_SETUP,
)
