"""What a script tells `vite build`: its config and its folder decide, and not the config of the usual name."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.edits import READY, VITE, after


def web(**scripts: str) -> dict[str, str]:
    manifest = json.loads(VITE["web/package.json"]) | {"scripts": scripts}
    return VITE | {"web/package.json": json.dumps(manifest, indent=2) + "\n"}


@pytest.mark.parametrize(
    ("scripts", "folders"),
    [
        ({"build": "vite build --outDir build"}, ["./build/**/*.map"]),
        ({"build": "vite build --outDir=public/app --mode live"}, ["./public/app/**/*.map"]),
        ({"build": "tsc && vite build"}, ["./dist/**/*.map"]),
        ({"build": "vite build --outDir build --emptyOutDir"}, ["./build/**/*.map"]),
    ],
)
def test_the_folder_of_the_script_is_that_of_the_maps(tmp_path, scripts, folders):
    done = after(tmp_path, READY | web(**scripts), "source-maps")
    text = done.text("web/vite.config.ts")
    listed = ", ".join(f'"{f}"' for f in folders)
    assert f"filesToDeleteAfterUpload: [{listed}]" in text, text


def test_of_a_folder_outside_only_what_this_build_writes_is_deleted(tmp_path):
    done = after(tmp_path, READY | web(build="vite build --outDir ../shop/static"), "source-maps")
    text = done.text("web/vite.config.ts")
    assert "../shop/static/**" not in text and '"../shop/static/assets/' in text, text


def test_a_folder_that_only_a_run_knows_is_left(tmp_path):
    done = after(tmp_path, READY | web(build="vite build --outDir $OUT"), "source-maps")
    assert done.text("web/vite.config.ts") == VITE["web/vite.config.ts"]
    assert "a script builds to `$OUT`" in done.left


def test_the_config_that_every_build_names_is_edited(tmp_path):
    live = VITE["web/vite.config.ts"].replace("plugins: []", "plugins: [], build: { outDir: 'live' }")
    files = web(dev="vite", build="vite build --config vite.live.config.ts") | {"web/vite.live.config.ts": live}
    done = after(tmp_path, READY | files, "source-maps")
    assert done.text("web/vite.config.ts") == VITE["web/vite.config.ts"]
    assert "sentryVitePlugin({" in done.text("web/vite.live.config.ts")
    assert "'./live/**/*.map'" in done.text("web/vite.live.config.ts")


@pytest.mark.parametrize(
    ("before", "out", "written"),
    [
        ("import { resolve } from 'path';\n", "resolve('./dist')", "`${resolve('./dist')}/**/*.map`"),
        (
            "import path from 'path';\n",
            "path.resolve(__dirname, 'live')",
            "`${path.resolve(__dirname, 'live')}/**/*.map`",
        ),
        ("import { resolve } from 'path';\n", "resolve(process.env.OUT)", "`${resolve(process.env.OUT)}/**/*.map`"),
    ],
)
def test_the_folder_that_the_config_spells_is_read_where_the_maps_are_deleted(tmp_path, before, out, written):
    config = before + VITE["web/vite.config.ts"].replace("plugins: []", f"plugins: [], build: {{ outDir: {out} }}")
    done = after(tmp_path, READY | VITE | {"web/vite.config.ts": config}, "source-maps")
    assert written in done.text("web/vite.config.ts"), done.text("web/vite.config.ts")
    assert done.applied.report is not None
    result = done.applied.report.result("source-maps-private")
    if "OUT" in out:
        assert result.outcome is Outcome.UNKNOWN and "cannot be determined" in result.findings[0].message
    else:
        assert result.outcome is Outcome.PASS, result.findings
        assert "the plugin deletes the maps after the upload" in [e.fact for e in result.evidence]
