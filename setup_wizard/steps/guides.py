"""What a person makes by hand for a framework or bundler whose files are not edited: its own commands, files and variables."""

from __future__ import annotations

import re

from msgspec import Struct

from checks.frontends.setup import is_edited
from checks.repository.frontends import Frontend
from setup_wizard.editors.entry import privacy_rows

DOCS = "https://docs.sentry.io/platforms/javascript/guides/"
BROWSER = "@sentry/browser"
"""The SDK for what no other one is made for (https://docs.sentry.io/platforms/javascript/)."""

_BROWSER_VERSIONS = ("^11.12.0", "^10.78.0")


class Guide(Struct, frozen=True, kw_only=True):
    """A framework's or bundler's way: `name`, its SDK `package`, the `variable` of the DSN, and the exact texts.

    `sdk` initializes the SDK, `maps` uploads source maps, `boundary` reports the errors that the framework catches (empty: there
    is nothing more to write); they may hold `{org}`, `{project}`, `{dsn}` and `{privacy}`. `page` is the guide, `current` says
    that the SDK's newest version asks for `dataCollection`.
    """

    name: str
    package: str
    variable: str
    sdk: str
    maps: str
    page: str
    boundary: str = ""
    current: bool = True


_INIT = """npm install {package}

// src/instrument.js
import * as Sentry from "{package}";

Sentry.init({
  dsn: process.env.{variable},
  environment: "production",
  integrations: [Sentry.browserTracingIntegration()],
  tracesSampleRate: 0.1,
  {privacy}
});

// the first line of the entry
import "./instrument";

// where it is built
{variable}={dsn}
"""
_UPLOAD = """# the build writes maps that its files do not name ({how})

# after the build, where CI builds (SENTRY_AUTH_TOKEN is set)
npx @sentry/cli@3 sourcemaps inject {folder}
npx @sentry/cli@3 sourcemaps upload --org {{org}} --project {{project}} {folder}
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


def sdk_of(frontend: Frontend) -> str:
    """Return the SDK made for what a frontend renders with."""
    return frontend.framework.sdk if frontend.framework is not None else BROWSER


def versions_of(frontend: Frontend) -> tuple[str, ...]:
    """Return the npm ranges of that SDK, of the newest major first."""
    framework = frontend.framework
    return framework.versions if framework is not None and framework.versions else _BROWSER_VERSIONS


def guide_of(frontend: Frontend) -> Guide | None:
    """Return the way of a frontend's framework or bundler; None for plain Vite, whose files are edited."""
    framework = frontend.framework
    if framework is not None and framework.setup is not None:
        asked = re.search(r"\d+", frontend.dependencies.get(framework.packages[0], ""))
        setup = framework.earlier.get(int(asked[0]), framework.setup) if asked else framework.setup
        return Guide(
            name=framework.name,
            package=setup.package or framework.sdk,
            variable=setup.variable,
            sdk=setup.sdk,
            maps=setup.maps,
            boundary=setup.boundary,
            page=setup.page or f"{DOCS}{framework.guide}/",
            current=framework.versions[0].startswith("^11"),
        )
    return None if is_edited(frontend) else _bundler(frontend)


def _bundler(frontend: Frontend) -> Guide:
    package, name, variable = sdk_of(frontend), frontend.bundler, "SENTRY_DSN"
    maps = _UPLOAD.format(how="source maps on, their comments off", folder="dist")
    framework = frontend.framework
    if framework is not None and framework.public:
        name, variable = framework.name, f"{framework.public[0]}SENTRY_DSN"
    if name == "Create React App":
        maps = _UPLOAD.format(how="Create React App does", folder="build")
    elif name == "Vue CLI":
        # Vue CLI hands VUE_APP_ variables to the bundle itself (https://cli.vuejs.org/guide/mode-and-env.html).
        maps = _WEBPACK.replace("// webpack.config.js", "// vue.config.js: in `configureWebpack`")
        maps = "".join(row for row in maps.splitlines(keepends=True) if "EnvironmentPlugin" not in row)
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


_COMMANDS = {
    "pnpm": ("pnpm add --save-dev ", "pnpm add ", "pnpm dlx "),
    "yarn": ("yarn add --dev ", "yarn add ", "npx "),
    "bun": ("bun add --dev ", "bun add ", "bunx "),
}
_NPM = ("npm install --save-dev ", "npm install ", "npx ")
"""How packages are added and run
(https://pnpm.io/cli/add, https://yarnpkg.com/cli/add, https://bun.com/docs/pm/cli/add).
"""


def by_manager(text: str, manager: str) -> str:
    """Return a text whose commands are those of a project's package manager."""
    for npm, own in zip(_NPM, _COMMANDS.get(manager, _NPM), strict=True):
        text = "\n".join(own + row.removeprefix(npm) if row.startswith(npm) else row for row in text.split("\n"))
    return text


def filled(guide: Guide, text: str, *, org: str, project: str, dsn: str = "…", manager: str = "npm") -> str:
    """Return a guide's text with the organization, the project, the DSN, the options for privacy and the manager's commands."""
    text = by_manager(text, manager)
    rows = [r.removeprefix("  ") for r in privacy_rows("  ")] if guide.current else []
    text = text.replace("  {privacy}\n", "".join(f"  {row}\n" for row in rows))
    return text.replace("{org}", org).replace("{project}", project).replace("{dsn}", dsn)
