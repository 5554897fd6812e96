"""A release that the frontend's code names: the plugin's, the build's variables and the texts use that one."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.edits import READY, VITE, after
from tests.support.repo import check_one

PACKAGE = json.loads(VITE["web/package.json"])
PACKAGE["dependencies"]["@sentry/react"] = "^10.78.0"
INIT = 'import * as Sentry from "@sentry/react";\n\nSentry.init({ dsn: import.meta.env.VITE_SENTRY_DSN, %s });\n'
DEFINED = """import { defineConfig } from "vite";
import pkg from "./package.json";

export default defineConfig({ plugins: [], define: { __APP__: JSON.stringify(pkg.version) } });
"""
FLOW = """on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: npm run build
        working-directory: web%s
      - run: aws s3 sync web/dist s3://shop
"""


CONSTANTS = """import { COMMIT } from "./commit";

const VERSION = import.meta.env.VITE_VERSION;
const PREFIX = "shop";
let chosen = VERSION;
chosen = window.release;
"""


def shop(option: str, config: str = VITE["web/vite.config.ts"], env: str = "") -> dict[str, str]:
    main = 'import "./instrument";\n' + VITE["web/src/main.tsx"]
    init = (
        INIT.replace("\n\n", f"\n{CONSTANTS}\n")
        if any(c in option for c in ("VERSION}", "PREFIX", "COMMIT}", "chosen"))
        else INIT
    )
    commit = {"web/src/commit.ts": "export const COMMIT = import.meta.env.VITE_COMMIT;\n"}
    own = commit | {"web/src/instrument.ts": init % option, "web/src/main.tsx": main, "web/vite.config.ts": config}
    given = f"\n        env:\n          {env}" if env else ""
    flow = {".github/workflows/deploy.yml": FLOW % given}
    return READY | VITE | own | flow | {"web/package.json": json.dumps(PACKAGE, indent=2) + "\n"}


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("", "process.env.SENTRY_RELEASE"),
        ("release: import.meta.env.VITE_COMMIT_REF", "process.env.VITE_COMMIT_REF"),
        ("release: `shop@${import.meta.env.VITE_VERSION}`", "`shop@${process.env.VITE_VERSION}`"),
        ('release: import.meta.env.VITE_GIT_SHA || "local"', 'process.env.VITE_GIT_SHA || "local"'),
        ('release: "shop@1.2"', '"shop@1.2"'),
        # A name inside of the text is followed to what it stands for, in this module or in another.
        ("release: `shop@${VERSION}`", "`shop@${process.env.VITE_VERSION}`"),
        ('release: PREFIX + "@" + VERSION', '"shop" + "@" + process.env.VITE_VERSION'),
        ("release: `shop@${COMMIT}`", "`shop@${process.env.VITE_COMMIT}`"),
        ("release: `shop@${chosen}`", "process.env.SENTRY_RELEASE"),
        # What is more than texts and variables of the build is not written a second time.
        ("release: window.release", "process.env.SENTRY_RELEASE"),
        ("release: version()", "process.env.SENTRY_RELEASE"),
    ],
)
def test_the_plugin_is_given_the_release_of_the_code(tmp_path, option, name):
    done = after(tmp_path, shop(option), "source-maps")
    assert f"release: {{ name: {name} }}," in done.text("web/vite.config.ts")


def test_a_constant_of_define_is_what_the_configuration_puts_there(tmp_path):
    done = after(tmp_path, shop("release: __APP__", DEFINED), "source-maps")
    assert "release: { name: pkg.version }," in done.text("web/vite.config.ts")


@pytest.mark.parametrize(
    ("option", "env", "there", "missing"),
    [
        ("", "", ["SENTRY_RELEASE: ${{ github.sha }}"], "VITE_"),
        ("release: import.meta.env.VITE_GIT_SHA", "", ["VITE_GIT_SHA: ${{ github.sha }}"], "SENTRY_RELEASE"),
        ("release: import.meta.env.VITE_GIT_SHA", "VITE_GIT_SHA: ${{ github.sha }}", [], "SENTRY_RELEASE"),
        # A version is not the commit: what sets it is left to whoever set it before.
        ("release: import.meta.env.VITE_VERSION", "VITE_VERSION: 1.2", [], "SENTRY_RELEASE"),
    ],
)
def test_the_build_is_given_the_variable_that_the_code_reads(tmp_path, option, env, there, missing):
    text = after(tmp_path, shop(option, env=env), "source-maps").text(".github/workflows/deploy.yml")
    assert "SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}" in text
    assert all(text.count(t) == 1 for t in there) and missing not in text
    assert not env or text.count(env) == 1


@pytest.mark.parametrize("name", ["VITE_VERCEL_GIT_COMMIT_SHA", "VITE_COMMIT_REF", "VITE_RENDER_GIT_COMMIT", "VITE_SOURCE_VERSION"])  # fmt: skip
def test_a_host_s_commit_is_the_same_with_a_prefix(name):
    plugin = f'import {{ sentryVitePlugin }} from "@sentry/vite-plugin";\n\nexport default {{ plugins: [sentryVitePlugin({{ release: {{ name: process.env.{name} }} }})], build: {{ sourcemap: "hidden" }} }};\n'
    release = '      - run: npx @sentry/cli@3 releases new "${{ github.sha }}"\n'
    files = shop(f"release: import.meta.env.{name}", plugin)
    files[".github/workflows/deploy.yml"] += release
    found = next(v for v in check_one("release-consistent", files).verdicts if v.target and v.target.root == "web")
    assert found.outcome is Outcome.PASS, (found.findings, found.evidence)


@pytest.mark.parametrize(("files", "words"), [
    ({"web/webpack.config.js": "module.exports = { entry: './src/main.tsx', plugins: [] }\n"}, "release: { name: process.env.GIT_SHA },"),
    ({"web/next.config.js": "module.exports = {}\n", "web/pages/index.js": "import '../src/instrument'\n"}, "release: { name: process.env.GIT_SHA },"),
])  # fmt: skip
def test_texts_use_the_release_of_the_code(tmp_path, files, words):
    bundler = "next" if "web/next.config.js" in files else "webpack"
    package = {
        "name": "web",
        "private": True,
        "scripts": {"build": f"{bundler} build"},
        "dependencies": {"react": "19", bundler: "15", "@sentry/react": "10"},
    }
    init = (INIT % "release: process.env.GIT_SHA").replace("import.meta.env.VITE_", "process.env.")
    own = {"web/package.json": json.dumps(package), "web/src/instrument.ts": init}
    main = {"web/src/main.tsx": 'import "./instrument";\n'}
    done = after(tmp_path, READY | own | main | files, "source-maps")
    assert any(words in t.snippet for t in done.steps["source-maps"].manual), done.steps["source-maps"].manual
