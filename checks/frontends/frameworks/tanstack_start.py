"""TanStack Start: `src/router` runs in the browser and on the server; `src/client` only in the browser.

https://docs.sentry.io/platforms/javascript/guides/tanstackstart-react/
https://tanstack.com/start/latest/docs/framework/react/guide/client-entry-point
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Setup

_SETUP = Setup(
    variable="VITE_SENTRY_DSN",
    sdk="""npm install {package}

// {root}src/router.tsx, in getRouter(), before the router is returned
import * as Sentry from "@sentry/tanstackstart-react";

  if (!router.isServer) {
    Sentry.init({
      dsn: import.meta.env.VITE_SENTRY_DSN,
      environment: import.meta.env.VITE_SENTRY_ENVIRONMENT || import.meta.env.MODE,
      integrations: [Sentry.tanstackRouterBrowserTracingIntegration(router)],
      tracesSampleRate: 0.1,
    });
  }

# where it is built
VITE_SENTRY_DSN={dsn}
""",
    maps="""// {file:vite.config}: last of the plugins
import { sentryTanstackStart } from "@sentry/tanstackstart-react/vite";

    sentryTanstackStart({
      org: "{org}",
      project: "{project}",
      authToken: process.env.SENTRY_AUTH_TOKEN,
      sourcemaps: { filesToDeleteAfterUpload: ["./dist/**/*.map", "./.output/**/*.map"] },
    }),
""",
    boundary="""// {root}src/routes/__root.tsx: in createRootRoute()
import * as Sentry from "@sentry/tanstackstart-react";
import { useEffect } from "react";

  errorComponent: ({ error }) => {
    useEffect(() => {
      Sentry.captureException(error);
    }, [error]);
    return <p>Something went wrong.</p>;
  },
""",
)

FRAMEWORK = Framework(
    name="TanStack Start",
    packages=("@tanstack/react-start", "@tanstack/start"),
    sdk="@sentry/tanstackstart-react",
    guide="tanstackstart-react",
    bundler="vite",
    client_files=("src/client", "app/client", "src/router", "app/router"),
    calls=("getRouter", "createRouter"),  # https://tanstack.com/start/latest/docs/framework/react/guide/routing
    root_files=("src/routes/__root", "app/routes/__root"),
    aliases={"~/": ("src/", "app/")},
    plugin=("@sentry/tanstackstart-react/vite", "sentryTanstackStart"),
    react=True,
    versions=("^10.75.0",),
    setup=_SETUP,
)
