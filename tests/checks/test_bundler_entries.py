"""Where builds other than Vite's begin, and what imports mean there: configurations are followed, nothing is run."""

from __future__ import annotations

import json

import pytest

from checks.config import Config
from checks.model import Outcome
from checks.repository.browser import entries, pages, resolve
from checks.repository.facts import Facts
from checks.repository.tree import MemoryTree
from tests.support.repo import backend, check_one

INIT = "import * as Sentry from '@sentry/react'\nSentry.init({})\n"


def shop(build: str, *packages: str, **scripts: str) -> dict[str, str]:
    manifest = {
        "private": True,
        "scripts": {"build": build, **scripts},
        "dependencies": dict.fromkeys(("react", *packages), "19.0.0"),
    }
    return {
        "package.json": json.dumps(manifest),
        "client/main.jsx": "import './start'\nrender()\n",
        "client/start.js": INIT,
    }


def known(files: dict[str, str]) -> Facts:
    return Facts(MemoryTree(files), Config())


WEBPACK = {
    "an object": "module.exports = { entry: './client/main.jsx' }",
    "named pages": "module.exports = { entry: { shop: { import: './client/main.jsx' } } }",
    "a function": "module.exports = (env) => ({ entry: ['./client/main.jsx'] })",
    "an asynchronous function": "module.exports = async () => { const c = { entry: './client/main' }; return c }",
    "a list": "module.exports = [{ target: 'node', entry: './server.js' }, { entry: './client/main.jsx' }]",
    "merged": "const { merge } = require('webpack-merge')\nmodule.exports = merge({ mode: 'x' }, { entry: './client/main.jsx' })",
    "a context": "const path = require('path')\nmodule.exports = { context: path.resolve(__dirname, 'client'), entry: './main.jsx' }",
    "a path": "import path from 'node:path'\nexport default { entry: path.join(__dirname, 'client', 'main.jsx') }",
    "a constant": "const at = './client'\nconst entry = `${at}/main.jsx`\nmodule.exports = { entry }",
    "a function's entry": "module.exports = { entry: () => './client/main.jsx' }",
    "assigned": "const config = require('./unknown-helper')()\nconfig.entry = './client/main.jsx'\nmodule.exports = config",
    "styles first": "module.exports = { entry: { shop: { import: ['bootstrap/x.scss', './client/a.css', './client/main.jsx'] } } }",
    "styles of their own": "module.exports = { entry: { look: './client/a.scss', shop: './client/main.jsx' } }",
    "an entry that depends on another": "module.exports = { entry: { more: { import: './client/more.jsx', dependOn: 'shop' }, shop: { import: './client/main.jsx' } } }",
    "polyfills first": "module.exports = { entry: ['core-js/stable', './client/main.jsx'] }",
    "production's branch": "module.exports = { entry: process.env.NODE_ENV === 'production' ? './client/main.jsx' : './dev.js' }",
}  # fmt: skip


@pytest.mark.parametrize("name", WEBPACK)
def test_an_entry_is_followed_through(name):
    files = shop("webpack", "webpack") | {"webpack.config.js": WEBPACK[name] + "\n"}
    facts = known(files)
    assert entries(facts, facts.frontends[0]) == ("client/main.jsx",)
    assert check_one("frontend-initialized", files).outcome is Outcome.PASS


@pytest.mark.parametrize("place", ["path.resolve('./shared.js')", "path.join(__dirname, 'shared.js')"])
def test_an_entry_is_followed_into_a_file_that_a_path_names(place):
    own = f"const path = require('path')\nconst {{ config }} = require({place})\n"
    shared = "module.exports = { config: { entry: { root: './client/main' } } }\n"
    files = shop("webpack", "webpack") | {
        "webpack.config.js": own + "module.exports = Object.assign({}, config, { mode: 'production' })\n",
        "shared.js": shared,
    }
    facts = known(files)
    assert entries(facts, facts.frontends[0]) == ("client/main.jsx",)


def test_a_test_below_the_backends_folder_is_not_taken_for_the_call_of_the_page():
    files = backend() | shop("webpack", "webpack")
    files |= {
        "client/start.js": "",
        "static/js/editor.test.jsx": INIT,
        "webpack.config.js": WEBPACK["an object"],
    }
    result = check_one("frontend-initialized", files)
    assert result.outcome is Outcome.FAIL
    assert "no Sentry.init() in the code of the frontend" in result.findings[0].message
    moved = files | {"static/js/editor.jsx": INIT}
    assert check_one("frontend-initialized", moved).findings[0].path == "static/js/editor.jsx"


@pytest.mark.parametrize(
    "config",
    [
        "module.exports = { entry: found() }",
        "module.exports = { entry: glob.sync('./client/*.jsx') }",
        "module.exports = { entry: './made/later.js' }",
        "module.exports = { entry: {",
    ],
)
def test_an_entry_that_cannot_be_told_decides_nothing(config):
    result = check_one("frontend-initialized", shop("webpack", "webpack") | {"webpack.config.js": config + "\n"})
    assert result.outcome is Outcome.UNKNOWN
    assert (result.findings[0].path, result.findings[0].line) == ("client/start.js", 2)


