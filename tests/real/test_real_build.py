"""A build of Vite with the published plugin, verified: needs npm and a registry."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from setup_wizard.cli import main

pytestmark = [pytest.mark.real, pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")]

CONFIG = """\
import { sentryVitePlugin } from '@sentry/vite-plugin'
const plugin = sentryVitePlugin({ org: 'acme', project: 'web', telemetry: false, silent: true })
export default { plugins: process.env.PLAIN ? [] : [plugin], build: { sourcemap: 'hidden' } }
"""
MAIN = "console.log('https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/7')\nimport('./lazy.js').then((m) => m.default())\n"


def test_a_build_with_the_plugin_passes_once_its_maps_are_deleted(tmp_path, capsys, monkeypatch):
    package = {"name": "web", "private": True, "type": "module", "scripts": {"build": "vite build"}}
    files = {
        "package.json": json.dumps(package),
        "index.html": '<script type="module" src="/src/main.js"></script>',
        "vite.config.js": CONFIG,
        "src/main.js": MAIN,
        "src/lazy.js": "export default () => { throw new Error('x') }\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    install = ["npm", "install", "-D", "vite@7", "@sentry/vite-plugin@4", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(install, cwd=tmp_path, check=True, capture_output=True, timeout=300)

    def build() -> int:
        subprocess.run(["npm", "run", "build"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
        return main(["verify-build", str(tmp_path / "dist")])

    assert build() == 1 and "this map would be published" in capsys.readouterr().out
    for left in (tmp_path / "dist").rglob("*.map"):
        left.unlink()
    assert main(["verify-build", str(tmp_path / "dist")]) == 0
    monkeypatch.setenv("PLAIN", "1")
    capsys.readouterr()
    assert build() == 1 and "it has no debug id" in capsys.readouterr().out
