"""SvelteKit: `hooks.client` runs first; its `handleError` gets the errors that SvelteKit catches itself.

https://docs.sentry.io/platforms/javascript/guides/sveltekit/manual-setup/
https://svelte.dev/docs/kit/hooks
https://svelte.dev/docs/kit/$lib
"""

from __future__ import annotations

from checks.frontends.framework import Framework, Output, Setup

_SETUP = Setup(
    variable="PUBLIC_SENTRY_DSN",
    sdk="""npm install {package}

// {file:src/hooks.client}
import * as Sentry from "@sentry/sveltekit";
import { env } from "$env/dynamic/public";

Sentry.init({
  dsn: env.PUBLIC_SENTRY_DSN,
  environment: env.PUBLIC_SENTRY_ENVIRONMENT || import.meta.env.MODE,
  tracesSampleRate: 0.1,
  {privacy}
});

// a `handleError` that is there is its argument: handleErrorWithSentry(own)
export const handleError = Sentry.handleErrorWithSentry();

# where it runs; for a static site, where it is built
PUBLIC_SENTRY_DSN={dsn}
PUBLIC_SENTRY_ENVIRONMENT=production
""",
    maps="""// {file:vite.config}: first of the plugins, before sveltekit()
import { sentrySvelteKit } from "@sentry/sveltekit";

    sentrySvelteKit({
      org: "{org}",
      project: "{project}",
      authToken: process.env.SENTRY_AUTH_TOKEN,
      // and the folder that the adapter writes to: `build`, unless svelte.config names another
      sourcemaps: { filesToDeleteAfterUpload: ["./.svelte-kit/**/*.map", "./build/**/*.map"] },
    }),
""",
    boundary="""// {file:src/hooks.client}
import * as Sentry from "@sentry/sveltekit";

// a `handleError` that is there is its argument: handleErrorWithSentry(own)
export const handleError = Sentry.handleErrorWithSentry();
""",
)

FRAMEWORK = Framework(
    name="SvelteKit",
    packages=("@sveltejs/kit",),
    sdk="@sentry/sveltekit",
    guide="sveltekit",
    bundler="vite",
    client_files=("src/hooks.client",),
    root_files=("src/hooks.client",),
    aliases={"$lib/": ("src/lib/",), "$lib": ("src/lib",)},
    traces=True,
    plugin=("@sentry/sveltekit", "sentrySvelteKit"),
    public=("VITE_", "PUBLIC_"),
    output=Output(folder=".svelte-kit/output", plugins=("@sveltejs/kit/vite",), fixed=True),
    versions=("^11.7.0", "^10.75.0"),
    floors=("@sveltejs/kit", {11: "2", 8: "1"}),
    setup=_SETUP,
)
