"""Plugins under a condition of the build, maps of one bundler or environment, and what a package gives to browsers."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.edits import READY, VITE
from tests.support.repo import check_one

CI = """\
on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: npm ci && npm run build
        working-directory: web
        env:
          SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}
          ANALYZE: "%s"
          STAGE: ${{ vars.STAGE }}
      - run: ./deploy.sh
"""
WEBPACK = "const { sentryWebpackPlugin } = require('@sentry/webpack-plugin')\nmodule.exports = { entry: './src/main.tsx', devtool: %s, plugins: [%s].filter(Boolean) }\n"
CALL = "sentryWebpackPlugin({ org: 'a', project: 'b', authToken: process.env.SENTRY_AUTH_TOKEN })"
NEXT = "import { withSentryConfig } from '@sentry/nextjs'\nconst plain = {}\nexport default %s ? withSentryConfig(plain, { org: 'a', project: 'b' }) : plain\n"
MAPS = "'source-map'"


def built(script: str, packages: dict[str, str], config: str, text: str, analyze: str = "") -> dict[str, str]:
    """Return a repository whose frontend is built by a script with a config."""
    data = json.loads(VITE["web/package.json"])
    data |= {"scripts": {"build": script}, "devDependencies": packages}
    files = READY | VITE | {"web/package.json": json.dumps(data), f"web/{config}": text}
    del files["web/vite.config.ts"]
    return files | {".github/workflows/ci.yml": CI % analyze}


def webpack(plugin: str, devtool: str = MAPS, analyze: str = "") -> dict[str, str]:
    packages = {"webpack": "^5.0.0", "webpack-cli": "^6.0.0", "@sentry/webpack-plugin": "^5.0.0"}
    return built("webpack --mode production", packages, "webpack.config.js", WEBPACK % (devtool, plugin), analyze)


def rspack(devtool: str) -> dict[str, str]:
    packages = {"@rspack/core": "^1.0.0", "@rspack/cli": "^1.0.0", "@sentry/webpack-plugin": "^5.0.0"}
    return built("rspack build", packages, "rspack.config.js", WEBPACK % (devtool, CALL))


def next_js(condition: str) -> dict[str, str]:
    return built("next build", {"next": "^15.0.0", "@sentry/nextjs": "^10.0.0"}, "next.config.mjs", NEXT % condition)


def verdict(item: str, files: dict[str, str]):
    return next(v for v in check_one(item, files).verdicts if v.target)


NOTHING = "nothing uploads the source maps of this %s build"
OPEN = "whether %s uploads maps cannot be determined: it is on only with `%s`"
NO_FILE = "sentryWebpackPlugin uploads nothing: `devtool` is `%s`, which writes no map file"


@pytest.mark.parametrize(
    ("files", "outcome", "message", "place"),
    [
        (webpack(f"process.env.WITH_MAPS && {CALL}"), Outcome.FAIL, NOTHING % "webpack", "web/webpack.config.js"),
        (webpack(f"process.env.ANALYZE === 'yes' && {CALL}", analyze="yes"), Outcome.PASS, "", ""),
        (webpack(f"process.env.STAGE === 'live' && {CALL}"), Outcome.UNKNOWN, OPEN % ("sentryWebpackPlugin", "process.env.STAGE === 'live'"), "web/webpack.config.js"),
        (webpack(f"process.env.SENTRY_AUTH_TOKEN && {CALL}"), Outcome.PASS, "", ""),
        (next_js("process.env.WITH_SENTRY"), Outcome.FAIL, NOTHING % "Next.js", "web/next.config.mjs"),
        (next_js("process.env.STAGE === 'live'"), Outcome.UNKNOWN, OPEN % ("withSentryConfig", "process.env.STAGE === 'live'"), "web/next.config.mjs"),
        (next_js("process.env.CI"), Outcome.PASS, "", ""),
        # Rspack's `devtool` is webpack's.
        (rspack("false"), Outcome.FAIL, NO_FILE % "false", "web/rspack.config.js"),
        (rspack("process.env.NODE_ENV === 'development' ? 'eval' : 'inline-source-map'"), Outcome.FAIL, "which writes no map file", "web/rspack.config.js"),
        (rspack("'hidden-source-map'"), Outcome.PASS, "", ""),
    ],
)  # fmt: skip
def test_a_plugin_uploads_only_where_the_deployed_build_has_it_on(files, outcome, message, place):
    found = verdict("source-maps", files)
    assert found.outcome is outcome, (found.findings, found.evidence)
    assert message in "".join(f.message for f in found.findings)
    assert outcome is Outcome.PASS or found.findings[0].path == place


def vite(text: str) -> dict[str, str]:
    config = f'import {{ defineConfig }} from "vite";\n\nexport default defineConfig({{ {text} }});\n'
    return READY | VITE | {"web/vite.config.ts": config, ".github/workflows/ci.yml": CI % ""}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("environments: { client: { build: { sourcemap: true } } }", Outcome.FAIL),
        ("build: { sourcemap: true }, environments: { client: { build: { sourcemap: false } } }", Outcome.PASS),
        ("environments: { client: { build: { sourcemap: load() } } }", Outcome.UNKNOWN),
        ("environments: { ssr: { build: { sourcemap: true } } }", Outcome.PASS),
    ],
)
def test_the_environment_for_browsers_decides_of_its_maps(text, outcome):
    found = verdict("source-maps-private", vite(text))
    assert found.outcome is outcome, (found.findings, found.evidence)
    assert outcome is Outcome.PASS or (found.findings[0].path, found.findings[0].line) == ("web/vite.config.ts", 3)


@pytest.mark.parametrize(
    ("module", "exports", "outcome"),
    [
        ("@shop/watch/browser", {"./browser": "./src/in-browser.ts"}, Outcome.PASS),
        ("@shop/watch", {"node": "./src/server.ts", "default": "./src/in-browser.ts"}, Outcome.PASS),
        ("@shop/watch", {".": {"browser": "./src/server.ts", "default": "./src/in-browser.ts"}}, Outcome.FAIL),
    ],
)
def test_what_a_package_exports_to_browsers_is_read(module, exports, outcome):
    data = {"name": "@shop/watch", "type": "module", "exports": exports, "dependencies": {"@sentry/react": "^10.0.0"}}
    own = json.loads(VITE["web/package.json"])
    own["dependencies"] |= {"@sentry/react": "^10.0.0"}
    files = vite("plugins: []") | {
        "package.json": '{"private": true, "workspaces": ["web", "packages/*"]}',
        "web/package.json": json.dumps(own),
        "web/src/main.tsx": f'import "{module}";\n' + VITE["web/src/main.tsx"],
        "packages/watch/package.json": json.dumps(data),
        "packages/watch/src/in-browser.ts": 'import * as Sentry from "@sentry/react";\nSentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN });\n',
        "packages/watch/src/server.ts": "export {};\n",
    }
    found = verdict("frontend-initialized", files)
    assert found.outcome is outcome, (found.findings, found.evidence)
