"""What the editors write, run by the programs that read it: Node evaluates every Vite config, create-vite's templates build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.editors import vite
from setup_wizard.editors.base import Edited
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.real.test_real_parts import call
from tests.support.vite_configs import config_name, vite_configs

pytestmark = pytest.mark.real
EVALUATE = Path(__file__).with_name("evaluate_vite.mjs")
TEMPLATES = (
    "vanilla",
    "vanilla-ts",
    "vue",
    "vue-ts",
    "react",
    "react-ts",
    "preact-ts",
    "lit-ts",
    "svelte-ts",
    "solid-ts",
)


def evaluate(files: list[Path], tools: Path) -> dict[str, dict[str, object]]:
    """Evaluate configs for a production build, with their imports stubbed."""
    call("npm", "init", "-y", cwd=tools)
    call("npm", "install", "--no-audit", "--no-fund", "esbuild@0.25", cwd=tools)
    out = call("node", str(EVALUATE), str(tools), *map(str, files), cwd=tools)
    found = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert len(found) == len(files)
    return {entry["file"]: entry for entry in found}


def test_every_edited_config_has_the_plugin_once_and_last_and_writes_maps(tmp_path):
    files, before = [], {}
    for name, expected, text in vite_configs():
        result = vite.add_plugin(text.encode(), config_name(name), vite.PluginOptions(org="acme", project="shop"))
        if expected == "edit":
            assert isinstance(result, Edited)
            files.append(tmp_path / name)
            files[-1].write_bytes(result.data)
            before[name] = tmp_path / f"before-{name}"
            before[name].write_text(text)
    (tmp_path / "tools").mkdir()
    found = evaluate([*files, *before.values()], tmp_path / "tools")
    assert len(before) >= 55
    for name in before:
        edited, untouched = found[name], found[f"before-{name}"]
        assert "error" not in edited, edited
        assert edited["names"] == [*untouched["names"], "sentry"], name  # type: ignore[misc]
        assert edited["sourcemap"] in (True, "hidden"), name
        assert edited["options"]["sourcemaps"]["filesToDeleteAfterUpload"], name  # type: ignore[index]


def test_create_vites_templates_build_and_upload_after_the_edit(tmp_path, monkeypatch):
    """Each template, built with the real plugin: its maps reach the sandbox and are gone from the output."""
    home = tmp_path / "home"
    home.mkdir()
    with running_sandbox(SandboxState()) as state:
        url = state.public_url
        for template in TEMPLATES:
            root = tmp_path / template
            root.mkdir()
            state.add_project(template, template, "javascript-react", state.team, default_alert=False)
            call("npx", "--yes", "create-vite@latest", "app", "--template", template, "--no-interactive", cwd=root)
            monkeypatch.setenv("SENTRY_AUTH_TOKEN", state.token)
            monkeypatch.setenv("SENTRY_URL", url)
            options = [
                "--set",
                f"sentry.url={url}",
                "--set",
                f"sentry.org={state.organization}",
                "--set",
                f"frontend.project={template}",
            ]
            assert main(
                ["apply", "source-maps", "--repo", str(root), *options, "--yes", "--offline", "--no-install"]
            ) in (0, 5)
            app = root / "app"
            call("npm", "install", "--no-audit", "--no-fund", cwd=app)
            uploaded = len(state.bundles)
            call("npm", "run", "build", cwd=app, SENTRY_AUTH_TOKEN=state.token, SENTRY_RELEASE="1" * 40, HOME=str(home))
            assert len(state.bundles) > uploaded, template
            assert not list((app / "dist").rglob("*.map")), template
