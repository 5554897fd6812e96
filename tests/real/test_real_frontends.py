"""A frontend of each framework is set up, built with the published packages, verified, and fails in a browser: needs npm and a registry.

The error of its component has to arrive in the sandbox, and its frame has to lead to the component's file and line through the
maps that the build uploaded; that part is left out where no Chromium is installed.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from setup_wizard.cli import main
from setup_wizard.sandbox.server import running_sandbox
from setup_wizard.sandbox.state import SandboxState
from tests.support.mapped import places

pytestmark = [pytest.mark.real, pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")]

PAGE = '<div id="app"></div>\n<script type="module" src="/src/main.%s"></script>\n'
FRAMEWORKS = {
    "react": (
        {"react": "^19.2.0", "react-dom": "^19.2.0"},
        {"@vitejs/plugin-react": "^5.0.0"},
        "import plugin from '@vitejs/plugin-react'\n",
        "main.jsx",
        "import { createRoot } from 'react-dom/client'\nimport App from './App'\n\ncreateRoot(document.getElementById('app')).render(<App />)\n",
        ("App.jsx", "export default function App() {\n  throw new Error('shop react')\n}\n"),
    ),
    "vue": (
        {"vue": "^3.5.0"},
        {"@vitejs/plugin-vue": "^6.0.0"},
        "import plugin from '@vitejs/plugin-vue'\n",
        "main.js",
        "import { createApp } from 'vue'\nimport App from './App.vue'\n\ncreateApp(App).mount('#app')\n",
        ("App.vue", "<script setup>\nthrow new Error('shop vue')\n</script>\n<template><p>a</p></template>\n"),
    ),
    "svelte": (
        {"svelte": "^5.30.0"},
        {"@sveltejs/vite-plugin-svelte": "^6.0.0"},
        "import { svelte as plugin } from '@sveltejs/vite-plugin-svelte'\n",
        "main.js",
        "import { mount } from 'svelte'\nimport App from './App.svelte'\n\nmount(App, { target: document.getElementById('app') })\n",
        ("App.svelte", "<script>\n  throw new Error('shop svelte')\n</script>\n<p>a</p>\n"),
    ),
    "solid": (
        {"solid-js": "^1.9.0"},
        {"vite-plugin-solid": "^2.11.0"},
        "import plugin from 'vite-plugin-solid'\n",
        "main.jsx",
        "import { render } from 'solid-js/web'\nimport App from './App'\n\nrender(() => <App />, document.getElementById('app'))\n",
        ("App.jsx", "export default function App() {\n  throw new Error('shop solid')\n}\n"),
    ),
    "preact": (
        {"preact": "^10.27.0"},
        {"@preact/preset-vite": "^2.10.0"},
        "import plugin from '@preact/preset-vite'\n",
        "main.jsx",
        "import { render } from 'preact'\nimport App from './App'\n\nrender(<App />, document.getElementById('app'))\n",
        ("App.jsx", "export default function App() {\n  throw new Error('shop preact')\n}\n"),
    ),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxState]:
    with running_sandbox(SandboxState()) as state:
        state.add_project("shop", "shop", "javascript", state.team, default_alert=False)
        yield state


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _open(folder: Path, profile: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    flags = (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={profile}",
        "--virtual-time-budget=6000",
    )
    page = f"http://127.0.0.1:{server.server_port}/"
    subprocess.run(["chromium", *flags, "--dump-dom", page], check=True, capture_output=True, timeout=60)
    server.shutdown()


@pytest.mark.parametrize("name", list(FRAMEWORKS))
def test_a_frontend_is_set_up_built_and_reports(tmp_path, capsys, monkeypatch, sandbox, name):
    dependencies, development, plugin, entry, start, (component, code) = FRAMEWORKS[name]
    package = {"name": "web", "private": True, "type": "module", "scripts": {"build": "vite build"}}
    package |= {"dependencies": dependencies, "devDependencies": {"vite": "^7.2.0"} | development}
    files = {
        "package.json": json.dumps(package, indent=2) + "\n",
        "index.html": PAGE % entry.rpartition(".")[2],
        "vite.config.js": f"{plugin}import {{ defineConfig }} from 'vite'\n\nexport default defineConfig({{ plugins: [plugin()] }})\n",
        f"src/{entry}": start,
        f"src/{component}": code,
        ".gitignore": "node_modules\ndist\n",
    }
    root = tmp_path / "web"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    dsn = sandbox.dsn(sandbox.projects["shop"])
    answers = {
        "sentry.url": sandbox.public_url,
        "sentry.org": sandbox.organization,
        "frontend.project": "shop",
        "frontend.dsn": dsn,
    }
    given = [word for key, value in answers.items() for word in ("--set", f"{key}={value}")]
    steps = ("source-maps", "frontend-sdk", "error-boundary")
    assert main(["apply", *steps, "--repo", str(root), "--yes", "--offline", "--no-install", *given]) in (0, 5)
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(install, cwd=root, check=True, capture_output=True, timeout=500)
    values = {"SENTRY_AUTH_TOKEN": sandbox.token, "SENTRY_RELEASE": "1" * 40, "VITE_SENTRY_DSN": dsn}
    for variable, value in (values | {"SENTRY_URL": sandbox.public_url}).items():
        monkeypatch.setenv(variable, value)
    uploaded = len(sandbox.bundles)
    subprocess.run(["npm", "run", "build"], cwd=root, check=True, capture_output=True, timeout=200)
    assert len(sandbox.bundles) > uploaded
    capsys.readouterr()
    assert main(["verify-build", str(root / "dist")]) == 0, capsys.readouterr().out
    if shutil.which("chromium") is not None:
        _open(root / "dist", tmp_path / "profile")
        thrown = [event for event in sandbox.events if f"shop {name}" in event.title]
        assert thrown, [e.title for e in sandbox.events]
        (source, line), *_ = places(thrown[0], sandbox)
        written = code.split("\n")
        assert source.endswith(f"src/{component}") and f"shop {name}" in written[line - 1], (source, line)
