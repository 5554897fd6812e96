"""Remix: `entry.client` runs first; the root route's `ErrorBoundary` catches what routes throw.

https://docs.sentry.io/platforms/javascript/guides/remix/manual-setup/
https://v2.remix.run/docs/file-conventions/vite-config/#builddirectory
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output, Setup

_SETUP = Setup(
    variable="VITE_SENTRY_DSN",
    sdk="""npm install {package}

// {root}app/entry.client.tsx, above hydrateRoot()
import * as Sentry from "@sentry/remix";
import { useLocation, useMatches } from "@remix-run/react";
import { useEffect } from "react";

Sentry.init({
  dsn: import.meta.env.VITE_SENTRY_DSN,
  environment: import.meta.env.VITE_SENTRY_ENVIRONMENT || import.meta.env.MODE,
  integrations: [Sentry.browserTracingIntegration({ useEffect, useLocation, useMatches })],
  tracesSampleRate: 0.1,
});

# where it is built
VITE_SENTRY_DSN={dsn}
""",
    maps="""// {file:vite.config}: last of the plugins, and build: { sourcemap: "hidden" }
import { sentryVitePlugin } from "@sentry/vite-plugin";

    sentryVitePlugin({
      org: "{org}",
      project: "{project}",
      authToken: process.env.SENTRY_AUTH_TOKEN,
      sourcemaps: { filesToDeleteAfterUpload: ["./build/**/*.map"] },
    }),
""",
    boundary="""// {root}app/root.tsx
import { captureRemixErrorBoundaryError } from "@sentry/remix";
import { useRouteError } from "@remix-run/react";

export function ErrorBoundary() {
  const error = useRouteError();
  captureRemixErrorBoundaryError(error);
  return <p>Something went wrong.</p>;
}
""",
)

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
    versions=("^10.75.0",),
    setup=_SETUP,
)
