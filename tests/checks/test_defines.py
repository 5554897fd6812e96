"""What a bundler's config puts into the bundle: the token by its name, the whole environment, or what cannot be determined."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_map_builds import said
from tests.support.repo import backend

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
WEBPACK = (
    "const webpack = require('webpack')\nconst { given } = require('./given')\nmodule.exports = { plugins: [%s] }\n"
)


def web(path: str, text: str, **more: str) -> dict[str, str]:
    tool = "vite" if path.startswith("vite") else path.partition(".")[0]
    command = {"vite": "vite build", "next": "next build", "nuxt": "nuxt build"}.get(tool, f"{tool} build")
    package = {
        "private": True,
        "scripts": {"build": command},
        "dependencies": {tool: "5"} if tool == "nuxt" else {"react": "19", tool: "5"},
    }
    files = {"web/package.json": json.dumps(package), "web/index.html": "<div></div>", f"web/{path}": text}
    return backend() | files | {f"web/{k.replace('__', '/').replace('_js', '.js')}": v for k, v in more.items()}


def webpack(plugin: str) -> dict[str, str]:
    return web("webpack.config.js", WEBPACK % plugin)


def vite(config: str, before: str = "import { given } from './given'") -> dict[str, str]:
    return web("vite.config.ts", f"import {{ defineConfig, loadEnv }} from 'vite'\n{before}\nexport default {config}\n")


PICKED = "{ define: { 'process.env': JSON.stringify(Object.fromEntries(Object.entries(process.env).filter(%s))) } }"
READ = "{ define: Object.keys(process.env).filter(%s).reduce((all, k) => ({ ...all, [k]: JSON.stringify(process.env[k]) }), {}) }"
CASES = [
    ("vite-filtered", vite(PICKED % "([k]) => k.startsWith('APP_')"), P),
    ("vite-filtered-either", vite(PICKED % "([k]) => k.startsWith('APP_') || k === 'MODE'"), P),
    ("vite-filtered-list", vite(PICKED % "([name]) => ['MODE', 'HOST'].includes(name)"), P),
    ("vite-filtered-sentry", vite(PICKED % "([k]) => k.startsWith('SENTRY_')"), U),
    ("vite-filtered-either-sentry", vite(PICKED % "([k]) => k.startsWith('APP_') || k.startsWith('S')"), U),
    ("vite-filtered-not", vite(PICKED % "([k]) => !k.startsWith('APP_')"), U),
    ("vite-filtered-by-value", vite(PICKED % "([, v]) => v.startsWith('APP_')"), U),
    ("vite-filtered-elsewhere", vite(PICKED % "isPublic"), U),
    (
        "vite-filtered-constant",
        vite(
            "{ define: { F: JSON.stringify(flags) } }",
            "const flags = Object.fromEntries(Object.entries(process.env).filter(([k]) => k.startsWith('FF_')))",
        ),
        P,
    ),
    ("vite-read-behind", vite(READ % "(k) => k.startsWith('APP_')"), P),
    ("vite-read-behind-sentry", vite(READ % "(k) => k.startsWith('SENTRY')"), U),
    (
        "vite-read-of-everything",
        vite(
            "{ define: Object.keys(process.env).reduce((all, k) => ({ ...all, [k]: JSON.stringify(process.env[k]) }), {}) }"
        ),
        F,
    ),
    ("webpack-plain", webpack("new webpack.DefinePlugin({ VERSION: JSON.stringify('1') })"), P),
    ("webpack-token", webpack("new webpack.DefinePlugin({ T: JSON.stringify(process.env.SENTRY_AUTH_TOKEN) })"), F),
    ("webpack-whole", webpack("new webpack.DefinePlugin({ 'process.env': JSON.stringify(process.env) })"), F),
    ("webpack-imported", webpack("new webpack.DefinePlugin(given)"), U),
    ("webpack-called", webpack("new webpack.DefinePlugin(given())"), U),
    ("webpack-value-of-a-call", webpack("new webpack.DefinePlugin({ 'process.env': given() })"), U),
    ("webpack-spread", webpack("new webpack.DefinePlugin({ ...given, A: '1' })"), U),
    ("webpack-named", webpack("new webpack.EnvironmentPlugin(['NODE_ENV', 'SENTRY_AUTH_TOKEN'])"), F),
    ("webpack-named-others", webpack("new webpack.EnvironmentPlugin({ NODE_ENV: 'production', DSN: null })"), P),
    ("webpack-all-names", webpack("new webpack.EnvironmentPlugin(Object.keys(process.env))"), U),
    ("webpack-in-a-comment", webpack("/* new webpack.DefinePlugin(given) */"), P),
    (
        "rspack-imported",
        web(
            "rspack.config.js",
            "const rspack = require('@rspack/core')\nconst g = require('./g')\nmodule.exports = { plugins: [new rspack.DefinePlugin(g)] }\n",
        ),
        U,
    ),
    (
        "nuxt-public",
        web("nuxt.config.ts", "export default { runtimeConfig: { public: { t: process.env.SENTRY_AUTH_TOKEN } } }\n"),
        F,
    ),
    (
        "nuxt-private",
        web(
            "nuxt.config.ts",
            "export default { runtimeConfig: { t: process.env.SENTRY_AUTH_TOKEN, public: { a: 1 } } }\n",
        ),
        P,
    ),
    ("next-public", web("next.config.js", "module.exports = { publicRuntimeConfig: { ...process.env } }\n"), F),
    ("vite-plain", vite("{ define: { VERSION: JSON.stringify('1') } }"), P),
    ("vite-imported", vite("{ define: given }"), U),
    ("vite-in-a-comment", vite("{ /* define: given */ }"), P),
    ("vite-public-only", vite("({ mode }) => ({ define: { 'process.env': loadEnv(mode, '.') } })"), P),
    ("vite-public-beside-others", vite("({ mode }) => ({ define: make(loadEnv(mode, '.'), given) })"), U),
    ("vite-prefix-constant", vite("{ envPrefix: prefix }", "const prefix = ['VITE_', 'SENTRY_']"), F),
    ("vite-prefix-spread", vite("{ ...shared }", "const shared = { envPrefix: 'S' }"), F),
    ("vite-prefix-imported", vite("{ envPrefix: given }"), U),
    ("vite-prefix-plain", vite("{ envPrefix: ['VITE_', 'APP_'] }"), P),
    ("vite-prefix-in-a-comment", vite("{ /* envPrefix: '' */ }"), P),
    ("public-name-read", vite("{}") | {"web/src/a.ts": "send(import.meta.env.VITE_SENTRY_AUTH_TOKEN)\n"}, F),
    ("public-name-in-a-comment", vite("{}") | {"web/src/a.ts": "send() // never VITE_SENTRY_AUTH_TOKEN\n"}, P),
]


@pytest.mark.parametrize(("files", "outcome"), [pytest.param(*c[1:], id=c[0]) for c in CASES])
def test_what_a_config_puts_into_the_bundle(files: dict[str, str], outcome: Outcome) -> None:
    seen, messages = said("token-not-in-bundle", files)
    assert seen is outcome, messages
