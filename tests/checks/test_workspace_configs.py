"""Vite configs that a package of the same workspace makes: what it writes, where its plugin is on, and what is not followed."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.edits import READY, VITE, after
from tests.support.repo import check_one

APP = 'import { createConfig } from "@shop/vite-config";\n\nexport default createConfig(%s);\n'
SHARED = "packages/vite-config/src/index.ts"
PACKAGE = {"name": "@shop/vite-config", "private": True, "type": "module", "exports": {".": "./src/index.ts"}}
CI = """\
on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: npm ci && npm run build -w web
        env:
          SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}
      - run: ./deploy.sh
"""
PLUGIN = 'sentryVitePlugin({ org: "acme", project: "shop", sourcemaps: { filesToDeleteAfterUpload: ["./dist/**/*.map"] }, errorHandler: (e) => { throw e; } })'
SENTRY = 'import { sentryVitePlugin } from "@sentry/vite-plugin";\n'
DEFINE = 'import { defineConfig } from "vite";\n'


def workspace(shared: str, given: str = "", package: dict[str, object] = PACKAGE, **files: str) -> dict[str, str]:
    """Return a workspace of an application and the package that makes its config."""
    data = json.loads(VITE["web/package.json"])
    data["devDependencies"] |= {"@shop/vite-config": "*", "@sentry/vite-plugin": "^5.4.1"}
    return (
        READY
        | VITE
        | {
            "package.json": '{"private": true, "workspaces": ["web", "packages/*"]}\n',
            "web/package.json": json.dumps(data),
            "web/vite.config.ts": APP % given,
            "packages/vite-config/package.json": json.dumps(package),
            SHARED: shared,
            ".github/workflows/ci.yml": CI,
        }
        | files
    )


def verdict(item: str, files: dict[str, str]):
    return next(v for v in check_one(item, files).verdicts if v.target)


def made(build: str, head: str = "") -> str:
    return f"{head}export function createConfig(options = {{}}) {{\n  return {{ base: options.base, build: {{ {build} }} }};\n}}\n"


CALLBACK = (
    DEFINE
    + "export const createConfig = ({ maps = false, ...own } = {}) =>\n  defineConfig(({ mode }) => ({ build: { sourcemap: %s } }));\n"
)
WRITES = "the build writes maps (sourcemap: %s), and nothing deletes them before they are served"
UNCLEAR = "whether the build writes maps cannot be determined"


@pytest.mark.parametrize(
    ("files", "outcome", "message"),
    [
        (workspace(made("sourcemap: true")), Outcome.FAIL, WRITES % "true"),
        (workspace(made("sourcemap: false")), Outcome.PASS, ""),
        (workspace(made("sourcemap: options.maps"), "{ maps: true }"), Outcome.FAIL, WRITES % "true"),
        (workspace(made("sourcemap: options.maps ?? false"), "{ maps: true }"), Outcome.FAIL, WRITES % "options.maps ?? false"),
        (workspace(made("sourcemap: options.maps ?? false"), '{ base: "/" }'), Outcome.PASS, ""),
        # The argument is not what Vite gives to a config, whatever its keys are called.
        (workspace(made('sourcemap: options.mode !== "production"'), '{ mode: "library" }'), Outcome.FAIL, WRITES % 'options.mode !== "production"'),
        (workspace(CALLBACK % 'mode !== "production"'), Outcome.PASS, ""),
        (workspace(CALLBACK % 'mode === "production"'), Outcome.FAIL, WRITES % 'mode === "production"'),
        (workspace(CALLBACK % "maps"), Outcome.PASS, ""),
        (workspace(CALLBACK % "maps", "{ maps: true }"), Outcome.FAIL, WRITES % "true"),
        (workspace(CALLBACK % "own.maps", "{ maps: true }"), Outcome.UNKNOWN, UNCLEAR),
        (workspace(made("sourcemap: load()")), Outcome.UNKNOWN, UNCLEAR),
        (workspace("export * from './config';\n", **{"packages/vite-config/src/config.ts": made("sourcemap: true")}), Outcome.FAIL, WRITES % "true"),
        (workspace(made("sourcemap: false, rollupOptions: { output: { sourcemap: true } }")), Outcome.FAIL, WRITES % "true"),
        # What `exports` does not give, or another package of that name, is not followed.
        (workspace(made("sourcemap: false"), package=PACKAGE | {"exports": {"./vite": "./src/index.ts"}}), Outcome.UNKNOWN, UNCLEAR),
        (workspace(made("sourcemap: false"), **{"tools/package.json": json.dumps(PACKAGE)}), Outcome.UNKNOWN, UNCLEAR),
        (workspace(made("sourcemap: false"), package={"name": "@shop/vite-config", "main": "./dist/index.js"}), Outcome.PASS, ""),
        (workspace(made("sourcemap: true"), package=PACKAGE | {"exports": {"import": {"types": "./x.d.ts", "default": "./src/index.ts"}}}), Outcome.FAIL, WRITES % "true"),
    ],
)  # fmt: skip
def test_what_a_package_of_the_workspace_writes_decides_of_the_maps(files, outcome, message):
    found = verdict("source-maps-private", files)
    assert found.outcome is outcome, (found.findings, found.evidence)
    assert message in "".join(f.message for f in found.findings)
    assert outcome is Outcome.PASS or {f.path for f in found.findings} == {"web/vite.config.ts"}


def plugged(plugins: str, build: str = 'sourcemap: "hidden"') -> str:
    return f"{SENTRY}export const createConfig = (options) => ({{ plugins: [{plugins}], build: {{ {build} }} }});\n"


@pytest.mark.parametrize(
    ("files", "outcome", "message", "place"),
    [
        (workspace(plugged(PLUGIN)), Outcome.PASS, "", None),
        (workspace(plugged(f"options.sentry && {PLUGIN}"), "{ sentry: true }"), Outcome.PASS, "", None),
        (workspace(plugged(f"...(options.sentry ? [{PLUGIN}] : [])"), "{ sentry: false }"), Outcome.FAIL, "sentryVitePlugin cannot upload: it is on only with `options.sentry`", SHARED),
        (workspace(plugged(f"options.sentry && {PLUGIN}"), "{ sentry: load() }"), Outcome.UNKNOWN, "whether sentryVitePlugin is on in the deployed build cannot be determined: it is on only with `options.sentry`", SHARED),
        (workspace(plugged(f"options.sentry && {PLUGIN}"), "{ sentry: process.env.WITH_SENTRY }"), Outcome.UNKNOWN, "and no build step sets `WITH_SENTRY`", SHARED),
        (workspace(plugged(PLUGIN.replace("org:", "disable: options.off, org:")), "{ off: true }"), Outcome.FAIL, "sentryVitePlugin cannot upload: `disable` is `options.off`", SHARED),
        (workspace(f"{SENTRY}const unused = {PLUGIN};\nexport const createConfig = () => ({{ build: {{ sourcemap: true }} }});\n"), Outcome.FAIL, "sentryVitePlugin cannot upload: web/vite.config.ts leaves it out", SHARED),
        (workspace(f"{SENTRY}export const createConfig = () => wrap({{ plugins: [{PLUGIN}] }});\n"), Outcome.UNKNOWN, "whether maps are generated cannot be determined: the config comes from `createConfig()`, which is not followed", "web/vite.config.ts"),
        # The plugin of the application's own config, through a function that drops it, or keeps it.
        (workspace("export const createConfig = (own) => ({ plugins: [], build: { sourcemap: true } });\n", f"{{ plugins: [{PLUGIN}] }}", **{"web/vite.config.ts": SENTRY + APP % f"{{ plugins: [{PLUGIN}] }}"}), Outcome.FAIL, "sentryVitePlugin cannot upload: web/vite.config.ts leaves it out", "web/vite.config.ts"),
        (workspace("export const createConfig = (own) => ({ plugins: [...own.plugins], build: { sourcemap: true } });\n", **{"web/vite.config.ts": SENTRY + APP % f"{{ plugins: [{PLUGIN}] }}"}), Outcome.PASS, "", None),
    ],
)  # fmt: skip
def test_a_plugin_in_a_package_of_the_workspace_is_judged_by_what_the_config_gets(files, outcome, message, place):
    found = verdict("source-maps", files)
    assert found.outcome is outcome, (found.findings, found.evidence)
    assert message in "".join(f.message for f in found.findings)
    assert {f.path for f in found.findings} == ({place} if place else set())


def test_maps_that_a_shared_plugin_deletes_stay_private():
    for folder, outcome in (("", Outcome.PASS), (', outDir: "out"', Outcome.FAIL)):
        found = verdict("source-maps-private", workspace(plugged(PLUGIN, f'sourcemap: "hidden"{folder}')))
        assert found.outcome is outcome, (folder, found.findings, found.evidence)
    beside = PLUGIN.replace('"./dist/**/*.map"', "`${__dirname}/dist/**/*.map`")
    found = verdict("source-maps-private", workspace(plugged(beside)))
    assert [f.message for f in found.findings] == [
        "filesToDeleteAfterUpload names packages/vite-config/src/dist/**/*.map, but the build writes web/dist/assets/index-D4x9.js.map to web/dist"
    ]


@pytest.mark.parametrize(
    ("shared", "given", "expected"),
    [
        (made('outDir: "out"'), "", ["export default mergeConfig(createConfig(), {", "./out/**/*.map"]),
        (CALLBACK % "maps", "", ["export default defineConfig((configEnv) => mergeConfig(createConfig()(configEnv), {", "./dist/**/*.map"]),
        (made('outDir: "out", ...options.build'), "", ["export default mergeConfig(createConfig(), {", "./out/**/*.map"]),
        (made('outDir: "out", ...options.build'), '{ build: { outDir: "web" } }', ["./web/**/*.map"]),
        (made('outDir: "out", ...load().build'), "", None),
        (made("outDir: folder()"), "", None),
        (plugged(PLUGIN), "", None),
    ],
)  # fmt: skip
def test_the_applications_own_config_is_edited_and_no_shared_one(tmp_path, shared, given, expected):
    files = workspace(shared, given)
    if expected is None:
        files[".github/workflows/ci.yml"] = CI.partition("        env:")[0] + "      - run: ./deploy.sh\n"
        done = after(tmp_path, files, "source-maps")
        assert done.text("web/vite.config.ts") == files["web/vite.config.ts"]
        return
    done = after(tmp_path, files, "source-maps")
    assert done.text(SHARED) == shared
    text = done.text("web/vite.config.ts")
    assert all(e in text for e in expected), text
    for item in ("source-maps", "source-maps-private"):
        kept = {p: t for p, t in done.files.items() if not p.startswith(".git/")}
        assert verdict(item, kept).outcome is Outcome.PASS, verdict(item, kept).findings