def test_each_page_of_a_configuration_needs_the_call():
    config = "module.exports = { entry: { shop: './client/main.jsx', till: './client/till.jsx' } }\n"
    files = shop("webpack", "webpack") | {"webpack.config.js": config, "client/till.jsx": "render()\n"}
    result = check_one("frontend-initialized", files)
    assert result.outcome is Outcome.FAIL
    assert result.findings[0].message == "the page whose entry is client/till.jsx runs no Sentry.init()"


def bare() -> dict[str, str]:
    """A package built by webpack, without any module."""
    return {
        "package.json": shop("webpack", "webpack", "@sentry/react")["package.json"].replace(
            '@sentry/react": "19', '@sentry/react": "^10'
        )
    }


SHARED = {
    "static/global.js": INIT + "document.title = 'x'\n",
    "static/board.jsx": "import React from 'react'\nReact.render()\n",
}


@pytest.mark.parametrize(
    "entry",
    ["{ global: ['./static/global.js', './a.css'], board: './static/board.jsx' }", "{ board: './static/board.jsx', global: { import: './static/global' } }"],
)  # fmt: skip
def test_a_bundle_that_reports_and_renders_nothing_may_be_on_every_page(entry):
    files = bare() | SHARED | {"webpack.config.js": f"module.exports = {{ entry: {entry} }}\n", "a.css": ""}
    result = check_one("frontend-initialized", files)
    assert result.outcome is Outcome.UNKNOWN, result.findings
    [finding] = result.findings
    assert finding.message.startswith("whether the page whose entry is static/board.jsx loads static/global.js too")
    assert finding.path == "static/board.jsx" and "template loads that one first" in finding.hint
    assert check_one("frontend-pii-off", files).outcome is Outcome.PASS, "the options of the call are read"


def test_a_page_that_renders_and_reports_still_says_of_the_others_that_they_do_not():
    board = {"static/board.jsx": INIT + SHARED["static/board.jsx"]}
    other = {"static/other.jsx": SHARED["static/board.jsx"], "static/global.js": "document.title = 'x'\n"}
    config = "module.exports = { entry: { board: './static/board.jsx', other: './static/other.jsx', global: './static/global.js' } }\n"
    result = check_one("frontend-initialized", bare() | board | other | {"webpack.config.js": config})
    assert result.outcome is Outcome.FAIL
    assert result.findings[0].message == "the page whose entry is static/other.jsx runs no Sentry.init()"


