"""Gatsby: the plugin loads `sentry.config` in the browser; `gatsby-browser` runs there as well.

https://docs.sentry.io/platforms/javascript/guides/gatsby/
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output, Setup

_SETUP = Setup(
    variable="GATSBY_SENTRY_DSN",
    sdk="""npm install {package}

// {file:gatsby-config}: in `plugins`
    "@sentry/gatsby",

// {root}sentry.config.js
import * as Sentry from "@sentry/gatsby";

Sentry.init({
  dsn: process.env.GATSBY_SENTRY_DSN,
  environment: process.env.GATSBY_SENTRY_ENVIRONMENT || process.env.NODE_ENV,
  tracesSampleRate: 0.1,
  {privacy}
});

# where it is built
GATSBY_SENTRY_DSN={dsn}
GATSBY_SENTRY_ENVIRONMENT=production
""",
    maps="""# where CI builds: the plugin uploads with these
SENTRY_ORG={org}
SENTRY_PROJECT={project}
SENTRY_AUTH_TOKEN=…
""",
)

FRAMEWORK = Framework(
    name="Gatsby",
    packages=("gatsby",),
    sdk="@sentry/gatsby",
    guide="gatsby",
    bundler="webpack",
    client_files=("sentry.config", "gatsby-browser", "src/gatsby-browser"),
    plugin=("@sentry/gatsby", "@sentry/gatsby"),
    public=("GATSBY_",),
    react=True,
    output=Output(folder="public"),
    versions=("^11.0.0", "^10.68.0"),
    setup=_SETUP,
    env_file=".env.development",  # https://www.gatsbyjs.com/docs/how-to/local-development/environment-variables/
)
