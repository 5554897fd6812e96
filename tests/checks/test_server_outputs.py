"""Vite plugins that join a build to a server: the folder that they name in a file of their own, and the maps that they write."""

from __future__ import annotations

import json

import pytest

from checks.model import Outcome
from tests.support.edits import READY, VITE, after
from tests.support.repo import check_one

RUBY = 'import { defineConfig } from "vite";\nimport RubyPlugin from "vite-plugin-ruby";\n\nexport default defineConfig({\n  plugins: [RubyPlugin()],%s\n});\n'
SWITCHED = "the build writes maps (vite-plugin-ruby switches them on), and nothing deletes them before they are served"


def joined(config: str = RUBY % "", settings: object = None, script: str = "vite build") -> dict[str, str]:
    """Return a repository whose frontend is built by vite_ruby, `settings` in its `config/vite.json`."""
    data = json.loads(VITE["web/package.json"])
    data["devDependencies"]["vite-plugin-ruby"] = "^5.1.0"
    data["scripts"] = {"build": script} if script else {}
    given = settings if settings is not None else {"all": {"sourceCodeDir": "app/frontend"}}
    files = READY | VITE | {"web/package.json": json.dumps(data), "web/vite.config.ts": config}
    del files["web/index.html"]
    return files | {"web/config/vite.json": given if isinstance(given, str) else json.dumps(given)}


def verdict(item: str, files: dict[str, str]):
    return next(v for v in check_one(item, files).verdicts if v.target)


@pytest.mark.parametrize(
    ("files", "outcome", "message", "line"),
    [
        (joined(), Outcome.FAIL, SWITCHED, 2),
        (joined(script=""), Outcome.FAIL, SWITCHED, 2),
        (joined(RUBY % "\n  build: { sourcemap: true },"), Outcome.FAIL, "the build writes maps (sourcemap: true), and nothing deletes them before they are served", 6),
        (joined(RUBY % "\n  build: { sourcemap: false },"), Outcome.PASS, "", None),
        (joined(script="vite build --sourcemap false"), Outcome.PASS, "", None),
    ],
)  # fmt: skip
def test_maps_that_the_plugin_switches_on_are_published(files, outcome, message, line):
    found = verdict("source-maps-private", files)
    assert found.outcome is outcome, (found.findings, found.evidence)
    assert "".join(f.message for f in found.findings) == message
    places = [(f.path, f.line, f.hint) for f in found.findings]
    hint = "set sourcemaps.filesToDeleteAfterUpload"
    assert places == ([("web/vite.config.ts", line, hint)] if outcome is Outcome.FAIL else [])


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        (None, "public/vite"),
        ({"all": {"publicOutputDir": "assets"}}, "public/assets"),
        ({"all": {"publicOutputDir": "assets"}, "production": {"publicOutputDir": "live", "publicDir": "web"}}, "web/live"),
        ({"development": {"publicOutputDir": "dev"}}, "public/vite"),
        ("{ not json", None),
        ({"all": {"publicOutputDir": 7}}, None),
    ],
)  # fmt: skip
def test_the_folder_in_the_servers_own_settings_is_where_the_maps_are(tmp_path, settings, folder):
    done = after(tmp_path, joined(settings=settings), "source-maps")
    text = done.text("web/vite.config.ts")
    if folder is None:
        assert "sentryVitePlugin" not in text
        assert "a plugin's output path cannot be followed" in done.left
        return
    assert f'filesToDeleteAfterUpload: ["./{folder}/' in text, text
    assert verdict("source-maps-private", dict(done.files)).outcome is Outcome.PASS
