"""Maps of esbuild and Rollup: whether they are written, uploaded, and removed from the folder that the build writes to."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.repo import backend, check_one, workflow

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
CI = ".github/workflows/deploy.yml"
TOKEN = "SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}"
CLI = " && sentry-cli sourcemaps inject {0} && sentry-cli sourcemaps upload --org acme --project web {0}"
ES = "esbuild src/main.js --bundle --outdir=dist"
EXTERNAL = ES + " --sourcemap=external"


def shop(script: str, *packages: str, after: str = "", **files: str) -> dict[str, str]:
    package = {
        "private": True,
        "scripts": {"build": script},
        "dependencies": dict.fromkeys(packages or ("react", "esbuild"), "*"),
    }
    flow = workflow("npm run build", env=TOKEN) + "        working-directory: web\n"
    flow += f"      - run: {after}\n" if after else ""
    flow += "      - run: aws s3 sync web/dist s3://shop\n"
    own = {
        CI: flow,
        "web/package.json": json.dumps(package, indent=2),
        "web/src/main.js": "",
        "web/index.html": "<p></p>",
    }
    return backend() | own | {f"web/{n}.mjs": text for n, text in files.items()}


SCRIPT = """import { build } from "esbuild";
import { sentryEsbuildPlugin } from "@sentry/esbuild-plugin";
await build({ entryPoints: ["src/main.js"], bundle: true, outdir: "%s", %s
  plugins: [sentryEsbuildPlugin({ org: "acme", project: "web", %s })] });
"""
DELETES = 'sourcemaps: { filesToDeleteAfterUpload: ["dist/**/*.map"] }'


def scripted(folder: str = "dist", maps: str = "sourcemap: true,", options: str = "") -> dict[str, str]:
    return shop("node bundle.mjs", "react", "esbuild", bundle=SCRIPT % (folder, maps, options))


ROLLUP = """import { sentryRollupPlugin } from "@sentry/rollup-plugin";
export default { input: "src/main.js", output: { dir: "public/js", %s }, plugins: [%s] };
"""
PLUGIN = 'sentryRollupPlugin({ org: "acme", project: "web", %s })'


def rollup(maps: str = "sourcemap: true", plugin: str = PLUGIN % "", script: str = "rollup -c", after: str = ""):
    files = shop(script, "react", "rollup", after=after)
    return files | {"web/rollup.config.mjs": ROLLUP % (maps, plugin)}


@pytest.mark.parametrize(("files", "outcome", "said"), [
    (scripted(), P, "sentryEsbuildPlugin uploads the maps"),
    (scripted(maps="sourcemap: false,"), F, "sentryEsbuildPlugin uploads nothing: web/bundle.mjs:3 has sourcemap: false, so no map file is written"),
    (scripted(maps=""), F, "sentryEsbuildPlugin uploads nothing: web/bundle.mjs:3 sets no `sourcemap`, so no map file is written"),
    (scripted(maps="sourcemap: 'inline',"), F, "sentryEsbuildPlugin uploads nothing: web/bundle.mjs:3 has sourcemap: 'inline', so no map file is written"),
    (scripted(maps="sourcemap: process.env.MAPS,"), U, "whether sentryEsbuildPlugin uploads maps cannot be determined: `sourcemap: process.env.MAPS` of web/bundle.mjs:3 decides whether maps are written"),
    (scripted(maps="sourcemap: process.env.NODE_ENV === 'production',"), P, "sentryEsbuildPlugin uploads the maps"),
    (rollup(), P, "sentryRollupPlugin uploads the maps"),
    (rollup("sourcemap: false"), F, "sentryRollupPlugin uploads nothing: web/rollup.config.mjs:2 has sourcemap: false, so no map file is written"),
    (rollup("sourcemap: false", script="rollup -c --sourcemap"), P, "sentryRollupPlugin uploads the maps"),
])  # fmt: skip
def test_a_plugin_uploads_what_the_build_writes(files, outcome, said):
    result = check_one("source-maps", files)
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert result.outcome is outcome and said in texts, texts


@pytest.mark.parametrize(("files", "outcome", "said"), [
    (shop(EXTERNAL + CLI.format("dist") + " && rm -f dist/*.map"), P, "`rm -f dist/*.map` keeps the maps out"),
    (shop(EXTERNAL + CLI.format("dist"), after="find web/dist -name '*.map' -delete"), P, "`find web/dist -name *.map -delete` keeps the maps out"),
    (shop(EXTERNAL + CLI.format("dist")), F, "the production build publishes its maps (`--sourcemap=external`)"),
    (shop(EXTERNAL + CLI.format("dist") + " && rm -f $OUT/*.map"), U, "whether the esbuild build publishes maps cannot be determined"),
    (shop(ES), P, "the build writes no maps (no `--sourcemap`)"),
    # The command of the deployed build decides, and not a script that it does not run.
    (shop(ES) | {CI: shop(ES)[CI].replace("npm run build", f"npx {EXTERNAL}")}, F, "the production build publishes its maps (`--sourcemap=external`)"),
    (shop(EXTERNAL) | {CI: shop(ES)[CI].replace("npm run build", f"npx {ES}")}, P, "the build writes no maps (no `--sourcemap`)"),
    (shop(ES + " --sourcemap=inline"), F, "the bundles hold their maps (`--sourcemap=inline`): anyone can read the source"),
    (scripted(maps="sourcemap: 'both',"), F, "the bundles hold their maps (`sourcemap: 'both'`): anyone can read the source"),
    (scripted(options=DELETES), P, "filesToDeleteAfterUpload is set"),
    # What runs behind a script of Node's is not seen.
    (scripted(), U, "whether the esbuild build publishes maps cannot be determined"),
    (scripted("out", options=DELETES), F, "web/dist/**/*.map names no map of the build, which writes to web/out"),
    (scripted(maps="sourcemap: process.env.MAPS,"), U, "whether the esbuild build publishes maps cannot be determined"),
    (rollup(plugin=PLUGIN % DELETES.replace("dist", "public/js")), P, "filesToDeleteAfterUpload is set"),
    (rollup(after="find web/public/js -name '*.map' -delete"), P, "`find web/public/js -name *.map -delete` keeps the maps out"),
    # What is removed is not where this build writes to.
    (rollup(after="find web/dist -name '*.map' -delete"), F, "the production build publishes its maps (`sourcemap: true`)"),
    (rollup("sourcemap: false"), P, "the build writes no maps (sourcemap: false)"),
    (rollup(script="rollup -c && rimraf public/js/*.map"), P, "`rimraf public/js/*.map` keeps the maps out"),
])  # fmt: skip
def test_maps_are_private_where_they_are_removed_or_never_written(files, outcome, said):
    result = check_one("source-maps-private", files)
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert result.outcome is outcome and said in texts, texts
