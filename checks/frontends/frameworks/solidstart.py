"""SolidStart: `src/entry-client` mounts the application in the browser.

https://docs.sentry.io/platforms/javascript/guides/solidstart/
https://docs.solidjs.com/solid-start/reference/entrypoints/entry-client
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Setup

_SETUP = Setup(
    variable="VITE_SENTRY_DSN",
    sdk="""npm install {package}

// {root}src/entry-client.tsx, above mount()
import * as Sentry from "@sentry/solidstart";
import { solidRouterBrowserTracingIntegration } from "@sentry/solidstart/solidrouter";

Sentry.init({
  dsn: import.meta.env.VITE_SENTRY_DSN,
  environment: import.meta.env.VITE_SENTRY_ENVIRONMENT || import.meta.env.MODE,
  integrations: [solidRouterBrowserTracingIntegration()],
  tracesSampleRate: 0.1,
});

# where it is built
VITE_SENTRY_DSN={dsn}
""",
    maps="""// {file:app.config}
import { defineConfig } from "@solidjs/start/config";
import { withSentry } from "@sentry/solidstart";

export default defineConfig(
  withSentry(
    {
      // what was in defineConfig()
    },
    {
      org: "{org}",
      project: "{project}",
      authToken: process.env.SENTRY_AUTH_TOKEN,
      // the maps are written to .vinxi, and copied from there to .output when the plugin is done
      sourceMapsUploadOptions: { filesToDeleteAfterUpload: ["./.vinxi/build/**/*.map", "./.output/**/*.map"] },
    },
  ),
);
""",
    boundary="""// {root}src/app.tsx: around the routes
import * as Sentry from "@sentry/solidstart";
import { ErrorBoundary } from "solid-js";

const SentryErrorBoundary = Sentry.withSentryErrorBoundary(ErrorBoundary);

<SentryErrorBoundary fallback={<p>Something went wrong.</p>}>
""",
)

FRAMEWORK = Framework(
    name="SolidStart",
    packages=("@solidjs/start", "solid-start"),
    sdk="@sentry/solidstart",
    guide="solidstart",
    bundler="vite",
    client_files=("src/entry-client",),
    aliases={"~/": ("src/",)},
    plugin=("@sentry/solidstart", "withSentry"),
    versions=("^10.70.0",),
    setup=_SETUP,
)
