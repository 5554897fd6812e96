"""React Router in framework mode: `entry.client` runs first; the root route's `ErrorBoundary` catches what routes throw.

https://docs.sentry.io/platforms/javascript/guides/react-router/
https://reactrouter.com/how-to/error-boundary
https://reactrouter.com/api/framework-conventions/react-router.config.ts#builddirectory
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output

_ENTRY = """import { startTransition, StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import { HydratedRouter } from "react-router/dom";

startTransition(() => {
  hydrateRoot(
    document,
    <StrictMode>
      <HydratedRouter />
    </StrictMode>,
  );
});
"""
"""What `react-router reveal` writes (https://reactrouter.com/api/framework-conventions/entry.client.tsx)."""

_SERVER = """// instrument.server.mjs
import * as Sentry from "@sentry/react-router";

Sentry.init({ dsn: process.env.SENTRY_DSN, environment: process.env.SENTRY_ENVIRONMENT, tracesSampleRate: 0.1 });

// app/entry.server.tsx (`npx react-router reveal` writes it)
export const handleError = Sentry.createSentryHandleError({ logErrors: true });

// package.json
"start": "NODE_OPTIONS='--import ./instrument.server.mjs' react-router-serve ./build/server/index.js"
"""

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
    tracing="reactRouterTracingIntegration",
    hidden_entry=("entry.client", _ENTRY),
    server=_SERVER,
)
