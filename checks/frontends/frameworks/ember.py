"""Ember: `app/app` runs first.

https://docs.sentry.io/platforms/javascript/guides/ember/
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Setup

_SETUP = Setup(
    variable="",
    sdk="""ember install @sentry/ember

// {root}app/app.js, above the application's class
import * as Sentry from "@sentry/ember";

Sentry.init({
  dsn: "{dsn}",
  tracesSampleRate: 0.1,
});
""",
    maps="""# after the build, where CI builds (SENTRY_AUTH_TOKEN is set)
npx @sentry/cli@3 sourcemaps inject dist
npx @sentry/cli@3 sourcemaps upload --org {org} --project {project} dist
find dist -name '*.map' -delete
""",
)

FRAMEWORK = Framework(
    name="Ember",
    packages=("ember-source",),
    sdk="@sentry/ember",
    guide="ember",
    entries=("app/app",),
    versions=("^10.75.0",),
    setup=_SETUP,
    env_file=None,
)
