"""Sentry's plugins in builds other than plain Vite's: on or off, with maps or without, their deletion against the output."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one, workflow

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
CI = ".github/workflows/deploy.yml"


def shop(build: str, *packages: str, **files: str) -> dict[str, str]:
    package = {"private": True, "scripts": {"build": build}, "dependencies": dict.fromkeys(packages, "^10.0.0")}
    flow = (
        workflow("npm run build", env="SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}")
        + "        working-directory: web\n"
    )
    made = backend() | {CI: flow, "web/package.json": json.dumps(package)}
    return made | {f"web/{n.replace('__', '/').replace('_dot_', '.')}": text for n, text in files.items()}


PACK = "const { sentryWebpackPlugin } = require('@sentry/webpack-plugin')\nmodule.exports = { entry: './src/main.js', %s plugins: [%s] }\n"
CALL = "sentryWebpackPlugin({ org: 'acme', project: 'web', %s })"
MAPS = "devtool: 'hidden-source-map',"
DELETES = "sourcemaps: { filesToDeleteAfterUpload: ['dist/**/*.map'] }"
NEXT = "import { withSentryConfig } from '@sentry/nextjs'\n"
KIT = "import { sentrySvelteKit } from '@sentry/sveltekit'\nimport { sveltekit } from '@sveltejs/kit/vite'\nexport default { plugins: [sentrySvelteKit({ %s }), sveltekit()], %s }\n"
ROUTER = "import { sentryReactRouter } from '@sentry/react-router'\nexport default (config) => ({ plugins: [sentryReactRouter({ org: 'acme' }, config)], %s })\n"
END = "import { sentryOnBuildEnd } from '@sentry/react-router'\nexport default { buildEnd: async (o) => { await sentryOnBuildEnd(o) } }\n"
NUXT = "export default defineNuxtConfig({ modules: ['@sentry/nuxt/module'], %s })\n"


def pack(options: str = DELETES, maps: str = MAPS, call: str = CALL) -> dict[str, str]:
    text = PACK % (maps, call % options if "%s" in call else call)
    return shop("webpack --mode production", "react", "webpack", webpack_dot_config_dot_js=text, src__main_dot_js="")


def following(text: str) -> dict[str, str]:
    return shop("next build", "next", "react", next_dot_config_dot_ts=NEXT + text)


def kit(options: str, more: str = "") -> dict[str, str]:
    return shop("vite build", "@sveltejs/kit", "svelte", vite_dot_config_dot_ts=KIT % (options, more))


def router(more: str = "", end: str = END) -> dict[str, str]:
    files = {"vite_dot_config_dot_ts": ROUTER % more, "react-router_dot_config_dot_ts": end}
    return shop("react-router build", "@react-router/dev", "react", **files)


def nuxt(options: str) -> dict[str, str]:
    return shop("nuxt build", "nuxt", nuxt_dot_config_dot_ts=NUXT % options)


UPLOADS = [
    ("webpack", pack(), P, "uploads the maps"),
    ("webpack-off", pack("disable: true"), F, "`disable` is `true`"),
    ("webpack-asks", pack("disable: !process.env.UPLOAD"), U, "`disable` is"),
    ("webpack-no-maps", pack(maps="devtool: false,"), F, "writes no map file"),
    ("webpack-eval", pack(maps="devtool: 'eval-source-map',"), F, "writes no map file"),
    ("webpack-development", pack(maps="devtool: process.env.NODE_ENV === 'production' ? 'source-map' : 'eval',"), P, ""),
    ("webpack-unsaid", pack(maps=""), U, "no `devtool` was found"),
    ("webpack-comment", pack(call="// sentryWebpackPlugin()\n"), F, "nothing uploads"),
    ("next", following("export default withSentryConfig({}, { org: 'acme', project: 'web' })\n"), P, ""),
    ("next-off", following("export default withSentryConfig({}, { sourcemaps: { disable: true } })\n"), F, "`sourcemaps.disable`"),
    ("next-constant", following("const options = { sourcemaps: { disable: true } }\nexport default withSentryConfig({}, options)\n"), F, ""),
    ("next-unused", following("const wrapped = withSentryConfig({}, {})\nexport default {}\n"), F, "nothing uploads"),
    ("next-used", following("const wrapped = withSentryConfig({}, {})\nexport default wrapped\n"), P, ""),
    ("kit", kit("org: 'acme'"), P, ""),
    ("kit-off", kit("autoUploadSourceMaps: false"), F, "`autoUploadSourceMaps` is `false`"),
    ("kit-no-maps", kit("org: 'acme'", "build: { sourcemap: false }"), F, "build.sourcemap is false"),
    ("router", router(), P, ""),
    ("router-no-end", router(end="export default { ssr: false }\n"), F, "does not call sentryOnBuildEnd"),
    ("router-nowhere", {k: v for k, v in router().items() if "react-router.config" not in k}, U, "is not in the repository"),
    ("router-no-maps", router("build: { sourcemap: false }"), F, "build.sourcemap is false"),
    ("nuxt", nuxt("sentry: { org: 'acme' }, sourcemap: { client: 'hidden' }"), P, ""),
    ("nuxt-off", nuxt("sentry: { enabled: false }"), F, "`enabled` is `false`"),
    ("nuxt-no-maps", nuxt("sourcemap: { client: false, server: true }"), F, "switched off for the client"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), [pytest.param(f, o, w, id=n) for n, f, o, w in UPLOADS])
def test_a_plugin_counts_where_it_uploads_maps_that_are_written(files, outcome, words):
    result = check_one("source-maps", files)
    said = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and words in said, said


OWN = "authToken: process.env.OWN_TOKEN"
SPREAD = "...(process.env.OWN_TOKEN ? { authToken: process.env.OWN_TOKEN } : {})"


def given_none(files: dict[str, str]) -> dict[str, str]:
    return files | {CI: files[CI].replace("          SENTRY_AUTH_TOKEN: ", "          OTHER: ")}


def renamed(files: dict[str, str]) -> dict[str, str]:
    return files | {CI: files[CI].replace("          SENTRY_AUTH_TOKEN: ", "          OWN_TOKEN: ")}


@pytest.mark.parametrize(("files", "outcome", "words"), [
    # Where it is not set, the plugin reads its own variable.
    (kit(OWN), P, "the build is given `SENTRY_AUTH_TOKEN`"),
    (given_none(kit(OWN)), F, "is given no `OWN_TOKEN`"),
    (renamed(kit(OWN)), P, "the build is given"),
    (given_none(kit(SPREAD)), F, "is given no `OWN_TOKEN`"),
    (renamed(kit(SPREAD)), P, "the build is given"),
    # Without an option, or with one that is more than a variable, what the plugin reads by itself decides.
    (kit("authToken: process.env.SENTRY_AUTH_TOKEN"), P, "the build is given"),
    (renamed(kit("org: 'acme'")), F, "is given no `SENTRY_AUTH_TOKEN`"),
    (renamed(kit("authToken: process.env.OWN_TOKEN || other")), F, "is given no `SENTRY_AUTH_TOKEN`"),
])  # fmt: skip
def test_the_variable_that_the_plugin_takes_its_token_from_decides(files, outcome, words):
    result = check_one("source-maps", files)
    said = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and words in said, said


def in_branches(deleted: str) -> dict[str, str]:
    """A configuration that a condition wraps before it is exported."""
    files = pack(
        DELETES.replace("dist", deleted), MAPS + " output: { path: require('path').resolve(__dirname, 'out') },"
    )
    text = files["web/webpack.config.js"].replace("module.exports =", "const made =")
    ends = "if (process.env.SPEED) {\n  module.exports = smp.wrap(made)\n} else {\n  module.exports = made\n}\n"
    return files | {"web/webpack.config.js": text + ends}


PRIVATE = [
    (in_branches("out"), P, "filesToDeleteAfterUpload is set"),
    (in_branches("dist"), F, "names no map of the build, which writes to web/out"),
    (pack(), P, "filesToDeleteAfterUpload is set"),
    (pack(DELETES.replace("dist", "build")), F, "names no map of the build, which writes to web/dist"),
    (pack(DELETES.replace("dist", "build"), MAPS + " output: { path: require('path').resolve(__dirname, 'build') },"), P, ""),
    (pack(DELETES, MAPS + " output: { path: OUT },"), U, "the folder that web/webpack.config.js writes to cannot be determined"),
    (pack(DELETES.replace("dist/", ""), MAPS + " output: { path: OUT },"), P, "filesToDeleteAfterUpload is set"),
    (pack("a: 1"), F, "publishes its maps"),
    (kit("org: 'acme'"), U, "sentrySvelteKit makes the build write source maps, and no setting here names those it deletes"),
    (kit("sourcemaps: { filesToDeleteAfterUpload: ['build/**/*.map'] }"), P, "filesToDeleteAfterUpload is set"),
    (kit("autoUploadSourceMaps: false"), P, "the build writes no maps"),
    (kit("org: 'acme'", "build: { sourcemap: false }"), P, "the build writes no maps"),
    (kit("org: 'acme'", "build: { sourcemap: 'hidden' }"), F, "nothing deletes them"),
    (router(), U, "sentryReactRouter makes the build write source maps"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), PRIVATE)
def test_maps_are_deleted_where_the_bundler_writes_them(files, outcome, words):
    result = check_one("source-maps-private", files)
    said = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and words in said, said


def test_what_only_a_server_runs_initializes_no_browser():
    files = following("export default {}\n")
    files["web/sentry.server.config.ts"] = "import * as Sentry from '@sentry/nextjs'\nSentry.init({ dsn: 'x' })\n"
    assert check_one("frontend-initialized", files).outcome is F


DSN = "https://0123456789abcdef0123456789abcdef@o1.ingest.us.sentry.io/12"
TOKEN_ROW = "        env:\n          SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}\n"
RUNTIME = "runtimeConfig: { %s }, sentry: {}"
READ = "import * as Sentry from '@sentry/nuxt'\nconst config = useRuntimeConfig()\nSentry.init({ dsn: config.public.sentry.dsn })\n"
DEFINE = "new webpack.DefinePlugin({ %s }), " + CALL % DELETES
INIT = "import * as Sentry from '@sentry/react'\nSentry.init({ dsn: process.env.SENTRY_DSN })\n"


def given(files: dict[str, str], variable: str) -> dict[str, str]:
    return files | {CI: files[CI].replace(TOKEN_ROW, f"{TOKEN_ROW}          {variable}: ${{{{ vars.DSN }}}}\n")}


def running(settings: str, variable: str = "A") -> dict[str, str]:
    return given(nuxt(RUNTIME % settings) | {"web/sentry.client.config.ts": READ}, variable)


def defining(text: str, variable: str = "A") -> dict[str, str]:
    return given(pack(call=DEFINE % text) | {"web/src/main.js": INIT}, variable)


NUXT_DSN = "public: { sentry: { dsn: process.env.NUXT_PUBLIC_SENTRY_DSN } }"
PUT_IN = [
    ("nuxt", running(NUXT_DSN, "NUXT_PUBLIC_SENTRY_DSN"), P, ""),
    ("nuxt-unset", running(NUXT_DSN), F, "is given no `NUXT_PUBLIC_SENTRY_DSN`"),
    ("nuxt-by-name", running("public: { sentry: { dsn: '' } }", "NUXT_PUBLIC_SENTRY_DSN"), P, ""),
    ("nuxt-literal", running(f"public: {{ sentry: {{ dsn: '{DSN}' }} }}"), P, "Nuxt's runtime config"),
    ("nuxt-undeclared", running("sentry: { dsn: '' }", "NUXT_PUBLIC_SENTRY_DSN"), F, "is not declared in runtimeConfig"),
    ("nuxt-private", running("a: 1") | {"web/sentry.client.config.ts": READ.replace("public", "private")}, F, "not declared"),
    ("webpack", defining("'process.env.SENTRY_DSN': JSON.stringify(process.env.WEB_DSN)", "WEB_DSN"), P, "`define` gives"),
    ("webpack-unset", defining("'process.env.SENTRY_DSN': JSON.stringify(process.env.WEB_DSN)"), F, "nothing sets `WEB_DSN`"),
    ("webpack-nested", defining("'process.env': { SENTRY_DSN: JSON.stringify(process.env.WEB_DSN) }", "WEB_DSN"), P, ""),
]  # fmt: skip


@pytest.mark.parametrize(("files", "outcome", "words"), [pytest.param(f, o, w, id=n) for n, f, o, w in PUT_IN])
def test_a_dsn_that_the_bundler_puts_in(files, outcome, words):
    result = check_one("frontend-dsn-configured", files)
    said = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and words in said, said


@pytest.mark.parametrize(
    ("text", "outcome"), [("'process.env': JSON.stringify(process.env)", F), ("'process.env.A': '1'", P)]
)
def test_webpack_may_define_the_whole_environment(text, outcome):
    assert check_one("token-not-in-bundle", defining(text)).outcome is outcome


WRAPS = "export default withSentryConfig({}, { org: 'acme', project: 'web' })\n"


def taking(text: str, **others: str) -> dict[str, str]:
    return shop("next build", "next", "react", next_dot_config_dot_mjs=text, **others)


WRAPPED = "import { withSentryConfig as wrap } from '@sentry/nextjs'\nexport const withSentryConfig = (c) => wrap(c, options)\n"
HANDED = "export { withSentryConfig } from '@sentry/nextjs/config'\n"
OWN_WRAPPER = "import { withSentryConfig } from './wrap.mjs'\n" + WRAPS
PREFIXED = "module.exports = { entry: './src/main.js', devtool: 'hidden-source-map', plugins: [new %s({})] }\n"


@pytest.mark.parametrize(("files", "outcome", "words"), [
    (taking("import { withSentryConfig } from '@sentry/nextjs/config'\n" + WRAPS), P, "withSentryConfig uploads the maps"),
    (taking(WRAPS.replace("withSentryConfig", "wrap").join(["import { withSentryConfig as wrap } from '@sentry/nextjs/config'\n", ""])), P, "withSentryConfig uploads the maps"),
    (taking("import * as Sentry from '@sentry/nextjs'\n" + WRAPS.replace("withS", "Sentry.withS")), P, "withSentryConfig uploads the maps"),
    (taking("const config = async () => {\n  const { withSentryConfig } = await import('@sentry/nextjs')\n  return withSentryConfig({}, {})\n}\nexport default config\n"), P, "withSentryConfig uploads the maps"),
    (taking(OWN_WRAPPER, wrap_dot_mjs=HANDED), P, "withSentryConfig uploads the maps"),
    (taking(OWN_WRAPPER, wrap_dot_mjs=WRAPPED), U, "`withSentryConfig` is web/wrap.mjs's own"),
    (taking(OWN_WRAPPER, wrap_dot_mjs="export const withSentryConfig = (c) => c\n"), F, "nothing uploads the source maps"),
    (taking("const withSentryConfig = (c) => c\n" + WRAPS), F, "nothing uploads the source maps"),
    (taking("import { withSentryConfig } from '@acme/next'\n" + WRAPS), U, "`withSentryConfig` is imported from @acme/next"),
    (taking("import { sentry } from '@sentry/node'\n" + WRAPS), U, "`withSentryConfig` is not imported"),
    (shop("webpack --mode production", "react", "webpack", webpack_dot_config_dot_js="const Upload = require('@sentry/webpack-plugin')\n" + PREFIXED % "Upload"), P, "SentryWebpackPlugin uploads the maps"),
    (shop("webpack --mode production", "react", "webpack", webpack_dot_config_dot_js="const SentryCliPlugin = require('other-plugin')\n" + PREFIXED % "SentryCliPlugin"), U, "`SentryCliPlugin` is imported from other-plugin"),
])  # fmt: skip
def test_a_plugin_is_known_by_the_module_that_its_name_comes_from(files, outcome, words):
    result = check_one("source-maps", files)
    said = " ".join([f.message for f in result.findings] + [e.fact for e in result.evidence])
    assert result.outcome is outcome and words in said, said


@pytest.mark.parametrize(("head", "call", "outcome"), [
    ("import { sentryVitePlugin as upload } from '@sentry/bundler-plugins/vite'", "upload", P),
    ("import * as Sentry from '@sentry/vite-plugin'", "Sentry.sentryVitePlugin", P),
    ("import { sentryVitePlugin } from '@acme/build'", "sentryVitePlugin", U),
])  # fmt: skip
def test_vites_plugin_is_known_by_the_module_that_its_name_comes_from(head, call, outcome):
    config = f"{head}\nexport default {{ plugins: [{call}({{ org: 'acme', project: 'web' }})], build: {{ sourcemap: 'hidden' }} }}\n"
    result = check_one("source-maps", shop("vite build", "react", "vite", vite_dot_config_dot_mjs=config))
    said = [(f.message, f.path, f.line, f.hint) for f in result.findings]
    expected = (
        "web/vite.config.mjs gets Sentry's plugin from elsewhere",
        "web/vite.config.mjs",
        1,
        "call sentryVitePlugin in the config itself",
    )
    assert (result.outcome, said) == (outcome, [] if outcome is P else [expected]), said
