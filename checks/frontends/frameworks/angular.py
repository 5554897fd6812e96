"""Angular: `src/main` bootstraps the application; `ErrorHandler` gets the errors that Angular catches.

https://docs.sentry.io/platforms/javascript/guides/angular/
https://angular.dev/reference/configs/file-structure
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Setup

_SETUP = Setup(
    variable="environment.sentryDsn",
    sdk="""npm install @sentry/angular

// src/environments/environment.ts (a browser's DSN is public)
  sentryDsn: "{dsn}",

// src/main.ts, above bootstrapApplication
import * as Sentry from "@sentry/angular";

import { environment } from "./environments/environment";

Sentry.init({
  dsn: environment.sentryDsn,
  environment: environment.production ? "production" : "development",
  integrations: [Sentry.browserTracingIntegration()],
  tracesSampleRate: 0.1,
  {privacy}
});
""",
    maps="""// angular.json, in the production configuration
"sourceMap": { "scripts": true, "styles": false, "hidden": true }

# after `ng build`, where CI builds (SENTRY_AUTH_TOKEN is set)
npx @sentry/cli@3 sourcemaps inject dist
npx @sentry/cli@3 sourcemaps upload --org {org} --project {project} dist
find dist -name '*.map' -delete
""",
    boundary="""// src/app/app.config.ts, in `providers`
import { ErrorHandler } from "@angular/core";
import * as Sentry from "@sentry/angular";

    { provide: ErrorHandler, useValue: Sentry.createErrorHandler() },
""",
)

FRAMEWORK = Framework(
    name="Angular",
    packages=("@angular/core",),
    sdk="@sentry/angular",
    guide="angular",
    bundler="angular",
    entries=("src/main",),
    versions=("^11.0.0", "^10.75.0"),
    setup=_SETUP,
    env_file=None,
)
