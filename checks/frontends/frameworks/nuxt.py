"""Nuxt: the module loads `sentry.client.config` in the browser and hooks into Vue by itself.

https://docs.sentry.io/platforms/javascript/guides/nuxt/manual-setup/
https://nuxt.com/docs/4.x/guide/directory-structure/app
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output, Setup

_SETUP = Setup(
    variable="NUXT_PUBLIC_SENTRY_DSN",
    sdk="""npm install {package}

// {file:nuxt.config}
  modules: ["@sentry/nuxt/module"], // behind those that are there
  runtimeConfig: { public: { sentry: { dsn: "", environment: "" } } },

// {file:sentry.client.config}
import * as Sentry from "@sentry/nuxt";

Sentry.init({
  dsn: useRuntimeConfig().public.sentry.dsn,
  environment: useRuntimeConfig().public.sentry.environment || import.meta.env.MODE,
  tracesSampleRate: 0.1,
  {privacy}
});

# where it runs; for `nuxt generate`, where it is built
NUXT_PUBLIC_SENTRY_DSN={dsn}
NUXT_PUBLIC_SENTRY_ENVIRONMENT=production
""",
    maps="""// {file:nuxt.config}
  modules: ["@sentry/nuxt/module"], // behind those that are there
  sentry: {
    org: "{org}",
    project: "{project}",
    authToken: process.env.SENTRY_AUTH_TOKEN,
    sourcemaps: { filesToDeleteAfterUpload: [".output/**/*.map"] },
  },
  sourcemap: { client: "hidden" },
""",
)

_NUXT_2 = Setup(
    variable="SENTRY_DSN",
    package="@nuxtjs/sentry",
    page="https://sentry.nuxtjs.org/configuration/options/",
    sdk="""npm install {package}

// {file:nuxt.config}
  modules: ["@nuxtjs/sentry"],
  sentry: {
    dsn: process.env.SENTRY_DSN,
    config: { environment: process.env.SENTRY_ENVIRONMENT || process.env.NODE_ENV },
  },

# where it is built
SENTRY_DSN={dsn}
SENTRY_ENVIRONMENT=production
""",
    maps="""npm install --save-dev @sentry/webpack-plugin@2

// {file:nuxt.config}, in `sentry`
    publishRelease: {
      authToken: process.env.SENTRY_AUTH_TOKEN,
      org: "{org}",
      project: "{project}",
      sourcemaps: { filesToDeleteAfterUpload: [".nuxt/dist/client/**/*.map"] },
    },
    sourceMapStyle: "hidden-source-map",
""",
)
"""Nuxt 2 builds with webpack, and the SDK's module needs Nuxt 3 (https://sentry.nuxtjs.org)."""

FRAMEWORK = Framework(
    name="Nuxt",
    packages=("nuxt", "nuxt3"),
    sdk="@sentry/nuxt",
    guide="nuxt",
    bundler="vite",
    client_files=(
        "sentry.client.config",
        "plugins/sentry",
        "plugins/sentry.client",
        "app/plugins/sentry",
        "app/plugins/sentry.client",
        "src/plugins/sentry",
        "src/plugins/sentry.client",
    ),
    aliases={"~~/": ("",), "@@/": ("",), "~/": ("app/", "src/", ""), "@/": ("app/", "src/", "")},
    traces=True,
    plugin=("@sentry/nuxt/module", "@sentry/nuxt/module"),
    public=("NUXT_PUBLIC_", "VITE_"),
    output=Output(folder=".output/public/_nuxt"),
    versions=("^10.75.0",),
    setup=_SETUP,
    env_file=".env",  # https://nuxt.com/docs/4.x/guide/directory-structure/env
    earlier={2: _NUXT_2},
    builds_as="Nuxt",
)
