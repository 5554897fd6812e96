"""What a person makes by hand for a framework or bundler whose files are not edited: its own commands, files and variables."""

from __future__ import annotations

from msgspec import Struct

from checks.repository.frontends import Frontend

DOCS = "https://docs.sentry.io/platforms/javascript/guides/"


class Guide(Struct, frozen=True, kw_only=True):
    """A framework's or bundler's way: `name`, its SDK `package`, the `variable` of the DSN, and the two exact texts.

    `sdk` initialises the SDK, `maps` uploads source maps; both may hold `{org}`, `{project}` and `{dsn}`. `page` is the guide.
    """

    name: str
    package: str
    variable: str
    sdk: str
    maps: str
    page: str


_NEXT = Guide(
    name="Next.js",
    package="@sentry/nextjs",
    variable="NEXT_PUBLIC_SENTRY_DSN",
    sdk="""npm install @sentry/nextjs

// instrumentation-client.ts
import * as Sentry from "@sentry/nextjs";

Sentry.init({
  dsn: process.env.NEXT_PUBLIC_SENTRY_DSN,
  environment: process.env.NEXT_PUBLIC_SENTRY_ENVIRONMENT,
  tracesSampleRate: 0.1,
});

export const onRouterTransitionStart = Sentry.captureRouterTransitionStart;

// where it is built
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
    page=DOCS + "nextjs/manual-setup/",
)
_NUXT = Guide(
    name="Nuxt",
    package="@sentry/nuxt",
    variable="NUXT_PUBLIC_SENTRY_DSN",
    sdk="""npx nuxi module add @sentry/nuxt/module

// nuxt.config.ts
  runtimeConfig: { public: { sentry: { dsn: "" } } },

// sentry.client.config.ts
import * as Sentry from "@sentry/nuxt";

Sentry.init({
  dsn: useRuntimeConfig().public.sentry.dsn,
  tracesSampleRate: 0.1,
});

// where it runs
NUXT_PUBLIC_SENTRY_DSN={dsn}
""",
    maps="""// nuxt.config.ts
  modules: ["@sentry/nuxt/module"],
  sentry: { org: "{org}", project: "{project}", authToken: process.env.SENTRY_AUTH_TOKEN },
  sourcemap: { client: "hidden" },
""",
    page=DOCS + "nuxt/",
)
_SVELTEKIT = Guide(
    name="SvelteKit",
    package="@sentry/sveltekit",
    variable="PUBLIC_SENTRY_DSN",
    sdk="""npm install @sentry/sveltekit

// src/hooks.client.ts
import * as Sentry from "@sentry/sveltekit";
import { env } from "$env/dynamic/public";

Sentry.init({
  dsn: env.PUBLIC_SENTRY_DSN,
  tracesSampleRate: 0.1,
});

export const handleError = Sentry.handleErrorWithSentry();

// where it runs
PUBLIC_SENTRY_DSN={dsn}
""",
    maps="""// vite.config: first of the plugins, before sveltekit()
import { sentrySvelteKit } from "@sentry/sveltekit";

    sentrySvelteKit({ org: "{org}", project: "{project}", authToken: process.env.SENTRY_AUTH_TOKEN }),
""",
    page=DOCS + "sveltekit/",
)
_ASTRO = Guide(
    name="Astro",
    package="@sentry/astro",
    variable="PUBLIC_SENTRY_DSN",
    sdk="""npx astro add @sentry/astro

// sentry.client.config.ts
import * as Sentry from "@sentry/astro";

Sentry.init({
  dsn: import.meta.env.PUBLIC_SENTRY_DSN,
  tracesSampleRate: 0.1,
});

// where it is built
PUBLIC_SENTRY_DSN={dsn}
""",
    maps="""// astro.config: in `integrations`
import sentry from "@sentry/astro";

    sentry({ org: "{org}", project: "{project}", authToken: process.env.SENTRY_AUTH_TOKEN }),
""",
    page=DOCS + "astro/",
)
_ANGULAR = Guide(
    name="Angular",
    package="@sentry/angular",
    variable="environment.sentryDsn",
    sdk="""npm install @sentry/angular

// src/environments/environment.ts (a browser's DSN is public)
  sentryDsn: "{dsn}",

// src/main.ts, above bootstrapApplication
import * as Sentry from "@sentry/angular";

Sentry.init({
  dsn: environment.sentryDsn,
  tracesSampleRate: 0.1,
});

// src/app/app.config.ts, in `providers`
    { provide: ErrorHandler, useValue: Sentry.createErrorHandler() },
""",
    maps="""// angular.json, in the production configuration
"sourceMap": { "scripts": true, "styles": false, "hidden": true }

# after `ng build`, where CI builds (SENTRY_AUTH_TOKEN is set)
npx sentry-cli sourcemaps inject dist
npx sentry-cli sourcemaps upload --org {org} --project {project} dist
find dist -name '*.map' -delete
""",
    page=DOCS + "angular/",
)
_GATSBY = Guide(
    name="Gatsby",
    package="@sentry/gatsby",
    variable="GATSBY_SENTRY_DSN",
    sdk="""npm install @sentry/gatsby

// gatsby-config: in `plugins`
    "@sentry/gatsby",

// sentry.config.js
import * as Sentry from "@sentry/gatsby";

Sentry.init({
  dsn: process.env.GATSBY_SENTRY_DSN,
  tracesSampleRate: 0.1,
});

// where it is built
GATSBY_SENTRY_DSN={dsn}
""",
    maps="""# where CI builds: the plugin uploads with these
SENTRY_ORG={org}
SENTRY_PROJECT={project}
SENTRY_AUTH_TOKEN=…
""",
    page=DOCS + "gatsby/",
)
_FRAMEWORKS = {
    "next": _NEXT,
    "nuxt": _NUXT,
    "@sveltejs/kit": _SVELTEKIT,
    "astro": _ASTRO,
    "@angular/core": _ANGULAR,
    "gatsby": _GATSBY,
}
_INIT = """npm install {package}

// src/instrument.js
import * as Sentry from "{package}";

Sentry.init({
  dsn: process.env.{variable},
  tracesSampleRate: 0.1,
});

// the first line of the entry
import "./instrument";

// where it is built
{variable}={dsn}
"""
_UPLOAD = """# the build writes maps that its files do not name ({how})

# after the build, where CI builds (SENTRY_AUTH_TOKEN is set)
npx sentry-cli sourcemaps inject {folder}
npx sentry-cli sourcemaps upload --org {{org}} --project {{project}} {folder}
find {folder} -name '*.map' -delete
"""
_WEBPACK = """npm install --save-dev @sentry/webpack-plugin

// webpack.config.js
const { sentryWebpackPlugin } = require("@sentry/webpack-plugin");
const { EnvironmentPlugin } = require("webpack");

  devtool: "hidden-source-map",
  plugins: [
    new EnvironmentPlugin({ SENTRY_DSN: "" }),
    sentryWebpackPlugin({
      org: "{org}",
      project: "{project}",
      authToken: process.env.SENTRY_AUTH_TOKEN,
      sourcemaps: { filesToDeleteAfterUpload: ["dist/**/*.map"] },
    }),
  ],
"""
_SDKS = {"react": "@sentry/react", "vue": "@sentry/vue", "svelte": "@sentry/svelte", "solid-js": "@sentry/solid"}


def sdk_of(frontend: Frontend) -> str:
    """Return the SDK made for what a frontend renders with (https://docs.sentry.io/platforms/javascript/)."""
    return next((p for d, p in _SDKS.items() if d in frontend.dependencies), "@sentry/browser")


def guide_of(frontend: Frontend) -> Guide | None:
    """Return the way of a frontend's framework or bundler; None for plain Vite, whose files are edited."""
    framework = next((g for d, g in _FRAMEWORKS.items() if d in frontend.dependencies), None)
    if framework is not None:
        return framework
    return None if frontend.bundler == "vite" else _bundler(frontend)


def _bundler(frontend: Frontend) -> Guide:
    package, name, variable = sdk_of(frontend), frontend.bundler, "SENTRY_DSN"
    maps = _UPLOAD.format(how="source maps on, their comments off", folder="dist")
    if "react-scripts" in frontend.dependencies:
        name, variable = "Create React App", "REACT_APP_SENTRY_DSN"
        maps = _UPLOAD.format(how="Create React App does", folder="build")
    elif "@vue/cli-service" in frontend.dependencies:
        name, variable = "Vue CLI", "VUE_APP_SENTRY_DSN"
        maps = _WEBPACK.replace("// webpack.config.js", "// vue.config.js: in `configureWebpack`")
    elif "@rsbuild/core" in frontend.dependencies:
        name, variable = "Rsbuild", "PUBLIC_SENTRY_DSN"
        maps = _UPLOAD.format(how="`output: { sourceMap: { js: 'hidden-source-map' } }`", folder="dist")
    elif frontend.bundler == "rspack":
        maps = _UPLOAD.format(how='`devtool: "hidden-source-map"`', folder="dist")
    elif frontend.bundler == "webpack":
        maps = _WEBPACK
    elif frontend.bundler == "esbuild":
        maps = _UPLOAD.format(how="`--sourcemap=external`", folder="dist")
    sdk = _INIT.replace("{package}", package).replace("{variable}", variable)
    page = DOCS + (package.removeprefix("@sentry/").replace("browser", "") + "/").lstrip("/")
    return Guide(name=name, package=package, variable=variable, sdk=sdk, maps=maps, page=page)


def filled(text: str, *, org: str, project: str, dsn: str = "…") -> str:
    """Return a guide's text with the organization, the project and the DSN in their places."""
    return text.replace("{org}", org).replace("{project}", project).replace("{dsn}", dsn)