OTHERS = {
    "a flag for the configuration": (shop("rspack build --config ./x/prod.js", "@rspack/core"), "x/prod.js", "module.exports = { entry: './client/main' }"),
    "rsbuild": (shop("rsbuild build", "@rsbuild/core"), "rsbuild.config.ts", "export default defineConfig({ source: { entry: { index: './client/main.jsx' } } })"),
    "rollup": (shop("rollup -c", "rollup"), "rollup.config.mjs", "export default { input: 'client/main.jsx' }"),
    "rollup's list": (shop("rollup -c", "rollup"), "rollup.config.js", "export default [{ input: { shop: 'client/main.jsx' } }]"),
    "esbuild's command": (shop("esbuild client/main.jsx --bundle --outdir=out", "esbuild"), "x", ""),
    "esbuild's script": (
        shop("node build.mjs", "esbuild"),
        "build.mjs",
        "import * as esbuild from 'esbuild'\nconst options = { entryPoints: ['client/main.jsx'] }\nawait esbuild.build({ ...options, bundle: true })",
    ),
    "esbuild's context": (
        shop("node build.cjs", "esbuild"),
        "build.cjs",
        "const { context } = require('esbuild')\ncontext({ entryPoints: [{ in: 'client/main.jsx', out: 'shop' }] })",
    ),
    "pages of Vue CLI": (shop("vue-cli-service build", "@vue/cli-service"), "vue.config.js", "module.exports = { pages: { index: { entry: 'client/main.jsx' } } }"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_bundlers_begin_where_they_say(name):
    files, path, text = OTHERS[name]
    facts = known(files | {path: text + "\n"})
    assert pages(facts, facts.frontends[0]) == (("client/main.jsx",),)


def test_create_react_app_begins_with_index_and_vue_cli_with_main():
    for build, package, first in (
        ("craco build", "react-scripts", "index"),
        ("vue-cli-service build", "@vue/cli-service", "main"),
    ):
        facts = known(shop(build, package) | {"src/index.js": "start()\n", "src/main.js": "start()\n"})
        assert entries(facts, facts.frontends[0]) == (f"src/{first}.js",)


ALIASES = {
    "tsconfig": ("@/watch", {"tsconfig.json": '{ // with comments\n "compilerOptions": {"paths": {"@/*": ["./src/lib/*",]}} }'}),
    "its base": ("@app/watch", {"tsconfig.json": '{"extends": "./base"}', "base.json": '{"compilerOptions": {"baseUrl": "src", "paths": {"@app/*": ["lib/*"]}}}'}),
    "only a base": ("lib/watch", {"jsconfig.json": '{"compilerOptions": {"baseUrl": "./src"}}'}),
    "one file": ("watching", {"jsconfig.json": '{"compilerOptions": {"paths": {"watching": ["src/lib/watch.ts"]}}}'}),
    "the bundler's": ("$own/watch", {"vite.config.ts": "import { resolve } from 'path'\nexport default { resolve: { alias: { $own: resolve(__dirname, 'src/lib') } } }"}),
    "the bundler's list": ("$own/watch", {"vite.config.ts": "export default defineConfig(() => ({ resolve: { alias: [{ find: '$own', replacement: new URL('./src/lib', import.meta.url).pathname }] } }))"}),
    "an expression": ("own~watch", {"vite.config.ts": "const at = fileURLToPath(new URL('./src/lib/', import.meta.url))\nexport default { resolve: { alias: [{ find: /^own~/, replacement: at }] } }"}),
    "webpack's exact": ("watching", {"webpack.config.js": "const path = require('path')\nmodule.exports = { resolve: { alias: { watching$: path.join(__dirname, 'src/lib/watch') } } }"}),
    "the package's": ("#own/watch", {"package.json": '{"imports": {"#own/*": {"node": "./x/*.js", "default": "./src/lib/*.ts"}}, "dependencies": {"react": "19"}}'}),
    "SvelteKit's": ("$lib/watch", {"package.json": '{"dependencies": {"@sveltejs/kit": "2"}}'}),
}  # fmt: skip


@pytest.mark.parametrize("name", ALIASES)
def test_an_alias_resolves(name):
    module, files = ALIASES[name]
    made = {
        "index.html": "",
        "src/lib/watch.ts": "",
        "package.json": '{"dependencies": {"react": "19", "vite": "7"}}',
    } | files
    facts = Facts(MemoryTree(made), Config(answers={"frontend.root": "."}))
    assert resolve(facts, facts.frontends[0], "src/main.ts", module) == "src/lib/watch.ts"


def test_a_package_is_no_file_of_the_frontend():
    files = {
        "package.json": '{"dependencies": {"react": "19"}}',
        "src/react/other.ts": "",
        "tsconfig.json": '{"extends": "./tsconfig.json"}',
    }
    facts = Facts(MemoryTree(files), Config(answers={"frontend.root": "."}))
    assert resolve(facts, facts.frontends[0], "src/main.ts", "react") is None


@pytest.mark.parametrize(
    ("package", "config", "seen"),
    [
        ({"dependencies": {"react": "16", "webpack": "5"}, "scripts": {"test": "jest"}}, "module.exports = { entry: ['./js/main.js'] }\n", True),
        ({"devDependencies": {"webpack": "5", "webpack-cli": "5"}}, "module.exports = { entry: { main: './js/main.js' } }\n", True),
        ({"devDependencies": {"webpack": "5"}}, "module.exports = { mode: 'production' }\n", False),
        ({"devDependencies": {"eslint": "9"}}, "module.exports = { entry: './js/main.js' }\n", False),
    ],
)  # fmt: skip
def test_a_configuration_with_an_entry_is_a_frontend_whatever_starts_its_bundler(package, config, seen):
    files = {
        "web/package.json": json.dumps(package),
        "web/webpack.config.js": config,
        "web/js/main.js": "document.title = 'x'\n",
    }
    assert bool(known(files).frontends) is seen


PUSHED = """const config = require('./webpack.development')
const plugin = require('@sentry/webpack-plugin').sentryWebpackPlugin
config.devtool = 'hidden-source-map'
config.plugins.push(plugin({ org: 'acme', project: 'web' }))
module.exports = config
"""


@pytest.mark.parametrize("name", ["build-dev", "build:dev", "build-test", "dev-build"])
def test_the_configuration_of_the_build_for_production_counts_whatever_script_stands_first(name):
    scripts = {name: "webpack --config webpack.development.js", "build": "webpack --config webpack.production.js"}
    files = shop("") | {"webpack.production.js": PUSHED, "src/a.js": ""}
    manifest = json.loads(files["package.json"]) | {"scripts": scripts}
    files["package.json"] = json.dumps(manifest | {"devDependencies": {"webpack": "^5.0.0"}})
    files["webpack.development.js"] = "module.exports = { entry: './client/main.jsx', plugins: [] }\n"
    result = check_one("source-maps", files)
    assert result.outcome is Outcome.UNKNOWN and "no build of . found" in result.findings[0].message
    [seen] = result.evidence
    said = (seen.fact, seen.path, seen.line)
    assert said == ("sentryWebpackPlugin uploads the maps", "webpack.production.js", 4)
