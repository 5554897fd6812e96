"""`--devtool` of the command that builds with webpack: it overrules the configuration, for the upload, for privacy and in the text."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.checks.test_uploaders import CALL, CI, DELETES, PACK
from tests.support.edits import READY, after
from tests.support.repo import backend, check_one, workflow

P, F, U = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
TOKEN = "SENTRY_AUTH_TOKEN: ${{ secrets.SENTRY_AUTH_TOKEN }}"
IMAGE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && \\\n    npx webpack --mode=production %s\n"


def pack(
    *, script: str = "webpack --mode production", run: str = "npm run build", config: str = "", uploads: bool = True
):
    package = {"private": True, "scripts": {"build": script}, "dependencies": {"react": "19", "webpack": "5"}}
    flow = workflow(run, env=TOKEN) + "        working-directory: web\n"
    text = PACK % (config, CALL % "" if uploads else "")
    return backend() | {
        CI: flow,
        "web/package.json": json.dumps(package, indent=2),
        "web/webpack.config.js": text,
        "web/src/main.js": "",
    }


def imaged(flags: str, **given) -> dict[str, str]:
    files = {k: v for k, v in pack(**given).items() if k != CI}
    return files | {"web/Dockerfile": IMAGE % flags}


HIDDEN, INLINE = "devtool: 'hidden-source-map',", "devtool: 'inline-source-map',"
PLACE = ".github/workflows/deploy.yml:7"


@pytest.mark.parametrize(("files", "outcome", "said"), [
    (pack(config=HIDDEN), P, "sentryWebpackPlugin uploads the maps"),
    (pack(config=HIDDEN, script="webpack --mode production --no-devtool"), F, f"sentryWebpackPlugin uploads nothing: `--no-devtool` of {PLACE} writes no map file"),
    (pack(config=HIDDEN, run="npm run build -- --devtool=false"), F, f"sentryWebpackPlugin uploads nothing: `--no-devtool` of {PLACE} writes no map file"),
    (pack(config=HIDDEN, run="npx webpack --devtool eval-source-map"), F, f"sentryWebpackPlugin uploads nothing: `--devtool eval-source-map` of {PLACE} writes no map file"),
    (pack(config="devtool: 'eval',", run="npx webpack --devtool hidden-source-map"), P, "sentryWebpackPlugin uploads the maps"),
    (pack(run="npx webpack -d source-map"), P, "sentryWebpackPlugin uploads the maps"),
    (pack(config=HIDDEN, run="npx webpack --devtool $MAPS"), U, f"whether sentryWebpackPlugin uploads maps cannot be determined: `npx webpack --devtool $MAPS` in {PLACE} decides whether maps are written"),
    (imaged("--no-devtool", config=HIDDEN), F, "sentryWebpackPlugin uploads nothing: `--no-devtool` of web/Dockerfile:5 writes no map file"),
])  # fmt: skip
def test_a_flag_decides_whether_there_are_maps_to_upload(files, outcome, said):
    result = check_one("source-maps", files)
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert result.outcome is outcome and said in texts, texts


@pytest.mark.parametrize(("files", "outcome", "said"), [
    (imaged("--no-devtool", config=INLINE, uploads=False), P, "`--no-devtool` makes the build write no maps"),
    (imaged("", config=INLINE, uploads=False), F, "the production build publishes its maps"),
    (imaged("--devtool source-map", config="devtool: false,", uploads=False), F, "the production build publishes its maps"),
    (imaged("--devtool $MAPS", config="devtool: false,", uploads=False), U, "whether the production build publishes its maps cannot be determined"),
    (imaged("--no-devtool", config=HIDDEN + DELETES.replace("sourcemaps: ", "x: ") + ","), P, "`--no-devtool` makes the build write no maps"),
])  # fmt: skip
def test_a_flag_decides_whether_maps_are_published(files, outcome, said):
    result = check_one("source-maps-private", files)
    texts = [f.message for f in result.findings] + [e.fact for e in result.evidence]
    assert result.outcome is outcome and said in texts, texts


def test_a_text_names_the_command_whose_flag_decides(tmp_path):
    done = after(tmp_path, READY | imaged("--no-devtool", config=INLINE, uploads=False), "source-maps")
    task = next(t for t in done.steps["source-maps"].manual if "sentryWebpackPlugin" in t.snippet)
    assert "// web/Dockerfile:5, instead of `--no-devtool`\n--devtool hidden-source-map\n" in task.snippet
    assert "inline-source-map" not in task.snippet
